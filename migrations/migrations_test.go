package migrations_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mariadb/mariadbtest"
	"guahao/migrations"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

func file(statements string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\n" + statements)}
}

// counted are migrations that are not repeatable, and count how often they ran.
func counted() fstest.MapFS {
	fsys := fstest.MapFS{"00001_runs.sql": file("CREATE TABLE runs (id BIGINT AUTO_INCREMENT PRIMARY KEY, step INT NOT NULL);\nINSERT INTO runs (step) VALUES (1);\n")}
	for step := 2; step <= 6; step++ {
		fsys[fmt.Sprintf("%05d_step.sql", step)] = file(fmt.Sprintf("CREATE TABLE t%d (id INT PRIMARY KEY);\nINSERT INTO runs (step) VALUES (%d);\n", step, step))
	}
	return fsys
}

// replicas runs migrate in ten replicas at once, each with a pool of its own.
func replicas(t *testing.T, dsn string, migrate func(db *sqlx.DB) error) error {
	t.Helper()
	const n = 10
	start := make(chan struct{})
	errs := make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		db := mariadbtest.Open(t, dsn)
		wait.Go(func() {
			<-start
			errs[i] = migrate(db)
		})
	}
	close(start)
	wait.Wait()
	return errors.Join(errs...)
}

func stepsRun(t *testing.T, db *sqlx.DB) []int {
	t.Helper()
	var steps []int
	if err := db.Select(&steps, "SELECT step FROM runs ORDER BY id"); err != nil {
		t.Fatal(err)
	}
	return steps
}

func TestTenReplicasApplyEachOnce(t *testing.T) {
	t.Parallel()
	dsn := mariadbtest.EmptyDSN(t)
	fsys := counted()
	if err := replicas(t, dsn, func(db *sqlx.DB) error { return migrations.UpFrom(t.Context(), db, fsys) }); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(stepsRun(t, mariadbtest.Open(t, dsn))), "[1 2 3 4 5 6]"; got != want {
		t.Errorf("steps run %s, want %s", got, want)
	}
}

// The negative control: the same ten replicas without the lock get into each other's way.
func TestWithoutTheLockReplicasCollide(t *testing.T) {
	t.Parallel()
	fsys := counted()
	for range 5 {
		err := replicas(t, mariadbtest.EmptyDSN(t), func(db *sqlx.DB) error {
			return migrations.UpUnlocked(t.Context(), db, fsys)
		})
		if err != nil {
			t.Logf("as expected: %.200s", err.Error())
			return
		}
	}
	t.Error("ten replicas without a lock never collided: the test above proves nothing")
}

func TestTenReplicasApplyTheRealOnes(t *testing.T) {
	t.Parallel()
	dsn := mariadbtest.EmptyDSN(t)
	if err := replicas(t, dsn, func(db *sqlx.DB) error { return migrations.Up(t.Context(), db) }); err != nil {
		t.Fatal(err)
	}
	db := mariadbtest.Open(t, dsn)
	if pending, err := migrations.Pending(t.Context(), db); err != nil || pending != 0 {
		t.Errorf("%d pending, %v", pending, err)
	}
	var twice []int64
	if err := db.Select(&twice, "SELECT version_id FROM goose_db_version GROUP BY version_id HAVING COUNT(1) > 1"); err != nil || len(twice) > 0 {
		t.Errorf("applied twice: %v, %v", twice, err)
	}
}

// Every file is repeatable: a crash between its statements, or before its number is noted, is healed by the next start.
func TestFilesCanBeRunAgain(t *testing.T) {
	t.Parallel()
	db := mariadbtest.DB(t)
	db.MustExec("DELETE FROM goose_db_version WHERE version_id > 0")
	if err := migrations.Up(t.Context(), db); err != nil {
		t.Fatal(err)
	}
}

func TestPending(t *testing.T) {
	t.Parallel()
	db := mariadbtest.Open(t, mariadbtest.EmptyDSN(t))
	fsys := counted()
	check := func(want int) {
		t.Helper()
		if got, err := migrations.PendingIn(t.Context(), db, fsys); err != nil || got != want {
			t.Errorf("%d pending, %v; want %d", got, err, want)
		}
	}
	check(6)
	var tables int
	if err := db.Get(&tables, "SELECT COUNT(1) FROM information_schema.tables WHERE table_schema = DATABASE()"); err != nil || tables != 0 {
		t.Errorf("asking made %d tables, %v", tables, err)
	}
	if err := migrations.UpFrom(t.Context(), db, fsys); err != nil {
		t.Fatal(err)
	}
	check(0)
	fsys["00009_later.sql"] = file("CREATE TABLE later (id INT PRIMARY KEY);\n")
	fsys["00007_between.sql"] = file("CREATE TABLE between_them (id INT PRIMARY KEY);\n")
	check(2)
	if err := migrations.UpFrom(t.Context(), db, fsys); err != nil {
		t.Fatal(err)
	}
	check(0)
}

func TestNoFilesAreNoError(t *testing.T) {
	t.Parallel()
	db := mariadbtest.Open(t, mariadbtest.EmptyDSN(t))
	if err := migrations.UpFrom(t.Context(), db, fstest.MapFS{}); err != nil {
		t.Error(err)
	}
	if pending, err := migrations.PendingIn(t.Context(), db, fstest.MapFS{}); err != nil || pending != 0 {
		t.Errorf("%d pending, %v", pending, err)
	}
}

// A crash between goose's CREATE TABLE and its first row leaves a table that goose itself refuses.
func TestHalfMadeVersionTableIsRepaired(t *testing.T) {
	t.Parallel()
	db := mariadbtest.Open(t, mariadbtest.EmptyDSN(t))
	if err := migrations.UpFrom(t.Context(), db, fstest.MapFS{"00001_a.sql": file("CREATE TABLE IF NOT EXISTS a (id INT PRIMARY KEY);\n")}); err != nil {
		t.Fatal(err)
	}
	db.MustExec("DELETE FROM goose_db_version")
	if err := migrations.UpUnlocked(t.Context(), db, counted()); err == nil {
		t.Error("goose accepted the empty table: the repair is not needed any more")
	}
	if err := migrations.UpFrom(t.Context(), db, fstest.MapFS{"00001_a.sql": file("CREATE TABLE IF NOT EXISTS a (id INT PRIMARY KEY);\n")}); err != nil {
		t.Error(err)
	}
}

func TestABrokenFileIsAnError(t *testing.T) {
	t.Parallel()
	db := mariadbtest.Open(t, mariadbtest.EmptyDSN(t))
	if err := migrations.UpFrom(t.Context(), db, fstest.MapFS{"00001_a.sql": file("CREATE TABEL a (id INT);\n")}); err == nil {
		t.Error("no error")
	}
	if err := migrations.UpFrom(t.Context(), db, counted()); err != nil { // the lock was given back
		t.Error(err)
	}
}
