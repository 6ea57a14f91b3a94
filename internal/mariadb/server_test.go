package mariadb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"guahao/internal/mariadb"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		helper(dir)
		return
	}
	if err := mariadb.Available(); err != nil {
		fmt.Fprintln(os.Stderr, "These tests need a database server program on this machine:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func start(t *testing.T, opt mariadb.Options) *mariadb.Server {
	t.Helper()
	s, err := mariadb.Start(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func connect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	config, err := mysqldriver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.Logger = &mysqldriver.NopLogger{} // connections break here on purpose
	connector, err := mysqldriver.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func mustExec(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func count(t *testing.T, db *sql.DB, query string) int {
	t.Helper()
	var n int
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// eventually waits for a condition of another process, which tells nobody when it comes true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(90 * time.Second)
	for !is() {
		select {
		case <-limit:
			t.Fatalf("never happened: %s", what)
		case <-tick.C:
		}
	}
}

func TestStartAndClose(t *testing.T) {
	t.Parallel()
	for _, durable := range []bool{false, true} {
		t.Run(fmt.Sprintf("durable=%v", durable), func(t *testing.T) {
			t.Parallel()
			s := start(t, mariadb.Options{Durable: durable})
			if err := s.CreateDatabase(t.Context(), "a`b"); err != nil {
				t.Fatal(err)
			}
			for name, dsn := range map[string]string{"socket": s.DSN("a`b"), "port": s.TCPDSN("a`b")} {
				if db := connect(t, dsn); count(t, db, "SELECT 1") != 1 {
					t.Errorf("over the %s: no answer", name)
				}
			}
			if err := s.DropDatabase(t.Context(), "a`b"); err != nil {
				t.Error(err)
			}
			pid, dir := s.Pid(), s.Dir()
			if err := errors.Join(s.Close(), s.Close()); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) || !gone(pid) {
				t.Errorf("something is left: %v, process gone: %v", err, gone(pid))
			}
			if err := s.Restart(t.Context()); err == nil {
				t.Error("a closed server was started again")
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := start(t, mariadb.Options{})
	db := connect(t, s.DSN("mysql"))
	want := map[string]string{
		"character_set_server": "utf8mb4",
		"time_zone":            "+00:00",
		"bind_address":         "127.0.0.1",
		"skip_name_resolve":    "1",
		"log_bin":              "0",
	}
	got := map[string]string{}
	for name := range want {
		var value string
		if err := db.QueryRow("SELECT @@GLOBAL." + name).Scan(&value); err != nil {
			t.Fatal(err)
		}
		got[name] = value
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := count(t, db, "SELECT @@GLOBAL.max_connections"); n < 500 {
		t.Errorf("max_connections = %d", n)
	}
	var isolation string
	err := db.QueryRow("SHOW VARIABLES WHERE variable_name IN ('tx_isolation', 'transaction_isolation')").Scan(new(string), &isolation)
	if err != nil || isolation != "READ-COMMITTED" {
		t.Errorf("isolation %q, %v", isolation, err)
	}
}

func TestOthersCannotLogIn(t *testing.T) {
	t.Parallel()
	s := start(t, mariadb.Options{})
	port := count(t, connect(t, s.DSN("mysql")), "SELECT @@port")
	for _, user := range []string{"root", "guahao", "guahao:wrong", "nobody", ""} {
		dsn := fmt.Sprintf("%s@tcp(127.0.0.1:%d)/mysql", user, port)
		if err := connect(t, dsn).Ping(); err == nil || !strings.Contains(err.Error(), "denied") {
			t.Errorf("user %q: %v", user, err)
		}
	}
	if info, err := os.Stat(s.Dir()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder: mode %v, %v", info.Mode(), err)
	}
}

func TestLongDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 30))
	s := start(t, mariadb.Options{Dir: dir})
	dsn := s.DSN("mysql")
	if err := connect(t, dsn).Ping(); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.DSN("mysql") != dsn {
		t.Errorf("the DSN changed from %s to %s", dsn, s.DSN("mysql"))
	}
}

func TestTwoProgramsOnOneDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, mariadb.Options{Dir: dir})
	_, err := mariadb.Start(t.Context(), mariadb.Options{Dir: dir})
	if !errors.Is(err, mariadb.ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("the second one: %v", err)
	}
	if err := connect(t, s.DSN("mysql")).Ping(); err != nil {
		t.Errorf("the first one was hurt: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	start(t, mariadb.Options{Dir: dir})
}

// What was committed before a kill -9 is there after it, again and again, while four clients write.
func TestKillKeepsWhatWasCommitted(t *testing.T) {
	t.Parallel()
	s := start(t, mariadb.Options{Dir: t.TempDir(), Durable: true})
	if err := s.CreateDatabase(t.Context(), "clinic"); err != nil {
		t.Fatal(err)
	}
	db := connect(t, s.DSN("clinic"))
	mustExec(t, db, "CREATE TABLE visits (id BIGINT AUTO_INCREMENT PRIMARY KEY, mark VARCHAR(40) NOT NULL UNIQUE)")
	var committed []string
	for round := range 3 {
		committed = append(committed, writeUntilKilled(t, s, db, round)...)
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, mark := range committed {
			if count(t, db, "SELECT COUNT(1) FROM visits WHERE mark = '"+mark+"'") != 1 {
				t.Fatalf("round %d: %s was committed and is gone", round, mark)
			}
		}
		if n := count(t, db, "SELECT COUNT(1) FROM visits WHERE mark LIKE 'open%'"); n != 0 {
			t.Errorf("%d rows of a transaction that was never committed", n)
		}
	}
	t.Logf("%d commits survived", len(committed))
}

// writeUntilKilled returns the marks whose commit was acknowledged before the server died.
func writeUntilKilled(t *testing.T, s *mariadb.Server, db *sql.DB, round int) []string {
	t.Helper()
	open, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer open.Rollback()
	if _, err := open.Exec("INSERT INTO visits (mark) VALUES (?)", fmt.Sprintf("open-%d", round)); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var marks []string
	enough := make(chan struct{})
	var wait sync.WaitGroup
	for client := range 4 {
		wait.Go(func() {
			for i := 0; ; i++ {
				mark := fmt.Sprintf("visit-%d-%d-%d", round, client, i)
				if _, err := db.Exec("INSERT INTO visits (mark) VALUES (?)", mark); err != nil {
					return
				}
				mu.Lock()
				if marks = append(marks, mark); len(marks) == 100 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	if err := syscall.Kill(s.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	wait.Wait()
	return marks
}

func TestAKilledServerIsClosedWithoutError(t *testing.T) {
	t.Parallel()
	s := start(t, mariadb.Options{})
	if err := errors.Join(s.Kill(), s.Kill(), s.Close()); err != nil {
		t.Error(err)
	}
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil { // no system tables in it
		t.Fatal(err)
	}
	_, err := mariadb.Start(t.Context(), mariadb.Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "did not start") || !strings.Contains(err.Error(), "[ERROR]") {
		t.Errorf("error: %v", err)
	}
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := mariadb.Start(ctx, mariadb.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
}

// Not parallel: it sets an environment variable.
func TestTheTemplateIsMadeOnceByManyAtATime(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			s, err := mariadb.Start(t.Context(), mariadb.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if partial, _ := filepath.Glob(filepath.Join(cache, "guahao", "*.partial")); len(partial) > 0 {
		t.Errorf("left: %v", partial)
	}
}

func TestAHalfMadeCopyIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	partial := filepath.Join(dir, "data.partial", "mysql")
	if err := errors.Join(os.MkdirAll(partial, 0o700), os.WriteFile(filepath.Join(partial, "half"), []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	start(t, mariadb.Options{Dir: dir})
}
