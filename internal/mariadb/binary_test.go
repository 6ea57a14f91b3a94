package mariadb_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guahao/internal/mariadb"
)

func TestNoBinary(t *testing.T) {
	t.Parallel()
	err := mariadb.FindBinaryIn([]string{t.TempDir(), "/nowhere"})
	if !errors.Is(err, mariadb.ErrNoBinary) || !strings.Contains(err.Error(), "install") {
		t.Errorf("error: %v", err)
	}
}

func TestAServerWithoutItsInstaller(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := "#!/bin/sh\necho 'mariadbd  Ver 10.11.6-MariaDB for debian-linux-gnu on x86_64'\n"
	if err := os.WriteFile(filepath.Join(dir, "mariadbd"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := mariadb.FindBinaryIn([]string{dir}); err == nil || !strings.Contains(err.Error(), "mariadb-install-db is not") {
		t.Errorf("error: %v", err)
	}
}

func TestMySQLNeedsNoInstaller(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := "#!/bin/sh\necho '/usr/sbin/mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)'\n"
	if err := os.WriteFile(filepath.Join(dir, "mysqld"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := mariadb.FindBinaryIn([]string{dir}); err != nil {
		t.Error(err)
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	cases := []struct{ system, program, want string }{
		{"linux", "apt-get", "sudo apt-get install mariadb-server-core"},
		{"linux", "dnf", "sudo dnf install mariadb-server"},
		{"darwin", "brew", "brew install mariadb"},
		{"linux", "", "Fedora: sudo dnf install mariadb-server"},
	}
	for _, c := range cases {
		got := mariadb.Advice(c.system, func(program string) bool { return program == c.program })
		if !strings.Contains(got, c.want) {
			t.Errorf("%s with %q: %s", c.system, c.program, got)
		}
	}
}

func TestVersionOf(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"mariadbd  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)\n": "10.11.6-MariaDB-0+deb12u1",
		"/usr/sbin/mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)\n":    "8.0.36",
		"mysqld from source\n": "mysqld from source",
	}
	for line, want := range cases {
		if got := mariadb.VersionOf(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
