package bench_test

import (
	"testing"

	"github.com/jmoiron/sqlx"

	"guahao/internal/bench"
	"guahao/internal/mariadb/mariadbtest"
)

// sell writes an appointment that no rule and no key has looked at: active is NULL, so the unique keys do not see it.
func sell(t *testing.T, db *sqlx.DB, slot, seq int, status string) {
	t.Helper()
	const insert = `INSERT INTO appointments (hospital_id, department_id, doctor_id, schedule_id, slot_id, patient_id, user_id, account_id, request_key,
		visit_date, period, starts_at, seq, status, active, version, fee, policy_version, hold_until, created_at)
		SELECT 1, 1, 1, 1, ?, 1, 1, 1, CONCAT('test-', COUNT(a.id)), '2026-01-05', 'morning', '2026-01-05 00:00:00', ?, ?, NULL, 1, 0, 1,
			'2026-01-05 00:00:00', '2026-01-05 00:00:00' FROM appointments a`
	if _, err := db.Exec(insert, slot, seq, status); err != nil {
		t.Fatal(err)
	}
}

// slotOfTwo has the numbers 5 and 6.
func slotOfTwo(t *testing.T, db *sqlx.DB, id int) {
	t.Helper()
	_, err := db.Exec(`INSERT INTO slots (id, schedule_id, starts_at, ends_at, first_seq, capacity, taken)
		VALUES (?, ?, '2026-01-05 00:00:00', '2026-01-05 00:30:00', 5, 2, 0)`, id, id)
	if err != nil {
		t.Fatal(err)
	}
}

func TestOversoldFindsWhatIsOversold(t *testing.T) {
	t.Parallel()
	type sale struct {
		slot, seq int
		status    string
	}
	cases := map[string]struct {
		sales []sale
		want  int
	}{
		"nothing sold":                   {nil, 0},
		"sold out":                       {[]sale{{1, 5, "booked"}, {1, 6, "held"}}, 0},
		"sold again after it was given":  {[]sale{{1, 5, "cancelled"}, {1, 5, "expired"}, {1, 5, "booked"}, {1, 6, "booked"}}, 0},
		"one number to two":              {[]sale{{1, 5, "booked"}, {1, 5, "held"}}, 1},
		"one number to three":            {[]sale{{1, 5, "booked"}, {1, 5, "held"}, {1, 5, "checked_in"}}, 2},
		"a number that there is not":     {[]sale{{1, 5, "booked"}, {1, 6, "booked"}, {1, 7, "booked"}}, 1},
		"one of another slot":            {[]sale{{1, 4, "booked"}}, 1},
		"a slot that there is not":       {[]sale{{9, 1, "booked"}}, 1},
		"other slots do not make it up":  {[]sale{{1, 5, "booked"}, {1, 5, "booked"}, {2, 5, "booked"}}, 1},
		"those who came still hold it":   {[]sale{{1, 5, "fulfilled"}, {1, 5, "no_show"}}, 1},
		"twice in two slots are counted": {[]sale{{1, 5, "held"}, {1, 5, "held"}, {2, 6, "held"}, {2, 6, "held"}}, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := mariadbtest.DB(t)
			slotOfTwo(t, db, 1)
			slotOfTwo(t, db, 2)
			for _, s := range c.sales {
				sell(t, db, s.slot, s.seq, s.status)
			}
			if got, err := bench.Oversold(t.Context(), db); err != nil || got != c.want {
				t.Errorf("%d places oversold, %v; want %d", got, err, c.want)
			}
		})
	}
}

func TestMiscountedFindsAWrongCounter(t *testing.T) {
	t.Parallel()
	db := mariadbtest.DB(t)
	slotOfTwo(t, db, 1)
	expect := func(want int) {
		t.Helper()
		if got, err := bench.Miscounted(t.Context(), db); err != nil || got != want {
			t.Errorf("%d counters are wrong, %v; want %d", got, err, want)
		}
	}
	expect(0)
	sell(t, db, 1, 5, "booked")
	expect(1)
	db.MustExec("UPDATE slots SET taken = 1 WHERE id = 1")
	expect(0)
}
