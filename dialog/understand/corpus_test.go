package understand_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"guahao/dialog/understand"
)

// The least shares of sentences, in percent, that must be read exactly.
const (
	floorTune = 97
	floorHeld = 92
)

// TestCorpus reads the sentences of dialog/testdata/utterances.tsv. It prints the two rates apart, and what it reads otherwise of
// those with which the grammar is tuned; never which of the others.
func TestCorpus(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	data, err := os.ReadFile("../testdata/utterances.tsv")
	check(t, err)
	right, all := map[string]int{}, map[string]int{}
	seen := map[string]bool{}
	for n, line := range strings.Split(string(data), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 3 || (fields[0] != "held" && fields[0] != "tune") || seen[fields[1]] {
			t.Fatalf("line %d is none of the table, or stands twice: %q", n+1, line)
		}
		part, sentence, want := fields[0], fields[1], fields[2]
		seen[sentence] = true
		all[part]++
		got := c.written(c.read(sentence))
		if got == want {
			right[part]++
		} else if part == "tune" {
			t.Logf("%s\n\tis  %s\n\tnot %s", sentence, got, want)
		}
	}
	for part, floor := range map[string]int{"tune": floorTune, "held": floorHeld} {
		t.Logf("%s: %d of %d read exactly, %.1f %%", part, right[part], all[part], 100*float64(right[part])/float64(all[part]))
		if 100*right[part] < floor*all[part] {
			t.Errorf("%s: less than %d %%", part, floor)
		}
	}
	if 3*all["held"] < len(seen) {
		t.Errorf("%d sentences, of which %d held out: want 400 and a third", len(seen), all["held"])
	}
}

// written gives a meaning as the table has it.
func (c *city) written(m understand.Meaning) string {
	var words []string
	add := func(key, value string) {
		if value != "" {
			words = append(words, key+"="+value)
		}
	}
	add("intent", string(m.Intent))
	date := string(m.First)
	if m.Last != m.First {
		date += ".." + string(m.Last)
	}
	add("date", date)
	add("half", string(m.Period()))
	if m.Time.Said {
		add("time", fmt.Sprintf("%02d:%02d", m.Time.Minute/60, m.Time.Minute%60))
	}
	add("kind", string(m.Kind))
	add("title", string(m.Title))
	add("for", string(m.Whom.Relation))
	var at []string
	for _, place := range m.Places {
		at = append(at, c.codes[place])
	}
	slices.Sort(at)
	add("at", strings.Join(at, ","))
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, " ")
}
