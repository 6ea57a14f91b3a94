//go:build unix && !linux

package mariadb

import "syscall"

// childAttributes: these systems cannot tie a child to its parent's life. An orphan is stopped by the next Start.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
