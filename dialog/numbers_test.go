package dialog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/bots"
)

// TestNumbersAtEveryMenu chooses the first option of each menu on the way to the card in every way of writing its number, on both
// platforms: it is what its button does. The ways to the next page and back are numbers and words too.
func TestNumbersAtEveryMenu(t *testing.T) {
	t.Parallel()
	for _, platform := range []bots.Platform{bots.WeChat, bots.Telegram} {
		t.Run(string(platform), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.person(platform, "zh")
			p.says("主菜单")
			states := map[string]bool{}
			for p.last.Options[0].Index == 1 { // up to the patient's name
				states[p.session.State] = true
				pressed := p.twin()
				pressed.presses(p.last, p.last.Options[0])
				for _, line := range []string{"1", "１", "一", "①", "1️⃣", "1.", "1、", "（1）", "第一个", "第1项", "选1", "我选一", "一。"} {
					typed := p.twin()
					typed.says(line)
					if diff := cmp.Diff(remembered(pressed), remembered(typed)); diff != "" {
						t.Errorf("at %s, %q is not what the button does (-button +number):\n%s", p.session.State, line, diff)
					}
				}
				spoken := p.twin()
				spoken.must(bots.Update{Kind: bots.Text, Text: "第一个。", Voice: true})
				if diff := cmp.Diff(remembered(pressed), remembered(spoken)); diff != "" {
					t.Errorf("at %s, the spoken number is not what the button does:\n%s", p.session.State, diff)
				}
				for _, line := range []string{"0", "０", "零", "返回"} {
					back := pressed.twin()
					back.says(line)
					if back.session.State != p.session.State {
						t.Errorf("%q leads from %s to %s, not back to %s", line, pressed.session.State, back.session.State, p.session.State)
					}
				}
				p = pressed
			}
			if len(states) < 7 {
				t.Errorf("only %d states were tried: %v", len(states), states)
			}
		})
	}
}

func TestPagesByNumberAndWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, platform := range []bots.Platform{bots.WeChat, bots.Telegram} {
		p := w.person(platform, "zh")
		p.says("李思敏") // whose days are two pages
		next, ok := option(p.last, "下一页")
		if !ok {
			t.Fatalf("there is no second page:\n%v", p.last.Options)
		}
		pressed := p.twin()
		pressed.presses(p.last, next)
		for _, line := range []string{"9", "９", "九", "下一页", "下页", "下一頁", "next"} {
			typed := p.twin()
			typed.says(line)
			if diff := cmp.Diff(remembered(pressed), remembered(typed)); diff != "" {
				t.Errorf("%s: %q does not turn the page (-button +line):\n%s", platform, line, diff)
			}
		}
		for _, line := range []string{"上一页", "prev"} {
			back := pressed.twin()
			back.says(line)
			if diff := cmp.Diff(remembered(p), remembered(back)); diff != "" {
				t.Errorf("%s: %q does not turn the page back:\n%s", platform, line, diff)
			}
		}
	}
}
