package reminders

import (
	"context"
	"time"

	"guahao/booking"
	"guahao/bots"

	"github.com/robfig/cron/v3"
)

// For the tests: the two halves of claiming, with others in between.

// Found is what could be claimed.
type Found []notice

// Due is what could be claimed now.
func (s *Store) Due(ctx context.Context) (Found, error) { return s.due(ctx, s.db) }

// Claim claims what is still free of it.
func (s *Store) Claim(ctx context.Context, found Found) (Found, error) { return s.claim(ctx, found) }

// Deliver sends what was claimed.
func (s *Store) Deliver(ctx context.Context, ours Found) error {
	p, err := s.readPauses(ctx, s.db)
	if err != nil {
		return err
	}
	return s.deliver(ctx, ours, p)
}

// ClaimAnything takes away the condition under which a row is claimed: for the negative control.
func (s *Store) ClaimAnything() {
	s.take = "UPDATE notices SET status = 'claimed', epoch = ?, lease_until = ? WHERE id = ? AND ? >= 0"
}

// DoNotCheck turns off the look at the visit before sending: for the negative control.
func (s *Store) DoNotCheck() { s.check = false }

// Expand queues one page of each audience.
func (s *Store) Expand(ctx context.Context) (bool, error) { return s.expandAll(ctx) }

// Render writes a notice of a kind about a visit.
func (s *Store) Render(ctx context.Context, to bots.Account, k Kind, c booking.Change, v booking.Visit) (bots.Notice, error) {
	d := details{From: c.From, Reason: c.Reason, Refund: c.Refund, Note: c.Note}
	if k == Changed {
		d.Was = &Was{
			Room: booking.Text{ZH: "412诊室", EN: "Room 412"}, Doctor: booking.Text{ZH: "王医生", EN: "Dr Wang"}, StartsAt: v.Appointment.StartsAt.Add(-time.Hour),
		}
	}
	return s.renderDetails(ctx, to, k, d, v)
}

// RenderPaidTooLate writes the notice of a payment that was not kept.
func (s *Store) RenderPaidTooLate(ctx context.Context, to bots.Account, why booking.Code, v booking.Visit) (bots.Notice, error) {
	return s.renderDetails(ctx, to, PaidTooLate, details{Refund: v.Appointment.Fee, Why: why}, v)
}

// RenderTurn writes a notice about where somebody stands in the queue.
func (s *Store) RenderTurn(ctx context.Context, to bots.Account, k Kind, turn booking.Turn, v booking.Visit) (bots.Notice, error) {
	return s.render(ctx, to, notice{Kind: k, Appointment: v.Appointment.ID, turn: turn}, v)
}

func (s *Store) renderDetails(ctx context.Context, to bots.Account, k Kind, d details, v booking.Visit) (bots.Notice, error) {
	e := entry{kind: k, appointment: v.Appointment.ID, details: &d}
	payload, err := s.seal(e)
	if err != nil {
		return bots.Notice{}, err
	}
	return s.render(ctx, to, notice{Kind: k, Appointment: v.Appointment.ID, Payload: payload}, v)
}

// Latest is the last tick of a spec.
func Latest(spec string, now time.Time) (time.Time, cron.Schedule, error) {
	schedule, err := parse(spec)
	if err != nil {
		return time.Time{}, nil, err
	}
	return latest(schedule, now), schedule, nil
}

// Prune deletes old ticks.
func (j *Jobs) Prune(ctx context.Context) error { return j.prune(ctx) }

// FinishAgain does what a replica does that has listed a broadcast before another has finished it.
func (s *Store) FinishAgain(ctx context.Context, id BroadcastID) (bool, error) {
	return s.finish(ctx, id)
}
