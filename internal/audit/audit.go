package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
	"guahao/internal/vault"
)

// Ways by which staff act.
const (
	Console = "console"
	Chat    = "chat"
	Command = "command" // the command line of the machine
	API     = "api"     // another program of the hospital; its token stands in place of the address
)

// Actor is who changes something.
type Actor struct {
	Staff   int64 // 0: nobody who is known by name, as on the command line
	Via     string
	Address string // of the browser; "" elsewhere
}

type actorKey struct{}

// As gives a context in which an actor acts.
func As(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, actorKey{}, a) }

// Acting tells who acts in a context.
func Acting(ctx context.Context) (Actor, bool) {
	a, ok := ctx.Value(actorKey{}).(Actor)
	return a, ok
}

// Entry is a change to be written down. Before and After are written as JSON; they hold nothing that identifies a patient.
type Entry struct {
	Action   string // noun.verb: appointment.cancel
	Subject  string // noun:id: appointment:7
	Hospital int64  // 0: of none in particular
	Before   any
	After    any
	Note     string // in the words of who did it
}

// Recorder writes entries in the transaction of the change.
type Recorder interface {
	Record(ctx context.Context, tx *sqlx.Tx, e Entry) error
}

// Write records an entry; without a recorder it does nothing.
func Write(ctx context.Context, r Recorder, tx *sqlx.Tx, e Entry) error {
	if r == nil {
		return nil
	}
	return r.Record(ctx, tx, e)
}

// Log is the log in the database. It may be used from several goroutines and replicas.
type Log struct {
	db   *sqlx.DB
	keys *vault.Keys
	now  func() time.Time
}

// New makes a log on a migrated database.
func New(db *sqlx.DB, keys *vault.Keys, now func() time.Time) *Log {
	return &Log{db: db, keys: keys, now: now}
}

// Alone records an entry in a transaction of its own: of what changes nothing in the database, as when a list is taken out of it.
func (l *Log) Alone(ctx context.Context, e Entry) error {
	return mysql.InTx(ctx, l.db, func(tx *sqlx.Tx) error { return l.Record(ctx, tx, e) })
}

// detail is the sealed part of a row.
type detail struct {
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	Note   string          `json:"note,omitempty"`
}

// Record locks the end of the chain until the transaction ends: call it last.
func (l *Log) Record(ctx context.Context, tx *sqlx.Tx, e Entry) error {
	actor, _ := Acting(ctx)
	r := row{
		At: l.now().UTC().Truncate(time.Microsecond), Staff: actor.Staff, Via: actor.Via, Address: cut(actor.Address, 64),
		Action: e.Action, Subject: e.Subject, Hospital: e.Hospital,
	}
	var head head
	if err := tx.GetContext(ctx, &head, "SELECT seq, hash FROM audit_head WHERE id = 1 FOR UPDATE"); err != nil {
		return fmt.Errorf("lock the audit log: %w", err)
	}
	r.Seq, r.Previous = head.Seq+1, head.Hash
	var err error
	if r.Detail, err = l.seal(r, e); err != nil {
		return err
	}
	r.Hash = l.hash(r)
	_, err = tx.NamedExecContext(ctx, `INSERT INTO audit_log (seq, at, staff_id, via, address, action, subject, hospital_id, detail, previous, hash)
		VALUES (:seq, :at, :staff_id, :via, :address, :action, :subject, :hospital_id, :detail, :previous, :hash)`, r)
	if err == nil {
		_, err = tx.ExecContext(ctx, "UPDATE audit_head SET seq = ?, hash = ? WHERE id = 1", r.Seq, r.Hash)
	}
	if err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	return nil
}

func (l *Log) seal(r row, e Entry) ([]byte, error) {
	d := detail{Note: e.Note}
	for _, side := range []struct {
		value any
		to    *json.RawMessage
	}{{e.Before, &d.Before}, {e.After, &d.After}} {
		if side.value == nil {
			continue
		}
		text, err := json.Marshal(side.value)
		if err != nil {
			return nil, fmt.Errorf("write what was changed: %w", err)
		}
		*side.to = text
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("write what was changed: %w", err)
	}
	return l.keys.Seal(text, r.detailAt())
}

func cut(text string, runes int) string {
	if r := []rune(text); len(r) > runes {
		return string(r[:runes])
	}
	return text
}
