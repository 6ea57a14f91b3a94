package vault_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"guahao/internal/vault"
	"guahao/internal/vault/vaulttest"
)

const where = "patients.name:7f3a"

func seal(t *testing.T, keys *vault.Keys, plain, where string) []byte {
	t.Helper()
	sealed, err := keys.Seal([]byte(plain), where)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	keys := vaulttest.Keys(t)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		where := rapid.String().Draw(t, "where")
		sealed, err := keys.Seal(plain, where)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) != len(plain)+33 {
			t.Fatalf("%d bytes became %d", len(plain), len(sealed))
		}
		opened, err := keys.Open(sealed, where)
		if err != nil || !bytes.Equal(opened, plain) {
			t.Fatalf("opened %q, %v", opened, err)
		}
	})
}

func TestSealedValuesTellNothing(t *testing.T) {
	t.Parallel()
	keys := vaulttest.Keys(t)
	one, two := seal(t, keys, "王小明", where), seal(t, keys, "王小明", where)
	if bytes.Equal(one, two) || bytes.Contains(one, []byte("王")) {
		t.Error("the same value sealed twice is the same, or shows")
	}
}

func TestWhatDoesNotOpen(t *testing.T) {
	t.Parallel()
	keys, others := vaulttest.Keys(t), vaulttest.Keys(t)
	sealed := seal(t, keys, "王小明", where)
	cases := map[string]struct {
		keys   *vault.Keys
		sealed []byte
		where  string
	}{
		"another row":    {keys, sealed, "patients.name:7f3b"},
		"another column": {keys, sealed, "patients.phone:7f3a"},
		"nowhere":        {keys, sealed, ""},
		"other keys":     {others, sealed, where},
		"empty":          {keys, nil, where},
		"cut short":      {keys, sealed[:len(sealed)-1], where},
		"only a prefix":  {keys, sealed[:5], where},
		"plain text":     {keys, []byte("王小明"), where},
	}
	for name, c := range cases {
		if plain, err := c.keys.Open(c.sealed, c.where); !errors.Is(err, vault.ErrCannotOpen) || plain != nil {
			t.Errorf("%s: opened %q, %v", name, plain, err)
		}
	}
	if plain, err := keys.Open(sealed, where); err != nil || string(plain) != "王小明" { // the control
		t.Errorf("the right one: opened %q, %v", plain, err)
	}
}

func TestEveryBitCounts(t *testing.T) {
	t.Parallel()
	keys := vaulttest.Keys(t)
	sealed := seal(t, keys, "13800000000", where)
	for i := range len(sealed) * 8 {
		changed := bytes.Clone(sealed)
		changed[i/8] ^= 1 << (i % 8)
		if _, err := keys.Open(changed, where); !errors.Is(err, vault.ErrCannotOpen) {
			t.Fatalf("bit %d changed: %v", i, err)
		}
	}
}

func TestErrorsNameNoRow(t *testing.T) {
	t.Parallel()
	_, err := vaulttest.Keys(t).Open([]byte("x"), "accounts.external:openid-of-someone")
	if err == nil || strings.Contains(err.Error(), "openid") || !strings.Contains(err.Error(), "accounts.external") {
		t.Errorf("error: %v", err)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	keys := vaulttest.Keys(t)
	base := keys.Digest("patients.number", "11010519491231002X")
	if len(base) != vault.DigestSize {
		t.Fatalf("%d bytes", len(base))
	}
	if !bytes.Equal(base, keys.Digest("patients.number", "11010519491231002X")) {
		t.Error("not the same the second time")
	}
	others := map[string][]byte{
		"another value":      keys.Digest("patients.number", "110105194912310021"),
		"another purpose":    keys.Digest("patients.phone", "11010519491231002X"),
		"the border moved":   keys.Digest("patients.number1", "1010519491231002X"),
		"other keys":         vaulttest.Keys(t).Digest("patients.number", "11010519491231002X"),
		"nothing":            keys.Digest("", ""),
		"value as purpose":   keys.Digest("11010519491231002X", "patients.number"),
		"all in the value":   keys.Digest("", "patients.number11010519491231002X"),
		"all in the purpose": keys.Digest("patients.number11010519491231002X", ""),
	}
	for name, other := range others {
		if bytes.Equal(base, other) {
			t.Errorf("%s: the same digest", name)
		}
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()
	keys := vaulttest.Keys(t)
	old, digest := seal(t, keys, "before", where), keys.Digest("p", "v")
	if err := keys.Rotate(); err != nil {
		t.Fatal(err)
	}
	young := seal(t, keys, "after", where)
	if bytes.Equal(old[:5], young[:5]) {
		t.Errorf("both begin with %x: the key did not change", young[:5])
	}
	for want, sealed := range map[string][]byte{"before": old, "after": young} {
		if plain, err := keys.Open(sealed, where); err != nil || string(plain) != want {
			t.Errorf("opened %q, %v; want %q", plain, err, want)
		}
	}
	if !bytes.Equal(digest, keys.Digest("p", "v")) {
		t.Error("a digest changed")
	}
}

func TestRotateWhileInUse(t *testing.T) {
	t.Parallel()
	keys := vaulttest.Keys(t)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 200 {
				sealed, err := keys.Seal([]byte("x"), where)
				if err == nil {
					_, err = keys.Open(sealed, where)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 5 {
		if err := keys.Rotate(); err != nil {
			t.Error(err)
		}
	}
	wait.Wait()
}

func TestSaveAndLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.json")
	keys := vaulttest.Keys(t)
	if err := keys.Save(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	loaded, err := vault.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := loaded.Open(seal(t, keys, "王小明", where), where); err != nil || string(plain) != "王小明" {
		t.Errorf("opened %q, %v", plain, err)
	}
	if !bytes.Equal(loaded.Digest("p", "v"), keys.Digest("p", "v")) {
		t.Error("another digest")
	}
}

func TestSaveNeverOverwrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := vaulttest.Keys(t).Save(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}

func TestReplaceAfterRotate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.json")
	keys := vaulttest.Keys(t)
	if err := errors.Join(keys.Save(path), keys.Rotate(), keys.Replace(path)); err != nil {
		t.Fatal(err)
	}
	loaded, err := vault.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := loaded.Open(seal(t, keys, "after", where), where); err != nil {
		t.Error(err)
	}
	if err := vaulttest.Keys(t).Replace(path); err == nil {
		t.Error("strange keys replaced the file")
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	if err := vaulttest.Keys(t).Save(good); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		text string
		mode fs.FileMode
		says string
	}{
		"others may read":  {string(text), 0o604, "chmod 600"},
		"the group may":    {string(text), 0o640, "chmod 600"},
		"anyone may write": {string(text), 0o622, "chmod 600"},
		"empty":            {"", 0o600, "damaged"},
		"cut short":        {string(text[:len(text)/2]), 0o600, "damaged"},
		"another format":   {`{"format":"x"}`, 0o600, "damaged"},
		"no sets":          {`{"format":"guahao-keys-1"}`, 0o600, "damaged"},
		"swapped sets":     {strings.NewReplacer(`"seal":`, `"digest":`, `"digest":`, `"seal":`).Replace(string(text)), 0o600, "damaged"},
	}
	for name, c := range cases {
		path := filepath.Join(dir, hex.EncodeToString([]byte(name)))
		if err := errors.Join(os.WriteFile(path, []byte(c.text), 0o600), os.Chmod(path, c.mode)); err != nil {
			t.Fatal(err)
		}
		if _, err := vault.Load(path); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := vault.Load(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "guahao keys") {
		t.Errorf("missing: %v", err)
	}
	if _, err := vault.Load(good); err != nil { // the control
		t.Errorf("good: %v", err)
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	t.Parallel()
	keys := vaulttest.Keys(t)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, keys); text != "vault.Keys(hidden)" {
			t.Errorf("%s prints %.60s", format, text)
		}
	}
}

func BenchmarkSealAndOpen(b *testing.B) {
	keys := vaulttest.Keys(b)
	plain := []byte("11010519491231002X")
	for b.Loop() {
		sealed, err := keys.Seal(plain, where)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := keys.Open(sealed, where); err != nil {
			b.Fatal(err)
		}
	}
}
