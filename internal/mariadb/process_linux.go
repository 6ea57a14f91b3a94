package mariadb

import "syscall"

// childAttributes make the kernel send SIGTERM to the server when the thread that forked it ends, which is when our program
// ends, however it ends: process.live never leaves that thread.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
