package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/mysql"
	"guahao/internal/vault"
	"guahao/reminders"
)

// reminderReplicas is how many programs tell of the same reminders at once.
const reminderReplicas = 3

// RemindersResult is the line of `guahao bench reminders`, public like the others.
type RemindersResult struct {
	Bench        string  `json:"bench"`
	Appointments int     `json:"appointments"`      // in the database, each with its two reminders
	Due          int     `json:"due"`               // of these reminders
	Enqueued     int     `json:"enqueued"`          // claimed and handed to a platform
	Seconds      float64 `json:"seconds"`           // until the last was told
	RowsRead     float64 `json:"rows_read_per_due"` // one to find it, one to claim it; a batch of 250 reads one more, its turn
	Twice        int     `json:"twice"`             // people who were told twice
	Missed       int     `json:"missed"`            // people who were not
}

// Reminders measures what it costs to find who is to be reminded at six in the evening: o.Due of o.Appointments, by three replicas with
// connections of their own. What a replica reads to find and claim is counted by the server (Handler_read_…, of the connection
// that does it, table scans included); looking at the visit and noting the end come on top for each notice, as they do for any.
func Reminders(ctx context.Context, o Options) (result RemindersResult, err error) {
	result = RemindersResult{Bench: "reminders", Appointments: o.Appointments, Due: o.Due}
	w, err := newEvening(o)
	if err != nil {
		return result, err
	}
	if w.database, err = openDatabase(ctx, o); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, w.database.close()) }()
	o.say("%d appointments and their reminders are being written.", o.Appointments)
	if err := w.write(ctx); err != nil {
		return result, err
	}
	o.say("%d reminders are due.", o.Due)
	var replicas []*reminding
	for range reminderReplicas {
		r, err := w.replica(ctx)
		if err != nil {
			return result, err
		}
		defer r.close()
		replicas = append(replicas, r)
	}
	began := time.Now()
	group, working := errgroup.WithContext(ctx)
	for _, r := range replicas {
		group.Go(func() error { return r.run(working) })
	}
	if err := group.Wait(); err != nil {
		return result, err
	}
	result.Seconds = rounded(time.Since(began).Seconds(), 100)
	var read int64
	for _, r := range replicas {
		read += r.read
		result.Enqueued += r.taken
	}
	result.RowsRead = rounded(float64(read)/float64(o.Due), 100)
	result.Twice, result.Missed = w.told.count(o.Due)
	return result, nil
}

// told counts what people were told.
type told struct {
	mu    sync.Mutex
	times map[bots.AccountID]int
}

// Send is a platform that takes everything at once.
func (t *told) Send(_ context.Context, to bots.Account, _ bots.Notice) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.times[to.ID]++
	return nil
}

func (t *told) count(people int) (twice, missed int) {
	for _, n := range t.times {
		if n > 1 {
			twice++
		}
	}
	return twice, people - len(t.times)
}

// reminding is one replica: what claims has a connection of its own, so that what it reads is known.
type reminding struct {
	claims, tells *reminders.Store
	claiming      *sqlx.DB // one connection
	others        *sqlx.DB
	idle          int64 // what asking how much was read reads itself
	read          int64
	taken         int
}

func (w *evening) replica(ctx context.Context) (*reminding, error) {
	r := &reminding{}
	var err error
	if r.claiming, err = mysql.Open(ctx, w.database.dsn); err != nil {
		return nil, err
	}
	r.claiming.SetMaxOpenConns(1)
	if r.others, err = mysql.Open(ctx, w.database.dsn); err != nil {
		return nil, errors.Join(err, r.claiming.Close())
	}
	store := func(db *sqlx.DB) *reminders.Store {
		return reminders.New(reminders.Config{
			DB: db, Keys: w.keys, Bookings: booking.New(r.others, w.keys, w.clock, nil), Accounts: bots.NewStore(r.others, w.keys, w.clock),
			Senders: map[bots.Platform]bots.Sender{bots.WeChat: &w.told}, Now: w.clock, Log: slog.New(slog.DiscardHandler),
		})
	}
	r.claims, r.tells = store(r.claiming), store(r.others)
	before, err := r.handlers(ctx)
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	after, err := r.handlers(ctx)
	r.idle = after - before
	return r, err
}

func (r *reminding) close() error { return errors.Join(r.claiming.Close(), r.others.Close()) }

// handlers is how many rows the claiming connection has read so far, by index or not.
func (r *reminding) handlers(ctx context.Context) (int64, error) {
	var rows []struct {
		Name  string `db:"Variable_name"`
		Value int64  `db:"Value"`
	}
	if err := r.claiming.SelectContext(ctx, &rows, "SHOW SESSION STATUS LIKE 'Handler_read%'"); err != nil {
		return 0, fmt.Errorf("ask how much was read: %w", err)
	}
	var sum int64
	for _, row := range rows {
		sum += row.Value
	}
	return sum, nil
}

// run claims and tells until nothing is due.
func (r *reminding) run(ctx context.Context) error {
	for {
		before, err := r.handlers(ctx)
		if err != nil {
			return err
		}
		batch, err := r.claims.Take(ctx)
		if err != nil {
			return err
		}
		after, err := r.handlers(ctx)
		if err != nil {
			return err
		}
		r.read += after - before - r.idle
		if batch.Len() == 0 {
			return nil
		}
		r.taken += batch.Len()
		if err := r.tells.Tell(ctx, batch); err != nil {
			return err
		}
	}
}

// The evening's people: each doctor sees so many patients on a half-day.
const (
	halfDay     = 200
	perDoctor   = 2 * halfDay // on a day
	maxEvening  = 5_000_000
	bookedAhead = 30 * 24 * time.Hour
)

// evening is a hospital at 18:00: of all appointments those of tomorrow are to be reminded of.
type evening struct {
	database *database
	keys     *vault.Keys
	now      time.Time
	doctors  int
	days     int
	told     told
}

func (w *evening) clock() time.Time { return w.now }

func newEvening(o Options) (*evening, error) {
	if o.Due < perDoctor || o.Due%perDoctor != 0 || o.Appointments%max(o.Due, 1) != 0 || o.Appointments < o.Due || o.Appointments > maxEvening {
		return nil, fmt.Errorf("due is a multiple of %d, and appointments one of due, at most %d", perDoctor, maxEvening)
	}
	keys, err := vault.Generate()
	if err != nil {
		return nil, err
	}
	return &evening{
		keys: keys, doctors: o.Due / perDoctor, days: o.Appointments / o.Due, told: told{times: map[bots.AccountID]int{}},
		now: time.Date(2026, 7, 1, 18, 0, 0, 0, zone()).UTC(),
	}, nil
}
