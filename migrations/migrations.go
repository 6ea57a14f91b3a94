package migrations

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

//go:embed *.sql
var files embed.FS

const (
	// lockPatience is how long a replica waits for another one that is migrating.
	lockPatience = 5 * time.Minute
	errNoTable   = 1146
)

// ErrLocked is returned by Up when another replica was migrating all the time that Up was willing to wait.
var ErrLocked = errors.New("another replica is still migrating the database")

// Up applies what is missing, each file once, whoever else does the same at the same time. The pool must allow two
// connections.
func Up(ctx context.Context, db *sqlx.DB) error { return up(ctx, db, files) }

func up(ctx context.Context, db *sqlx.DB, fsys fs.FS) (err error) {
	if db.Stats().MaxOpenConnections == 1 {
		return errors.New("migrating needs two connections, the pool allows one")
	}
	provider, err := newProvider(db, fsys)
	if provider == nil || err != nil {
		return err
	}
	unlock, err := lock(ctx, db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := repairVersionTable(ctx, db); err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// newProvider is nil when there are no files.
func newProvider(db *sqlx.DB, fsys fs.FS) (*goose.Provider, error) {
	provider, err := goose.NewProvider(goose.DialectMySQL, db.DB, fsys,
		goose.WithDisableGlobalRegistry(true),
		goose.WithSlog(slog.New(slog.DiscardHandler)),
		goose.WithAllowOutofOrder(true), // the files do not depend on each other
	)
	if errors.Is(err, goose.ErrNoMigrations) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return provider, nil
}

// lock takes the lock of this database (GET_LOCK's names are the whole server's) on a connection of its own. When that
// connection breaks, the server lets go of the lock; unlock tells, since then another replica may have run beside this one.
func lock(ctx context.Context, db *sqlx.DB) (unlock func() error, err error) {
	conn, err := db.Connx(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to migrate the database: %w", err)
	}
	var schema sql.NullString
	if err := conn.GetContext(ctx, &schema, "SELECT DATABASE()"); err != nil {
		return nil, errors.Join(fmt.Errorf("ask for the database's name: %w", err), conn.Close())
	}
	if schema.String == "" {
		return nil, errors.Join(errors.New("the DSN names no database to migrate"), conn.Close())
	}
	sum := sha256.Sum256([]byte(schema.String))
	name := "guahao.migrations." + hex.EncodeToString(sum[:16]) // at most 64 characters
	var got sql.NullInt64
	err = conn.GetContext(ctx, &got, "SELECT GET_LOCK(?, ?)", name, int64(lockPatience/time.Second))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the database for migrating: %w", err), conn.Close())
	}
	if got.Int64 != 1 {
		return nil, errors.Join(ErrLocked, conn.Close())
	}
	return func() error {
		var released sql.NullInt64
		err := conn.GetContext(context.WithoutCancel(ctx), &released, "SELECT RELEASE_LOCK(?)", name)
		if err == nil && released.Int64 != 1 {
			err = errors.New("it was no longer ours")
		}
		if err != nil {
			err = fmt.Errorf("the lock for migrating was lost: %w", err)
		}
		return errors.Join(err, conn.Close())
	}, nil
}

// repairVersionTable puts goose's first row into its table where a crash came between the two: goose takes a table without
// it for broken for ever.
func repairVersionTable(ctx context.Context, db *sqlx.DB) error {
	var rows int
	err := db.GetContext(ctx, &rows, "SELECT COUNT(version_id) FROM "+goose.DefaultTablename)
	if isNoTable(err) || err == nil && rows > 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the applied migrations: %w", err)
	}
	store, err := database.NewStore(goose.DialectMySQL, goose.DefaultTablename)
	if err != nil {
		return err
	}
	return store.Insert(ctx, db.DB, database.InsertRequest{Version: 0})
}

// Pending is how many files have not been applied yet.
func Pending(ctx context.Context, db *sqlx.DB) (int, error) { return pending(ctx, db, files) }

func pending(ctx context.Context, db *sqlx.DB, fsys fs.FS) (int, error) {
	provider, err := newProvider(db, fsys)
	if provider == nil || err != nil {
		return 0, err
	}
	var versions []int64
	err = db.SelectContext(ctx, &versions, "SELECT version_id FROM "+goose.DefaultTablename+" WHERE is_applied = 1")
	if err != nil && !isNoTable(err) {
		return 0, fmt.Errorf("read the applied migrations: %w", err)
	}
	applied := make(map[int64]bool, len(versions))
	for _, v := range versions {
		applied[v] = true
	}
	missing := 0
	for _, source := range provider.ListSources() {
		if !applied[source.Version] {
			missing++
		}
	}
	return missing, nil
}

func isNoTable(err error) bool {
	var my *mysqldriver.MySQLError
	return errors.As(err, &my) && my.Number == errNoTable
}
