package mariadb

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// process is one run of the server. done is closed when it has ended; err says how, and may be read after that.
type process struct {
	pid  int
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// startProcess starts the server in a process group of its own, so that ^C in a terminal reaches only our program, which
// then stops the server in its turn. The server inherits server.lock as an open file.
func startProcess(path, dir string, args []string) (*process, error) {
	lock, err := tryLock(filepath.Join(dir, serverLock))
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", filepath.Join(dir, serverLock), err)
	}
	defer lock.Close()
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	cmd.ExtraFiles = []*os.File{lock}
	cmd.SysProcAttr = childAttributes()
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go p.live(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return p, nil
}

// live forks the child and stays with it to its end, on one thread: see "When something dies" in the package comment.
func (p *process) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	p.pid = p.cmd.Process.Pid
	started <- nil
	p.err = p.cmd.Wait()
	if p.err == nil {
		p.err = errors.New("exit status 0")
	}
	close(p.done)
}

// stop asks the process to end and waits. After patience it is killed; with none it is killed at once. A process that has
// ended already is no error.
func (p *process) stop(patience time.Duration) error {
	select {
	case <-p.done:
		return nil
	default:
	}
	if patience > 0 {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case <-p.done:
			return nil
		case <-timer.C:
		}
	}
	_ = p.cmd.Process.Kill()
	<-p.done
	if patience > 0 {
		return fmt.Errorf("the database server (process %d) did not stop within %v and was killed", p.pid, patience)
	}
	return nil
}
