package main

import (
	"bufio"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

const hangs = "GUAHAO_TEST_HANGS"

// A program that does not come to its end is killed by the second Ctrl-C. The test runs itself as that program.
func TestTheSecondInterruptKills(t *testing.T) {
	if os.Getenv(hangs) != "" {
		ctx, stop := interruptible()
		defer stop()
		os.Stdout.WriteString("started\n")
		<-ctx.Done()
		os.Stdout.WriteString("stopping\n")
		time.Sleep(time.Minute) // what hangs
		return
	}
	t.Parallel()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheSecondInterruptKills$")
	child.Env = append(os.Environ(), hangs+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for _, want := range []string{"started", "stopping"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("the program says %q, want %q", lines.Text(), want)
		}
		_ = child.Process.Signal(os.Interrupt)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	again := time.NewTicker(20 * time.Millisecond) // the handler goes a moment after the context
	defer again.Stop()
	for deadline := time.After(90 * time.Second); ; {
		select {
		case <-ended:
			if status := child.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
				t.Errorf("the program ended with %v", child.ProcessState)
			}
			return
		case <-again.C:
			_ = child.Process.Signal(os.Interrupt)
		case <-deadline:
			_ = child.Process.Kill()
			t.Fatal("the program goes on in spite of all interrupts")
		}
	}
}
