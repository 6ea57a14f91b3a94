package mariadb

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// arguments are the server's whole configuration: --no-defaults keeps it from reading any file. An option with "loose-" is one
// that not every server knows.
func (s *Server) arguments(port int, init, logPath string) []string {
	args := []string{
		"--no-defaults",
		"--datadir=" + dataDir(s.dir),
		"--socket=" + s.socket,
		"--tmpdir=" + s.dir, // a server that starts removes the temporary tables that it finds there: another one's, too
		"--port=" + strconv.Itoa(port),
		"--bind-address=127.0.0.1",
		"--pid-file=" + filepath.Join(s.dir, pidFile),
		"--log-error=" + logPath,
		"--init-file=" + init,
		"--skip-name-resolve",
		"--skip-log-bin",
		"--loose-mysqlx=OFF",
		"--character-set-server=utf8mb4",
		"--collation-server=utf8mb4_bin",
		"--default-time-zone=+00:00",
		"--transaction-isolation=READ-COMMITTED",
		"--max-connections=600",
		"--table-definition-cache=4000",
		"--performance-schema=OFF",
	}
	args = append(args, userArgument()...)
	if s.opt.Durable {
		return append(args,
			"--innodb-flush-log-at-trx-commit=1",
			"--innodb-doublewrite=ON",
			"--innodb-buffer-pool-size=256M",
			"--loose-innodb-log-file-size=128M",
		)
	}
	return append(args,
		"--innodb-flush-log-at-trx-commit=0",
		"--innodb-doublewrite=OFF",
		"--innodb-flush-method=nosync",
		"--loose-debug-no-sync",
		"--innodb-use-native-aio=OFF", // the number of these is limited per machine, and many tests run at once
		"--innodb-buffer-pool-size=64M",
		"--loose-innodb-log-file-size=32M",
		"--innodb-file-per-table=OFF", // a table in the shared file is made and dropped without touching the file system
		"--innodb-temp-data-file-path=ibtmp1:1M:autoextend",
		"--loose-innodb-buffer-pool-dump-at-shutdown=OFF",
		"--loose-innodb-buffer-pool-load-at-startup=OFF",
	)
}

// userArgument lets the server run as root where we are root (in a container): without it it refuses to.
func userArgument() []string {
	if os.Getuid() != 0 {
		return nil
	}
	name := "root"
	if u, err := user.LookupId("0"); err == nil {
		name = u.Username
	}
	return []string{"--user=" + name}
}

// writeInit makes the file of statements that the server runs before it opens its doors: root only over the socket, and over
// the port a user with this start's password.
func (s *Server) writeInit() (string, error) {
	path := filepath.Join(s.dir, "init.sql")
	account := "'" + tcpUser + "'@'127.0.0.1'"
	text := fmt.Sprintf("DROP USER IF EXISTS 'root'@'127.0.0.1';\nDROP USER IF EXISTS 'root'@'::1';\n"+
		"CREATE USER IF NOT EXISTS %[1]s;\nALTER USER %[1]s IDENTIFIED BY '%[2]s';\n"+
		"GRANT ALL PRIVILEGES ON *.* TO %[1]s;\n", account, s.password)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("write the server's first statements: %w", err)
	}
	return path, nil
}
