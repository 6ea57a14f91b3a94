package migrations

import (
	"context"
	"io/fs"

	"github.com/jmoiron/sqlx"
)

// For the tests, the same with other files.
var (
	UpFrom    = up
	PendingIn = pending
)

// UpUnlocked is Up without its lock and its repair.
func UpUnlocked(ctx context.Context, db *sqlx.DB, fsys fs.FS) error {
	provider, err := newProvider(db, fsys)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}
