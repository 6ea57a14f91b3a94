package payments

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
	"guahao/internal/mysql"
)

// DifferenceClass is the name of a difference.
type DifferenceClass string

// The classes.
const (
	OnlyOurs      DifferenceClass = "only_ours"      // moved here, and not on the bill
	OnlyTheirs    DifferenceClass = "only_theirs"    // on the bill, and nobody here made it
	AmountDiffers DifferenceClass = "amount_differs" // another amount or currency
	StatusDiffers DifferenceClass = "status_differs" // paid there and not here, another payment, another end of a refund, another merchant
)

// DifferenceState says who is done with a difference.
type DifferenceState string

// The states of a difference.
const (
	DifferenceOpen   DifferenceState = "open"
	DifferenceHealed DifferenceState = "healed" // by the program
	DifferenceClosed DifferenceState = "closed" // by its owner
)

// Difference is one thing about which a provider's bill and we disagree.
type Difference struct {
	ID            int64           `db:"id"`
	Provider      string          `db:"provider"`
	Day           time.Time       `db:"day"`
	Kind          BillKind        `db:"kind"`
	Class         DifferenceClass `db:"class"`
	Number        string          `db:"number"`         // out_trade_no or out_refund_no
	TransactionID string          `db:"transaction_id"` // the provider's number
	Charge        int64           `db:"charge_id"`      // 0: none
	Refund        int64           `db:"refund_id"`      // 0: none
	Ours          Fen             `db:"ours"`
	Theirs        Fen             `db:"theirs"`
	OurStatus     string          `db:"our_status"`
	TheirStatus   string          `db:"their_status"`
	State         DifferenceState `db:"state"`
	Owner         string          `db:"owner"` // who looks into it: at first the payee, or the operator
	Note          string          `db:"note"`
	FoundAt       time.Time       `db:"found_at"`
}

const differenceColumns = `id, provider, day, kind, class, number, transaction_id, COALESCE(charge_id, 0) AS charge_id, COALESCE(refund_id, 0) AS refund_id,
	ours, theirs, our_status, their_status, state, owner, note, found_at`

// writeDifferences writes down what a run found. What was found before keeps its owner, and its state where its owner has closed it.
func (s *Store) writeDifferences(ctx context.Context, r *Reconciliation, found []Difference) error {
	if len(found) == 0 {
		return nil
	}
	const width = 16
	values := make([]any, 0, width*len(found))
	for _, d := range found {
		values = append(values, r.Provider, r.Date(), d.Kind, d.Class, d.Number, d.TransactionID, nullID(d.Charge), nullID(d.Refund),
			d.Ours, d.Theirs, d.OurStatus, d.TheirStatus, DifferenceOpen, d.Owner, r.Run, s.now())
	}
	row := "(?" + strings.Repeat(", ?", width-1) + ")"
	statement := `INSERT INTO reconciliation_differences (provider, day, kind, class, number, transaction_id, charge_id, refund_id,
		ours, theirs, our_status, their_status, state, owner, run, found_at) VALUES ` + row + strings.Repeat(", "+row, len(found)-1) + `
		ON DUPLICATE KEY UPDATE class = VALUES(class), ours = VALUES(ours), theirs = VALUES(theirs), our_status = VALUES(our_status),
		their_status = VALUES(their_status), run = VALUES(run), ended_at = CASE WHEN state = 'closed' THEN ended_at ELSE NULL END,
		state = CASE WHEN state = 'closed' THEN state ELSE VALUES(state) END`
	if _, err := s.db.ExecContext(ctx, statement, values...); err != nil {
		return fmt.Errorf("write differences down: %w", err)
	}
	return nil
}

// endGone ends what earlier runs of the day found and this one did not.
func (s *Store) endGone(ctx context.Context, r *Reconciliation) error {
	const end = `UPDATE reconciliation_differences SET state = ?, note = ?, ended_at = ? WHERE provider = ? AND day = ? AND state = ? AND run < ?`
	if _, err := s.db.ExecContext(ctx, end, DifferenceHealed, "a later run found no difference", s.now(), r.Provider, r.Date(), DifferenceOpen, r.Run); err != nil {
		return fmt.Errorf("end differences that are gone: %w", err)
	}
	return nil
}

// Differences lists those of a day, or, with a zero day, all open ones; oldest first, at most limit.
func (s *Store) Differences(ctx context.Context, day time.Time, limit int) ([]Difference, error) {
	where, args := "state = 'open'", []any{}
	if !day.IsZero() {
		start, _ := BillDay(day)
		where, args = "day = ?", []any{start.Format(dayLayout)}
	}
	var list []Difference
	err := s.db.SelectContext(ctx, &list, "SELECT "+differenceColumns+" FROM reconciliation_differences WHERE "+where+" ORDER BY id LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("read the differences: %w", err)
	}
	return list, nil
}

// AssignDifference names who looks into a difference. ErrNotFound says that no open one has the number.
func (s *Store) AssignDifference(ctx context.Context, id int64, owner string) error {
	if owner == "" || len([]rune(owner)) > 64 {
		return errors.New("name the owner, in at most 64 characters")
	}
	return s.changeDifference(ctx, id, audit.Entry{Action: "reconciliation.assign", After: map[string]any{"owner": owner}}, "owner = ?", owner)
}

// CloseDifference says that a difference is settled, and how. ErrNotFound says that no open one has the number.
func (s *Store) CloseDifference(ctx context.Context, id int64, note string) error {
	if note == "" || len([]rune(note)) > 255 {
		return errors.New("say how it was settled, in at most 255 characters")
	}
	return s.changeDifference(ctx, id, audit.Entry{Action: "reconciliation.close", After: map[string]any{"state": DifferenceClosed}, Note: note},
		"state = 'closed', ended_at = UTC_TIMESTAMP(6), note = ?", note)
}

func (s *Store) changeDifference(ctx context.Context, id int64, e audit.Entry, set string, args ...any) error {
	return mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		var before struct {
			Owner string `db:"owner" json:"owner"`
			State string `db:"state" json:"state"`
		}
		err := tx.GetContext(ctx, &before, "SELECT owner, state FROM reconciliation_differences WHERE id = ? AND state = 'open' FOR UPDATE", id)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("lock a difference: %w", err)
		}
		if _, err := tx.ExecContext(ctx, "UPDATE reconciliation_differences SET "+set+" WHERE id = ?", append(args, id)...); err != nil {
			return fmt.Errorf("change a difference: %w", err)
		}
		e.Subject, e.Before = fmt.Sprintf("difference:%d", id), before
		return audit.Write(ctx, s.Audit, tx, e)
	})
}

// DifferenceStat counts the open differences of a class.
type DifferenceStat struct {
	Class DifferenceClass `db:"class"`
	Count int             `db:"number"`
}

// OpenDifferences counts what waits for people.
func (s *Store) OpenDifferences(ctx context.Context) ([]DifferenceStat, error) {
	var list []DifferenceStat
	const query = "SELECT class, COUNT(id) AS number FROM reconciliation_differences WHERE state = 'open' GROUP BY class"
	if err := s.db.SelectContext(ctx, &list, query); err != nil {
		return nil, fmt.Errorf("count the differences: %w", err)
	}
	return list, nil
}
