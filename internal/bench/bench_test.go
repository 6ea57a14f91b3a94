package bench_test

import (
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"guahao/internal/bench"
	"guahao/internal/mariadb/mariadbtest"
)

// small is a run on a database of the test's own.
func small(t *testing.T, seconds int, rate float64) (bench.Options, *strings.Builder) {
	t.Helper()
	said := &strings.Builder{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the bench said:\n%s", said)
		}
	})
	return bench.Options{Clients: 4, Seconds: seconds, Rate: rate, DSN: mariadbtest.EmptyDSN(t), Progress: said}, said
}

func count(t *testing.T, db *sqlx.DB, query string) (n int) {
	t.Helper()
	if err := db.Get(&n, query); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBooking(t *testing.T) {
	t.Parallel()
	options, _ := small(t, 1, 0)
	r, err := bench.Booking(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if r.Bench != "booking" || r.Clients != 4 || r.Seconds != 1 || r.HotPerS <= 0 || r.SpreadPerS <= 0 || r.Oversold != 0 || r.Errors != 0 {
		t.Errorf("%+v", r)
	}
	db := mariadbtest.Open(t, options.DSN)
	if n := count(t, db, "SELECT COUNT(id) FROM slots WHERE taken = capacity"); n == 0 {
		t.Error("no slot was sold out: that nothing is oversold says nothing")
	}
	// The negative control: one more place of a slot that is sold out.
	sell(t, db, count(t, db, "SELECT MIN(id) FROM slots WHERE taken = capacity"), 1, "booked")
	if n, err := bench.Oversold(t.Context(), db); err != nil || n != 1 {
		t.Errorf("%d places are oversold after one was, %v", n, err)
	}
}

func TestDialog(t *testing.T) {
	t.Parallel()
	options, said := small(t, 4, 0)
	options.Newcomers = true
	r, err := bench.Dialog(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if r.Bench != "dialog" || r.Clients != 4 || r.Seconds != 4 || r.Updates <= 0 || r.P50 <= 0 || r.P99 < r.P50 || r.Errors != 0 {
		t.Errorf("%+v", r)
	}
	db := mariadbtest.Open(t, options.DSN)
	for what, query := range map[string]string{
		"free visits":  "SELECT COUNT(id) FROM appointments WHERE status = 'booked' AND fee = 0",
		"paid visits":  "SELECT COUNT(a.id) FROM appointments a JOIN charges c ON c.ref = CONCAT('appointment:', a.id) WHERE a.status = 'booked' AND a.fee > 0 AND c.status = 'paid'",
		"new patients": "SELECT COUNT(id) FROM patients",
	} {
		if count(t, db, query) == 0 {
			t.Errorf("there are no %s", what)
		}
	}
	if !strings.Contains(said.String(), "confirm + QR code") {
		t.Error("no code was sent")
	}
}

func TestDialogOfRegulars(t *testing.T) {
	t.Parallel()
	options, _ := small(t, 2, 0)
	r, err := bench.Dialog(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if r.Errors != 0 || r.PerBooking != 7 || r.Bookings <= 0 || r.Apart {
		t.Errorf("%+v", r)
	}
	db := mariadbtest.Open(t, options.DSN)
	visits, updates := count(t, db, "SELECT COUNT(id) FROM appointments WHERE status = 'booked'"), count(t, db, "SELECT COUNT(dedupe_key) FROM chat_inbox")
	if most := visits*r.PerBooking + 4*(r.PerBooking-1); updates < visits*r.PerBooking || updates > most {
		t.Errorf("%d visits took %d updates", visits, updates)
	}
}

func TestDialogOnASchedule(t *testing.T) {
	t.Parallel()
	options, _ := small(t, 2, 20)
	r, err := bench.Dialog(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if r.Errors != 0 || r.Updates < 5 || r.Updates > 25 {
		t.Errorf("%+v of 20 updates a second", r)
	}
}
