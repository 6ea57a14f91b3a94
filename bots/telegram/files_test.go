package telegram_test

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/bots"
	"guahao/bots/telegram/telegramtest"
)

// picture is a file that is shown as a picture.
func picture() bots.File {
	var data bytes.Buffer
	_ = png.Encode(&data, image.NewGray(image.Rect(0, 0, 640, 640))) // writing to memory does not fail
	return bots.File{Name: "qr.png", Label: "二维码", Data: data.Bytes()}
}

func document() bots.File {
	return bots.File{Name: "visit.ics", Label: "日历文件", Data: []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), URL: "https://guahao.example.com/files/x/visit.ics"}
}

func lastOf(u *telegramtest.User, n int) []string {
	lines := shown(u)
	return lines[max(0, len(lines)-n):]
}

// Files come as pictures and documents; the text and the buttons are under the last of them, or below it where they are too long.
func TestFiles(t *testing.T) {
	t.Parallel()
	back := []bots.Option{{Label: "返回"}}
	replies := map[string]bots.Reply{
		"document": {Text: "日历文件在这里", Files: []bots.File{document()}, Options: back},
		"both":     {Text: "请保存", Files: []bots.File{picture(), document()}, Options: back},
		"long":     {Text: strings.Repeat("长", 1025), Files: []bots.File{document()}, Options: back},
		"refused":  {Text: "凭条", Files: []bots.File{{Name: "slip.png", Data: []byte("no picture")}}, Options: back},
		"empty":    {Text: "空的", Files: []bots.File{{Name: "none.ics"}}, Options: back},
		"/start":   {Text: "好"},
	}
	w := newWorld(t, func(turn bots.Turn) bots.Reply {
		if turn.Update.Kind == bots.Press {
			return bots.Reply{Text: "回来了"}
		}
		return replies[turn.Update.Text]
	})
	person := int64(2000)
	for said, want := range map[string][]string{
		"document": {"bot: (visit.ics) 日历文件在这里 [返回]"},
		"both":     {"bot: (photo) 二维码", "bot: (visit.ics) 请保存 [返回]"},
		"long":     {"bot: (visit.ics) 日历文件", "bot: " + strings.Repeat("长", 1025) + " [返回]"},
		"empty":    {"bot: 空的 [返回]"},
	} {
		person++
		u := w.sim.User(person, "zh")
		u.Say(said)
		w.flush(t)
		if diff := cmp.Diff(want, lastOf(u, len(shown(u))-1)); diff != "" {
			t.Errorf("%s: (-want +got): %s", said, diff)
		}
		press(t, w, u, u.Last().ID, "返回")
		if said != "document" {
			continue
		}
		if diff := cmp.Diff([]string{"bot: (visit.ics) 日历文件在这里", "bot: 回来了"}, lastOf(u, 2)); diff != "" {
			t.Errorf("after a press under a document (-want +got): %s", diff)
		}
	}
	w.strict(t)
	u := w.sim.User(3000, "zh")
	u.Say("refused") // the simulator holds it against the program, but the person gets the words
	w.flush(t)
	if diff := cmp.Diff([]string{"bot: 凭条 [返回]"}, lastOf(u, 1)); diff != "" {
		t.Errorf("a file that Telegram refuses (-want +got): %s", diff)
	}
	if len(w.sim.Violations()) != 1 {
		t.Errorf("a text that calls itself a picture was held against the program %d times", len(w.sim.Violations()))
	}
}

func TestANoticeBringsItsFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	u := w.sim.User(1001, "zh")
	u.Say("/start")
	w.flush(t)
	to := account(t, w, "1001")
	n := bots.Notice{Kind: "receipt", Text: "缴费凭证", Files: []bots.File{picture()}, Options: []bots.Option{{Label: "我的预约", Command: "my"}}}
	if err := w.bot.Send(t.Context(), to, n); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"bot: (photo) 缴费凭证 [我的预约]"}, lastOf(u, 1)); diff != "" {
		t.Errorf("(-want +got): %s", diff)
	}
	w.strict(t)
}
