package payments

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// ErrNoReceipt says that the charge has not been paid, or was given back before anybody asked for a receipt.
var ErrNoReceipt = errors.New("there is no receipt for the charge")

// Receipt says that a charge was paid. Its number counts the receipts of one payee in one year, from 1 and without gaps, because that
// is what an accountant can check; it is given out when the receipt is first asked for, so that a crowd that pays in one second does
// not wait for one counter. It is no secret: who sees a receipt is decided by the charge's token.
type Receipt struct {
	Charge   Charge
	Refunds  []Refund
	Year     int
	Number   int64
	IssuedAt time.Time
}

// No is the number as it is printed: the payee's, the year, and the count.
func (r Receipt) No() string {
	_, payee, _ := strings.Cut(r.Charge.Payee, ":")
	if payee == "" {
		payee = "0"
	}
	return fmt.Sprintf("%s-%d-%06d", payee, r.Year, r.Number)
}

// Receipt gives the receipt of a charge, and gives it its number if it has none. ErrNotFound and ErrNoReceipt say why not.
func (s *Store) Receipt(ctx context.Context, token string) (Receipt, error) {
	c, err := s.ByToken(ctx, token)
	if err != nil {
		return Receipt{}, err
	}
	r, err := s.issued(ctx, s.db, c)
	if errors.Is(err, ErrNoReceipt) && (c.Status == Paid || c.Status == PartlyRefunded) && !c.stray() {
		if err = s.issue(ctx, c); err == nil {
			r, err = s.issued(ctx, s.db, c)
		}
	}
	if err != nil {
		return Receipt{}, err
	}
	r.Refunds, err = s.Refunds(ctx, c.ID)
	return r, err
}

// issued reads a receipt that has its number.
func (s *Store) issued(ctx context.Context, q sqlx.QueryerContext, c Charge) (Receipt, error) {
	var row struct {
		Year     int       `db:"year"`
		Number   int64     `db:"number"`
		IssuedAt time.Time `db:"issued_at"`
	}
	err := sqlx.GetContext(ctx, q, &row, "SELECT year, number, issued_at FROM receipts WHERE charge_id = ?", c.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return Receipt{}, ErrNoReceipt
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("read a receipt: %w", err)
	}
	return Receipt{Charge: c, Year: row.Year, Number: row.Number, IssuedAt: row.IssuedAt}, nil
}

// issue takes the payee's next number. Whoever comes second finds that the charge has one.
func (s *Store) issue(ctx context.Context, c Charge) error {
	year := c.PaidAt.In(billZone()).Year()
	return mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		const first = `INSERT INTO receipt_counters (payee, year, issued) VALUES (?, ?, 1) ON DUPLICATE KEY UPDATE issued = issued + 1`
		if _, err := tx.ExecContext(ctx, first, c.Payee, year); err != nil {
			return fmt.Errorf("count a receipt: %w", err)
		}
		if _, err := s.issued(ctx, tx, c); !errors.Is(err, ErrNoReceipt) {
			return errors.Join(err, s.uncount(ctx, tx, c.Payee, year))
		}
		const insert = `INSERT INTO receipts (charge_id, payee, year, number, issued_at) SELECT ?, payee, year, issued, ? FROM receipt_counters WHERE payee = ? AND year = ?`
		if _, err := tx.ExecContext(ctx, insert, c.ID, s.now(), c.Payee, year); err != nil {
			return fmt.Errorf("write a receipt: %w", err)
		}
		return nil
	})
}

// uncount gives a number back in the transaction that took it.
func (s *Store) uncount(ctx context.Context, tx *sqlx.Tx, payee string, year int) error {
	if _, err := tx.ExecContext(ctx, `UPDATE receipt_counters SET issued = issued - 1 WHERE payee = ? AND year = ?`, payee, year); err != nil {
		return fmt.Errorf("count a receipt: %w", err)
	}
	return nil
}
