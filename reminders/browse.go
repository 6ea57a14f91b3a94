package reminders

import (
	"context"
	"fmt"
	"strings"
	"time"

	"guahao/booking"
	"guahao/bots"
)

// State is where a broadcast stands, for people.
type State string

// The states of a broadcast, as people see them.
const (
	Scheduled  State = "scheduled" // its time has not come
	Sending    State = "sending"
	Resting    State = "quiet" // waits for the end of the quiet hours
	Paused     State = "paused"
	Cancelling State = "cancelling"
	CalledOff  State = "cancelled"
	Done       State = "done"
)

// States lists them, the busiest first.
func States() []State {
	return []State{Sending, Resting, Paused, Scheduled, Cancelling, Done, CalledOff}
}

// Written is a broadcast as the hospital's people list it.
type Written struct {
	ID         BroadcastID
	Staff      booking.StaffID
	All        bool // to all followers
	Filter     booking.AudienceFilter
	Platform   bots.Platform // "": any
	Lang       string        // "": any
	Text       string
	TextEN     string // "": the same
	AtNight    bool
	State      State
	Expected   int // recipients when it was written
	Report     Report
	StartAt    time.Time // zero: at once
	CreatedAt  time.Time
	FinishedAt time.Time
}

// Over tells whether it can be neither paused nor cancelled any more.
func (w Written) Over() bool {
	return w.State == Done || w.State == CalledOff || w.State == Cancelling
}

// Browsing says which broadcasts are wanted, of those whose audience lies within a reach.
type Browsing struct {
	Reach  booking.Reach
	Over   *bool  // only those that are over, or only those that are not; nil: either
	Sort   string // id, sent or "" for id
	Desc   bool
	Offset int
	Limit  int
}

// Browse lists broadcasts, and tells how many there are. The watches over stopped clinics are not among them.
func (s *Store) Browse(ctx context.Context, q Browsing) ([]Written, int, error) {
	where, args := "WHERE schedule_id IS NULL", []any{}
	if q.Over != nil {
		where += map[bool]string{true: " AND state = 'finished'", false: " AND state <> 'finished'"}[*q.Over]
	}
	order := map[string]string{"sent": "sent"}[q.Sort]
	if order == "" {
		order = "id"
	}
	if q.Desc {
		order += " DESC"
	}
	if !q.Reach.Everywhere() {
		return s.browseWithin(ctx, q, where+" ORDER BY "+order)
	}
	var total int
	if err := s.db.GetContext(ctx, &total, "SELECT COUNT(id) FROM broadcasts "+where); err != nil {
		return nil, 0, fmt.Errorf("count the broadcasts: %w", err)
	}
	list, err := s.written(ctx, where+" ORDER BY "+order+" LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
	return list, total, err
}

// mostBrowsed bounds the broadcasts that are looked through for those within a reach.
const mostBrowsed = 2000

// browseWithin lists those within a reach, which stands in JSON: of the latest ones, in memory.
func (s *Store) browseWithin(ctx context.Context, q Browsing, where string) ([]Written, int, error) {
	rows, err := s.rows(ctx, where+" LIMIT ?", mostBrowsed)
	if err != nil {
		return nil, 0, err
	}
	var mine []broadcast
	for _, b := range rows {
		if within(q.Reach, b.audience) {
			mine = append(mine, b)
		}
	}
	from := min(q.Offset, len(mine))
	list, err := s.writtenOf(ctx, mine[from:min(from+q.Limit, len(mine))])
	return list, len(mine), err
}

func within(reach booking.Reach, a audience) bool {
	return reach.Everywhere() || !a.All && reach.Touches(a.Filter.Hospital)
}

// Written reads one broadcast of those within a reach; [ErrNoBroadcast] for any other.
func (s *Store) Written(ctx context.Context, reach booking.Reach, id BroadcastID) (Written, error) {
	list, err := s.rows(ctx, "WHERE id = ? AND schedule_id IS NULL", id)
	if err != nil {
		return Written{}, err
	}
	if len(list) == 0 || !within(reach, list[0].audience) {
		return Written{}, ErrNoBroadcast
	}
	all, err := s.writtenOf(ctx, list)
	if err != nil {
		return Written{}, err
	}
	return all[0], nil
}

func (s *Store) rows(ctx context.Context, where string, args ...any) ([]broadcast, error) {
	var list []broadcast
	if err := s.db.SelectContext(ctx, &list, broadcastColumns+where, args...); err != nil {
		return nil, fmt.Errorf("list the broadcasts: %w", err)
	}
	for i := range list {
		if err := s.unseal(&list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *Store) written(ctx context.Context, where string, args ...any) ([]Written, error) {
	rows, err := s.rows(ctx, where, args...)
	if err != nil {
		return nil, err
	}
	return s.writtenOf(ctx, rows)
}

func (s *Store) writtenOf(ctx context.Context, rows []broadcast) ([]Written, error) {
	list := make([]Written, len(rows))
	for i, b := range rows {
		state, err := s.stateOf(ctx, b)
		if err != nil {
			return nil, err
		}
		report, err := s.Report(ctx, b.ID)
		if err != nil {
			return nil, err
		}
		list[i] = Written{
			ID: b.ID, Staff: b.Staff, All: b.audience.All, Filter: b.audience.Filter, Platform: b.audience.Platform, Lang: b.audience.Lang,
			Text: b.Text, TextEN: b.TextEN, AtNight: b.AtNight, State: state, Expected: b.Expected, Report: report,
			StartAt: b.StartAt.Time, CreatedAt: b.CreatedAt, FinishedAt: b.FinishedAt.Time,
		}
	}
	return list, nil
}

func (s *Store) stateOf(ctx context.Context, b broadcast) (State, error) {
	now := s.now()
	switch {
	case b.State == finished && b.CancelledAt.Valid:
		return CalledOff, nil
	case b.State == finished:
		return Done, nil
	case b.State == withdrawing:
		return Cancelling, nil
	case b.PausedAt.Valid:
		return Paused, nil
	case b.StartAt.Time.After(now):
		return Scheduled, nil
	case b.AtNight:
		return Sending, nil
	}
	zone, err := s.zoneOf(ctx, b.audience.Filter)
	if err == nil && quietUntil(now, zone).After(now) {
		return Resting, nil
	}
	return Sending, err
}

// Recipient is somebody whom a broadcast goes to, and what became of that.
type Recipient struct {
	Account  bots.AccountID        `db:"account_id"`
	Platform bots.Platform         `db:"platform"`
	Visit    booking.AppointmentID `db:"visit_id"` // 0 of a follower
	Status   Status                `db:"status"`
	Attempts int                   `db:"attempts"`
	Error    string                `db:"last_error"` // a class, see [Store.Send]
	EndedAt  *time.Time            `db:"ended_at"`
	NextAt   time.Time             `db:"next_attempt_at"`
}

// RecipientQuery says which recipients of a broadcast are wanted.
type RecipientQuery struct {
	Broadcast BroadcastID
	Status    Status        // "": any; Queued means whoever waits
	Platform  bots.Platform // "": any
	Sort      string        // account, ended, or "" for the order in which they are written to
	Desc      bool
	Offset    int
	Limit     int
}

// Recipients lists the recipients of a broadcast, and tells how many there are. They are kept for 30 days after their end.
func (s *Store) Recipients(ctx context.Context, q RecipientQuery) ([]Recipient, int, error) {
	where, args := []string{"broadcast_id = ?"}, []any{q.Broadcast}
	switch q.Status {
	case "":
	case Queued:
		where = append(where, "status IN ('queued', 'claimed')")
	default:
		where, args = append(where, "status = ?"), append(args, q.Status)
	}
	if q.Platform != "" {
		where, args = append(where, "platform = ?"), append(args, q.Platform)
	}
	condition := " FROM notices WHERE " + strings.Join(where, " AND ")
	var total int
	if err := s.db.GetContext(ctx, &total, "SELECT COUNT(id)"+condition, args...); err != nil {
		return nil, 0, fmt.Errorf("count the recipients: %w", err)
	}
	order := map[string]string{"account": "account_id", "ended": "ended_at"}[q.Sort]
	if order == "" {
		order = "id"
	}
	if q.Desc {
		order += " DESC"
	}
	var list []Recipient
	query := `SELECT account_id, COALESCE(platform, '') AS platform, COALESCE(visit_id, 0) AS visit_id, status, attempts, last_error, ended_at, next_attempt_at` +
		condition + " ORDER BY " + order + " LIMIT ? OFFSET ?"
	if err := s.db.SelectContext(ctx, &list, query, append(args, q.Limit, q.Offset)...); err != nil {
		return nil, 0, fmt.Errorf("list the recipients: %w", err)
	}
	return list, total, nil
}
