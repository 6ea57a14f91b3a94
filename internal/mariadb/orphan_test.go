package mariadb_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"guahao/internal/mariadb"
)

// helperDir makes the test binary be a program of its own that runs a server on the directory until it is killed.
const helperDir = "GUAHAO_MARIADB_HELPER_DIR"

func helper(dir string) {
	s, err := mariadb.Start(context.Background(), mariadb.Options{Dir: dir, Durable: true})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	if err := s.CreateDatabase(context.Background(), "clinic"); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(s.Pid())
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test goes away, at the latest
	_ = s.Close()
}

// program starts such a program and returns it with the number of its server's process.
func program(t *testing.T, dir string) (*exec.Cmd, int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperDir+"="+dir)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the other program: %q, %v", line, err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the other program: %q", line)
	}
	return cmd, pid
}

func kill(t *testing.T, pid int, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, signal); err != nil {
		t.Fatal(err)
	}
}

func TestAnotherProgramHasTheDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program(t, dir)
	if _, err := mariadb.Start(t.Context(), mariadb.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another program uses") {
		t.Errorf("error: %v", err)
	}
}

// Our program is killed, its server is not (it is halted, so that it cannot obey the kernel's signal before we look): the next
// Start finds the orphan, stops it, and has its data.
func TestAnOrphanIsStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, pid := program(t, dir)
	kill(t, pid, syscall.SIGSTOP)
	kill(t, cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait()
	if got := mariadb.OrphanPid(dir); got != pid {
		t.Errorf("the orphan is %d, found %d", pid, got)
	}
	log, seen := watch("left over from an earlier run")
	go func() {
		<-seen
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}()
	s, err := mariadb.Start(t.Context(), mariadb.Options{Dir: dir, Durable: true, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Pid() == pid || mariadb.OrphanPid(dir) != s.Pid() {
		t.Errorf("the server is %d, the orphan was %d", s.Pid(), pid)
	}
	if err := connect(t, s.DSN("clinic")).Ping(); err != nil { // the database that the orphan had
		t.Error(err)
	}
}

// A process that got the number of a server that is gone is never touched.
func TestAStrangerWithTheNumberIsLeftAlone(t *testing.T) {
	t.Parallel()
	stranger := exec.Command("sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = stranger.Process.Kill()
		_ = stranger.Wait()
	}()
	dir := t.TempDir()
	for _, text := range []string{strconv.Itoa(stranger.Process.Pid), "1", "0", "-1", "", "x", strconv.Itoa(os.Getpid())} {
		if err := os.WriteFile(filepath.Join(dir, "server.pid"), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if pid := mariadb.OrphanPid(dir); pid != 0 {
			t.Errorf("%q was taken for a server", text)
		}
	}
	s, err := mariadb.Start(t.Context(), mariadb.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
}

func TestAbandonedDirectoriesAreSwept(t *testing.T) {
	t.Parallel()
	in := t.TempDir()
	old := time.Now().Add(-time.Hour)
	make := func(name string, age time.Time) string {
		dir := filepath.Join(in, name)
		if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
			t.Fatal(err)
		}
		if age.IsZero() {
			return dir
		}
		lock := filepath.Join(dir, "program.lock")
		if err := os.WriteFile(lock, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(lock, age, age); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	abandoned := make("guahao-mariadb-1", old)
	used, young := make("guahao-mariadb-2", old), make("guahao-mariadb-3", time.Now())
	unlocked, foreign := make("guahao-mariadb-4", time.Time{}), make("someone-elses", old)
	lock, err := mariadb.TryLock(filepath.Join(used, "program.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	mariadb.SweepAbandoned(in, slog.New(slog.DiscardHandler))
	if _, err := os.Stat(abandoned); err == nil {
		t.Error("the abandoned one is still there")
	}
	for name, dir := range map[string]string{"used": used, "young": young, "unlocked": unlocked, "foreign": foreign} {
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// watch is a logger and a channel that is closed when it is told the words.
func watch(words string) (*slog.Logger, <-chan struct{}) {
	seen := make(chan struct{})
	return slog.New(slog.NewTextHandler(&watcher{words, seen}, nil)), seen
}

type watcher struct {
	words string
	seen  chan struct{}
}

func (w *watcher) Write(line []byte) (int, error) {
	if w.words != "" && strings.Contains(string(line), w.words) {
		w.words = ""
		close(w.seen)
	}
	return len(line), nil
}
