//go:build !linux

package bench

// cores says where what runs: here the system decides.
type cores struct{}

func splitCores() (*cores, bool)             { return nil, false }
func (c *cores) start(do func() error) error { return do() }
func (c *cores) join()                       {}
func (c *cores) programs() int               { return 0 }
