package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
)

// Numbers of errors, from MySQL's, MariaDB's and TiDB's references.
const (
	errNull         = 1048
	errDuplicate    = 1062
	errLockTimeout  = 1205 // MariaDB also for NOWAIT
	errDeadlock     = 1213
	errNowait       = 3572
	errTiDBConflict = 9007
	attempts        = 8
	firstPause      = 2 * time.Millisecond
)

// InTx runs fn in one transaction at READ COMMITTED and commits when fn returns nil. Any error, and a panic, rolls back.
// After a deadlock or a lock wait timeout the whole of fn runs again, up to 8 times, so fn must keep nothing from an
// earlier run and have no effect outside of tx.
func InTx(ctx context.Context, db *sqlx.DB, fn func(tx *sqlx.Tx) error) error {
	return Retry(ctx, func() error { return once(ctx, db, fn) })
}

// Retry runs what is one whole transaction, again after a deadlock or a lock wait timeout, up to 8 times.
func Retry(ctx context.Context, transaction func() error) error {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := transaction()
		if err == nil || attempt == attempts || !IsRetryable(err) {
			return err
		}
		timer := time.NewTimer(pause + rand.N(pause))
		select {
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(ctx.Err(), err)
		case <-timer.C:
		}
		pause *= 2
	}
}

func once(ctx context.Context, db *sqlx.DB, fn func(tx *sqlx.Tx) error) (err error) {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	committed := false
	defer func() {
		if !committed {
			_ = tx.Rollback()
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	committed = true
	return nil
}

// IsRetryable tells whether the same transaction may succeed when it is run again.
func IsRetryable(err error) bool {
	switch number(err) {
	case errLockTimeout, errDeadlock, errNowait, errTiDBConflict:
		return true
	}
	return false
}

// IsDuplicate tells whether err is a violation of the named unique key ("" means of any).
func IsDuplicate(err error, key string) bool {
	var my *mysqldriver.MySQLError
	if !errors.As(err, &my) || my.Number != errDuplicate {
		return false
	}
	return key == "" || strings.Contains(my.Message, key)
}

// IsNull tells whether err says that a column would have been NULL that must not be.
func IsNull(err error) bool { return number(err) == errNull }

// IsDown tells whether err says that the database cannot be reached or used just now, rather than that a statement or
// a value was wrong.
func IsDown(err error) bool {
	switch number(err) {
	case 1040, 1053, 1077, 1290, 1836:
		return true
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysqldriver.ErrInvalidConn) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, sql.ErrConnDone)
}

func number(err error) uint16 {
	var my *mysqldriver.MySQLError
	if errors.As(err, &my) {
		return my.Number
	}
	return 0
}
