package torture_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/mysql"
	"guahao/internal/torture"
)

// TestMain is also the replicas' main: the torture starts its own program again.
func TestMain(m *testing.M) {
	if torture.IsReplica() {
		if err := torture.RunTestReplica(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	mariadbtest.Main(m)
}

const unexplained = "no order of what happened"

// A few seconds of everything: nothing is sold twice, nobody has paid in vain.
func TestTorture(t *testing.T) {
	t.Parallel()
	result, err := torture.Run(t.Context(), torture.Options{Seconds: 4, Clients: 12, Replicas: 3, Seed: 1, Out: t.TempDir(), Progress: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range result.Found {
		t.Error(what)
	}
	if !result.Torture || result.Operations == 0 || result.Histories == 0 || result.Undecided > 0 {
		t.Errorf("it was not much of a torture: %+v", result)
	}
	if result.Faults["kill_database"] == 0 || len(result.Faults) < 10 {
		t.Errorf("too little went wrong: %v", result.Faults)
	}
}

// The negative controls: without one of its guards the program is found to be wrong by the same judge, and the smallest
// history that shows it is left.
func TestTortureFindsAMissingGuard(t *testing.T) {
	t.Parallel()
	for _, guard := range []string{torture.WithoutLocks, torture.WithoutKeys, torture.WithoutIdem} {
		t.Run(guard, func(t *testing.T) {
			t.Parallel()
			var out, found string
			for seed := uint64(1); seed <= 5 && !strings.Contains(found, unexplained); seed++ { // a race need not be lost in each second
				out = t.TempDir()
				result, err := torture.Run(t.Context(), torture.Options{Seconds: 1, Clients: 8, Replicas: 2, Seed: seed, Out: out}.Careless(guard))
				if err != nil {
					t.Fatal(err)
				}
				found = strings.Join(result.Found, "\n")
				if (found == "") != (result.Violations == 0) {
					t.Errorf("%d violations: %q", result.Violations, found)
				}
			}
			if !strings.Contains(found, unexplained) {
				t.Errorf("no history shows it: %q", found)
			}
			for _, file := range []string{"history.html", "history.json", "operations.json", "violations.json"} {
				if info, err := os.Stat(filepath.Join(out, file)); err != nil || info.Size() == 0 {
					t.Errorf("%s was not left: %v", file, err)
				}
			}
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []torture.Options{{}, {Seconds: 1, Clients: 1}, {Seconds: 1, Clients: 1, Replicas: 100}, {Seconds: 1, Clients: -1, Replicas: 1}} {
		if _, err := torture.Run(t.Context(), o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

func TestModel(t *testing.T) {
	t.Parallel()
	took := func(start, end, slot, patient, appointment int64, seq int) torture.Step {
		return torture.Step{Start: start, End: end, What: "took", Slot: slot, Patient: patient, Appointment: appointment, Seq: seq}
	}
	left := func(start, end, appointment int64) torture.Step {
		return torture.Step{Start: start, End: end, What: "left", Appointment: appointment}
	}
	full := func(start, end int64) torture.Step {
		return torture.Step{Start: start, End: end, What: "full", Slot: 1}
	}
	for _, tt := range []struct {
		name  string
		steps []torture.Step
		want  bool
	}{
		{"two places, two people", []torture.Step{took(1, 2, 1, 1, 1, 1), took(1, 2, 1, 2, 2, 2), full(3, 4)}, true},
		{"one number twice", []torture.Step{took(1, 2, 1, 1, 1, 1), took(1, 2, 1, 2, 2, 1)}, false},
		{"a number of another slot", []torture.Step{took(1, 2, 1, 1, 1, 3)}, false},
		{"one person twice in a half-day", []torture.Step{took(1, 2, 1, 1, 1, 1), took(3, 4, 2, 1, 2, 3)}, false},
		{"full, and it was", []torture.Step{took(1, 2, 1, 1, 1, 1), took(1, 9, 1, 2, 2, 2), full(3, 4)}, true},
		{"full, and it was not", []torture.Step{took(1, 2, 1, 1, 1, 1), full(3, 4), took(5, 6, 1, 2, 2, 2)}, false},
		{"sold again after it was given back", []torture.Step{took(1, 2, 1, 1, 1, 1), left(3, 6, 1), took(4, 5, 1, 2, 2, 1)}, true},
		{"sold again before it was given back", []torture.Step{took(1, 2, 1, 1, 1, 1), took(3, 4, 1, 2, 2, 1), left(5, 6, 1)}, false},
		{"given back twice", []torture.Step{took(1, 2, 1, 1, 1, 1), left(3, 4, 1), left(5, 6, 1)}, false},
		{"moved within the half-day", []torture.Step{
			took(1, 2, 1, 1, 1, 1), {Start: 3, End: 4, What: "moved", Slot: 2, Patient: 1, Appointment: 2, Seq: 3, From: 1}, took(5, 6, 1, 2, 3, 1),
		}, true},
		{"looked", []torture.Step{took(1, 2, 1, 1, 1, 1), {Start: 3, End: 4, What: "looked", Slot: 1, Taken: 2}}, false},
		{"forgotten in the end", []torture.Step{took(1, 2, 1, 1, 1, 1), {Start: 3, End: 4, What: "at_the_end"}}, false},
		{"there in the end", []torture.Step{took(1, 2, 1, 1, 1, 1), {Start: 3, End: 4, What: "at_the_end", Holders: []int64{1, 1, 1, 1}}}, true},
		{"one request, two answers", []torture.Step{{Start: 1, End: 2, What: "impossible"}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := torture.Explained(tt.steps); got != tt.want {
				t.Errorf("explained: %t, want %t", got, tt.want)
			}
		})
	}
}

// Of a long history what is left is what shows the violation.
func TestShrink(t *testing.T) {
	t.Parallel()
	var steps []torture.Step
	at := int64(0)
	add := func(s torture.Step) {
		s.Start, s.End = at, at+1
		at += 2
		steps = append(steps, s)
	}
	for n := int64(1); n <= 40; n++ {
		add(torture.Step{What: "took", Slot: 1, Patient: n, Appointment: n, Seq: 1})
		add(torture.Step{What: "looked", Slot: 1, Taken: 1})
		if n == 20 { // here somebody else gets it too
			add(torture.Step{What: "took", Slot: 1, Patient: 99, Appointment: 99, Seq: 1})
		}
		add(torture.Step{What: "left", Appointment: n})
	}
	want := []string{"patient 20 took slot 1 no. 1 (appointment 20) []", "patient 99 took slot 1 no. 1 (appointment 99) []"}
	got := torture.Shrunk(steps)
	if !slices.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

// Whoever commits through a cut hears nothing; whether it was done depends on where the cut was.
func TestCutCommits(t *testing.T) {
	t.Parallel()
	for _, where := range torture.Cuts() {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			dsn := mariadbtest.EmptyDSN(t)
			direct := mariadbtest.Open(t, dsn)
			if _, err := direct.Exec("CREATE TABLE done (id INT PRIMARY KEY)"); err != nil {
				t.Fatal(err)
			}
			through, closeProxy, err := torture.Proxy(dsn, where)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(closeProxy)
			db := mariadbtest.Open(t, through)
			insert := func(id int) error {
				return mysql.InTx(t.Context(), db, func(tx *sqlx.Tx) error {
					_, err := tx.Exec("INSERT INTO done (id) VALUES (?)", id)
					return err
				})
			}
			if err := insert(1); err == nil || !mysql.IsDown(err) {
				t.Errorf("the cut commit was answered: %v", err)
			}
			if err := insert(2); err != nil {
				t.Errorf("the next one was not: %v", err)
			}
			count := func() (done int) {
				if err := direct.Get(&done, "SELECT COUNT(id) FROM done WHERE id = 1"); err != nil {
					t.Fatal(err)
				}
				return done
			}
			done := count()
			if where == "commit_cut_after" { // the server has it, but may be at it still
				for end := time.Now().Add(90 * time.Second); done == 0 && time.Now().Before(end); done = count() {
					runtime.Gosched()
				}
			}
			if where == "commit_cut_before" && done != 0 || where == "commit_cut_after" && done != 1 {
				t.Errorf("%d were done", done)
			}
		})
	}
}
