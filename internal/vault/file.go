package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

const fileFormat = "guahao-keys-1"

// file is the key file: two key sets in tink's JSON.
type file struct {
	Format string          `json:"format"`
	Seal   json.RawMessage `json:"seal"`
	Digest json.RawMessage `json:"digest"`
}

// Save writes the keys to a new file that only its owner may read. It never overwrites: what older keys sealed would be lost.
func (k *Keys) Save(path string) error {
	text, err := k.marshal()
	if err != nil {
		return err
	}
	err = writeNew(path, text)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("there is a file at %s already, and keys are never overwritten: %w", path, fs.ErrExist)
	}
	return err
}

// Replace writes rotated keys over the file they came from, all or nothing. It refuses when the file holds other keys, whose
// data these could not read.
func (k *Keys) Replace(path string) error {
	old, err := Load(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(old.Digest("vault", "same keys?"), k.Digest("vault", "same keys?")) {
		return fmt.Errorf("%s holds other keys: not replaced", path)
	}
	text, err := k.marshal()
	if err != nil {
		return err
	}
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeNew(next, text); err != nil {
		return err
	}
	return os.Rename(next, path)
}

func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make the key file: %w", err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return errors.Join(fmt.Errorf("write the key file: %w", err), os.Remove(path))
	}
	return nil
}

func (k *Keys) marshal() ([]byte, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	seal, err := marshalSet(k.sealHandle)
	if err != nil {
		return nil, err
	}
	digest, err := marshalSet(k.digestHandle)
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(file{Format: fileFormat, Seal: seal, Digest: digest}, "", "  ")
	return append(text, '\n'), err
}

func marshalSet(handle *keyset.Handle) (json.RawMessage, error) {
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return nil, fmt.Errorf("write a key set: %w", err)
	}
	return text.Bytes(), nil
}

// Load reads keys from a file that nobody but its owner may read. As PostgreSQL does for its TLS key, it also takes a file
// of root's that a group may read, which is how secrets are mounted into containers.
func Load(path string) (*Keys, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no key file at %s (guahao keys makes one): %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("the key file: %w", err)
	}
	forbidden := fs.FileMode(0o077)
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid == 0 && os.Getuid() != 0 {
		forbidden = 0o037
	}
	if info.Mode().Perm()&forbidden != 0 {
		return nil, fmt.Errorf("the key file %s may be read by others (mode %04o): chmod 600 %s", path, info.Mode().Perm(), filepath.Base(path))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	keys, err := unmarshal(text)
	if err != nil {
		return nil, fmt.Errorf("the key file %s is damaged or not one: %w", path, err)
	}
	return keys, nil
}

func unmarshal(text []byte) (*Keys, error) {
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, errors.New("it is not JSON") // the error could quote a key
	}
	if f.Format != fileFormat {
		return nil, fmt.Errorf("its format is not %q", fileFormat)
	}
	seal, err := unmarshalSet(f.Seal)
	if err != nil {
		return nil, errors.New("its key set to seal with cannot be read")
	}
	digest, err := unmarshalSet(f.Digest)
	if err != nil {
		return nil, errors.New("its key set for digests cannot be read")
	}
	return newKeys(seal, digest)
}

func unmarshalSet(text json.RawMessage) (*keyset.Handle, error) {
	return insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
}
