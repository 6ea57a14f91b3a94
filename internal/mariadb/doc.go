// Package mariadb runs a private database server: a mariadbd (or mysqld) process of our own, for the demo, the
// benchmarks and the tests. It never touches a server of the system, nor its configuration (--no-defaults).
//
// [Start] needs a directory (or makes a temporary one) and gives a [Server] with a [Server.DSN]. What is in the directory:
//
//	data/         the server's data directory
//	server.log    what the server wrote since it was started last; server.log.old from the time before
//	server.pid    the process number, written by the server
//	program.lock  held by our program while it uses the directory
//	server.lock   held by the server process itself: it inherits the open file, so the lock ends when the process does
//	mysql.sock    the unix socket, or, where that path is too long for one, a folder named after its hash under /tmp
//
// # Access
//
// The socket lies in a folder that only its owner may enter, and root needs no password there. On the loopback port only a user
// with a random password can log in ([Server.TCPDSN]), so other users of the machine get nothing.
//
// # A quick start
//
// The system tables are made once for each version of the server, in the user's cache directory, and copied from there
// (template.go). A start takes well under a second.
//
// # When something dies
//
//   - The server (kill -9): [Server.Done] is closed; [Server.Restart], or the next Start on the directory, recovers what was
//     committed. With Options.Durable off, up to a second of it may be missing.
//   - Our program (kill -9): on Linux the kernel then tells the server to shut down (PR_SET_PDEATHSIG). That signal is sent when
//     the *thread* that forked the child ends, and Go ends threads as it likes; so the child is forked and waited for by one goroutine
//     that is locked to its thread for as long as the child lives (process_linux.go). On other systems the server stays.
//   - An orphan that is still there at the next Start (another system, or it is still shutting down): it holds server.lock. It
//     is stopped, not taken over, since its flags may be those of an older program: SIGTERM to the process in server.pid, but only
//     when that process's command line names our data directory; SIGKILL after a while; then the lock is waited for.
//   - Temporary directories of programs that were killed are found by their free program.lock and removed at a later Start.
//
// Two programs on one directory: the second gets an error that says so, [ErrInUse].
//
// The package needs a Unix: flock, signals and unix sockets.
package mariadb
