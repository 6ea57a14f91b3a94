package dialog_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"guahao/bots"
)

// In large type no message has more than five choices, wherever the person goes.
func TestLargeTypeOffersAtMostFive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		p := w.person(rapid.SampledFrom([]bots.Platform{bots.WeChat, bots.Telegram}).Draw(rt, "platform"), "zh")
		p.says("大字版")
		for range rapid.IntRange(1, 25).Draw(rt, "length") {
			line := rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "返回", "挂号", "心内科", "更多服务", "就诊人", "帮助"}).Draw(rt, "line")
			reply := p.says(line)
			if strings.Contains(reply.Text, "已换回普通版") || strings.Contains(reply.Text, "Back to the ordinary type") { // by its option
				p.says("大字版")
				continue
			}
			choices := 0
			for _, o := range reply.Options {
				if o.Index > 0 {
					choices++
				}
			}
			if choices > 5 {
				rt.Fatalf("%d choices after %q in %s:\n%s", choices, line, p.session.State, reply.Text)
			}
		}
	})
}
