package mariadb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
)

// Options say where a server keeps its data and how careful it is with it.
type Options struct {
	// Dir is kept between starts. Empty means a temporary directory that Close removes.
	Dir string
	// Durable makes every commit survive a power cut. Off, commits are written behind, up to a second later, and never
	// synced: for tests.
	Durable bool
	// Logger tells of starts, recoveries and stops. Nil means silence.
	Logger *slog.Logger
}

// Server is a running database server of our own. Its methods may be called from several goroutines.
type Server struct {
	opt       Options
	bin       binary
	dir       string
	temporary bool
	socket    string
	password  string // of tcpUser, new with each Start
	log       *slog.Logger
	lock      *os.File // program.lock

	mu     sync.Mutex
	proc   *process
	port   int
	closed bool
}

const (
	tcpUser      = "guahao"
	startTimeout = 2 * time.Minute // recovery after a crash reads the whole redo log
	stopTimeout  = 30 * time.Second
	portAttempts = 5
)

// ErrInUse is returned by Start when another program uses the directory.
var ErrInUse = errors.New("another program uses this database directory")

// Start starts a server and waits until it answers. The context bounds the start, not the server's life.
func Start(ctx context.Context, opt Options) (*Server, error) {
	bin, err := findBinary()
	if err != nil {
		return nil, err
	}
	s := &Server{opt: opt, bin: bin, log: opt.Logger, password: rand.Text()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.release())
	}
	if err := s.launch(ctx); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// open makes the directory ours: locked, without an orphan, with system tables in it.
func (s *Server) open(ctx context.Context) error {
	if err := s.claimDir(); err != nil {
		return err
	}
	socket, err := socketPath(s.dir)
	if err != nil {
		return err
	}
	s.socket = socket
	if err := stopOrphan(s.dir, s.log); err != nil {
		return err
	}
	return ensureData(ctx, s.bin, s.dir)
}

func (s *Server) claimDir() error {
	if s.opt.Dir == "" {
		sweepAbandoned(os.TempDir(), s.log)
		dir, err := os.MkdirTemp("", tempPrefix)
		if err != nil {
			return fmt.Errorf("make a temporary database directory: %w", err)
		}
		s.dir, s.temporary = dir, true
	} else {
		dir, err := filepath.Abs(s.opt.Dir)
		if err != nil {
			return fmt.Errorf("the database directory %s: %w", s.opt.Dir, err)
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make the database directory: %w", err)
		}
		s.dir = dir
	}
	lock, err := tryLock(filepath.Join(s.dir, programLock))
	if errors.Is(err, errLocked) {
		return fmt.Errorf("%w: %s", ErrInUse, s.dir)
	}
	s.lock = lock
	return err
}

// launch starts the process. A port that was free a moment ago may be taken by now: then it takes another one.
func (s *Server) launch(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("the database server is closed")
	}
	began := time.Now()
	for attempt := 1; ; attempt++ {
		port, err := freePort()
		if err != nil {
			return err
		}
		proc, err := s.run(ctx, port)
		if err == nil {
			s.proc, s.port = proc, port
			s.log.Info("database server started", slog.Int("pid", proc.pid), slog.String("version", s.bin.version),
				slog.Duration("took", time.Since(began)))
			return nil
		}
		if attempt == portAttempts || !strings.Contains(err.Error(), "Address already in use") {
			return err
		}
	}
}

// run starts the process on the port and waits until it answers.
func (s *Server) run(ctx context.Context, port int) (*process, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	init, err := s.writeInit()
	if err != nil {
		return nil, err
	}
	defer os.Remove(init)
	logPath := filepath.Join(s.dir, "server.log")
	_ = os.Rename(logPath, logPath+".old")
	for _, stale := range []string{s.socket, s.socket + ".lock", filepath.Join(s.dir, pidFile)} {
		_ = os.Remove(stale) // of a server that was killed: the numbers in them may be another process's by now
	}
	proc, err := startProcess(s.bin.server, s.dir, s.arguments(port, init, logPath))
	if err != nil {
		return nil, err
	}
	if err := s.awaitReady(ctx, proc); err != nil {
		_ = proc.stop(0)
		return nil, fmt.Errorf("the database server %s did not start: %w%s", s.bin.server, err, logTail(logPath))
	}
	return proc, nil
}

func (s *Server) awaitReady(ctx context.Context, proc *process) error {
	db, err := s.connect()
	if err != nil {
		return err
	}
	defer db.Close()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if db.PingContext(ctx) == nil {
			return nil
		}
		select {
		case <-proc.done:
			return fmt.Errorf("it ended: %w", proc.err)
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// DSN is how to connect to a database of this server over its unix socket, in go-sql-driver's form. It stays the same when the
// server is restarted on the same directory.
func (s *Server) DSN(database string) string { return s.socketConfig(database).FormatDSN() }

func (s *Server) socketConfig(database string) *mysqldriver.Config {
	c := dsnConfig(database)
	c.User, c.Net, c.Addr = "root", "unix", s.socket
	return c
}

// TCPDSN is the same over the loopback port. The port changes with each start.
func (s *Server) TCPDSN(database string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := dsnConfig(database)
	c.User, c.Passwd, c.Net, c.Addr = tcpUser, s.password, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	return c.FormatDSN()
}

// connect opens a pool of root's for the server's own needs. While the server is starting and ending, failures are expected: the
// driver must not log them.
func (s *Server) connect() (*sql.DB, error) {
	c := s.socketConfig("mysql")
	c.Logger = &mysqldriver.NopLogger{} // a DSN cannot carry it
	connector, err := mysqldriver.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func dsnConfig(database string) *mysqldriver.Config {
	c := mysqldriver.NewConfig()
	c.DBName = database
	c.ParseTime = true
	c.Loc = time.UTC
	return c
}

// CreateDatabase makes a database in utf8mb4. One that is there already is left as it is.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	return s.exec(ctx, "CREATE DATABASE IF NOT EXISTS "+quote(name)+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
}

// DropDatabase removes a database and everything in it. One that is not there is no error.
func (s *Server) DropDatabase(ctx context.Context, name string) error {
	return s.exec(ctx, "DROP DATABASE IF EXISTS "+quote(name))
}

func (s *Server) exec(ctx context.Context, statement string) error {
	db, err := s.connect()
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// Pid is the process number of the server.
func (s *Server) Pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc.pid
}

// Dir is the directory that holds everything of the server.
func (s *Server) Dir() string { return s.dir }

// Version is what the server calls itself, such as "10.11.6-MariaDB".
func (s *Server) Version() string { return s.bin.version }

// Done is closed when the present server process has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc.done
}

// Kill ends the server process at once, like kill -9, and waits for it. The Server can be started again with Restart.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc.stop(0)
}

// Restart starts the server process again on the same data, the old one being stopped cleanly if it still runs. Its DSN is the
// same as before.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.stop(); err != nil {
		return err
	}
	return s.launch(ctx)
}

func (s *Server) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return nil
	}
	return s.proc.stop(stopTimeout)
}

// Close stops the server cleanly, waits for its end and lets the directory go; a temporary one is removed. A server that
// does not end within half a minute is killed, which is an error here but loses nothing that was durable.
func (s *Server) Close() error {
	err := s.stop()
	s.mu.Lock()
	already := s.closed
	s.closed = true
	s.mu.Unlock()
	if already {
		return err
	}
	s.log.Info("database server stopped")
	return errors.Join(err, s.release())
}

// release gives back what open took.
func (s *Server) release() error {
	var errs []error
	if s.socket != "" && filepath.Dir(s.socket) != s.dir {
		errs = append(errs, os.RemoveAll(filepath.Dir(s.socket)))
	}
	if s.temporary {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free loopback port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// logTail is the end of the server's log, for an error message.
func logTail(path string) string {
	const most = 2048
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if size, err := f.Seek(0, io.SeekEnd); err == nil {
		_, _ = f.Seek(max(0, size-most), io.SeekStart)
	}
	tail, _ := io.ReadAll(io.LimitReader(f, most))
	return "\n" + strings.TrimSpace(string(tail))
}
