package mariadbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mariadb"
	"guahao/internal/mysql"
)

const (
	envDSN  = "GUAHAO_TEST_DSN"
	timeout = 2 * time.Minute // of one operation on the server
)

// shared is the test process's server. TestMain and tests meet only through package state: it is the one place that has some.
var shared struct {
	sync.Mutex
	running bool // Main was called and has not stopped the server yet
	cluster *cluster
	err     error
}

// Main is a package's TestMain: it runs the tests, stops the server that they shared, and exits with the tests' code. On a
// machine without a database server it says what to install, and fails.
func Main(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	if os.Getenv(envDSN) == "" {
		if err := mariadb.Available(); err != nil {
			fmt.Fprintf(os.Stderr, "These tests need a MariaDB or MySQL server program on this machine (nothing has to be running): %v\n", err)
			return 1
		}
	}
	shared.Lock()
	shared.running = true
	shared.Unlock()
	defer func() {
		shared.Lock()
		defer shared.Unlock()
		shared.running = false
		if shared.cluster == nil {
			return
		}
		if err := shared.cluster.close(); err != nil {
			fmt.Fprintln(os.Stderr, "stop the tests' database server:", err)
			code = max(code, 1)
		}
	}()
	return m.Run()
}

// current starts the shared server for the first test that asks. A start that failed is not tried again.
func current() (*cluster, error) {
	shared.Lock()
	defer shared.Unlock()
	if !shared.running {
		return nil, errors.New("the package's TestMain must call mariadbtest.Main")
	}
	if shared.cluster == nil && shared.err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		shared.cluster, shared.err = startCluster(ctx, os.Getenv(envDSN))
	}
	return shared.cluster, shared.err
}

// DB is a pool on a fresh, migrated database of this test's own. At the test's end the pool is closed and the database dropped.
func DB(t testing.TB) *sqlx.DB {
	t.Helper()
	return Open(t, DSN(t))
}

// DSN is a fresh, migrated database of this test's own, as what a program would get in its configuration: for starting several
// replicas on one database. The database is dropped at the test's end, after the cleanups that were registered later.
func DSN(t testing.TB) string {
	t.Helper()
	return newDSN(t, func(_ context.Context, c *cluster) (script, error) { return c.template, nil })
}

// EmptyDSN is the same without any table.
func EmptyDSN(t testing.TB) string {
	t.Helper()
	return newDSN(t, func(context.Context, *cluster) (script, error) { return script{}, nil })
}

// Copy is the same with what fill has written to another database: once in a test process for each name, so fill may not depend on
// the test that happens to be the first. Filling takes long where copying does not.
func Copy(t testing.TB, name string, fill func(dsn string) error) string {
	t.Helper()
	return newDSN(t, func(ctx context.Context, c *cluster) (script, error) { return c.fill(ctx, name, fill) })
}

func newDSN(t testing.TB, like func(context.Context, *cluster) (script, error)) string {
	t.Helper()
	c, err := current()
	if err != nil {
		t.Fatalf("no database for this test: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	from, err := like(ctx, c)
	if err != nil {
		t.Fatalf("make what this test's database is copied from: %v", err)
	}
	name, err := c.create(ctx, from)
	if err != nil {
		t.Fatalf("make a database for this test: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		if err := c.drop(ctx, name); err != nil {
			t.Errorf("drop the test's database (does something still hold a transaction on it?): %v", err)
		}
	})
	return c.dsn(name)
}

// Open connects to a database as the program does, and closes the pool at the test's end.
func Open(t testing.TB, dsn string) *sqlx.DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	db, err := mysql.Open(ctx, dsn)
	if err != nil {
		t.Fatalf("connect to the test's database: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Server is a server of this test's own, to be killed (Kill) and started again (Restart), with full durability: what was
// committed survives. It has no database yet. It is always a private one, whatever GUAHAO_TEST_DSN says.
func Server(t testing.TB) *mariadb.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	s, err := mariadb.Start(ctx, mariadb.Options{Dir: filepath.Join(t.TempDir(), "mariadb"), Durable: true})
	if err != nil {
		t.Fatalf("start a database server for this test: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("stop the test's database server: %v", err)
		}
	})
	return s
}
