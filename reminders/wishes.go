package reminders

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/mysql"
)

// Quiet are the hours when a person wants to be left alone, in minutes of the day on the hospital's clock. They may go over midnight; From
// equal to To means never.
type Quiet struct {
	From int `db:"from_minute"`
	To   int `db:"to_minute"`
}

// night is what holds for who has said nothing else.
var night = Quiet{From: 22 * 60, To: 7 * 60}

// Wishes are what a person wants to be told, and when.
type Wishes struct {
	Refused []Kind
	Quiet   Quiet
}

// Refuses tells whether the person does not want notices of a kind.
func (w Wishes) Refuses(k Kind) bool { return slices.Contains(w.Refused, k) }

// ErrNotRefusable says that everybody is told of what changes their own appointments.
var ErrNotRefusable = &booking.Error{Code: "not_refusable", Message: booking.Text{ZH: "这类通知不能关闭。", EN: "Notices of this kind cannot be switched off."}}

// Wishes reads a person's.
func (s *Store) Wishes(ctx context.Context, user bots.UserID) (Wishes, error) {
	w := Wishes{Quiet: night}
	const refused = "SELECT kind FROM notice_refusals WHERE user_id = ? ORDER BY kind"
	if err := s.db.SelectContext(ctx, &w.Refused, refused, user); err != nil {
		return w, fmt.Errorf("read what a person does not want to be told: %w", err)
	}
	var err error
	w.Quiet, err = s.quietHours(ctx, user)
	return w, err
}

func (s *Store) quietHours(ctx context.Context, user bots.UserID) (Quiet, error) {
	quiet := night
	err := s.db.GetContext(ctx, &quiet, "SELECT from_minute, to_minute FROM notice_quiet_hours WHERE user_id = ?", user)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return quiet, fmt.Errorf("read a person's quiet hours: %w", err)
	}
	return quiet, nil
}

// Switch switches notices of a kind off for a person, or on again.
func (s *Store) Switch(ctx context.Context, user bots.UserID, k Kind, on bool) error {
	if !slices.Contains(refusable, k) {
		return ErrNotRefusable
	}
	statement := "DELETE FROM notice_refusals WHERE user_id = ? AND kind = ?"
	if !on {
		statement = "INSERT INTO notice_refusals (user_id, kind) VALUES (?, ?) ON DUPLICATE KEY UPDATE kind = kind"
	}
	if _, err := s.db.ExecContext(ctx, statement, user, k); err != nil {
		return fmt.Errorf("keep what a person does not want to be told: %w", err)
	}
	return nil
}

// KeepQuiet sets a person's quiet hours.
func (s *Store) KeepQuiet(ctx context.Context, user bots.UserID, q Quiet) error {
	const day = 24 * 60
	if q.From < 0 || q.To < 0 || q.From >= day || q.To >= day {
		return fmt.Errorf("quiet hours from minute %d to %d are not within a day", q.From, q.To)
	}
	const keep = `INSERT INTO notice_quiet_hours (user_id, from_minute, to_minute) VALUES (?, ?, ?)
		ON DUPLICATE KEY UPDATE from_minute = VALUES(from_minute), to_minute = VALUES(to_minute)`
	if _, err := s.db.ExecContext(ctx, keep, user, q.From, q.To); err != nil {
		return fmt.Errorf("keep a person's quiet hours: %w", err)
	}
	return nil
}

// Until is when the quiet hours end that an instant falls into, on the clocks of a zone; zero if it falls into none.
func (q Quiet) Until(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	minute := local.Hour()*60 + local.Minute()
	y, m, d := local.Date()
	switch {
	case q.From < q.To && q.From <= minute && minute < q.To, q.From > q.To && minute < q.To:
	case q.From > q.To && minute >= q.From:
		d++
	default:
		return time.Time{}
	}
	return time.Date(y, m, d, 0, q.To, 0, 0, zone)
}

// china is the clock of who has no visit that could say which.
var china = time.FixedZone("CST", 8*60*60)

// wished holds a notice against its person's wishes: refused tells that they do not want it, until when it has to wait, if at all.
func (s *Store) wished(ctx context.Context, user bots.UserID, n notice, v booking.Visit) (refused bool, until time.Time, err error) {
	if slices.Contains(refusable, n.Kind) {
		const look = "SELECT COUNT(kind) > 0 FROM notice_refusals WHERE user_id = ? AND kind = ?"
		if err := s.db.GetContext(ctx, &refused, look, user, n.Kind); err != nil {
			return false, until, fmt.Errorf("look whether a person wants a notice: %w", err)
		}
	}
	if refused || !n.Kind.quiet() {
		return refused, until, nil
	}
	quiet, err := s.quietHours(ctx, user)
	if err != nil {
		return false, until, err
	}
	zone := china
	if n.Appointment != 0 {
		zone = v.Hospital.Location()
	}
	until = quiet.Until(s.now(), zone)
	if n.Kind == DayBefore && !until.Before(v.Appointment.StartsAt.Add(-hoursBefore)) {
		until = time.Time{} // rather at a bad hour than too late
	}
	return false, until, nil
}

// personTables are what this package keeps about a person.
var personTables = []string{"notice_emails", "notice_refusals", "notice_quiet_hours"}

// MergeUsersTx makes one person's wishes another's, in the caller's transaction. Where both have said something, what the other has said
// stays; what either does not want is not wanted.
func (s *Store) MergeUsersTx(ctx context.Context, tx bots.Tx, from, to bots.UserID) error {
	if from == to {
		return nil
	}
	for _, table := range personTables {
		if _, err := tx.ExecContext(ctx, "UPDATE IGNORE "+table+" SET user_id = ? WHERE user_id = ?", to, from); err != nil {
			return fmt.Errorf("move the %s of a person: %w", table, err)
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE user_id = ?", from); err != nil {
			return fmt.Errorf("take out the %s of a person: %w", table, err)
		}
	}
	return nil
}

// Forget takes out what is kept about a person here.
func (s *Store) Forget(ctx context.Context, user bots.UserID) error {
	return mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		for _, table := range personTables {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE user_id = ?", user); err != nil {
				return fmt.Errorf("forget the %s of a person: %w", table, err)
			}
		}
		return nil
	})
}
