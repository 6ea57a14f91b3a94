package reminders

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
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

// Send works off what is due now: it sends notices, reads audiences, writes to them, and reports on what is finished. It returns early when ctx is
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
	if err := s.learnZones(ctx); err != nil {
		return err
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

// round does a little of everything: what is urgent first, then broadcasts for a while. It tells whether there may be more to do.
func (s *Store) round(ctx context.Context) (more bool, err error) {
	if err := errors.Join(ctx.Err(), s.requeue(ctx)); err != nil {
		return false, err
	}
	p, err := s.readPauses(ctx, s.db)
	if err != nil {
		return false, err
	}
	urgent, err := s.urgent(ctx, p)
	if err != nil || urgent {
		return urgent, err
	}
	withdrawn, err := s.withdraw(ctx)
	if err != nil {
		return false, err
	}
	if _, err := s.reread(ctx); err != nil {
		return false, err
	}
	written, err := s.write(ctx, p)
	if err != nil {
		return false, err
	}
	ended, err := s.finishAll(ctx)
	return withdrawn || written || ended, err
}

// urgent sends a batch of what is not a broadcast. It tells whether there was any.
func (s *Store) urgent(ctx context.Context, p *pauses) (any bool, err error) {
	taken, err := s.Take(ctx)
	if err != nil || taken.found == 0 {
		return false, err
	}
	return true, s.deliver(ctx, taken.notices, p)
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
		answered, err := s.answered(ctx, n, visit)
		if err != nil {
			return s.unreadable(ctx, n, err)
		}
		switch v := judge(n, visit, s.now()); {
		case answered:
			return s.end(ctx, "", n, Obsolete, false, "")
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
	switch refused, until, err := s.wished(ctx, account.User, n, visit); {
	case err != nil:
		return s.unreadable(ctx, n, err)
	case refused:
		return s.end(ctx, account.Platform, n, Obsolete, false, "refused")
	case !until.IsZero():
		return s.reschedule(ctx, n, until)
	}
	return s.deliverTo(ctx, account, n, visit, p)
}

// deliverTo tries the ways to a person until one has taken the notice, and notes what became of it.
func (s *Store) deliverTo(ctx context.Context, to bots.Account, n notice, visit booking.Visit, p *pauses) error {
	ways, err := s.waysOf(ctx, to, n, visit)
	if err != nil {
		return s.unreadable(ctx, n, err)
	}
	status, class, tried := Unreachable, "platform_off", false
	if to.Blocked {
		status, class = Blocked, ""
	}
	if n.ToldBy == BySMS {
		class = notArrived
	}
	for i, w := range ways {
		message, err := s.render(ctx, w.Account, n, visit)
		if err != nil {
			return s.unreadable(ctx, n, err)
		}
		receipt, err := s.tellOne(ctx, w, message, p)
		last := i == len(ways)-1
		switch {
		case err == nil:
			return s.told(ctx, n, w, receipt)
		case errors.Is(err, bots.ErrBlocked):
			if w.Channel == ByChat || w.Channel == ByTemplate {
				status = Blocked
				if err := s.accounts.SetBlocked(ctx, w.Account.ID, true); err != nil {
					return err
				}
			}
		case !errors.Is(err, bots.ErrUnreachable) && (last || !elsewhere(n, err)):
			return s.later(ctx, n, w, err)
		}
		class, tried = "", true
	}
	return s.end(ctx, to.Platform, n, status, tried, class)
}

// waysOf are the ways that a notice may take: a copy has one only, and what did not arrive by SMS does not go by SMS again.
func (s *Store) waysOf(ctx context.Context, to bots.Account, n notice, visit booking.Visit) ([]Way, error) {
	if n.Kind == EmailCode {
		return s.codeWay(to, n)
	}
	ways, err := s.Ways(ctx, to, n.Kind, visit)
	return slices.DeleteFunc(ways, func(w Way) bool {
		return n.CopyBy != "" && w.Channel != n.CopyBy || n.ToldBy == BySMS && w.Channel == BySMS // it did not arrive
	}), err
}

// pausedError says that a platform asked to wait, earlier.
type pausedError struct{ until time.Time }

func (e pausedError) Error() string { return "the platform asked to wait until " + e.until.String() }

// tellOne sends a notice by one way, unless its platform asked to wait, and remembers it when it asks now.
func (s *Store) tellOne(ctx context.Context, w Way, message bots.Notice, p *pauses) (receipt string, err error) {
	chat := w.chat()
	if err := s.chatPause(ctx, p, chat); err != nil {
		return "", err
	}
	if until := p.until(chat); until.After(s.now()) {
		return "", errors.Join(pausedError{until}, &bots.RetryError{After: until.Sub(s.now())})
	}
	receipt, err = s.tellBy(ctx, w, message)
	var wait *bots.RetryError
	if errors.As(err, &wait) {
		until := s.now().Add(max(wait.After, time.Second))
		p.set(chat, wait.All, until)
		if err := s.pause(ctx, chat, wait.All, until); err != nil {
			return "", err
		}
	}
	return receipt, err
}

// chat is the way as pauses know it.
func (w Way) chat() bots.Account {
	return bots.Account{ID: w.Account.ID, Platform: w.platform()}
}

// later puts a notice back that could not be sent now: until the time that the platform asked for, or some time that grows.
func (s *Store) later(ctx context.Context, n notice, w Way, err error) error {
	var paused pausedError
	var wait *bots.RetryError
	switch {
	case errors.As(err, &paused):
		return s.postpone(ctx, n, paused.until, false, "paused")
	case errors.As(err, &wait):
		return s.again(ctx, w.platform(), n, s.now().Add(max(wait.After, time.Second)), maxWaits, "asked_to_wait")
	default:
		return s.again(ctx, w.platform(), n, s.now().Add(backoff(n.Attempts)), maxAttempts, "platform")
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
