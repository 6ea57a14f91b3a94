package mariadb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// templateFormat is part of the template's name: raise it when the way a template is made changes.
const templateFormat = "1"

func dataDir(dir string) string { return filepath.Join(dir, "data") }

// ensureData gives the directory system tables, unless it has them. A copy that was cut short is thrown away, since the data
// directory gets its name only when it is complete.
func ensureData(ctx context.Context, bin binary, dir string) error {
	if _, err := os.Stat(dataDir(dir)); err == nil {
		return nil
	}
	template, err := ensureTemplate(ctx, bin)
	if err != nil {
		return err
	}
	partial := filepath.Join(dir, "data.partial")
	if err := os.RemoveAll(partial); err != nil {
		return fmt.Errorf("remove a half-made database: %w", err)
	}
	if err := copyTree(template, partial); err != nil {
		return fmt.Errorf("copy the empty database: %w", err)
	}
	return os.Rename(partial, dataDir(dir))
}

// ensureTemplate makes the empty database for this version of the server once per user, and returns where it is. Programs
// that want it at the same time wait for the one that makes it.
func ensureTemplate(ctx context.Context, bin binary) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(templateFormat + "\x00" + bin.server + "\x00" + bin.version))
	final := filepath.Join(cache, "mariadb-"+hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(final); err == nil {
		return final, nil
	}
	lock, err := os.OpenFile(final+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if _, err := os.Stat(final); err == nil {
		return final, nil
	}
	partial := final + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return "", fmt.Errorf("remove a half-made template: %w", err)
	}
	if err := initialise(ctx, bin, partial); err != nil {
		return "", err
	}
	return final, os.Rename(partial, final)
}

// cacheDir is the user's cache, or, for a user who has none (a container without HOME), a folder of theirs under /tmp.
func cacheDir() (string, error) {
	dir := filepath.Join("/tmp", fmt.Sprintf("guahao-cache-%d", os.Getuid()))
	if base, err := os.UserCacheDir(); err == nil {
		dir = filepath.Join(base, "guahao")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the cache directory: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	if !ownedByUs(info) {
		return "", fmt.Errorf("the cache directory %s belongs to another user", dir)
	}
	return dir, nil
}

// initialise makes system tables with the server's own tool. Nothing has to survive a power cut: a partial one is made anew.
func initialise(ctx context.Context, bin binary, dir string) error {
	args := []string{"--no-defaults", "--datadir=" + dir}
	args = append(args, userArgument()...)
	program := bin.server
	if bin.install != "" {
		program = bin.install
		// --force: go on where the host's own name cannot be looked up, as in a bare container.
		args = append(args, "--force", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
			"--loose-innodb-log-file-size=8M", "--innodb-flush-method=nosync")
	} else {
		args = append(args, "--initialize-insecure", "--innodb-redo-log-capacity=8M")
	}
	cmd := exec.CommandContext(ctx, program, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		const most = 2048
		return fmt.Errorf("make the system tables with %s: %w\n%s", program, err, out[max(0, len(out)-most):])
	}
	return nil
}

func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if entry.IsDir() {
			return os.Mkdir(target, 0o700)
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		return copyFile(path, target)
	})
}

// copyFile leaves the copying to the kernel where it can, which shares the blocks on file systems that know how.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
