package payments

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// NewCharge is what is to be paid.
type NewCharge struct {
	Ref       string    // what for, at most 64 bytes; the caller's
	Amount    Fen       // more than 0
	Subject   string    // what the payer reads
	Payee     string    // whom the money is for, at most 64 bytes; may be empty
	ExpiresAt time.Time // the last moment to pay
}

const (
	maxRef     = 64
	maxSubject = 80 // runes; providers cut further
)

// CreateTx writes a charge down in the caller's transaction. The provider learns of it when the payer first looks at it. That it was
// created is said by its own row: only what changes it later writes an event.
func (s *Store) CreateTx(ctx context.Context, tx *sqlx.Tx, n NewCharge) (Charge, error) {
	c, err := s.newCharge(n)
	if err != nil {
		return Charge{}, err
	}
	return s.insert(ctx, tx, c)
}

func (s *Store) insert(ctx context.Context, tx *sqlx.Tx, c Charge) (Charge, error) {
	result, err := tx.ExecContext(ctx, insertCharges+oneCharge, c.values()...)
	if err != nil {
		return Charge{}, fmt.Errorf("write a charge: %w", err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		return Charge{}, fmt.Errorf("write a charge: %w", err)
	}
	c.ID = ChargeID(id)
	return c, nil
}

// CreateAllTx is CreateTx for many at once, in one statement. When one of them is not possible, none is written.
func (s *Store) CreateAllTx(ctx context.Context, tx *sqlx.Tx, list []NewCharge) error {
	if len(list) == 0 {
		return nil
	}
	var values []any
	for _, n := range list {
		c, err := s.newCharge(n)
		if err != nil {
			return err
		}
		values = append(values, c.values()...)
	}
	if _, err := tx.ExecContext(ctx, insertCharges+oneCharge+strings.Repeat(", "+oneCharge, len(list)-1), values...); err != nil {
		return fmt.Errorf("write charges: %w", err)
	}
	return nil
}

const (
	insertCharges = `INSERT INTO charges (out_trade_no, token, ref, subject, payee, amount, provider, mch_id, app_id, status, expires_at, created_at, lease_until) VALUES `
	oneCharge     = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

func (c Charge) values() []any {
	return []any{c.OutTradeNo, c.Token, c.Ref, c.Subject, c.Payee, c.Amount, c.Provider, c.Merchant.MchID, c.Merchant.AppID, c.Status, c.ExpiresAt, c.CreatedAt, c.CreatedAt}
}

// newCharge checks what is asked for and numbers it.
func (s *Store) newCharge(n NewCharge) (Charge, error) {
	now := s.now()
	n.ExpiresAt = n.ExpiresAt.UTC().Truncate(time.Microsecond)
	switch {
	case s.gateway == nil:
		return Charge{}, ErrOff
	case n.Amount <= 0:
		return Charge{}, fmt.Errorf("%w: a charge of %s yuan", ErrAmount, n.Amount)
	case n.Ref == "" || len(n.Ref) > maxRef || len(n.Payee) > maxRef || n.Subject == "":
		return Charge{}, errors.New("a charge needs a reference of at most 64 bytes and a subject, and its payee has at most 64 bytes too")
	case !n.ExpiresAt.After(now):
		return Charge{}, fmt.Errorf("%w: it would be expired from its start", ErrClosed)
	}
	if runes := []rune(n.Subject); len(runes) > maxSubject {
		n.Subject = string(runes[:maxSubject])
	}
	return Charge{
		OutTradeNo: now.Format("20060102") + rand.Text()[:14], Token: rand.Text(), Ref: n.Ref, Subject: n.Subject, Payee: n.Payee, Amount: n.Amount,
		Provider: s.gateway.Name(), Merchant: s.gateway.Merchant(), Status: Created, ExpiresAt: n.ExpiresAt, CreatedAt: now,
		round: 1, version: 1,
	}, nil
}
