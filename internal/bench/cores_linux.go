package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// cores says where what runs. It is made by splitCores.
type cores struct{ program, rest unix.CPUSet }

// splitCores gives the program one processor of those that this process may use, and this process and all that it starts from
// then on the others. false: there is only one.
func splitCores() (*cores, bool) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil || all.Count() < 2 {
		return nil, false
	}
	c := &cores{rest: all}
	for cpu := 0; c.program.Count() == 0; cpu++ {
		if all.IsSet(cpu) {
			c.program.Set(cpu)
			c.rest.Clear(cpu)
		}
	}
	if err := pin(os.Getpid(), &c.rest); err != nil {
		return nil, false
	}
	runtime.GOMAXPROCS(c.rest.Count())
	return c, true
}

// pin keeps all threads of a process, and those that they start, on some processors.
func pin(pid int, set *unix.CPUSet) error {
	done := map[string]bool{}
	for {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		if err != nil {
			return err
		}
		more := false
		for _, thread := range threads {
			if done[thread] {
				continue
			}
			done[thread], more = true, true
			id, err := strconv.Atoi(filepath.Base(thread))
			if err != nil {
				return err
			}
			if err := unix.SchedSetaffinity(id, set); err != nil && err != unix.ESRCH { // it has ended
				return fmt.Errorf("keep a thread on its processor: %w", err)
			}
		}
		if !more {
			return nil
		}
	}
}

// start runs a function that starts the program, which inherits the processor of the thread that starts it.
func (c *cores) start(do func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.SchedSetaffinity(0, &c.program); err != nil {
		return fmt.Errorf("keep the program on its processor: %w", err)
	}
	err := do()
	if back := unix.SchedSetaffinity(0, &c.rest); err == nil {
		err = back
	}
	return err
}

// join gives this process all its processors back.
func (c *cores) join() {
	all := c.rest
	for cpu := range 1024 {
		if c.program.IsSet(cpu) {
			all.Set(cpu)
		}
	}
	_ = pin(os.Getpid(), &all)
	runtime.GOMAXPROCS(all.Count())
}

func (c *cores) programs() int { return c.program.Count() }
