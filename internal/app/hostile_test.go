package app_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"guahao/booking"
)

// strange is what people send that is no answer to anything.
var strange = []string{
	"😀", strings.Repeat("好", 5000), "'; DROP TABLE appointments; --", "\u0000\u0007\u200b", "1 OR 1=1", "9999999999999999999999",
	"<a href=\"weixin://bizmsgmenu?msgmenucontent=1&msgmenuid=101\">点我</a>", "/nosuchcommand", "//", "{{.}}%s%d%n",
}

// Whatever is sent at whatever step is answered with words and the same step: what was offered can still be chosen.
func TestStrangeInputGetsAHelpfulAnswerAndTheSameStep(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		for _, step := range []string{"预约挂号", "1", "1", "1", "1", "1"} {
			p.say(step)
			offered := lastLines(p.last(), 2) // the end of the list, whatever is said before it
			for _, input := range strange {
				before := len(p.heard())
				p.say(input)
				if len(p.heard()) == before {
					w.Errorf("after %q, %.20q was answered with silence", step, input)
				}
				if !strings.HasSuffix(p.last(), offered) {
					w.Errorf("after %q, %.20q is not answered with the same step:\n%s", step, input, p.last())
				}
			}
		}
		p.say("预约挂号")
		toPay(w, p)
	})
}

func TestAnIDNumberWithAWrongChecksum(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		p.say(paidDoctor)
		p.say(tomorrow)
		p.say("1")
		if strings.Contains(p.last(), "请选择时段") {
			p.say("1")
		}
		p.say("本人")
		p.say(strings.Repeat("名", 60))
		expect(w, p, "50", "姓名")
		p.say(somebody.name)
		p.say("110105194912310021")
		expect(w, p, "校验")
		p.say("１１０１０５１９４９１２３１００２ｘ")
		p.say(somebody.phone)
		p.tap("保存")
		expect(w, p, "请核对")
	})
}

// A press of a button that is not there, of an old list, or of somebody else does nothing and is answered.
func TestForgedAndStalePresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	victim, mallory := w.telegram(1001), w.telegram(666)
	reachConfirm(w, victim, paidDoctor)
	card := victim.Last()
	confirm := card.Buttons[0][0].Data
	mallory.say("/start")
	for _, data := range []string{confirm, "b:1:1", "b:-1:99", "b:99999999999999999999:1", "c:broadcast", "c:", "x", "b:1:1;DROP"} {
		w.must(mallory.PressData(data))
		w.must(mallory.WaitIdle(w.ctx))
	}
	w.must(mallory.PressOf(victim.User, card.ID, confirm))
	w.must(mallory.WaitIdle(w.ctx))
	if got := w.statuses(); len(got) != 0 {
		t.Errorf("a forged press made appointments: %v", got)
	}
	victim.say("返回") // the card is an old list now
	w.must(victim.Press(card.ID, confirm))
	w.must(victim.WaitIdle(w.ctx))
	if got := w.statuses(); len(got) != 0 {
		t.Errorf("a stale press made appointments: %v", got)
	}
	if told(w, victim, "过期") == 0 {
		t.Errorf("the stale press was not explained:\n%s", victim.last())
	}
}

// A stranger at the webhooks is refused before anything is stored, with one line in the log.
func TestStrangersAtTheWebhooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for _, c := range []struct {
		name, path, secret, body string
		want                     int
	}{
		{"Telegram without a secret", "/telegram/webhook", "", `{"update_id":1}`, http.StatusUnauthorized},
		{"Telegram with a wrong secret", "/telegram/webhook", "guess", `{"update_id":1}`, http.StatusUnauthorized},
		{"Telegram with no JSON", "/telegram/webhook", w.cfg.Telegram.Secret, `{"update_id":`, http.StatusBadRequest},
		{"Telegram with 2 MB", "/telegram/webhook", w.cfg.Telegram.Secret, `{"x":"` + strings.Repeat("a", 2<<20) + `"}`, http.StatusBadRequest},
		{"WeChat without a signature", "/wechat/webhook", "", "<xml></xml>", http.StatusUnauthorized},
		{"WeChat with a wrong signature", "/wechat/webhook?signature=abc&timestamp=1&nonce=2", "", "<xml></xml>", http.StatusUnauthorized},
		{"WeChat Pay without headers", "/payments/wechatpay/notify", "", `{"id":"x"}`, http.StatusUnauthorized},
	} {
		request, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.cfg.PublicURL+c.path, bytes.NewBufferString(c.body))
		w.must(err)
		request.Header.Set("X-Telegram-Bot-Api-Secret-Token", c.secret)
		response, err := http.DefaultClient.Do(request)
		w.must(err)
		_ = response.Body.Close()
		if response.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, response.StatusCode, c.want)
		}
	}
	if lines := strings.Count(w.logs.String(), "webhook"); lines < 1 {
		t.Error("the log does not tell of the refused requests")
	}
	var rows []int
	w.query(&rows, "SELECT (SELECT COUNT(*) FROM chat_inbox) + (SELECT COUNT(*) FROM chat_accounts)")
	if rows[0] != 0 {
		t.Errorf("%d rows were stored", rows[0])
	}
}

// Two people want the last place: one gets it, the other gets the nearest free ones.
func TestTheLastPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	first, second := w.person("telegram", 1), w.person("wechat", 2)
	reachConfirm(w, first, paidDoctor)
	reachSameConfirm(w, second)
	leaveOnePlace(w)
	first.tap("确认预约")
	expect(w, first, "号已为您留到")
	second.tap("确认预约")
	expect(w, second, "约", "最近还有这些号")
	second.say("1")
	expect(w, second, "请核对")
	only(w, booking.Held)
}

// reachSameConfirm is reachConfirm for another person, who needs another document.
func reachSameConfirm(w *world, p chatter) {
	w.Helper()
	p.say(paidDoctor)
	p.say(tomorrow)
	p.say("1")
	if strings.Contains(p.last(), "请选择时段") {
		p.say("1")
	}
	p.say("本人")
	p.say("李梅")
	p.say("E12345678")
	for _, answer := range []string{"1988-05-06", "女", "13900139000"} {
		p.say(answer)
	}
	p.tap("保存")
	expect(w, p, "请核对")
}

// leaveOnePlace makes the earliest slot of tomorrow's clinic one that has a single place.
func leaveOnePlace(w *world) {
	w.Helper()
	slots := slotsOf(w, paidDoctor)
	w.exec("UPDATE slots SET capacity = 1 WHERE id = ?", fmt.Sprint(int64(slots[0].ID)))
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n") + "\n"
}
