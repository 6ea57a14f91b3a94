package telegram_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/bots"
	"guahao/bots/telegram/telegramtest"
)

// clinic is a small conversation that uses what a reply can do.
func clinic(t bots.Turn) bots.Reply {
	menu := []bots.Option{
		{Label: "内科", Index: 1, Row: 1}, {Label: "外科", Index: 2, Row: 1}, {Label: "我的预约", Command: "my", Row: 2},
		{Label: "网页", URL: "https://guahao.example.com/pay/1", Row: 3},
	}
	switch u := t.Update; {
	case u.Kind == bots.Press && u.Button.Rev != t.Session.Rev:
		return bots.Reply{Text: "过期了", Options: menu}
	case u.Kind == bots.Press && u.Button.Index == 1:
		return bots.Reply{Text: "选了内科", Options: menu, Toast: "好的"}
	case u.Kind == bots.Press && u.Button.Index == 2:
		return bots.Reply{Text: "选了外科", Options: menu, Keep: true}
	case u.Kind == bots.Command && u.Command == "my":
		return bots.Reply{Text: "请付款", Files: []bots.File{picture()}, Options: []bots.Option{{Label: "已付款", Index: 1}}}
	case u.Kind == bots.Text && u.Text == "secret":
		return bots.Reply{Text: "收到", Forget: true}
	}
	return bots.Reply{Text: "请选择科室", Options: menu}
}

func TestConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	u := w.sim.User(1001, "zh")
	u.Say("/start")
	w.flush(t)
	menu := " [内科] [外科] / [我的预约] / [网页]"
	check := func(step string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, shown(u)); diff != "" {
			t.Fatalf("after %s (-want +got): %s\n%s", step, diff, w.log)
		}
	}
	check("the start", "user: /start", "bot: 请选择科室"+menu)
	first := u.Last()

	press(t, w, u, first.ID, "内科")
	check("a press, which edits in place", "user: /start", "bot: 选了内科"+menu)
	if toasts := u.Toasts(); len(toasts) != 1 || toasts[0].Text != "好的" {
		t.Errorf("what popped up: %+v", toasts)
	}

	press(t, w, u, first.ID, "外科")
	check("a press that keeps its message", "user: /start", "bot: 选了内科"+menu, "bot: 选了外科"+menu)

	press(t, w, u, first.ID, "内科")
	check("a press of an old button", "user: /start", "bot: 过期了"+menu, "bot: 选了外科"+menu)

	press(t, w, u, u.Last().ID, "我的预约")
	check("a command button that brings a QR code", "user: /start", "bot: 过期了"+menu, "bot: 选了外科", "bot: (photo) 请付款 [已付款]")
	if !bytes.Equal(u.Last().Photo, picture().Data) {
		t.Error("the picture is another one")
	}

	press(t, w, u, u.Last().ID, "已付款")
	check("a press on a photo", "user: /start", "bot: 过期了"+menu, "bot: 选了外科", "bot: (photo) 请付款", "bot: 选了内科"+menu)
	w.strict(t)
}

func press(t *testing.T, w *world, u *telegramtest.User, message int, label string) {
	t.Helper()
	if err := u.Press(message, label); err != nil {
		t.Fatal(err)
	}
	w.flush(t)
}

func TestPersonalDataIsDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	u := w.sim.User(1001, "zh")
	u.Say("secret")
	w.flush(t)
	if diff := cmp.Diff([]string{"bot: 收到"}, shown(u)); diff != "" {
		t.Errorf("the chat (-want +got): %s", diff)
	}
	w.strict(t)
}

func TestEditingTheSameTwiceIsFine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(bots.Turn) bots.Reply {
		return bots.Reply{Text: "same", Options: []bots.Option{{Label: "again", Command: "again"}}}
	})
	u := w.sim.User(1001, "en")
	u.Say("hello")
	w.flush(t)
	press(t, w, u, u.Last().ID, "again")
	if got := shown(u); len(got) != 2 || len(w.steps.Updates()) != 2 || strings.Contains(w.log.String(), "level=ERROR") {
		t.Errorf("the chat is %q after %d updates\n%s", got, len(w.steps.Updates()), w.log)
	}
	w.strict(t)
}

func TestOldQueryDoesNotStopAStep(t *testing.T) {
	t.Parallel()
	var w *world
	w = newWorld(t, func(turn bots.Turn) bots.Reply {
		if turn.Update.Kind == bots.Press {
			w.Move(20 * time.Second) // longer than Telegram waits for an answer
		}
		return clinic(turn)
	})
	u := w.sim.User(1001, "zh")
	u.Say("hello")
	w.flush(t)
	press(t, w, u, u.Last().ID, "内科")
	if got := u.Last().Text; got != "选了内科" {
		t.Errorf("the message says %q", got)
	}
	w.strict(t)
}

func TestPressedMessageIsGone(t *testing.T) {
	t.Parallel()
	var u *telegramtest.User
	w := newWorld(t, func(turn bots.Turn) bots.Reply {
		if turn.Update.Kind == bots.Press {
			u.Forget(u.Last().ID) // between the press and its answer
		}
		return clinic(turn)
	})
	u = w.sim.User(1001, "zh")
	u.Say("hello")
	w.flush(t)
	first := u.Last().ID
	press(t, w, u, first, "内科")
	if got := u.Last(); got.Text != "选了内科" || got.ID == first {
		t.Errorf("the answer is %+v", got)
	}
	if a := account(t, w, "1001"); a.Blocked {
		t.Error("who deletes a message is taken for someone who blocked the bot")
	}
	w.strict(t)
}

func TestForgedPresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	u := w.sim.User(1001, "zh")
	u.Say("hello")
	w.flush(t)
	forged := []string{
		"b", "b:", "b:1", "b:1:", "b:x:1", "b:-1:1", "b:1:-1", "b:99999999999999999999:1", "b:1:1:1", "c:", "c:My", "c:我", "d:1:1", "x",
		"c:'; DROP TABLE chat_accounts", strings.Repeat("9", 64), "\x00", "b:1:99",
	}
	for _, data := range forged {
		if err := u.PressData(data); err != nil {
			t.Fatal(err)
		}
	}
	w.flush(t)
	updates := w.steps.Updates()[1:]
	if len(updates) != len(forged) {
		t.Fatalf("%d of %d forged presses arrived", len(updates), len(forged))
	}
	for n, update := range updates {
		if update.Kind != bots.Press || update.Button.Rev != -1 && forged[n] != "b:1:99" {
			t.Errorf("%q was taken for %+v", forged[n], update)
		}
	}
	if got := u.Last().Text; got != "过期了" {
		t.Errorf("the person got %q", got)
	}
	w.strict(t)
}

func TestSomebodyElsesButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	owner, other := w.sim.User(1001, "zh"), w.sim.User(1002, "zh")
	owner.Say("hello")
	other.Say("hello")
	w.flush(t)
	before := shown(owner)
	if err := other.PressOf(owner, owner.Last().ID, "b:1:1"); err != nil {
		t.Fatal(err)
	}
	w.flush(t)
	if diff := cmp.Diff(before, shown(owner)); diff != "" {
		t.Errorf("somebody else's chat changed: %s", diff)
	}
	if got := other.Last().Text; got != "过期了" {
		t.Errorf("who pressed it got %q", got)
	}
	w.strict(t)
}

func TestWhatPeopleSend(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	u := w.sim.User(1001, "fr")
	u.Say("5,000 字: " + strings.Repeat("字", 5000))
	u.SendPhoto("look")
	u.SendVoice()
	u.SendLocation(39.9, 116.4)
	u.SendSticker()
	w.flush(t)
	var kinds []bots.Kind
	for _, update := range w.steps.Updates() {
		kinds = append(kinds, update.Kind)
		if update.Lang != "en" || update.From != "1001" || update.Message == "" || update.At.IsZero() {
			t.Errorf("an update of a French app: %+v", update)
		}
	}
	want := []bots.Kind{bots.Text, bots.Text, bots.Photo, bots.Speech, bots.Location, bots.Other}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("the kinds (-want +got): %s", diff)
	}
	if at := w.steps.Updates()[4]; at.Lat != 39.9 || at.Lng != 116.4 {
		t.Errorf("the place is %v %v", at.Lat, at.Lng)
	}
}

func TestNotServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	u, group := w.sim.User(1001, "en"), w.sim.Group(-500)
	u.SayIn(group, "good morning")
	u.SayIn(group, "/start@guahao_bot")
	u.SayIn(group, "/start")
	typed := u.Say("hello")
	w.flush(t)
	if err := u.Edit(typed, "hello!"); err != nil {
		t.Fatal(err)
	}
	robot := map[string]any{"id": 5, "is_bot": true, "first_name": "Robot"}
	chat := map[string]any{"id": 5, "type": "private"}
	w.sim.Inject(5, "message", map[string]any{"message_id": 1, "from": robot, "chat": chat, "date": 1, "text": "beep"})
	w.sim.Inject(5, "message", map[string]any{"message_id": 1, "chat": chat, "date": 1, "text": "beep"})
	w.sim.Inject(5, "callback_query", map[string]any{"id": "1", "from": robot, "data": "b:1:1"})
	w.flush(t)
	if n := len(w.steps.Updates()); n != 1 {
		t.Errorf("the dialog got %d updates", n)
	}
	said := strings.Join(shown(group), "\n")
	if strings.Count(said, "bot:") != 1 || !strings.Contains(said, "private chat") {
		t.Errorf("the group was told:\n%s", said)
	}
	if got := u.Last().Text; !strings.Contains(got, "edited") {
		t.Errorf("after editing the person was told %q", got)
	}
	w.strict(t)
}

func TestRendering(t *testing.T) {
	t.Parallel()
	var options []bots.Option
	for n := range 120 {
		options = append(options, bots.Option{Label: fmt.Sprintf("号 %d", n), Index: n, Row: n / 12})
	}
	options[3].Label = strings.Repeat("长", 200)
	options[4].Label = " "
	options[5].Command = strings.Repeat("x", 80)
	options[6] = bots.Option{Label: "付款", URL: "http://localhost:8080/pay/1"}
	w := newWorld(t, func(turn bots.Turn) bots.Reply {
		text := "*一行* <b>_x_</b>\n" + strings.Repeat("😀 很长的一行文字\n", 600) + "结尾"
		if turn.Update.Text == "photo" {
			return bots.Reply{Text: text, Files: []bots.File{picture()}}
		}
		return bots.Reply{Text: text, Options: options, Toast: strings.Repeat("好", 500)}
	})
	u := w.sim.User(1001, "zh")
	u.Say("hello")
	w.flush(t)
	m := u.Last()
	if !strings.HasPrefix(m.Text, "*一行* <b>_x_</b>\n") || !strings.Contains(m.Text, "已省略") || strings.Contains(m.Text, "结尾") {
		t.Errorf("the long text is %q…", m.Text[:60])
	}
	count := 0
	for _, row := range m.Buttons {
		count += len(row)
		if len(row) > 8 {
			t.Errorf("a row of %d buttons", len(row))
		}
	}
	if count != 100 {
		t.Errorf("%d buttons", count)
	}
	press(t, w, u, m.ID, "号 0")
	u.Say("photo")
	w.flush(t)
	if diff := cmp.Diff([]string{"bot: (photo) 二维码", "bot: " + u.Last().Text}, lastOf(u, 2)); diff != "" || u.Last().Photo != nil {
		t.Errorf("a text that fits no caption: %s", diff)
	}
	w.strict(t)
}

func TestLinksThatNoButtonMayOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(bots.Turn) bots.Reply {
		return bots.Reply{Text: "付款", Options: []bots.Option{
			{Label: "打开", URL: "http://localhost:8080/pay/1"}, {Label: "页面", URL: "http://127.0.0.1:8080/pay/1"},
		}}
	})
	u := w.sim.User(1001, "zh")
	u.Say("hello")
	w.flush(t)
	m := u.Last()
	if !strings.Contains(m.Text, "打开: http://localhost:8080/pay/1") || len(m.Buttons) != 1 || m.Buttons[0][0].Text != "页面" {
		t.Errorf("the message is %+v", m)
	}
	w.strict(t)
}

func TestCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	typed := []string{
		"/start", "/START@Guahao_Bot ref-1_A  x", "／ｓｔａｒｔ", "你好 /start", "你好 ／book", "/my\nsecond line", "/foo", "/cancel\u3000了",
		"and/or", "1/2", "/", "／", "/我", "hello /foo", "用 /start 开始", "//start", "/" + strings.Repeat("a", 40), "/start@", "@guahao /help",
	}
	for n, text := range typed { // each by another person, since a chat takes one answer a second
		w.sim.User(int64(n+1), "zh").Say(text)
		w.flush(t)
	}
	var got []string
	for _, update := range w.steps.Updates() {
		got = append(got, fmt.Sprintf("%s %s|%s", update.Kind, update.Command, update.Arg))
	}
	const text = "text |"
	want := []string{
		"command start|", "command start|ref-1_A  x", "command start|", "command start|", "command book|", "command my|second line",
		"command foo|", "command cancel|了", text, text, text, text, text, text, text, text, text, "command start|", "command help|",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("commands (-want +got): %s", diff)
	}
	if names := w.sim.Commands("zh"); !slices.ContainsFunc(names, func(c telegramtest.Command) bool { return c.Name == "book" }) {
		t.Errorf("the command menu is %+v", names)
	}
	if en, ja := w.sim.Commands("en"), w.sim.Commands("ja"); len(ja) == 0 || !cmp.Equal(en, ja) {
		t.Errorf("apps in Japanese see %+v", ja)
	}
}
