package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"time"

	"guahao/bots"
	"guahao/bots/telegram"
	"guahao/bots/telegram/telegramtest"
	"guahao/internal/app"
	"guahao/internal/sandbox"
	"guahao/reminders"
)

const (
	telegramLimit = 30  // messages a second that Telegram permits
	firstReader   = 1e6 // id of the first recipient's chat
	tenth         = 10  // the smaller broadcast has this part of the recipients
)

// BroadcastResult is the line of `guahao bench broadcast`, public like the others.
type BroadcastResult struct {
	Bench      string  `json:"bench"`
	Recipients int     `json:"recipients"`
	Permitted  float64 `json:"permitted_per_s"` // what the simulated Telegram takes
	Sent       float64 `json:"sent_per_s"`      // from the first message to the last
	Share      float64 `json:"share"`
	PeakRSS    float64 `json:"peak_rss_mb"` // of the sender, the program in a process of its own: neither the people nor the bench are in it
	Missed     int     `json:"missed"`      // recipients who got nothing
	Twice      int     `json:"twice"`       // who got it again, but for what was in flight when the sender was killed

	TenthRSS float64 `json:"tenth_peak_rss_mb"` // the same with a tenth of the recipients
	InFlight int     `json:"in_flight"`         // who got it again because it was in flight
	Refused  int     `json:"refused_by_limit"`  // messages that came faster than they may
}

// Broadcast measures how near to Telegram's limit a message to o.Recipients people is sent, and in how much memory: first to a tenth of them and then to all.
// The limit is Telegram's, o.Scale times, so that it does not take an hour. The sender is the program, run by o.Command; the database is durable.
func Broadcast(ctx context.Context, o Options) (result BroadcastResult, err error) {
	if o.Recipients < tenth || o.Recipients > 1_000_000 || o.Scale < 1 || o.Scale > 1000 || len(o.Command) == 0 {
		return result, fmt.Errorf("a broadcast has %d to 1000000 recipients, and a limit of 1 to 1000 times Telegram's", tenth)
	}
	small, err := sendOut(ctx, o, o.Recipients/tenth)
	if err != nil {
		return result, err
	}
	large, err := sendOut(ctx, o, o.Recipients)
	if err != nil {
		return result, err
	}
	large.TenthRSS = small.PeakRSS
	large.Missed, large.Twice, large.Refused = large.Missed+small.Missed, large.Twice+small.Twice, large.Refused+small.Refused
	return large, nil
}

// outing is one broadcast to many, from the first message to the report.
type outing struct {
	o     Options
	count int
	inbox *letterbox
	app   *app.App // writes the broadcast; the sender is another process
	cfg   app.Config
	db    *database
	dir   string
	peak  float64 // MB, of any of the senders

	complaints *complaints
}

func sendOut(ctx context.Context, o Options, count int) (r BroadcastResult, err error) {
	s := &outing{o: o, count: count, inbox: newLetterbox(count)}
	limits := telegramtest.Limits{PerSecond: telegramLimit * o.Scale, Burst: int(telegramLimit * o.Scale)}
	p, err := newProgram(ctx, o, sandbox.PlatformOptions{Telegram: telegramtest.Options{Limits: limits, Shown: s.inbox.shown}}, city{hospitals: 1, groups: [][]clinic{{{fee: "0", doctors: 1, slots: 1, places: 1}}}}, func(cfg *app.Config, _ *program) error {
		s.cfg = *cfg
		return nil
	})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	s.app, s.db, s.dir, s.complaints = p.App, p.database, p.dir, p.log
	o.say("%d people follow the bot.", count)
	if err := s.people(ctx, p.platforms.Telegram); err != nil {
		return r, err
	}
	id, err := s.app.Reminders.StartBroadcast(ctx, reminders.Draft{AllFollowers: true, AtNight: true, Text: "明天上午请从东门进院，西门施工。"}, "bench")
	if err != nil {
		return r, err
	}
	o.say("The broadcast is being sent.")
	if err := s.send(ctx, id); err != nil {
		return r, err
	}
	r = s.inbox.result()
	r.Bench, r.Permitted, r.PeakRSS = "broadcast", rounded(limits.PerSecond, 10), s.peak
	r.Share = rounded(r.Sent/limits.PerSecond, 1000)
	r.Refused = len(p.platforms.Telegram.Violations())
	for _, v := range p.platforms.Telegram.Violations() {
		p.log.add("a breach of Telegram's rules: %s", v)
	}
	return r, nil
}

// people follow the bot: each has an account here and a chat there.
func (s *outing) people(ctx context.Context, t *telegramtest.Server) error {
	accounts := batchInsert{into: "chat_accounts (id, user_id, platform, external_id, lang, last_seen_at, created_at)"}
	now := time.Now().UTC()
	for i := range s.count {
		chat := int64(firstReader + i)
		t.User(chat, "zh").Start()
		if err := accounts.add(ctx, s.db, i+1, i+1, bots.Telegram, strconv.FormatInt(chat, 10), "zh", now, now); err != nil {
			return err
		}
	}
	return accounts.flush(ctx, s.db)
}

// send runs the sender until the broadcast is finished. With o.Kills, the sender is killed that many times on the way, and another one, whose
// clock is past the leases of the one before, goes on.
func (s *outing) send(ctx context.Context, id reminders.BroadcastID) error {
	var ahead time.Duration
	for kill := range s.o.Kills {
		sender, err := s.start(ahead)
		if err != nil {
			return err
		}
		err = s.await(ctx, (kill+1)*s.count/(s.o.Kills+1), sender)
		s.peak = max(s.peak, sender.peak())
		_ = sender.command.Process.Kill() // SIGKILL
		<-sender.ended
		if err = errors.Join(err, sender.complain(s.complaints)); err != nil {
			return err
		}
		if err := s.noteInFlight(ctx); err != nil {
			return err
		}
		ahead += 3 * time.Minute
	}
	sender, err := s.start(ahead)
	if err != nil {
		return err
	}
	err = s.finished(ctx, id, sender)
	s.peak = max(s.peak, sender.peak())
	_ = sender.stdin.Close()
	if ended := <-sender.ended; ended != nil && err == nil {
		err = fmt.Errorf("the sender did not end well: %w: %s", ended, sender.lastWords())
	}
	return errors.Join(err, sender.complain(s.complaints))
}

// patience is how long a broadcast may take: what the limit asks for, twice, and ten minutes for a slow machine.
func (s *outing) patience() time.Duration {
	return 10*time.Minute + 2*time.Duration(float64(s.count)/(telegramLimit*s.o.Scale)*float64(time.Second))
}

// await waits until so many recipients have the message.
func (s *outing) await(ctx context.Context, n int, sender *apart) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	for {
		reached := s.inbox.count()
		if reached >= n {
			return nil
		}
		select {
		case <-s.inbox.changed:
		case err := <-sender.ended:
			return sender.endedEarly(err)
		case <-ctx.Done():
			return fmt.Errorf("%d of %d have the message: %w", reached, n, ctx.Err())
		}
	}
}

// finished waits until every recipient has reached an end.
func (s *outing) finished(ctx context.Context, id reminders.BroadcastID, sender *apart) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	for {
		var state string
		if err := s.db.GetContext(ctx, &state, "SELECT state FROM broadcasts WHERE id = ?", id); err != nil {
			return fmt.Errorf("ask how far the broadcast is: %w", err)
		}
		if state == "finished" {
			return nil
		}
		select {
		case err := <-sender.ended:
			return sender.endedEarly(err)
		case <-ctx.Done():
			return fmt.Errorf("%d of %d have the message, and the broadcast is not finished: %w", s.inbox.count(), s.count, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// start starts a sender whose clock is ahead.
func (s *outing) start(ahead time.Duration) (*apart, error) {
	rate := telegram.PerSecond * s.o.Scale
	return startApart(append(s.o.Command[:len(s.o.Command):len(s.o.Command)], strconv.FormatFloat(rate, 'f', -1, 64), ahead.String()), s.cfg, s.dir, nil)
}

// noteInFlight notes whose message was in a sender's hands when it died, and may come again. The simulated Telegram may still be about to show it.
func (s *outing) noteInFlight(ctx context.Context) error {
	var open []int64
	if err := s.db.SelectContext(ctx, &open, "SELECT account_id FROM notices WHERE status = 'claimed' AND broadcast_id IS NOT NULL"); err != nil {
		return fmt.Errorf("ask what was in flight: %w", err)
	}
	s.inbox.inFlight(open)
	return s.o.tamper(ctx, s.db)
}

// BroadcastSenderMain is the process that a broadcast bench runs: the program's sender, and nothing else of it, configured by the environment. Its arguments
// are messages a second and how much its clock is ahead. It ends with ctx or its standard input.
func BroadcastSenderMain(ctx context.Context, args []string) (err error) {
	if len(args) != 2 {
		return errors.New("the sender is what bench broadcast runs; it takes a rate and how much its clock is ahead")
	}
	rate, rateErr := strconv.ParseFloat(args[0], 64)
	ahead, aheadErr := time.ParseDuration(args[1])
	var cfg app.Config
	if err := errors.Join(rateErr, aheadErr, cfg.Flags(flag.NewFlagSet("sender", flag.ContinueOnError), os.Getenv)); err != nil {
		return err
	}
	cfg.Telegram.PerSecond = rate
	cfg.Log = slog.New(slog.NewJSONHandler(os.Stderr, nil))
	cfg.Now = func() time.Time { return time.Now().Add(ahead) }
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	a, err := app.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	const pause = 10 * time.Millisecond // the program's own is 2 s, of a broadcast that takes an hour
	const tries = 20                    // in a row that may fail: the program logs it and goes on, and so does this
	for failed := 0; ctx.Err() == nil; {
		if err = a.Reminders.Send(ctx); err != nil && ctx.Err() == nil {
			cfg.Log.LogAttrs(ctx, slog.LevelError, "sending failed", slog.String("error", err.Error()))
			if failed++; failed == tries {
				return err
			}
		} else {
			failed, err = 0, nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil
}
