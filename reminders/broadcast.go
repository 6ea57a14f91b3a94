package reminders

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/audit"
	"guahao/internal/mysql"
)

// BroadcastID is a message of staff to many, or the watch over the notices of a stopped clinic.
type BroadcastID int64

var (
	// ErrNoBroadcast is returned for an id that does not exist.
	ErrNoBroadcast = errors.New("there is no such broadcast")
	// ErrNobody is returned for a broadcast that nobody would get.
	ErrNobody = errors.New("nobody would get this broadcast")
)

// Draft is a broadcast that has not been started.
type Draft struct {
	Staff        booking.StaffID
	Account      bots.AccountID // of the staff member, who gets the report
	AllFollowers bool           // everybody who has not blocked the bot; otherwise those whom Filter finds
	Filter       booking.AudienceFilter
	Platform     bots.Platform // only who uses this one; "" means any
	Lang         string        // only who uses the bot in this language; "" means any
	Text         string        // may have placeholders, see [Placeholders]
	TextEN       string        // for who uses the bot in English; "" means the same text
	StartAt      time.Time     // not before; zero: at once
	AtNight      bool          // goes out in the quiet hours, too
}

// audience is the part of a draft that says whom, as JSON in the database.
type audience struct {
	All      bool                   `json:"all,omitempty"`
	Filter   booking.AudienceFilter `json:"filter"`
	Platform bots.Platform          `json:"platform,omitempty"`
	Lang     string                 `json:"lang,omitempty"`
}

func (d Draft) audience() audience {
	return audience{All: d.AllFollowers, Filter: d.Filter, Platform: d.Platform, Lang: d.Lang}
}

// Check says what is wrong with a draft's texts: [ErrText], [ErrMarkup], [ErrNoVisit] or a [PlaceholderError].
func (d Draft) Check() error {
	for _, text := range []string{d.Text, d.TextEN} {
		if text == "" && d.Text != "" {
			continue
		}
		w, err := parseWording(text)
		switch {
		case err != nil:
			return err
		case len(w.asked) > 0 && d.AllFollowers:
			return ErrNoVisit
		}
	}
	return nil
}

// Report is what became of a broadcast so far.
type Report struct {
	Total       int // recipients found so far; all of them once Finished
	Sent        int
	Blocked     int
	Unreachable int
	Failed      int
	Obsolete    int // the patient was told something newer, or has no visit any more
	Declined    int // who has said since that they want none
	Withdrawn   int // not sent, because the broadcast was cancelled
	Pending     int
	Finished    bool
}

// StartBroadcast begins to send a draft and returns at once; [Store.Send] does the work. The same key of the same staff member
// (at most 100 characters) starts it once and gives the same id again. It is [ErrNobody] when nobody would get it just now; what Check says comes first.
func (s *Store) StartBroadcast(ctx context.Context, d Draft, key string) (BroadcastID, error) {
	if err := d.Check(); err != nil {
		return 0, err
	}
	if id, err := s.started(ctx, d.Staff, key); err != nil || id != 0 {
		return id, err
	}
	whom, err := s.Estimate(ctx, d)
	if err != nil {
		return 0, err
	}
	if whom.Recipients == 0 {
		return 0, ErrNobody
	}
	return s.start(ctx, broadcast{
		Staff: d.Staff, Account: d.Account, Key: key, Text: strings.TrimSpace(d.Text), TextEN: strings.TrimSpace(d.TextEN), State: expanding,
		StartAt: instantOrNull(d.StartAt), AtNight: d.AtNight, Expected: whom.Recipients, audience: d.audience(),
	})
}

// started is the broadcast that a key has started already; 0: none.
func (s *Store) started(ctx context.Context, staff booking.StaffID, key string) (id BroadcastID, err error) {
	err = s.db.GetContext(ctx, &id, "SELECT id FROM broadcasts WHERE staff_id = ? AND idem_key = ?", staff, key)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

func instantOrNull(t time.Time) sql.NullTime {
	return sql.NullTime{Time: instant(t), Valid: !t.IsZero()}
}

// ReportStop lets a staff member know when all the notices of a stopped clinic have reached an end. Call it when StopSchedule has
// returned; title says which clinic, in the staff member's words. The key is as in StartBroadcast.
func (s *Store) ReportStop(ctx context.Context, staff booking.StaffID, to bots.AccountID, schedule booking.ScheduleID, title, key string) (BroadcastID, error) {
	return s.start(ctx, broadcast{Staff: staff, Account: to, Key: key, Schedule: schedule, Text: title, State: sending})
}

// The states of a broadcast.
const (
	expanding   = "expanding" // its audience is being read, or it has not begun
	sending     = "sending"
	withdrawing = "withdrawing" // cancelled: who has not been written to is being struck off
	finished    = "finished"
)

// broadcast is a row as the code sees it.
type broadcast struct {
	ID          BroadcastID        `db:"id"`
	Staff       booking.StaffID    `db:"staff_id"`
	Key         string             `db:"idem_key"`
	Account     bots.AccountID     `db:"account_id"`
	Schedule    booking.ScheduleID `db:"schedule_id"` // 0: a broadcast
	Audience    []byte             `db:"audience"`
	Content     []byte             `db:"content"`
	ContentEN   []byte             `db:"content_en"`
	State       string             `db:"state"`
	LastSeen    int64              `db:"last_seen"`
	StartAt     sql.NullTime       `db:"start_at"`
	AtNight     bool               `db:"at_night"`
	Expected    int                `db:"expected"`
	CreatedAt   time.Time          `db:"created_at"`
	PausedAt    sql.NullTime       `db:"paused_at"`
	CancelledAt sql.NullTime       `db:"cancelled_at"`
	FinishedAt  sql.NullTime       `db:"finished_at"`

	Text, TextEN string // of Content and ContentEN
	audience     audience
}

const broadcastColumns = `SELECT id, staff_id, idem_key, account_id, COALESCE(schedule_id, 0) AS schedule_id, audience, content, content_en, state, last_seen,
	start_at, at_night, expected, created_at, paused_at, cancelled_at, finished_at FROM broadcasts `

func (b broadcast) contentAt(lang string) string {
	return fmt.Sprintf("broadcasts.content%s:%d/%s", lang, b.Staff, b.Key)
}

func (s *Store) start(ctx context.Context, b broadcast) (BroadcastID, error) {
	var err error
	if b.Content, err = s.keys.Seal([]byte(b.Text), b.contentAt("")); err != nil {
		return 0, err
	}
	if b.TextEN != "" {
		if b.ContentEN, err = s.keys.Seal([]byte(b.TextEN), b.contentAt("_en")); err != nil {
			return 0, err
		}
	}
	if b.Audience, err = json.Marshal(b.audience); err != nil {
		return 0, fmt.Errorf("write the audience: %w", err)
	}
	var id BroadcastID
	err = mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		id, err = s.insertBroadcast(ctx, tx, b)
		return err
	})
	if mysql.IsDuplicate(err, "") {
		return s.started(ctx, b.Staff, b.Key)
	}
	if err != nil {
		return 0, fmt.Errorf("start a broadcast: %w", err)
	}
	return id, nil
}

func (s *Store) insertBroadcast(ctx context.Context, tx *sqlx.Tx, b broadcast) (BroadcastID, error) {
	result, err := tx.ExecContext(ctx, `INSERT INTO broadcasts
		(staff_id, idem_key, account_id, schedule_id, audience, content, content_en, state, start_at, at_night, expected, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		b.Staff, b.Key, b.Account, orNull(b.Schedule), b.Audience, b.Content, b.ContentEN, b.State, b.StartAt, b.AtNight, b.Expected, s.now())
	if err != nil {
		return 0, err
	}
	id, err := result.LastInsertId()
	if err != nil || b.Schedule != 0 { // of a stopped clinic the stop itself is in the log
		return BroadcastID(id), err
	}
	return BroadcastID(id), s.audited(ctx, tx, "broadcast.start", BroadcastID(id), b.audience, b.Text)
}

func (s *Store) audited(ctx context.Context, tx *sqlx.Tx, action string, id BroadcastID, whom audience, note string) error {
	e := audit.Entry{Action: action, Subject: fmt.Sprintf("broadcast:%d", id), Hospital: int64(whom.Filter.Hospital), Note: note}
	if action == "broadcast.start" {
		e.After = whom
	}
	return audit.Write(ctx, s.audit, tx, e)
}

// readBroadcast reads a broadcast with its text.
func (s *Store) readBroadcast(ctx context.Context, id BroadcastID) (broadcast, error) {
	var b broadcast
	err := s.db.GetContext(ctx, &b, broadcastColumns+"WHERE id = ?", id)
	if errors.Is(err, sql.ErrNoRows) {
		return b, ErrNoBroadcast
	}
	if err != nil {
		return b, fmt.Errorf("read broadcast %d: %w", id, err)
	}
	return b, s.unseal(&b)
}

// unseal opens what a row has sealed.
func (s *Store) unseal(b *broadcast) error {
	text, err := s.keys.Open(b.Content, b.contentAt(""))
	if err == nil && b.ContentEN != nil {
		var other []byte
		other, err = s.keys.Open(b.ContentEN, b.contentAt("_en"))
		b.TextEN = string(other)
	}
	if err != nil {
		return fmt.Errorf("broadcast %d: %w", b.ID, err)
	}
	b.Text = string(text)
	if err := json.Unmarshal(b.Audience, &b.audience); err != nil {
		return fmt.Errorf("the audience of broadcast %d: %w", b.ID, err)
	}
	return nil
}

// in is the text for a language.
func (b broadcast) in(lang string) string {
	if lang == "en" && b.TextEN != "" {
		return b.TextEN
	}
	return b.Text
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
		Declined    int                `db:"declined"`
		Withdrawn   int                `db:"withdrawn"`
	}
	err := s.db.GetContext(ctx, &row, `SELECT COALESCE(schedule_id, 0) AS schedule_id, state, sent, blocked, unreachable, failed,
		obsolete, declined, withdrawn FROM broadcasts WHERE id = ?`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return Report{}, ErrNoBroadcast
	}
	if err != nil {
		return Report{}, fmt.Errorf("read broadcast %d: %w", id, err)
	}
	if row.State != finished {
		return s.tally(ctx, s.db, id, row.Schedule)
	}
	r := Report{Sent: row.Sent, Blocked: row.Blocked, Unreachable: row.Unreachable, Failed: row.Failed, Obsolete: row.Obsolete,
		Declined: row.Declined, Withdrawn: row.Withdrawn, Finished: true}
	r.Total = r.Sent + r.Blocked + r.Unreachable + r.Failed + r.Obsolete + r.Declined + r.Withdrawn
	return r, nil
}
