package mariadbtest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"guahao/internal/mariadb/mariadbtest"
	"guahao/migrations"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

func TestDatabaseIsMigrated(t *testing.T) {
	t.Parallel()
	pending, err := migrations.Pending(t.Context(), mariadbtest.DB(t))
	if err != nil || pending != 0 {
		t.Fatalf("%d migrations pending, %v", pending, err)
	}
}

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	var wait sync.WaitGroup
	for range 8 {
		db := mariadbtest.DB(t)
		wait.Go(func() {
			if _, err := db.Exec("CREATE TABLE mine (id INT PRIMARY KEY)"); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestReplicasShareOneDatabase(t *testing.T) {
	t.Parallel()
	dsn := mariadbtest.DSN(t)
	one, two := mariadbtest.Open(t, dsn), mariadbtest.Open(t, dsn)
	one.MustExec("CREATE TABLE ours (id INT PRIMARY KEY)")
	two.MustExec("INSERT INTO ours (id) VALUES (7)")
	var id int
	if err := one.Get(&id, "SELECT id FROM ours"); err != nil || id != 7 {
		t.Fatalf("read %d, %v", id, err)
	}
}

// The copy must be what the migrations make, to the letter.
func TestCopyIsWhatTheMigrationsMake(t *testing.T) {
	t.Parallel()
	copied := mariadbtest.DB(t)
	migrated := mariadbtest.Open(t, mariadbtest.EmptyDSN(t))
	if err := migrations.Up(t.Context(), migrated); err != nil {
		t.Fatal(err)
	}
	var tables []string
	const list = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name"
	if err := migrated.Select(&tables, list); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		var name, want, got string
		show := fmt.Sprintf("SHOW CREATE TABLE `%s`", table)
		if err := migrated.QueryRow(show).Scan(&name, &want); err != nil {
			t.Fatal(err)
		}
		if err := copied.QueryRow(show).Scan(&name, &got); err != nil {
			t.Errorf("%s is missing from the copy: %v", table, err)
		} else if got != want {
			t.Errorf("%s differs:\n%s\nwant\n%s", table, got, want)
		}
	}
}

func TestDatabaseIsDroppedAtTheEnd(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("a test", func(t *testing.T) {
		if err := mariadbtest.DB(t).Get(&name, "SELECT DATABASE()"); err != nil {
			t.Fatal(err)
		}
	})
	var left int
	err := mariadbtest.DB(t).Get(&left, "SELECT COUNT(1) FROM information_schema.schemata WHERE schema_name = ?", name)
	if err != nil || left != 0 || name == "" {
		t.Fatalf("%d left of %q, %v", left, name, err)
	}
}

func TestServerIsKilledAndStartedAgain(t *testing.T) {
	t.Parallel()
	s := mariadbtest.Server(t)
	ctx := context.Background()
	if err := s.CreateDatabase(ctx, "clinic"); err != nil {
		t.Fatal(err)
	}
	db := mariadbtest.Open(t, s.DSN("clinic"))
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(); err == nil {
		t.Fatal("a killed server answered")
	}
	if err := s.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(); err != nil { // the same pool: the DSN is the same
		t.Fatal(err)
	}
}

func BenchmarkDB(b *testing.B) {
	for b.Loop() {
		mariadbtest.DSN(b)
	}
}
