package bench_test

import (
	"errors"
	"testing"

	"guahao/internal/bench"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/migrations"
)

func TestADatabaseOfSomebodyElseIsLeftAlone(t *testing.T) {
	t.Parallel()
	dsn := mariadbtest.DSN(t) // with the program's tables, as in production
	db := mariadbtest.Open(t, dsn)
	db.MustExec("INSERT INTO directory_revisions (id, revision) VALUES (7, 42)")
	options := bench.Options{Clients: 1, Seconds: 1, DSN: dsn}
	if _, err := bench.Booking(t.Context(), options); !errors.Is(err, bench.ErrForeign) {
		t.Errorf("the booking bench: %v", err)
	}
	if _, err := bench.Dialog(t.Context(), options); !errors.Is(err, bench.ErrForeign) {
		t.Errorf("the dialog bench: %v", err)
	}
	var revision int
	if err := db.Get(&revision, "SELECT revision FROM directory_revisions WHERE id = 7"); err != nil || revision != 42 {
		t.Errorf("what was there: %d, %v", revision, err)
	}
}

func TestABenchsDatabaseIsEmptiedForTheNext(t *testing.T) {
	t.Parallel()
	dsn := mariadbtest.EmptyDSN(t)
	for _, when := range []string{"empty", "of an earlier bench"} {
		db, err := bench.OpenDatabase(t.Context(), dsn)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		var rows int
		if err := db.Get(&rows, "SELECT COUNT(id) FROM directory_revisions"); err != nil || rows != 0 {
			t.Errorf("%s: %d rows, %v", when, rows, err)
		}
		if pending, err := migrations.Pending(t.Context(), db); err != nil || pending != 0 {
			t.Errorf("%s: %d migrations pending, %v", when, pending, err)
		}
		db.MustExec("INSERT INTO directory_revisions (id, revision) VALUES (7, 42)")
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// An emptying that was interrupted leaves the mark, so that it can be done again.
func TestTheMarkIsNeverDropped(t *testing.T) {
	t.Parallel()
	db := mariadbtest.Open(t, mariadbtest.EmptyDSN(t))
	for range 2 {
		if err := bench.Claim(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		var tables []string
		if err := db.Select(&tables, "SHOW TABLES"); err != nil || len(tables) != 1 || tables[0] != bench.Mark {
			t.Fatalf("tables %v, %v", tables, err)
		}
		db.MustExec("CREATE TABLE half (id INT PRIMARY KEY)")
	}
}
