package bench_test

import (
	"testing"

	"guahao/internal/bench"
	"guahao/internal/mariadb/mariadbtest"
)

func TestReconcile(t *testing.T) {
	t.Parallel()
	r, err := bench.Reconcile(t.Context(), bench.Options{Lines: 5000, DSN: mariadbtest.EmptyDSN(t)})
	if err != nil {
		t.Fatal(err)
	}
	if r.Bench != "reconcile" || r.Lines != 5000 || r.Matched != 4925 || r.Differences != 100 || r.Seconds <= 0 || r.PeakRSS <= 0 {
		t.Errorf("%+v", r)
	}
	if _, err := bench.Reconcile(t.Context(), bench.Options{Lines: 3}); err == nil {
		t.Error("a bill of 3 lines was reconciled")
	}
}
