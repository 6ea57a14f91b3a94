package vault

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// DigestSize is the length of a digest in bytes.
const DigestSize = 32

// ErrCannotOpen is returned by Open for what was not sealed with these keys for this place, or was changed since.
var ErrCannotOpen = errors.New("the sealed value was changed, or belongs elsewhere, or was sealed with other keys")

// Keys seal, open and digest. They may be used from several goroutines.
type Keys struct {
	digestHandle *keyset.Handle
	digest       *prf.Set

	mu         sync.RWMutex // over the two below, which Rotate replaces
	sealHandle *keyset.Handle
	seal       tink.AEAD
}

// Generate makes new keys. They exist in memory only: Save them before anything is sealed.
func Generate() (*Keys, error) {
	seal, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make a key to seal with: %w", err)
	}
	digest, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make a key for digests: %w", err)
	}
	return newKeys(seal, digest)
}

func newKeys(seal, digest *keyset.Handle) (*Keys, error) {
	k := &Keys{digestHandle: digest}
	var err error
	if k.digest, err = prf.NewPRFSet(digest); err != nil {
		return nil, fmt.Errorf("the key set for digests: %w", err)
	}
	if _, err := k.digest.ComputePrimaryPRF(nil, DigestSize); err != nil {
		return nil, fmt.Errorf("the key set for digests makes none of %d bytes: %w", DigestSize, err)
	}
	if err := k.sealWith(seal); err != nil {
		return nil, err
	}
	return k, nil
}

func (k *Keys) sealWith(handle *keyset.Handle) error {
	seal, err := aead.New(handle)
	if err != nil {
		return fmt.Errorf("the key set to seal with: %w", err)
	}
	k.sealHandle, k.seal = handle, seal
	return nil
}

// Seal encrypts a value for the place it will be kept at, "table.column:row".
func (k *Keys) Seal(plain []byte, where string) ([]byte, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	sealed, err := k.seal.Encrypt(plain, []byte(where))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", column(where), err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same place. The error is ErrCannotOpen if it cannot be.
func (k *Keys) Open(sealed []byte, where string) ([]byte, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	plain, err := k.seal.Decrypt(sealed, []byte(where))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", column(where), ErrCannotOpen) // tink's own error says no more
	}
	return plain, nil
}

// column is the part of a place that may be logged: a row can be named by something personal.
func column(where string) string {
	name, _, _ := strings.Cut(where, ":")
	return name
}

// Digest is 32 bytes that stand for the value in look-ups of this purpose, such as "patients.number".
func (k *Keys) Digest(purpose, value string) []byte {
	input := binary.BigEndian.AppendUint64(nil, uint64(len(purpose)))
	input = append(input, purpose...)
	input = append(input, value...)
	digest, err := k.digest.ComputePrimaryPRF(input, DigestSize)
	if err != nil {
		panic(fmt.Sprintf("vault: HMAC failed: %v", err)) // newKeys has tried it: HMAC fails for no input
	}
	return digest
}

// Rotate adds a new key and seals with it from now on. It changes the keys in memory: Replace writes them back.
func (k *Keys) Rotate() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	manager := keyset.NewManagerFromHandle(k.sealHandle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return fmt.Errorf("add a key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return fmt.Errorf("use the new key: %w", err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return fmt.Errorf("add a key: %w", err)
	}
	return k.sealWith(handle)
}

// String hides the keys from logs.
func (k *Keys) String() string { return "vault.Keys(hidden)" }

// GoString hides the keys from %#v.
func (k *Keys) GoString() string { return k.String() }
