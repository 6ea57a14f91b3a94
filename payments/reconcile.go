package payments

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guahao/internal/mysql"
)

// Reconciliation compares what a provider says to have moved on a day with what stands here.
type Reconciliation struct {
	ID          int64               `db:"id"`
	Provider    string              `db:"provider"`
	Day         time.Time           `db:"day"` // its date, at midnight UTC
	State       ReconciliationState `db:"state"`
	Run         int                 `db:"run"` // how often it was tried
	Lines       int64               `db:"bill_lines"`
	Matched     int64               `db:"matched"`     // lines that say what we say
	Differences int64               `db:"differences"` // found by the last run
	Healed      int64               `db:"healed"`      // of them, put right by the program
	StartedAt   time.Time           `db:"started_at"`

	start, end time.Time // the day's, in the provider's zone
	gateway    BillGateway
}

// Open is how many differences of the last run are left for people.
func (r Reconciliation) Open() int64 { return r.Differences - r.Healed }

// Date is the day in writing: 2006-01-02.
func (r Reconciliation) Date() string { return r.Day.Format(dayLayout) }

// ReconciliationState is where a reconciliation stands.
type ReconciliationState string

// The states. All but done are tried again by the job.
const (
	ReconcileRunning ReconciliationState = "running"
	ReconcileWaiting ReconciliationState = "waiting" // the bill is not ready
	ReconcileFailed  ReconciliationState = "failed"
	ReconcileDone    ReconciliationState = "done"
)

// What stands in the way of a reconciliation.
var (
	ErrDayNotOver  = errors.New("the day is not over: there is no bill of it yet")
	ErrReconciling = errors.New("another process reconciles this day just now")
)

const (
	billReady       = 10 * time.Hour     // after a day's end the provider has made its bill
	reconcileBack   = 7                  // days that the job looks back, where it could not run
	reconcileLease  = 15 * time.Minute   // renewed while it goes on
	believeNoBill   = 3 * 24 * time.Hour // after a day's end "no bill" means that there will be none
	reconcileColumn = `id, provider, day, state, run, bill_lines, matched, differences, healed, started_at`
)

// ReconcileDue reconciles yesterday, and the days before that could not be, once their bills should be ready. It is a job: any
// replica may run it, as often as it likes.
func (s *Store) ReconcileDue(ctx context.Context) error {
	var failed []error
	today, _ := BillDay(s.now())
	for _, g := range s.Gateways() {
		if _, ok := g.(BillGateway); !ok {
			continue
		}
		for back := reconcileBack; back >= 1; back-- {
			day := today.AddDate(0, 0, -back)
			due, err := s.reconcileDue(ctx, g.Name(), day)
			if err == nil && due {
				_, err = s.Reconcile(ctx, g.Name(), day)
			}
			if err != nil && !errors.Is(err, ErrReconciling) {
				failed = append(failed, fmt.Errorf("reconcile %s with %s: %w", day.Format(dayLayout), g.Name(), err))
			}
		}
	}
	return errors.Join(failed...)
}

// reconcileDue tells whether a day's bill should be ready, has not been reconciled, and can have anything in it.
func (s *Store) reconcileDue(ctx context.Context, provider string, day time.Time) (bool, error) {
	_, end := BillDay(day)
	if s.now().Before(end.Add(billReady)) {
		return false, nil
	}
	var charges, done int
	if err := s.db.GetContext(ctx, &charges, "SELECT COUNT(id) FROM (SELECT id FROM charges WHERE created_at < ? LIMIT 1) AS any_charge", end.UTC()); err != nil {
		return false, fmt.Errorf("look for charges: %w", err)
	}
	const query = "SELECT COUNT(id) FROM reconciliations WHERE provider = ? AND day = ? AND state = ?"
	if err := s.db.GetContext(ctx, &done, query, provider, day.Format(dayLayout), ReconcileDone); err != nil {
		return false, fmt.Errorf("look for a reconciliation: %w", err)
	}
	return charges > 0 && done == 0, nil
}

// Reconcile compares a provider's bill of a day with what stands here: the date of the time in the provider's zone. What differs is written down;
// what a signed answer of the provider settles is settled; Reconciled hears of the rest. That the bill is not ready is no error: the
// result is waiting. It may be run again at any time: what it wrote down before is brought up to date.
func (s *Store) Reconcile(ctx context.Context, provider string, day time.Time) (Reconciliation, error) {
	named, err := s.of(provider)
	if err != nil {
		return Reconciliation{}, err
	}
	gateway, ok := named.(BillGateway)
	if !ok {
		return Reconciliation{}, fmt.Errorf("%w: %s", ErrNoBills, provider)
	}
	start, end := BillDay(day)
	if s.now().Before(end) {
		return Reconciliation{}, ErrDayNotOver
	}
	r, err := s.claimReconciliation(ctx, provider, start)
	if err != nil {
		return r, err
	}
	r.start, r.end, r.gateway = start, end, gateway
	r.State, err = s.reconcile(ctx, &r)
	if err != nil {
		r.State = ReconcileFailed
	}
	const finish = `UPDATE reconciliations SET state = ?, bill_lines = ?, matched = ?, differences = ?, healed = ?, done_at = ?, lease_until = ? WHERE id = ? AND run = ?`
	now := s.now()
	_, ended := s.db.ExecContext(context.WithoutCancel(ctx), finish, r.State, r.Lines, r.Matched, r.Differences, r.Healed,
		sql.NullTime{Time: now, Valid: r.State == ReconcileDone}, now, r.ID, r.Run)
	if err := errors.Join(err, ended); err != nil {
		return r, err
	}
	s.log.Info("reconciled", "provider", r.Provider, "day", r.Date(), "state", string(r.State), "lines", r.Lines, "matched", r.Matched, "differences", r.Differences, "healed", r.Healed)
	if s.Reconciled != nil && r.State == ReconcileDone {
		s.Reconciled(r)
	}
	return r, nil
}

// claimReconciliation makes the day's row where there is none and takes its lease.
func (s *Store) claimReconciliation(ctx context.Context, provider string, start time.Time) (r Reconciliation, err error) {
	now, day := s.now(), start.Format(dayLayout)
	const insert = `INSERT INTO reconciliations (provider, day, state, started_at, lease_until) VALUES (?, ?, ?, ?, ?)`
	if _, err := s.db.ExecContext(ctx, insert, provider, day, ReconcileWaiting, now, now); err != nil && !mysql.IsDuplicate(err, "") {
		return r, fmt.Errorf("begin a reconciliation: %w", err)
	}
	const claim = `UPDATE reconciliations SET state = ?, run = run + 1, started_at = ?, lease_until = ? WHERE provider = ? AND day = ? AND lease_until <= ?`
	result, err := s.db.ExecContext(ctx, claim, ReconcileRunning, now, now.Add(reconcileLease), provider, day, now)
	if err != nil {
		return r, fmt.Errorf("claim a reconciliation: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return r, errors.Join(ErrReconciling, err)
	}
	err = s.db.GetContext(ctx, &r, "SELECT "+reconcileColumn+" FROM reconciliations WHERE provider = ? AND day = ?", provider, day)
	if err != nil {
		return r, fmt.Errorf("read a reconciliation: %w", err)
	}
	r.Lines, r.Matched, r.Differences, r.Healed = 0, 0, 0, 0
	return r, nil
}

// renew keeps the lease of a reconciliation that takes its time.
func (s *Store) renew(ctx context.Context, r *Reconciliation) error {
	result, err := s.db.ExecContext(ctx, "UPDATE reconciliations SET lease_until = ? WHERE id = ? AND run = ?", s.now().Add(reconcileLease), r.ID, r.Run)
	if err != nil {
		return fmt.Errorf("go on with a reconciliation: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(ErrReconciling, err)
	}
	return nil
}

// reconcile goes through the bill, then through what stands here and not there, then heals.
func (s *Store) reconcile(ctx context.Context, r *Reconciliation) (ReconciliationState, error) {
	bill, err := r.gateway.Bill(ctx, r.start)
	switch {
	case errors.Is(err, ErrBillNotReady):
		return ReconcileWaiting, nil
	case errors.Is(err, ErrNoBill): // nobody signed that
		if wait, err := s.waitForBill(ctx, r); err != nil || wait {
			return ReconcileWaiting, err
		}
		bill = noBill{}
	case err != nil:
		return ReconcileFailed, err
	}
	m := &matching{store: s, run: r, fees: map[string]Fen{}}
	if err := errors.Join(m.read(ctx, bill), bill.Close()); err != nil {
		return ReconcileFailed, err
	}
	if err := m.findOnlyOurs(ctx); err != nil {
		return ReconcileFailed, err
	}
	if err := s.postFees(ctx, r, m.fees); err != nil {
		return ReconcileFailed, err
	}
	if err := s.endGone(ctx, r); err != nil {
		return ReconcileFailed, err
	}
	return ReconcileDone, s.heal(ctx, r)
}

// waitForBill tells whether a missing bill is worth waiting for: something was paid here on that day, and it is not long ago.
func (s *Store) waitForBill(ctx context.Context, r *Reconciliation) (bool, error) {
	var ours int
	const query = "SELECT COUNT(id) FROM charges WHERE paid_at >= ? AND paid_at < ? AND provider = ?"
	if err := s.db.GetContext(ctx, &ours, query, r.start.UTC(), r.end.UTC(), r.Provider); err != nil {
		return false, fmt.Errorf("count a day's payments: %w", err)
	}
	return ours > 0 && s.now().Before(r.end.Add(believeNoBill)), nil
}

// Reconciliations lists the newest days first.
func (s *Store) Reconciliations(ctx context.Context, limit int) ([]Reconciliation, error) {
	var list []Reconciliation
	if err := s.db.SelectContext(ctx, &list, "SELECT "+reconcileColumn+" FROM reconciliations ORDER BY day DESC, provider LIMIT ?", limit); err != nil {
		return nil, fmt.Errorf("read the reconciliations: %w", err)
	}
	return list, nil
}
