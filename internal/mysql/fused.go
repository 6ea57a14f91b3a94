package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// fusedConns is how many connections one process keeps for fused transactions, besides MaxConns others: who holds one may wait for one of the others, and never the other way round.
const fusedConns = 16

// pool stands for the driver of a database that Open made, and has the connections for its fused transactions. Only those take several statements at once.
type pool struct {
	driver.Driver
	fused *sqlx.DB
}

// Fused is a transaction that goes to the database in few round trips: its first statements open it, its last ones commit it.
type Fused struct{ conn *sqlx.Conn }

// Begin opens a transaction at READ COMMITTED and runs statements, separated by semicolons, in one round trip. read is given the rows of the
// first of them that has any; the next ones are its NextResultSet. db is one that Open made. After an error there is no transaction.
func Begin(ctx context.Context, db *sqlx.DB, read func(*sqlx.Rows) error, statements string, args ...any) (*Fused, error) {
	p, ok := db.Driver().(*pool)
	if !ok {
		return nil, errors.New("a fused transaction needs a database that Open made")
	}
	conn, err := p.fused.Connx(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	f, begun := &Fused{conn: conn}, false
	defer func() {
		if !begun { // also when read panics
			f.Rollback(ctx)
		}
	}()
	if err := f.Query(ctx, read, "START TRANSACTION; "+statements, args...); err != nil {
		return nil, err
	}
	begun = true
	return f, nil
}

// Query runs further statements within the transaction.
func (f *Fused) Query(ctx context.Context, read func(*sqlx.Rows) error, statements string, args ...any) (err error) {
	rows, err := f.conn.QueryxContext(ctx, statements, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if err := read(rows); err != nil {
		return err
	}
	return rows.Err()
}

// Exec runs a statement within the transaction.
func (f *Fused) Exec(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	return f.conn.ExecContext(ctx, statement, args...)
}

// Tx is the transaction as something to run single statements on.
func (f *Fused) Tx() *sqlx.Conn { return f.conn }

// Commit runs the last statements and commits, in one round trip. When one of them fails, nothing is kept and the transaction is over.
func (f *Fused) Commit(ctx context.Context, statements string, args ...any) error {
	if _, err := f.conn.ExecContext(ctx, statements+"; COMMIT", args...); err != nil {
		f.Rollback(ctx)
		return err
	}
	return f.conn.Close()
}

// Rollback ends the transaction with nothing kept. A connection on which that cannot be said is thrown away, which says it too.
func (f *Fused) Rollback(ctx context.Context) {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if _, err := f.conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		_ = f.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	_ = f.conn.Close()
}
