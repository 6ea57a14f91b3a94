package telegram_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/bots"
	"guahao/bots/telegram"
)

// A list has one layout: where two of its labels do not fit side by side, all stand alone; the ways back still share a row.
func TestOneLayoutForAList(t *testing.T) {
	t.Parallel()
	back := []bots.Option{{Label: "Back", Row: 3}, {Label: "Main menu", Row: 3, Command: "menu"}}
	days := func(labels ...string) (options []bots.Option) {
		for i, label := range labels {
			options = append(options, bots.Option{Label: label, Index: i + 1, Row: i/2 + 1})
		}
		return append(options, back...)
	}
	for name, c := range map[string]struct {
		options []bots.Option
		want    [][]string
	}{
		"all fit": {
			days("Thu 3 Dec: 9 left", "Sun 6 Dec: 9 left", "Mon 7 Dec: full"),
			[][]string{{"Thu 3 Dec: 9 left", "Sun 6 Dec: 9 left"}, {"Mon 7 Dec: full"}, {"Back", "Main menu"}},
		},
		"one pair does not": {
			days("Thu 3 Dec: 9 left", "Sun 6 Dec: 9 left", "Mon 23 Nov: 12 left", "Wed 25 Nov: 18 left"),
			[][]string{{"Thu 3 Dec: 9 left"}, {"Sun 6 Dec: 9 left"}, {"Mon 23 Nov: 12 left"}, {"Wed 25 Nov: 18 left"}, {"Back", "Main menu"}},
		},
	} {
		if diff := cmp.Diff(c.want, telegram.Layout(c.options)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
