package bench_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"guahao/internal/bench"
	"guahao/internal/mariadb/mariadbtest"
)

// TestBroadcastSurvivesKill kills the sender twice in the middle of a broadcast: nobody is left out, and nobody is told twice but for what was in flight. The
// controls undo what is written down of some: then both are seen.
func TestBroadcastSurvivesKill(t *testing.T) {
	t.Parallel()
	const recipients, writers = 1500, 16
	for _, tt := range []struct {
		name   string
		meddle string // after each kill
		holds  bool
	}{
		{"as it is", "", true},
		{"negative control: what was sent is forgotten", "UPDATE notices SET status = 'queued' WHERE status = 'sent'", false},
		{"negative control: recipients are lost", "DELETE FROM notices WHERE status = 'queued' AND MOD(id, 10) = 0", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := bench.Options{Recipients: recipients, Scale: 20, Kills: 2, DSN: mariadbtest.EmptyDSN(t), Command: senderCommand(t)}
			r, err := bench.BroadcastMeddling(t.Context(), o, tt.meddle)
			t.Logf("%+v, %v", r, err)
			good := err == nil && r.Missed == 0 && r.Twice == 0 && r.Recipients == recipients
			if good != tt.holds {
				t.Errorf("it holds: %t, want %t", good, tt.holds)
			}
			if tt.holds && (r.InFlight > 2*writers || r.Refused != 0 || r.PeakRSS == 0 || r.Share <= 0) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestBroadcastWantsRecipients(t *testing.T) {
	t.Parallel()
	for _, o := range []bench.Options{{}, {Recipients: 5, Scale: 1, Command: []string{"x"}}, {Recipients: 100, Command: []string{"x"}}, {Recipients: 100, Scale: 1}} {
		if _, err := bench.Broadcast(t.Context(), o); err == nil {
			t.Errorf("%+v was measured", o)
		}
	}
}

// senderVariable makes the test's own program the sender: see TestMain.
const senderVariable = "GUAHAO_TEST_SENDER"

// senderCommand is how to run the test's own program as the sender.
func senderCommand(t *testing.T) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{"/usr/bin/env", senderVariable + "=1", self}
}

// beSender runs the sender where that is what the process is for.
func beSender() {
	if os.Getenv(senderVariable) == "" {
		return
	}
	if err := bench.BroadcastSenderMain(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
