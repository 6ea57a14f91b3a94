package bots

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"guahao/internal/mysql"
)

// HandoverID names a conversation that was handed over to a person.
type HandoverID int64

// Handover is one: the bot is mute in the chat until it is closed. That it is open stands in the session; this row is for those who
// answer.
type Handover struct {
	ID         HandoverID
	Account    Account
	State      string // the step at which it was handed over
	Transcript string // the last messages; empty when it is closed
	OpenedAt   time.Time
	ClosedAt   time.Time // zero while it is open
	ClosedBy   string    // staff, patient or silence
	TakenBy    int64     // the member of staff who answers; 0: whoever does
}

// Relay is what goes to the staff who have taken a conversation over, instead of an answer of the program.
type Relay struct {
	Handover HandoverID
	Text     string // what the person wrote, or at first what staff have to know; "" when there is nothing to tell
	First    bool   // it opens the handover
}

// ErrNoHandover says that there is no such handover.
var ErrNoHandover = errors.New("there is no such handover")

// OpenHandover notes that a conversation is handed over. The same key gives the same one again.
func (s *Store) OpenHandover(ctx context.Context, account AccountID, state, transcript, key string) (HandoverID, error) {
	uid := make([]byte, 16)
	if _, err := rand.Read(uid); err != nil {
		return 0, fmt.Errorf("make a handover's uid: %w", err)
	}
	sealed, err := s.keys.Seal([]byte(transcript), transcriptPlace(uid))
	if err != nil {
		return 0, fmt.Errorf("seal a transcript: %w", err)
	}
	const insert = "INSERT INTO handovers (uid, account_id, request_key, state, transcript, opened_at) VALUES (?, ?, ?, ?, ?, ?)"
	made, err := s.db.ExecContext(ctx, insert, uid, account, key, state, sealed, s.now().UTC())
	if mysql.IsDuplicate(err, "handovers_request") {
		var id HandoverID
		if err := s.db.GetContext(ctx, &id, "SELECT id FROM handovers WHERE account_id = ? AND request_key = ?", account, key); err != nil {
			return 0, fmt.Errorf("read a handover: %w", err)
		}
		return id, nil
	}
	if err != nil {
		return 0, fmt.Errorf("note a handover: %w", err)
	}
	id, err := made.LastInsertId()
	return HandoverID(id), err
}

// CloseHandover notes that the bot answers again, and forgets the transcript. One that is closed stays as it is.
func (s *Store) CloseHandover(ctx context.Context, id HandoverID, by string) error {
	const shut = "UPDATE handovers SET closed_at = ?, closed_by = ?, transcript = NULL WHERE id = ? AND closed_at IS NULL"
	if _, err := s.db.ExecContext(ctx, shut, s.now().UTC(), by, id); err != nil {
		return fmt.Errorf("close a handover: %w", err)
	}
	return nil
}

// maxTranscript is how much of a conversation is kept, in bytes: the beginning goes first.
const maxTranscript = 6000

// AddToHandover adds a line to the transcript of an open conversation, for whoever reads it later. Said again at the end it is there once; one that
// is closed keeps nothing.
func (s *Store) AddToHandover(ctx context.Context, id HandoverID, line string) error {
	for { // until nobody else has added one meanwhile
		var row handoverRow
		err := s.db.GetContext(ctx, &row, handoverColumns+"WHERE id = ?", id)
		if err != nil {
			return fmt.Errorf("read a handover: %w", err)
		}
		if row.Transcript == nil {
			return nil
		}
		plain, err := s.keys.Open(row.Transcript, transcriptPlace(row.UID))
		if err != nil {
			return fmt.Errorf("open a transcript: %w", err)
		}
		if strings.HasSuffix(string(plain), "\n"+line) {
			return nil
		}
		text := string(plain) + "\n" + line
		for len(text) > maxTranscript {
			_, rest, found := strings.Cut(text, "\n")
			if !found {
				return nil
			}
			text = rest
		}
		sealed, err := s.keys.Seal([]byte(text), transcriptPlace(row.UID))
		if err != nil {
			return fmt.Errorf("seal a transcript: %w", err)
		}
		done, err := s.db.ExecContext(ctx, "UPDATE handovers SET transcript = ? WHERE id = ? AND transcript = ?", sealed, id, row.Transcript)
		if err != nil {
			return fmt.Errorf("add to a transcript: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n > 0 {
			return err
		}
	}
}

// ErrTaken says that somebody else of the staff has the conversation.
var ErrTaken = errors.New("somebody else has this conversation")

// TakeHandover gives an open conversation to a member of staff. [ErrTaken] when another one has it already, [ErrNoHandover] when it is over.
func (s *Store) TakeHandover(ctx context.Context, id HandoverID, staff int64) error {
	const take = "UPDATE handovers SET taken_by = ? WHERE id = ? AND closed_at IS NULL AND taken_by IN (0, ?)"
	done, err := s.db.ExecContext(ctx, take, staff, id, staff)
	if err != nil {
		return fmt.Errorf("take a handover: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		return err
	}
	h, err := s.Handover(ctx, id)
	switch {
	case err != nil:
		return err
	case !h.ClosedAt.IsZero():
		return ErrNoHandover
	}
	return ErrTaken
}

type handoverRow struct {
	ID         HandoverID   `db:"id"`
	UID        []byte       `db:"uid"`
	Account    AccountID    `db:"account_id"`
	State      string       `db:"state"`
	Transcript []byte       `db:"transcript"`
	OpenedAt   time.Time    `db:"opened_at"`
	ClosedAt   sql.NullTime `db:"closed_at"`
	ClosedBy   string       `db:"closed_by"`
	TakenBy    int64        `db:"taken_by"`
}

const handoverColumns = "SELECT id, uid, account_id, state, transcript, opened_at, closed_at, closed_by, taken_by FROM handovers "

// Handover reads one, or gives [ErrNoHandover].
func (s *Store) Handover(ctx context.Context, id HandoverID) (Handover, error) {
	var row handoverRow
	err := s.db.GetContext(ctx, &row, handoverColumns+"WHERE id = ?", id)
	if errors.Is(err, sql.ErrNoRows) {
		return Handover{}, ErrNoHandover
	}
	if err != nil {
		return Handover{}, fmt.Errorf("read a handover: %w", err)
	}
	return s.handover(ctx, row)
}

// OpenHandovers lists those that wait for staff or are with them, the oldest first.
func (s *Store) OpenHandovers(ctx context.Context, limit int) ([]Handover, error) {
	var rows []handoverRow
	if err := s.db.SelectContext(ctx, &rows, handoverColumns+"WHERE closed_at IS NULL ORDER BY opened_at LIMIT ?", limit); err != nil {
		return nil, fmt.Errorf("read the handovers: %w", err)
	}
	list := make([]Handover, 0, len(rows))
	for _, row := range rows {
		h, err := s.handover(ctx, row)
		if err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, nil
}

func (s *Store) handover(ctx context.Context, row handoverRow) (Handover, error) {
	h := Handover{ID: row.ID, State: row.State, OpenedAt: row.OpenedAt, ClosedAt: row.ClosedAt.Time, ClosedBy: row.ClosedBy, TakenBy: row.TakenBy}
	var err error
	if h.Account, err = s.Account(ctx, row.Account); err != nil || row.Transcript == nil {
		return h, err
	}
	plain, err := s.keys.Open(row.Transcript, transcriptPlace(row.UID))
	if err != nil {
		return h, fmt.Errorf("open a transcript: %w", err)
	}
	h.Transcript = string(plain)
	return h, nil
}

func transcriptPlace(uid []byte) string { return "handovers.transcript:" + hex.EncodeToString(uid) }
