package waiting_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/booking/waiting"
)

const outcomesHeading = "day,ahead,low,median,high,real\n"

func TestReadOutcomes(t *testing.T) {
	t.Parallel()
	got, err := waiting.ReadOutcomes(strings.NewReader(outcomesHeading + "a,3,10,20,30.5,25\nb,0,0,0,0,0\na,1,1,2,3,9\n"))
	want := []waiting.Outcome{
		{Promise: waiting.Promise{Low: 10, Median: 20, High: 30.5}, Real: 25, Ahead: 3, Day: 0}, {Day: 1},
		{Promise: waiting.Promise{Low: 1, Median: 2, High: 3}, Real: 9, Ahead: 1, Day: 0},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for _, c := range []struct{ text, says string }{
		{"", "line 1 must be"}, {"day,real\n", "line 1 must be"}, {outcomesHeading + "a,3,10,20,30\n", "line 2"}, {outcomesHeading + "a,x,10,20,30,25\n", `line 2: "x" is no number of people`},
		{outcomesHeading + "a,3,10,20,30,25\na,3,10,soon,30,25\n", `line 3: "soon" is no number of minutes`}, {outcomesHeading + "a,3,10,NaN,30,25\n", "line 2"},
		{outcomesHeading + "a,3,30,20,10,25\n", "line 2"}, {outcomesHeading + "a,-3,10,20,30,25\n", "line 2"}, {outcomesHeading + "a,3,10,20,30,-25\n", "line 2"},
		{outcomesHeading + "a,\"3,10,20,30,25\n", "line "},
	} {
		if got, err := waiting.ReadOutcomes(strings.NewReader(c.text)); !errors.Is(err, waiting.ErrInput) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, %v; want %q", c.text, got, err, c.says)
		}
	}
}

// FuzzReadOutcomes: what is read can be calibrated, and what is not names a line.
func FuzzReadOutcomes(f *testing.F) {
	f.Add(outcomesHeading + "a,3,10,20,30,25\n")
	f.Add(outcomesHeading + "\"a\nb\",3,10,20,30,25\n\n")
	f.Add("x")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := waiting.ReadOutcomes(strings.NewReader(text))
		if err != nil {
			if !strings.Contains(err.Error(), "line ") {
				t.Fatalf("an error without a line: %v", err)
			}
			return
		}
		if _, err := waiting.Calibrate(list); err != nil && len(list) > 0 {
			t.Fatal(err)
		}
	})
}
