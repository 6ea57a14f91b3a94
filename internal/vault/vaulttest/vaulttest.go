// Package vaulttest gives tests keys to encrypt with.
package vaulttest

import (
	"testing"

	"guahao/internal/vault"
)

// Keys are new keys for this test.
func Keys(t testing.TB) *vault.Keys {
	t.Helper()
	keys, err := vault.Generate()
	if err != nil {
		t.Fatalf("make keys: %v", err)
	}
	return keys
}
