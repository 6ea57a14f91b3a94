package bench_test

import (
	"encoding/json"
	"strings"
	"testing"

	"guahao/booking"
	"guahao/internal/bench"
	"guahao/internal/mariadb/mariadbtest"
)

// A small tournament: everybody has booked, nothing is oversold or lost, and the line has the keys that are promised.
func TestTournament(t *testing.T) {
	t.Parallel()
	said := &strings.Builder{}
	r, err := bench.Booking(t.Context(), bench.Options{Clients: 4, Seconds: 1, DSN: mariadbtest.EmptyDSN(t), Progress: said})
	if err != nil {
		t.Fatal(err)
	}
	if r.Oversold != 0 || r.Lost != 0 || r.Errors != 0 {
		t.Errorf("%+v\n%s", r, said)
	}
	line, err := bench.Line(r)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal([]byte(line), &keys); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"naive_per_s", "raw_update_per_s", "hot_per_s", "spread_per_s", "spread_naive_per_s", "ratio_naive", "ratio_raw_update", "ratio_spread",
	} {
		if rate, ok := keys[key].(float64); !ok || rate <= 0 {
			t.Errorf("%s is %v", key, keys[key])
		}
	}
	for _, row := range []string{"raw UPDATE, one slot", "naive, one half-day", "guahao, 1,008 half-days", "oversold", "lost"} {
		if !strings.Contains(said.String(), row) {
			t.Errorf("the table does not tell of %q", row)
		}
	}
}

// The negative control of lost: of three seats that people were told of one is somebody else's and one is not there.
func TestLost(t *testing.T) {
	t.Parallel()
	db := mariadbtest.DB(t)
	_, err := db.Exec(`INSERT INTO appointments (id, hospital_id, department_id, doctor_id, schedule_id, slot_id, patient_id, user_id, account_id, request_key,
		visit_date, period, starts_at, seq, status, active, version, fee, policy_version, hold_until, created_at)
		VALUES (7, 1, 1, 1, 1, 1, 10, 1, 1, 'a', '2026-01-05', 'morning', '2026-01-05', 1, 'held', 1, 1, 0, 1, '2026-01-05', '2026-01-05'),
		(8, 1, 1, 1, 1, 1, 11, 1, 1, 'b', '2026-01-05', 'morning', '2026-01-05', 2, 'held', 1, 1, 0, 1, '2026-01-05', '2026-01-05')`)
	if err != nil {
		t.Fatal(err)
	}
	mine := bench.Seat{ID: 7, Patient: 10, Slot: 1, Seq: 1}
	if n, err := bench.Lost(t.Context(), db, mine); err != nil || n != 0 {
		t.Errorf("%d of what is there are lost, %v", n, err)
	}
	n, err := bench.Lost(t.Context(), db, mine, bench.Seat{ID: 8, Patient: 12, Slot: 1, Seq: 2}, bench.Seat{ID: 9, Patient: 13, Slot: 1, Seq: 3})
	if err != nil || n != 2 {
		t.Errorf("%d are lost, want 2, %v", n, err)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for want, rates := range map[float64][]float64{0: nil, 3: {5, 1, 3}, 2.5: {4, 1, 2, 3}} {
		if got := bench.Median(rates...); got != want {
			t.Errorf("the median of %v is %v", rates, got)
		}
	}
}

// The rules of the bench are such as a hospital may have.
func TestBookingRules(t *testing.T) {
	t.Parallel()
	p := bench.BookingRules(booking.Policy{DaysAhead: 14, ReleaseAt: "00:00", HoldMinutes: 30, PatientsPerUser: 100})
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
}
