package mariadb

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// ErrNoBinary is returned by Start when the machine has no database server. Its text says what to install.
var ErrNoBinary = errors.New("no mariadbd or mysqld program was found on PATH nor where packages put it")

// binary is the database server of the machine.
type binary struct {
	server  string // path of mariadbd or mysqld
	install string // path of mariadb-install-db; empty for MySQL, whose server makes its system tables itself
	version string // the rest of what --version says
}

// Available tells whether Start would find a database server, with an error for people that says what to install if not.
func Available() error {
	_, err := findBinary()
	return err
}

// places are folders of packages that are often not on PATH.
func places() []string {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	return append(dirs, "/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/local/bin",
		"/opt/homebrew/bin", "/opt/homebrew/opt/mariadb/bin", "/opt/homebrew/opt/mysql/bin",
		"/usr/local/opt/mariadb/bin", "/usr/local/opt/mysql/bin", "/usr/local/mysql/bin")
}

func findBinary() (binary, error) { return findBinaryIn(places()) }

func findBinaryIn(dirs []string) (binary, error) {
	for _, name := range []string{"mariadbd", "mysqld"} {
		path := lookIn(dirs, name)
		if path == "" {
			continue
		}
		out, err := exec.Command(path, "--no-defaults", "--version").Output()
		if err != nil {
			return binary{}, fmt.Errorf("run %s --version: %w", path, err)
		}
		b := binary{server: path, version: versionOf(string(out))}
		if !strings.Contains(b.version, "MariaDB") {
			return b, nil
		}
		beside := append([]string{filepath.Dir(path)}, dirs...)
		for _, name := range []string{"mariadb-install-db", "mysql_install_db"} {
			if b.install = lookIn(beside, name); b.install != "" {
				return b, nil
			}
		}
		return binary{}, fmt.Errorf("%s is there but mariadb-install-db is not: %s", path, advice(runtime.GOOS, hasProgram))
	}
	return binary{}, fmt.Errorf("%w: %s", ErrNoBinary, advice(runtime.GOOS, hasProgram))
}

func lookIn(dirs []string, name string) string {
	for _, dir := range dirs {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// versionOf takes the version out of "mariadbd  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)".
func versionOf(line string) string {
	_, rest, found := strings.Cut(line, "Ver ")
	if !found {
		return strings.TrimSpace(line)
	}
	version, _, _ := strings.Cut(strings.TrimSpace(rest), " for ")
	return version
}

// advice is the sentence that says how to get a server on this system.
func advice(system string, has func(string) bool) string {
	switch {
	case system == "darwin":
		return "install one with: brew install mariadb"
	case has("apt-get"):
		return "install one with: sudo apt-get install mariadb-server-core mariadb-client-core"
	case has("dnf"):
		return "install one with: sudo dnf install mariadb-server"
	}
	return "install MariaDB 10.11 or MySQL 8 (Debian and Ubuntu: sudo apt-get install mariadb-server-core mariadb-client-core; " +
		"Fedora: sudo dnf install mariadb-server; macOS: brew install mariadb)"
}

func hasProgram(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}
