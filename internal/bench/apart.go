package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"guahao/internal/app"
)

// apart is the program as a process of its own. Its log goes to a file, as a service's does, and is read when it has ended.
type apart struct {
	command *exec.Cmd
	stdin   io.WriteCloser // closing it ends the program
	log     string
	ended   chan error
}

// startApart starts the program. cores may be nil.
func startApart(command []string, cfg app.Config, dir string, c *cores) (*apart, error) {
	a := &apart{log: filepath.Join(dir, "program.log"), ended: make(chan error, 1)}
	out, err := os.Create(a.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	a.command = exec.Command(command[0], command[1:]...)
	a.command.Stderr = out
	a.command.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GUAHAO_") }), cfg.Environment()...)
	if a.stdin, err = a.command.StdinPipe(); err != nil {
		return nil, err
	}
	start := a.command.Start
	if c != nil {
		start = func() error { return c.start(a.command.Start) }
	}
	if err := start(); err != nil {
		return nil, fmt.Errorf("start the program: %w", err)
	}
	go func() { a.ended <- a.command.Wait() }()
	return a, nil
}

// run waits until the program ends: by itself, which is an error, or because ctx does.
func (a *apart) run(ctx context.Context) error {
	select {
	case err := <-a.ended:
		return errors.Join(fmt.Errorf("the program ended by itself: %s", a.lastWords()), err)
	case <-ctx.Done():
	}
	_ = a.stdin.Close()
	const patience = 30 * time.Second
	select {
	case err := <-a.ended:
		return err
	case <-time.After(patience):
		_ = a.command.Process.Kill()
		return errors.Join(errors.New("the program does not end"), <-a.ended)
	}
}

// endedEarly is what went wrong when the program has ended by itself. Whoever waits for its end after this still hears of it.
func (a *apart) endedEarly(err error) error {
	a.ended <- err
	return errors.Join(fmt.Errorf("the program ended by itself: %s", a.lastWords()), err)
}

// complain passes on what the program has logged as an error.
func (a *apart) complain(log *complaints) error {
	in, err := os.Open(a.log)
	if err != nil {
		return err
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if !bytes.Contains(lines.Bytes(), []byte(`"level":"ERROR"`)) {
			continue
		}
		line := map[string]any{}
		if json.Unmarshal(lines.Bytes(), &line) == nil {
			log.add("the program: %v %v", line["msg"], line)
		}
	}
	return lines.Err()
}

func (a *apart) lastWords() string {
	text, _ := os.ReadFile(a.log)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

// spent is how much processor time a process has used, as Linux tells it; 0 where it does not.
func spent(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const user, system, tick = 11, 12, 10 * time.Millisecond // of proc(5), counted after the name; USER_HZ is 100
	if len(fields) <= system {
		return 0
	}
	u, _ := strconv.Atoi(fields[user])
	s, _ := strconv.Atoi(fields[system])
	return time.Duration(u+s) * tick
}

// peak is the most memory that the program has had so far, in MB of a million bytes, as Linux tells it; 0 where it does not. What the system says of an
// ended process (ru_maxrss) would not do: it counts the parent's memory, too, which the child has until it has become another program.
func (a *apart) peak() float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.command.Process.Pid))
	for line := range strings.Lines(string(text)) {
		if size, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(size), "kB")), 64)
			return rounded(kib*1024/1e6, 10)
		}
	}
	return 0
}
