package bench_test

import (
	"testing"

	"guahao/internal/bench"
	"guahao/internal/mariadb/mariadbtest"
)

func TestReminders(t *testing.T) {
	t.Parallel()
	r, err := bench.Reminders(t.Context(), bench.Options{Appointments: 4000, Due: 800, DSN: mariadbtest.EmptyDSN(t)})
	if err != nil {
		t.Fatal(err)
	}
	if r.Bench != "reminders" || r.Appointments != 4000 || r.Due != 800 || r.Enqueued != 800 || r.Twice != 0 || r.Missed != 0 || r.Seconds <= 0 {
		t.Errorf("%+v", r)
	}
	if r.RowsRead < 2 || r.RowsRead > 2.1 { // each is found and claimed; a batch and each replica's last look cost a row or two
		t.Errorf("%v rows are read for each that is due", r.RowsRead)
	}
	for _, bad := range []bench.Options{{Appointments: 1000, Due: 300}, {Appointments: 1000, Due: 800}, {Appointments: 400, Due: 800}, {}} {
		if _, err := bench.Reminders(t.Context(), bad); err == nil {
			t.Errorf("%+v was run", bad)
		}
	}
}
