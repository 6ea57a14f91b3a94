package payments

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
)

// What can be wrong with a request; the caller finds the words.
var (
	ErrOff      = errors.New("payments are off: no provider is configured")
	ErrNotFound = errors.New("there is no such charge")
	ErrPaid     = errors.New("the charge is paid already")
	ErrClosed   = errors.New("the charge cannot be paid any more")
	ErrAmount   = errors.New("the amount is not possible")

	errTransition = errors.New("a step that the table of states does not have")
	errSwapLost   = errors.New("somebody else changed the row first")
)

// Follower is told, inside the transaction that settles it, about what must follow from a payment. It may lock rows of its own
// domain; they come before the charge's row in the order of locks. An error rolls everything back, and the provider or the job
// comes again. It must have no effect outside of tx.
type Follower interface {
	// Paid is called when the charge has been paid. With keep false the charge is refunded in full.
	Paid(ctx context.Context, tx *sqlx.Tx, c Charge) (keep bool, err error)
	// RefundDone is called when the refund's money is back with the payer.
	RefundDone(ctx context.Context, tx *sqlx.Tx, c Charge, r Refund) error
}

// Store keeps charges and refunds. It has no state but the database's; its methods may be called concurrently, in any number of
// processes.
type Store struct {
	// Audit, if set before the store is used, is told what staff change by hand.
	Audit audit.Recorder
	// Stuck, if set before the store is used, is called after a refund became abnormal or failed, and when it is not at its end
	// after StuckAfter: somebody has to look at it. It is called outside of transactions and may be called again for the same refund.
	Stuck func(Refund)
	// Noticed, if set before the store is used, is called after an incident was recorded for the first time, outside of transactions.
	Noticed func(Incident)
	// StuckAfter is how long a refund may take. New sets 4 hours; it may be changed before the store is used.
	StuckAfter time.Duration
	// Reconciled, if set before the store is used, is called when a day's bill has been gone through. What is open then waits for people.
	Reconciled func(Reconciliation)

	db      *sqlx.DB
	gateway Gateway   // what charges begin with; nil: payments are off
	others  []Gateway // what payers may choose instead
	now     func() time.Time
	follow  Follower
	log     *slog.Logger
	swap    func(ctx context.Context, tx *sqlx.Tx, statement string, version int, args ...any) error
}

// New makes a store. With a nil gateway payments are off: charges can be read but not made. follow may be nil: then every payment
// is kept.
func New(db *sqlx.DB, gateway Gateway, now func() time.Time, follow Follower, log *slog.Logger) *Store {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Store{StuckAfter: defaultStuckAfter, db: db, gateway: gateway, now: func() time.Time { return now().UTC().Truncate(time.Microsecond) }, follow: follow, log: log, swap: compareAndSwap}
}

// On tells whether there is a provider.
func (s *Store) On() bool { return s.gateway != nil }

// ByToken finds the charge of a pay page, or ErrNotFound.
func (s *Store) ByToken(ctx context.Context, token string) (Charge, error) {
	return s.one(ctx, s.db, "token = ?", token)
}

// ByRef finds the newest charge for a reference, or ErrNotFound.
func (s *Store) ByRef(ctx context.Context, ref string) (Charge, error) {
	return s.one(ctx, s.db, "ref = ? ORDER BY id DESC LIMIT 1", ref)
}

// PaidFor gives the charges for a reference that were paid, even if they were given back since, the oldest first: what was moved may be paid in two.
func (s *Store) PaidFor(ctx context.Context, ref string) ([]Charge, error) {
	var rows []chargeRow
	if err := s.db.SelectContext(ctx, &rows, "SELECT "+chargeColumns+" FROM charges WHERE ref = ? AND paid_at IS NOT NULL ORDER BY id", ref); err != nil {
		return nil, fmt.Errorf("read what was paid: %w", err)
	}
	list := make([]Charge, len(rows))
	for i, row := range rows {
		list[i] = row.charge()
	}
	return list, nil
}

func (s *Store) one(ctx context.Context, q sqlx.QueryerContext, where string, args ...any) (Charge, error) {
	var row chargeRow
	err := sqlx.GetContext(ctx, q, &row, "SELECT "+chargeColumns+" FROM charges WHERE "+where, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return Charge{}, ErrNotFound
	}
	if err != nil {
		return Charge{}, fmt.Errorf("read a charge: %w", err)
	}
	return row.charge(), nil
}

// event writes one line of a charge's story; refund is 0 where it is the charge's own.
func (s *Store) event(ctx context.Context, tx *sqlx.Tx, charge ChargeID, refund RefundID, event, from, to, detail string) error {
	const insert = `INSERT INTO charge_events (charge_id, refund_id, event, from_status, to_status, detail, at) VALUES (?, ?, ?, ?, ?, ?, ?)`
	_, err := tx.ExecContext(ctx, insert, charge, sql.NullInt64{Int64: int64(refund), Valid: refund != 0}, event, from, to, detail, s.now())
	if err != nil {
		return fmt.Errorf("write a charge's event: %w", err)
	}
	return nil
}

// change moves a charge by an event: it checks the table, swaps the status together with the assignments in set ("a = ?, b = ?"),
// and writes the event. errSwapLost says that c is not what the row holds any more.
func (s *Store) change(ctx context.Context, tx *sqlx.Tx, c *Charge, event, detail, set string, args ...any) error {
	to, err := next(chargeTransitions(), c.Status, event)
	if err != nil {
		return err
	}
	if set != "" {
		set = ", " + set
	}
	statement := "UPDATE charges SET status = ?, version = version + 1" + set + " WHERE id = ?"
	values := append(append([]any{to}, args...), c.ID)
	if err := s.swap(ctx, tx, statement, c.version, values...); err != nil {
		return err
	}
	from := c.Status
	c.Status, c.version = to, c.version+1
	return s.event(ctx, tx, c.ID, 0, event, string(from), string(to), detail)
}

// compareAndSwap runs an UPDATE of one row only if its version is still the one that was read.
func compareAndSwap(ctx context.Context, tx *sqlx.Tx, statement string, version int, args ...any) error {
	result, err := tx.ExecContext(ctx, statement+" AND version = ?", append(args, version)...)
	if err != nil {
		return fmt.Errorf("change a row: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errSwapLost, err)
	}
	return nil
}
