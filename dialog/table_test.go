package dialog_test

import (
	"slices"
	"testing"

	"guahao/dialog"
)

// entrances are the states that a word or a command leads to from everywhere.
var entrances = []string{"menu", "language", "resume", "carry", "found", "hospital", "visits", "people", "more", "staff", "audience", "stop_hospital"}

func TestEveryStateIsReachable(t *testing.T) {
	t.Parallel()
	edges := dialog.Edges()
	reached := slices.Clone(entrances)
	for i := 0; i < len(reached); i++ {
		for _, to := range edges[reached[i]] {
			if !slices.Contains(reached, to) {
				reached = append(reached, to)
			}
		}
	}
	if len(edges) < 40 {
		t.Fatalf("the table has only %d states", len(edges))
	}
	for state := range edges {
		if !slices.Contains(reached, state) {
			t.Errorf("nothing leads to %s", state)
		}
	}
}
