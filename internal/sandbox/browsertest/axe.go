package browsertest

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// axe-core, the accessibility checker, is not a part of this repository: it comes from the npm registry when a test first needs it, and stays in
// the user's cache.
const (
	axeVersion = "4.10.3"
	axeDigest  = "880970c081707360e64f34cea25ff91892f5bc95675b0776925b9709dd8a68bb" // SHA-256 of its axe.min.js
)

var axe = sync.OnceValues(loadAxe)

// HaveAxe tells whether axe-core can be had. Where it cannot, the test fails in CI; elsewhere it says on standard error that
// accessibility was not checked.
func HaveAxe(t testing.TB) bool {
	t.Helper()
	_, err := axe()
	if err == nil {
		return true
	}
	text := fmt.Sprintf("ACCESSIBILITY WAS NOT CHECKED: axe-core %s cannot be had from the npm registry: %v", axeVersion, err)
	if os.Getenv("CI") != "" {
		t.Fatal(text)
	}
	fmt.Fprintln(os.Stderr, text)
	return false
}

// Axe checks the page against WCAG 2.1 A and AA and fails the test for each breach. HaveAxe has said that it is there.
func (p *Page) Axe(name string) {
	p.t.Helper()
	for _, breach := range p.Breaches() {
		p.t.Errorf("%s: %s", name, breach)
	}
}

// Breaches are what axe finds against WCAG 2.1 A and AA.
func (p *Page) Breaches() []string {
	p.t.Helper()
	script, err := axe()
	if err != nil {
		p.t.Fatal(err)
	}
	p.await("axe-core", script+"\n;!!window.axe")
	p.await("axe to start", `(window.__axe = '', axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}).then(
		(r) => { window.__axe = JSON.stringify(r.violations.map((v) => ({id: v.id, help: v.help, nodes: v.nodes.map((n) => n.html.slice(0, 200))}))); },
		(e) => { window.__axe = JSON.stringify([{id: 'error', help: String(e), nodes: []}]); }), true)`)
	p.await("axe to end", `window.__axe !== ''`)
	var violations []struct {
		ID, Help string
		Nodes    []string
	}
	if err := json.Unmarshal([]byte(Value[string](p, `window.__axe`)), &violations); err != nil {
		p.t.Fatalf("axe's answer: %v", err)
	}
	var list []string
	for _, v := range violations {
		list = append(list, fmt.Sprintf("%s (%s):\n%s", v.Help, v.ID, strings.Join(v.Nodes, "\n")))
	}
	return list
}

// loadAxe gives axe's script, from the cache or from npm.
func loadAxe() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	file := filepath.Join(cache, "guahao", "axe-core-"+axeVersion+".min.js")
	if script, err := os.ReadFile(file); err == nil && isAxe(script) {
		return string(script), nil
	}
	script, err := fetchAxe()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
		_ = os.WriteFile(file, script, 0o644) // without the cache it is fetched again
	}
	return string(script), nil
}

func isAxe(script []byte) bool {
	digest := sha256.Sum256(script)
	return hex.EncodeToString(digest[:]) == axeDigest
}

// fetchAxe downloads the package. Nothing of it is installed or run by npm.
func fetchAxe() ([]byte, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return nil, fmt.Errorf("npm is not installed (tools/install-deps.sh test installs it): %w", err)
	}
	dir, err := os.MkdirTemp("", "axe")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	command := exec.Command(npm, "pack", "axe-core@"+axeVersion, "--silent", "--ignore-scripts", "--pack-destination", dir, "--fetch-retries", "1", "--fetch-timeout", "30000")
	if out, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pack: %w: %s", err, strings.TrimSpace(string(out)))
	}
	archive, err := os.Open(filepath.Join(dir, "axe-core-"+axeVersion+".tgz"))
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	return unpackAxe(archive)
}

func unpackAxe(archive io.Reader) ([]byte, error) {
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		return nil, err
	}
	for files := tar.NewReader(unzipped); ; {
		f, err := files.Next()
		if err != nil {
			return nil, errors.Join(errors.New("the package has no axe.min.js"), err)
		}
		if f.Name != "package/axe.min.js" {
			continue
		}
		script, err := io.ReadAll(io.LimitReader(files, 8<<20))
		if err == nil && !isAxe(script) {
			err = errors.New("axe.min.js is not the one that is expected")
		}
		return script, err
	}
}
