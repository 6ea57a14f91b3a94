package mariadb_test

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"guahao/internal/mariadb"
)

func TestTheServerEndsWithItsProgram(t *testing.T) {
	t.Parallel()
	cmd, pid := program(t, t.TempDir())
	kill(t, cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait()
	eventually(t, "the server's end", func() bool { return gone(pid) })
}

// onADyingThread runs fn on a thread that ends with it.
func onADyingThread(fn func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()               // never unlocked: the thread ends with the goroutine
		if syscall.Gettid() == os.Getpid() { // except the process's first one, which Go keeps: occupy it and take another
			defer runtime.UnlockOSThread()
			onADyingThread(fn)
			return
		}
		fn()
	}()
	<-done
}

// The kernel's signal comes when the forking thread ends. The server must outlive the thread that called Start.
func TestTheServerOutlivesTheThreadThatStartedIt(t *testing.T) {
	t.Parallel()
	// The negative control: a plain child of such a thread dies with it.
	plain := exec.Command("sleep", "60")
	plain.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	onADyingThread(func() {
		if err := plain.Start(); err != nil {
			t.Error(err)
		}
	})
	if err := plain.Wait(); err == nil || plain.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("the control ended with %v", err)
	}

	var s *mariadb.Server
	var err error
	onADyingThread(func() { s, err = mariadb.Start(t.Context(), mariadb.Options{}) })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 20 {
		onADyingThread(func() {
			if err := connect(t, s.DSN("mysql")).Ping(); err != nil {
				t.Error(err)
			}
		})
	}
	select {
	case <-s.Done():
		t.Error("the server ended")
	default:
	}
}
