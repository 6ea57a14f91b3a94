package understand_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"guahao/booking"
	"guahao/dialog/triage"
	"guahao/dialog/understand"
)

// The least shares of sentences, in percent, that must be read exactly.
const (
	floorTune = 98
	floorHeld = 94
)

// TestCorpus reads the sentences of dialog/testdata/utterances.tsv. What a complaint leads to is for triage to say: there a sentence is read rightly when all
// else is, and one of the departments that triage suggests for it is one that the table expects. The test prints the two rates apart, and what it reads otherwise of
// those with which the grammar is tuned; never which of the others.
func TestCorpus(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	knowledge, err := triage.New()
	check(t, err)
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
		m := c.read(sentence)
		got := c.written(m)
		if got == want || m.Complained && c.suggests(knowledge, sentence, m, want) {
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

// suggests tells whether a complaint is read as the table has it, but for the place, which is one of those that triage suggests.
func (c *city) suggests(knowledge *triage.Knowledge, sentence string, m understand.Meaning, want string) bool {
	rest, expected, _ := strings.Cut(want, " at=")
	m.Places = nil
	if c.written(m) != rest {
		return false
	}
	who := triage.Patient{Sex: map[booking.Sex]triage.Sex{booking.Female: triage.Female, booking.Male: triage.Male}[m.Whom.Sex]}
	for _, s := range knowledge.Ask(sentence, who, nil).Suggestions {
		for _, name := range knowledge.Names(s.Department.Code) {
			for _, place := range c.ready.Called(name) {
				if slices.Contains(strings.Split(expected, ","), c.codes[place]) {
					return true
				}
			}
		}
	}
	return false
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
