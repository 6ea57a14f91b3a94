package dialog_test

import (
	"os"
	"strings"
	"testing"
)

// TestDangersAndOrdinaryComplaints reads sentences of which it is clear whether they must raise an alarm.
func TestDangersAndOrdinaryComplaints(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/dangers.tsv")
	if err != nil {
		t.Fatal(err)
	}
	d, n := newDialog(t), 0
	for line := range strings.Lines(string(data)) {
		mark, sentence, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		n++
		if got := d.DangerIn(sentence); (got != "") != (mark == "!") {
			t.Errorf("%s %q is answered as %q", mark, sentence, got)
		}
	}
	if n < 200 {
		t.Errorf("only %d sentences were read", n)
	}
}
