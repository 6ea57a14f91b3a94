package reminders_test

import (
	"strings"
	"testing"

	"guahao/booking"
	"guahao/booking/waiting"
	"guahao/bots"
	"guahao/reminders"
)

// What who waits reads: how many are ahead and how sure the time is, and, abroad, neither a name nor a department nor a room.
func TestTurnMessages(t *testing.T) {
	t.Parallel()
	near := booking.Turn{Status: booking.QueueWaiting, Ahead: 3, Known: true, Promise: waiting.Promise{Low: 11.2, Median: 18.4, High: 26.1}}
	next, unknown := near, near
	next.Ahead, next.Promise = 0, waiting.Promise{Low: 2, Median: 2, High: 2}
	unknown.Known = false
	called := booking.Turn{Status: booking.QueueCalled, Calls: 1, Room: booking.Schedule{ID: 7, Room: "306"}, Doctor: booking.Doctor{Name: booking.Text{ZH: "周医生", EN: "Dr Zhou"}}}
	again := called
	again.Calls = 2
	for name, c := range map[string]struct {
		kind     reminders.Kind
		platform bots.Platform
		lang     string
		turn     booking.Turn
		says     []string
		not      []string
	}{
		"three ahead":    {reminders.QueueSoon, bots.WeChat, "zh", near, []string{"前面还有 3 位，约 18 分钟（多半在 11–27 分钟之间）", "林医生", "门诊楼3层A区 305", "[看排队 /queue]"}, []string{"张小三"}},
		"abroad":         {reminders.QueueSoon, bots.Telegram, "zh", near, []string{"前面还有 3 位，约 18 分钟"}, []string{"心内科", "305", "张", "3层"}},
		"in English":     {reminders.QueueSoon, bots.Telegram, "en", near, []string{"3 ahead of you, about 18 min (most likely 11 to 27)", "Dr Lin"}, []string{"Cardiology"}},
		"the next":       {reminders.QueueSoon, bots.WeChat, "zh", next, []string{"下一位就是您，约 2 分钟\n"}, []string{"前面还有", "之间"}},
		"nothing known":  {reminders.QueueSoon, bots.WeChat, "zh", unknown, []string{"前面还有 3 位\n"}, []string{"分钟"}},
		"called":         {reminders.QueueCalled, bots.WeChat, "zh", called, []string{"轮到您了，请现在就诊", "周医生", "306"}, []string{"再次", "林医生", "305"}},
		"called again":   {reminders.QueueCalled, bots.WeChat, "en", again, []string{"You are called again"}, nil},
		"called, abroad": {reminders.QueueCalled, bots.Telegram, "en", called, []string{"It is your turn", "Dr Zhou"}, []string{"306", "Cardiology"}},
	} {
		n, err := renderer(t, "2026-07-03T01:00:00Z").RenderTurn(t.Context(), bots.Account{Platform: c.platform, Lang: c.lang}, c.kind, c.turn, visit())
		if err != nil {
			t.Fatal(err)
		}
		text := n.Text
		for _, o := range n.Options {
			text += "\n[" + o.Label + " /" + o.Command + "]"
		}
		for _, words := range c.says {
			if !strings.Contains(text, words) {
				t.Errorf("%s: %q is missing in\n%s", name, words, text)
			}
		}
		for _, words := range c.not {
			if strings.Contains(text, words) {
				t.Errorf("%s: %q stands in\n%s", name, words, text)
			}
		}
		if n.Kind != string(c.kind) {
			t.Errorf("%s is of the kind %s", name, n.Kind)
		}
	}
}
