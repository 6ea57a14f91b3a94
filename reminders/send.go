package reminders

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/mysql"
)

const (
	maxRounds    = 50               // of one Send; the next tick goes on
	concurrency  = 16               // chats that are written to at once; the senders keep the platforms' pace
	sendPatience = 15 * time.Second // for one message
	onePatience  = 45 * time.Second // for one notice with all that is read and noted; well within the lease
	maxAttempts  = 8                // about an hour with the pauses between them
	maxWaits     = 40               // tries after which even a platform that always asks to wait is given up
	firstBackoff = 30 * time.Second
	maxBackoff   = 30 * time.Minute
)

// Send works off what is due now: it reads audiences, sends notices, and reports on what is finished. It returns early when ctx is
// done, with everything that it has sent noted. In one process one Send works at a time; others wait for it.
//
// An error is one of the database. What goes wrong with a platform is noted in the rows and tried again.
func (s *Store) Send(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for range maxRounds {
		more, err := s.round(ctx)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	return nil
}

// round expands, sends and finishes a little. It tells whether there may be more to do.
func (s *Store) round(ctx context.Context) (more bool, err error) {
	if err := errors.Join(ctx.Err(), s.requeue(ctx)); err != nil {
		return false, err
	}
	expanded, err := s.expandAll(ctx)
	if err != nil {
		return false, err
	}
	p, err := s.readPauses(ctx)
	if err != nil {
		return false, err
	}
	found, err := s.due(ctx, !p.holdBulk(s.now()))
	if err != nil {
		return false, err
	}
	ours, err := s.claim(ctx, found)
	if err != nil {
		return false, err
	}
	if err := s.deliver(ctx, ours, p); err != nil {
		return false, err
	}
	finished, err := s.finishAll(ctx)
	return expanded || finished || len(found) > 0, err
}

// deliver sends the claimed notices, those of one account one after another.
func (s *Store) deliver(ctx context.Context, ours []notice, p *pauses) error {
	var chats [][]notice
	place := map[bots.AccountID]int{}
	for _, n := range ours {
		at, known := place[n.Account]
		if !known || n.Account == 0 {
			at = len(chats)
			place[n.Account] = at
			chats = append(chats, nil)
		}
		chats[at] = append(chats[at], n)
	}
	var group errgroup.Group
	group.SetLimit(concurrency)
	for _, chat := range chats {
		group.Go(func() error {
			var errs []error
			for _, n := range chat {
				errs = append(errs, s.deliverOne(ctx, n, p))
			}
			return errors.Join(errs...)
		})
	}
	return group.Wait()
}

// deliverOne brings one notice to an end, or back into the queue. When ctx is done it starts nothing more, but what is being sent
// is sent and noted.
func (s *Store) deliverOne(ctx context.Context, n notice, p *pauses) error {
	stopping := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), onePatience)
	defer cancel()
	if stopping {
		return s.postpone(ctx, n, s.now(), false, "")
	}
	if ours, err := s.hold(ctx, n); err != nil || !ours {
		return err
	}
	var visit booking.Visit
	if n.Appointment != 0 {
		var err error
		if visit, err = s.bookings.Visit(ctx, n.Appointment); err != nil {
			return s.unreadable(ctx, n, err)
		}
		if n.Kind.aboutQueue() {
			if n.turn, err = s.bookings.Turn(ctx, n.Appointment); err != nil {
				return s.unreadable(ctx, n, err)
			}
		}
		switch v := judge(n, visit, s.now()); {
		case v.obsolete && s.check:
			return s.end(ctx, "", n, Obsolete, false, "")
		case !v.wait.IsZero():
			return s.reschedule(ctx, n, v.wait)
		}
	}
	to := n.Account
	if to == 0 {
		to = bots.AccountID(visit.Appointment.Account)
	}
	account, err := s.accounts.Account(ctx, to)
	if err != nil {
		return s.unreadable(ctx, n, err)
	}
	return s.deliverTo(ctx, account, n, visit, p)
}

func (s *Store) deliverTo(ctx context.Context, to bots.Account, n notice, visit booking.Visit, p *pauses) error {
	sender := s.senders[to.Platform]
	switch {
	case to.Blocked:
		return s.end(ctx, to.Platform, n, Blocked, false, "")
	case sender == nil:
		return s.end(ctx, to.Platform, n, Unreachable, false, "platform_off")
	}
	if err := s.chatPause(ctx, p, to); err != nil {
		return err
	}
	if until := p.until(to); until.After(s.now()) {
		return s.postpone(ctx, n, until, false, "paused")
	}
	message, err := s.render(ctx, to, n, visit)
	if err != nil {
		return s.unreadable(ctx, n, err)
	}
	sending, cancel := context.WithTimeout(ctx, sendPatience)
	defer cancel()
	return s.note(ctx, to, n, sender.Send(sending, to, message), p)
}

// note writes down what the platform said.
func (s *Store) note(ctx context.Context, to bots.Account, n notice, err error, p *pauses) error {
	var wait *bots.RetryError
	switch {
	case err == nil:
		return s.end(ctx, to.Platform, n, Sent, true, "")
	case errors.Is(err, bots.ErrBlocked):
		return errors.Join(s.end(ctx, to.Platform, n, Blocked, true, ""), s.accounts.SetBlocked(ctx, to.ID, true))
	case errors.Is(err, bots.ErrUnreachable):
		return s.end(ctx, to.Platform, n, Unreachable, true, "")
	case errors.As(err, &wait):
		until := s.now().Add(max(wait.After, time.Second))
		p.set(to, wait.All, until)
		return errors.Join(s.pause(ctx, to, wait.All, until), s.again(ctx, to.Platform, n, until, maxWaits, "asked_to_wait"))
	default:
		return s.again(ctx, to.Platform, n, s.now().Add(backoff(n.Attempts)), maxAttempts, "platform")
	}
}

// unreadable deals with a notice of which something could not be read. Where the database is away, it stays claimed until its
// lease ends.
func (s *Store) unreadable(ctx context.Context, n notice, err error) error {
	if mysql.IsDown(err) {
		return err
	}
	if errors.Is(err, booking.ErrNotFound) {
		return s.end(ctx, "", n, Obsolete, false, "not_found")
	}
	s.log.LogAttrs(ctx, slog.LevelError, "a notice cannot be made", slog.Int64("notice", n.ID), slog.String("kind", string(n.Kind)),
		slog.String("error", err.Error()))
	return s.again(ctx, "", n, s.now().Add(backoff(n.Attempts)), maxAttempts, "unreadable")
}

// again queues a notice for another attempt, or gives it up after so many.
func (s *Store) again(ctx context.Context, on bots.Platform, n notice, at time.Time, limit int, class string) error {
	if n.Attempts+1 >= limit {
		return s.end(ctx, on, n, Failed, true, class)
	}
	return s.postpone(ctx, n, at, true, class)
}

// backoff doubles from half a minute to half an hour, give or take a fifth, so that what failed together does not come back
// together.
func backoff(attempts int) time.Duration {
	pause := min(firstBackoff<<min(attempts, 10), maxBackoff)
	return pause - pause/5 + rand.N(2*pause/5)
}
