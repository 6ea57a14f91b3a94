package payments

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

const (
	batch    = 200 // rows that one run looks at, of each kind
	parallel = 8   // calls to the provider at once
	// callsPerSecond is far below what WeChat Pay takes from one merchant (150 refunds a second, 600 questions), so that some replicas may run
	// side by side.
	callsPerSecond = 30
	lease          = time.Minute      // longer than the calls of one row take
	abandoned      = 10 * time.Minute // after its end an open charge is closed even if nobody gave it up
	keepNotices    = 30 * 24 * time.Hour

	maxErrorText = 200 // runes that are kept
)

// Work does one round of what is due: it asks about pending charges, closes those that were given up, and works refunds off. Any
// number of replicas may run it at the same time: each row is claimed with a lease and an epoch. The error tells what could not be
// done; it will be tried again when it is due again.
func (s *Store) Work(ctx context.Context) error {
	if s.gateway == nil {
		return nil
	}
	return errors.Join(
		s.workOff(ctx, pendingDue, s.queryPending),
		s.workOff(ctx, closingDue, s.closeGivenUp),
		s.workOff(ctx, refundsDue, s.workRefund),
		s.alarm(ctx),
		s.prune(ctx),
	)
}

// claimable is a row that is due and that nobody holds.
type claimable struct {
	ID    int64 `db:"id"`
	Epoch int64 `db:"epoch"`
}

// queue says where due rows of one kind stand, and how one is claimed.
type queue struct{ list, claim string }

const claimCharge = `UPDATE charges SET lease_until = ?, epoch = epoch + 1 WHERE id = ? AND epoch = ? AND lease_until <= ?`

var (
	pendingDue = queue{
		`SELECT id, epoch FROM charges WHERE status = 'pending' AND due_at <= ? AND lease_until <= ? ORDER BY due_at LIMIT ?`, claimCharge}
	closingDue = queue{
		`SELECT id, epoch FROM charges WHERE status = 'closing' AND due_at <= ? AND lease_until <= ? ORDER BY due_at LIMIT ?`, claimCharge}
	refundsDue = queue{
		`SELECT id, epoch FROM refunds WHERE status IN ('requested', 'processing', 'abnormal') AND next_attempt_at <= ? AND lease_until <= ? ORDER BY next_attempt_at LIMIT ?`,
		`UPDATE refunds SET lease_until = ?, epoch = epoch + 1 WHERE id = ? AND epoch = ? AND lease_until <= ?`}
)

// workOff claims the due rows of a queue one by one and does each, at a pace that providers bear. When one of them asks to slow down, what was not begun is
// left for the next run.
func (s *Store) workOff(ctx context.Context, q queue, do func(ctx context.Context, id, epoch int64) error) error {
	var due []claimable
	now := s.now()
	if err := s.db.SelectContext(ctx, &due, q.list, now, now, batch); err != nil {
		return fmt.Errorf("list the due payments: %w", err)
	}
	var group errgroup.Group
	group.SetLimit(parallel)
	var mu sync.Mutex
	var failed []error
	var tooFast atomic.Bool
	pace := rate.NewLimiter(callsPerSecond, parallel)
	for _, row := range due {
		if tooFast.Load() || pace.Wait(ctx) != nil {
			break
		}
		group.Go(func() error {
			err := s.claimed(ctx, q, row, do)
			if errors.Is(err, ErrTooFast) {
				tooFast.Store(true)
			}
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, err)
			}
			return nil
		})
	}
	_ = group.Wait()
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d due payments could not be worked on, the first: %w", len(failed), len(due), failed[0])
}

func (s *Store) claimed(ctx context.Context, q queue, row claimable, do func(ctx context.Context, id, epoch int64) error) error {
	now := s.now()
	result, err := s.db.ExecContext(ctx, q.claim, now.Add(lease), row.ID, row.Epoch, now)
	if err != nil {
		return fmt.Errorf("claim a payment: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return err
	}
	return do(ctx, row.ID, row.Epoch+1)
}

// queryPending asks about a charge, and gives it up when its time is long over.
func (s *Store) queryPending(ctx context.Context, id, epoch int64) error {
	c, err := s.one(ctx, s.db, "id = ?", id)
	if err != nil {
		return err
	}
	err = s.ask(ctx, c)
	if err == nil && s.now().Sub(c.ExpiresAt) >= abandoned {
		err = s.changeAlone(ctx, c, givesUp, "abandoned", "due_at = ?, tries = 0", s.now())
	}
	return s.reschedule(ctx, c, epoch, nextQuery(s.now(), c.ExpiresAt, c.tries), err)
}

func (s *Store) closeGivenUp(ctx context.Context, id, epoch int64) error {
	c, err := s.one(ctx, s.db, "id = ?", id)
	if err != nil {
		return err
	}
	err = s.closeAtProvider(ctx, c)
	return s.reschedule(ctx, c, epoch, s.now().Add(jitter(min(5*time.Second<<min(c.tries, 10), time.Hour))), err)
}

// reschedule lets a charge go. Its next time is set only if it is still what it was; whoever changed it set their own.
func (s *Store) reschedule(ctx context.Context, c Charge, epoch int64, due time.Time, cause error) error {
	const release = `UPDATE charges SET lease_until = ?, tries = tries + 1, due_at = CASE WHEN status = ? AND out_trade_no = ? THEN ? ELSE due_at END WHERE id = ? AND epoch = ?`
	if _, err := s.db.ExecContext(ctx, release, s.now(), c.Status, c.OutTradeNo, due, c.ID, epoch); err != nil {
		cause = errors.Join(cause, err)
	}
	if cause == nil || errors.Is(cause, errSwapLost) || errors.Is(cause, ErrMismatch) {
		return nil
	}
	return fmt.Errorf("charge %s: %w", c.OutTradeNo, cause)
}

// nextQuery is when to ask again after so many earlier tries: within a minute, then in growing steps, at the charge's end, and when
// it counts as abandoned.
func nextQuery(now, expires time.Time, tries int) time.Time {
	at := now.Add(jitter(min(45*time.Second<<min(tries, 10), 30*time.Minute)))
	for _, stop := range []time.Time{expires.Add(time.Second), expires.Add(abandoned)} {
		if now.Before(stop) && at.After(stop) {
			return stop
		}
	}
	return at
}

// jitter spreads what would otherwise come at once: between 0.9 and 1.1 of d.
func jitter(d time.Duration) time.Duration { return d - d/10 + rand.N(d/5+1) }

// workRefund hands a refund in, or asks how it stands.
func (s *Store) workRefund(ctx context.Context, id, epoch int64) error {
	var row refundRow
	if err := s.db.GetContext(ctx, &row, "SELECT "+refundColumns+" FROM refunds WHERE id = ?", id); err != nil {
		return fmt.Errorf("read a refund: %w", err)
	}
	r := row.refund()
	c, err := s.one(ctx, s.db, "id = ?", r.Charge)
	if err != nil {
		return err
	}
	result, err := s.callRefund(ctx, r, c)
	if err == nil {
		err = s.SettleRefund(ctx, result)
	}
	return s.rescheduleRefund(ctx, r, epoch, err)
}

// callRefund hands in what the provider does not know yet. The same number again gives nothing back twice.
func (s *Store) callRefund(ctx context.Context, r Refund, c Charge) (RefundResult, error) {
	gateway, err := s.of(c.Provider)
	if err != nil {
		return RefundResult{}, err
	}
	if r.Status != RefundRequested {
		result, err := gateway.QueryRefund(ctx, r.OutRefundNo)
		if !errors.Is(err, ErrRefundNotExist) {
			return result, err
		}
	}
	if err := s.takeRefundTurn(ctx, c.ID); err != nil {
		return RefundResult{}, err
	}
	return gateway.Refund(ctx, RefundOrder{
		OutTradeNo: c.OutTradeNo, TransactionID: c.TransactionID, OutRefundNo: r.OutRefundNo, Amount: r.Amount, Total: c.Amount, Reason: r.Reason,
	})
}

func (s *Store) rescheduleRefund(ctx context.Context, r Refund, epoch int64, cause error) error {
	switch {
	case errors.Is(cause, errRefundTurn):
		return s.postponeRefund(ctx, r, epoch)
	case errors.Is(cause, ErrTooFast): // no attempt either
		return errors.Join(s.postponeRefund(ctx, r, epoch), fmt.Errorf("refund %s: %w", r.OutRefundNo, cause))
	}
	text := ""
	if cause != nil {
		text = strings.ToValidUTF8(cause.Error(), "")
		text = string([]rune(text)[:min(len([]rune(text)), maxErrorText)])
	}
	const release = `UPDATE refunds SET lease_until = ?, attempts = attempts + CASE WHEN status = ? THEN 1 ELSE 0 END, last_error = ?,
		next_attempt_at = CASE WHEN status = ? THEN ? ELSE next_attempt_at END WHERE id = ? AND epoch = ?`
	due := s.now().Add(jitter(retryAfter(r.Status, r.Attempts+1)))
	if _, err := s.db.ExecContext(ctx, release, s.now(), r.Status, text, r.Status, due, r.ID, epoch); err != nil {
		return errors.Join(cause, fmt.Errorf("release a refund: %w", err))
	}
	if cause == nil || errors.Is(cause, ErrMismatch) {
		return nil
	}
	return fmt.Errorf("refund %s: %w", r.OutRefundNo, cause)
}

// postponeRefund lets a refund wait for its turn; that is no attempt.
func (s *Store) postponeRefund(ctx context.Context, r Refund, epoch int64) error {
	const release = `UPDATE refunds SET lease_until = ?, next_attempt_at = ? WHERE id = ? AND epoch = ? AND status = ?`
	if _, err := s.db.ExecContext(ctx, release, s.now(), s.now().Add(jitter(refundPause/4)), r.ID, epoch, r.Status); err != nil {
		return fmt.Errorf("release a refund: %w", err)
	}
	return nil
}
