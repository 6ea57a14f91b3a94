package booking

import (
	"context"

	"github.com/jmoiron/sqlx"

	"guahao/internal/money"
)

// StaffRefund is what a cancellation by the hospital's people gives back of a fee that was paid.
type StaffRefund string

// The refunds.
const (
	GiveAll    StaffRefund = "full"
	GiveByRule StaffRefund = "rules" // what the patient would get who cancels now
	GiveNone   StaffRefund = "none"
)

// StaffCancel asks for a cancellation by the hospital's people.
type StaffCancel struct {
	Appointment AppointmentID
	Refund      StaffRefund
	Note        string // the patient reads it
	Key         string // names the request: the same key cancels once
}

// CancelByStaff cancels an appointment that still takes place or should have, whatever the deadline says, and tells what is refunded. The patient is told. The
// same key gives the same answer again.
func (s *Store) CancelByStaff(ctx context.Context, r StaffCancel) (Visit, money.Fen, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Visit{}, 0, err
	}
	var refund money.Fen
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		for {
			a, err := appointment(ctx, tx, r.Appointment)
			if err != nil {
				return err
			}
			if a.Status == Cancelled {
				refund, err = refundOf(ctx, tx, r.Appointment, r.Key)
				return err
			}
			if !Allowed(a.Status, Cancelled, ByStaff) {
				return ErrWrongStatus
			}
			if refund, err = s.staffRefund(ctx, tx, d, a, r.Refund); err != nil {
				return err
			}
			_, done, err := s.release(ctx, tx, Change{Appointment: a, Reason: ByStaff, Refund: refund, Note: cut(r.Note, maxNote), At: s.clock()}, r.Key)
			if err != nil || done {
				return refusal(err)
			}
		}
	})
	if err != nil {
		return Visit{}, 0, err
	}
	visit, err := s.Visit(ctx, r.Appointment)
	return visit, refund, err
}

func (s *Store) staffRefund(ctx context.Context, q queryer, d *directory, a Appointment, give StaffRefund) (money.Fen, error) {
	paid, err := wasPaid(ctx, q, a)
	if err != nil || !paid {
		return 0, err
	}
	switch give {
	case GiveAll:
		return a.Fee, nil
	case GiveByRule:
		return d.policyOf(a).RefundOf(a.Fee, s.clock(), a.StartsAt), nil
	case GiveNone:
		return 0, nil
	}
	return 0, ErrConflict
}
