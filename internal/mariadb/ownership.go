package mariadb

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	programLock = "program.lock"
	serverLock  = "server.lock"
	pidFile     = "server.pid"
	tempPrefix  = "guahao-mariadb-"

	// longestSocket is the smallest limit of a socket's path among Unixes, 104 with the final zero, less a reserve.
	longestSocket = 100
	// youngest keeps the sweep away from a directory that is just being made.
	youngest    = time.Minute
	orphanGrace = 30 * time.Second
	pollEvery   = 20 * time.Millisecond
)

var errLocked = errors.New("the lock is held by another process")

// tryLock opens the file and takes the lock on it, which lasts until the last process that has this opening of it lets go.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errLocked
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

// stopOrphan ends a server that outlived the program which started it on this directory. The caller holds program.lock, so
// whoever holds server.lock is such an orphan.
func stopOrphan(dir string, log *slog.Logger) error {
	end := time.Now().Add(orphanGrace)
	killAt := end.Add(-orphanGrace / 3)
	asked := 0
	for {
		lock, err := tryLock(filepath.Join(dir, serverLock))
		if err == nil {
			return lock.Close()
		}
		if !errors.Is(err, errLocked) {
			return err
		}
		pid := orphanPid(dir) // 0 while it is so young that it has not written its number yet
		switch {
		case time.Now().After(end):
			return fmt.Errorf("a database server left over from an earlier run still uses %s: end the process %q names", dir, pidFile)
		case pid != 0 && time.Now().After(killAt):
			_ = syscall.Kill(pid, syscall.SIGKILL)
		case pid != 0 && pid != asked:
			log.Warn("stopping a database server left over from an earlier run", slog.Int("pid", pid))
			_ = syscall.Kill(pid, syscall.SIGTERM)
			asked = pid
		}
		time.Sleep(pollEvery)
	}
}

// orphanPid is the process number in the pid file, if that process really is a server on our data directory: a number can
// have been given to another process since.
func orphanPid(dir string) int {
	text, err := os.ReadFile(filepath.Join(dir, pidFile))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return 0
	}
	if !strings.Contains(commandLine(pid), "--datadir="+dataDir(dir)) {
		return 0
	}
	return pid
}

// commandLine is how the process was called, from /proc or, where there is none, from ps.
func commandLine(pid int) string {
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil {
		return strings.ReplaceAll(string(text), "\x00", " ")
	}
	out, _ := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return string(out)
}

// socketPath is where the server of this directory listens: always the same place for the same directory.
func socketPath(dir string) (string, error) {
	if path := filepath.Join(dir, "mysql.sock"); len(path) <= longestSocket {
		return path, os.Chmod(dir, 0o700)
	}
	sum := sha256.Sum256([]byte(dir))
	short := filepath.Join("/tmp", fmt.Sprintf("guahao-%d-%s", os.Getuid(), hex.EncodeToString(sum[:8])))
	if err := os.Mkdir(short, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("make a folder for the socket: %w", err)
	}
	info, err := os.Lstat(short)
	if err != nil {
		return "", err
	}
	if !info.IsDir() || !ownedByUs(info) || info.Mode().Perm() != 0o700 {
		return "", fmt.Errorf("%s belongs to someone else: remove it, or use a shorter database directory", short)
	}
	return filepath.Join(short, "s"), nil
}

func ownedByUs(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}

// sweepAbandoned removes temporary directories of programs that were killed.
func sweepAbandoned(in string, log *slog.Logger) {
	found, _ := filepath.Glob(filepath.Join(in, tempPrefix+"*"))
	for _, dir := range found {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || !ownedByUs(info) {
			continue
		}
		info, err = os.Lstat(filepath.Join(dir, programLock))
		if err != nil || time.Since(info.ModTime()) < youngest {
			continue
		}
		lock, err := tryLock(filepath.Join(dir, programLock))
		if err != nil {
			continue
		}
		if err := stopOrphan(dir, log); err == nil {
			_ = os.RemoveAll(dir)
		}
		_ = lock.Close()
	}
}
