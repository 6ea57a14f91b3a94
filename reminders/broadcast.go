package reminders

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/audit"
	"guahao/internal/mysql"
)

// BroadcastID is a message of staff to many, or the watch over the notices of a stopped clinic.
type BroadcastID int64

// MaxText is how long the text of a broadcast may be, in characters: it fits into one message on every platform.
const MaxText = 600

var (
	// ErrText is returned for a broadcast without text or with more than MaxText characters.
	ErrText = fmt.Errorf("the text of a broadcast has 1 to %d characters", MaxText)
	// ErrNoBroadcast is returned by Report for an id that does not exist.
	ErrNoBroadcast = errors.New("there is no such broadcast")
)

// Draft is a broadcast that has not been started.
type Draft struct {
	Staff        booking.StaffID
	Account      bots.AccountID // of the staff member, who gets the report
	AllFollowers bool           // everybody who has not blocked the bot; otherwise those whom Filter finds
	Filter       booking.AudienceFilter
	Text         string
}

// audience is the part of a draft that says whom, as JSON in the database.
type audience struct {
	All    bool                   `json:"all,omitempty"`
	Filter booking.AudienceFilter `json:"filter"`
}

// Report is what became of a broadcast so far.
type Report struct {
	Total       int // recipients found so far; all of them once Finished
	Sent        int
	Blocked     int
	Unreachable int
	Failed      int
	Obsolete    int // only of a stopped clinic: the patient was told something newer
	Pending     int
	Finished    bool
}

// Count tells how many accounts a draft would reach just now.
func (s *Store) Count(ctx context.Context, d Draft) (int, error) {
	if !d.AllFollowers {
		return s.bookings.CountAudience(ctx, d.Filter)
	}
	total := 0
	for after := bots.AccountID(0); ; {
		page, err := s.accounts.Followers(ctx, after, audiencePage)
		if err != nil || len(page) == 0 {
			return total, err
		}
		total += len(page)
		after = page[len(page)-1]
	}
}

// StartBroadcast begins to send a draft and returns at once; [Store.Send] does the work. The same key of the same staff member
// (at most 100 characters) starts it once and gives the same id again.
func (s *Store) StartBroadcast(ctx context.Context, d Draft, key string) (BroadcastID, error) {
	text := strings.TrimSpace(d.Text)
	if n := utf8.RuneCountInString(text); n == 0 || n > MaxText || !utf8.ValidString(text) {
		return 0, ErrText
	}
	return s.start(ctx, broadcast{
		Staff: d.Staff, Account: d.Account, Key: key, Text: text, State: expanding,
		audience: audience{All: d.AllFollowers, Filter: d.Filter},
	})
}

// ReportStop lets a staff member know when all the notices of a stopped clinic have reached an end. Call it when StopSchedule has
// returned; title says which clinic, in the staff member's words. The key is as in StartBroadcast.
func (s *Store) ReportStop(ctx context.Context, staff booking.StaffID, to bots.AccountID, schedule booking.ScheduleID, title, key string) (BroadcastID, error) {
	return s.start(ctx, broadcast{Staff: staff, Account: to, Key: key, Schedule: schedule, Text: title, State: sending})
}

// The states of a broadcast.
const (
	expanding = "expanding" // its audience is being read
	sending   = "sending"
	finished  = "finished"
)

// broadcast is a row as the code sees it.
type broadcast struct {
	ID       BroadcastID        `db:"id"`
	Staff    booking.StaffID    `db:"staff_id"`
	Key      string             `db:"idem_key"`
	Account  bots.AccountID     `db:"account_id"`
	Schedule booking.ScheduleID `db:"schedule_id"` // 0: a broadcast
	Audience []byte             `db:"audience"`
	Content  []byte             `db:"content"`
	State    string             `db:"state"`
	LastSeen int64              `db:"last_seen"`

	Text     string // of Content
	audience audience
}

func (b broadcast) contentAt() string { return fmt.Sprintf("broadcasts.content:%d/%s", b.Staff, b.Key) }

func (s *Store) start(ctx context.Context, b broadcast) (BroadcastID, error) {
	sealed, err := s.keys.Seal([]byte(b.Text), b.contentAt())
	if err != nil {
		return 0, err
	}
	whom, err := json.Marshal(b.audience)
	if err != nil {
		return 0, fmt.Errorf("write the audience: %w", err)
	}
	var id BroadcastID
	err = mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		id, err = s.insertBroadcast(ctx, tx, b, whom, sealed)
		return err
	})
	if mysql.IsDuplicate(err, "") {
		var id BroadcastID
		err := s.db.GetContext(ctx, &id, "SELECT id FROM broadcasts WHERE staff_id = ? AND idem_key = ?", b.Staff, b.Key)
		return id, err
	}
	if err != nil {
		return 0, fmt.Errorf("start a broadcast: %w", err)
	}
	return id, nil
}

func (s *Store) insertBroadcast(ctx context.Context, tx *sqlx.Tx, b broadcast, whom, sealed []byte) (BroadcastID, error) {
	result, err := tx.ExecContext(ctx, `INSERT INTO broadcasts
		(staff_id, idem_key, account_id, schedule_id, audience, content, state, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		b.Staff, b.Key, b.Account, orNull(b.Schedule), whom, sealed, b.State, s.now())
	if err != nil {
		return 0, err
	}
	id, err := result.LastInsertId()
	if err != nil || b.Schedule != 0 { // of a stopped clinic the stop itself is in the log
		return BroadcastID(id), err
	}
	return BroadcastID(id), audit.Write(ctx, s.audit, tx, audit.Entry{
		Action: "broadcast.start", Subject: fmt.Sprintf("broadcast:%d", id), Hospital: int64(b.audience.Filter.Hospital), After: b.audience, Note: b.Text,
	})
}

// readBroadcast reads a broadcast with its text.
func (s *Store) readBroadcast(ctx context.Context, id BroadcastID) (broadcast, error) {
	var b broadcast
	err := s.db.GetContext(ctx, &b, `SELECT id, staff_id, idem_key, account_id, COALESCE(schedule_id, 0) AS schedule_id, audience,
		content, state, last_seen FROM broadcasts WHERE id = ?`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return b, ErrNoBroadcast
	}
	if err != nil {
		return b, fmt.Errorf("read broadcast %d: %w", id, err)
	}
	text, err := s.keys.Open(b.Content, b.contentAt())
	if err != nil {
		return b, fmt.Errorf("broadcast %d: %w", id, err)
	}
	b.Text = string(text)
	if err := json.Unmarshal(b.Audience, &b.audience); err != nil {
		return b, fmt.Errorf("the audience of broadcast %d: %w", id, err)
	}
	return b, nil
}

// Report tells what became of a broadcast, or of the notices of a stopped clinic.
func (s *Store) Report(ctx context.Context, id BroadcastID) (Report, error) {
	var row struct {
		Schedule    booking.ScheduleID `db:"schedule_id"`
		State       string             `db:"state"`
		Sent        int                `db:"sent"`
		Blocked     int                `db:"blocked"`
		Unreachable int                `db:"unreachable"`
		Failed      int                `db:"failed"`
		Obsolete    int                `db:"obsolete"`
	}
	err := s.db.GetContext(ctx, &row, `SELECT COALESCE(schedule_id, 0) AS schedule_id, state, sent, blocked, unreachable, failed,
		obsolete FROM broadcasts WHERE id = ?`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return Report{}, ErrNoBroadcast
	}
	if err != nil {
		return Report{}, fmt.Errorf("read broadcast %d: %w", id, err)
	}
	if row.State != finished {
		return s.tally(ctx, s.db, id, row.Schedule)
	}
	r := Report{Sent: row.Sent, Blocked: row.Blocked, Unreachable: row.Unreachable, Failed: row.Failed, Obsolete: row.Obsolete, Finished: true}
	r.Total = r.Sent + r.Blocked + r.Unreachable + r.Failed + r.Obsolete
	return r, nil
}
