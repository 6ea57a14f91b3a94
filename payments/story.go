package payments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
)

// Story is everything that is known about a charge, for whoever has to find out what happened. It holds neither the token of the pay
// page, nor who paid, nor anything that could be paid with.
type Story struct {
	Charge      Charge // without its secrets
	Numbers     []string
	Events      []StoryEvent
	Refunds     []Refund
	Ledger      []StoryEntry
	Notices     []StoryNotice
	Incidents   []Incident
	Differences []Difference
}

// StoryEvent is one change of the charge or of one of its refunds.
type StoryEvent struct {
	At     time.Time `db:"at"`
	Refund RefundID  `db:"refund_id"` // 0: the charge's own
	Event  string    `db:"event"`
	From   string    `db:"from_status"`
	To     string    `db:"to_status"`
	Detail string    `db:"detail"`
}

// StoryEntry is one side of one of the charge's movements.
type StoryEntry struct {
	At      time.Time    `db:"at"`
	Kind    MovementKind `db:"kind"`
	Number  string       `db:"number"`
	Account Account      `db:"account"`
	Amount  Fen          `db:"amount"`
}

// StoryNotice is a notice of the provider that was handled. They are forgotten after 30 days.
type StoryNotice struct {
	At     time.Time `db:"received_at"`
	Kind   string    `db:"kind"`
	Number string    `db:"number"`
}

// Story finds a charge by any number that somebody may have in hand, ours or the provider's, of the payment or of a refund, and
// tells all about it; ErrNotFound. Incidents and differences under the number are told even where no charge is found, with a charge
// whose ID is 0.
func (s *Store) Story(ctx context.Context, number string) (Story, error) {
	story := Story{Numbers: []string{number}}
	c, err := s.byAnyNumber(ctx, number)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return story, err
	}
	if err == nil {
		c.Token, c.Payer, c.CodeURL, c.PrepayID = "", "", "", ""
		story.Charge = c
		if err := s.tellCharge(ctx, &story); err != nil {
			return story, err
		}
	}
	for _, part := range []struct {
		list  any
		query string
	}{
		{&story.Notices, "SELECT received_at, kind, number FROM payment_notices WHERE number IN (?) ORDER BY id"},
		{&story.Incidents, "SELECT id, kind, number, transaction_id, detail, at FROM payment_incidents WHERE number IN (?) ORDER BY id"},
		{&story.Differences, "SELECT " + differenceColumns + " FROM reconciliation_differences WHERE number IN (?) ORDER BY id"},
	} {
		query, args, err := sqlx.In(part.query, story.Numbers)
		if err == nil {
			err = s.db.SelectContext(ctx, part.list, query, args...)
		}
		if err != nil {
			return story, fmt.Errorf("read a charge's story: %w", err)
		}
	}
	if c.ID == 0 && len(story.Incidents)+len(story.Differences) == 0 {
		return story, ErrNotFound
	}
	return story, nil
}

// byAnyNumber finds a charge, also by a number that it does not have any more.
func (s *Store) byAnyNumber(ctx context.Context, number string) (Charge, error) {
	for _, where := range []string{
		"out_trade_no = ?",
		"id = (SELECT charge_id FROM refunds WHERE out_refund_no = ?)",
		"ref = ? ORDER BY id DESC LIMIT 1",
		"transaction_id = ? AND transaction_id <> '' LIMIT 1",
		"id = (SELECT MIN(charge_id) FROM refunds WHERE refund_id = ? AND refund_id <> '')",
		"id = (SELECT charge_id FROM charge_numbers WHERE out_trade_no = ?)",
	} {
		c, err := s.one(ctx, s.db, where, number)
		if !errors.Is(err, ErrNotFound) {
			return c, err
		}
	}
	return Charge{}, ErrNotFound
}

func (s *Store) tellCharge(ctx context.Context, story *Story) (err error) {
	c := story.Charge
	if story.Refunds, err = s.Refunds(ctx, c.ID); err != nil {
		return err
	}
	var replaced []string
	if err := s.db.SelectContext(ctx, &replaced, "SELECT out_trade_no FROM charge_numbers WHERE charge_id = ?", c.ID); err != nil {
		return fmt.Errorf("read a charge's numbers: %w", err)
	}
	story.Numbers = append(append(story.Numbers, c.OutTradeNo), replaced...)
	for _, r := range story.Refunds {
		story.Numbers = append(story.Numbers, r.OutRefundNo)
	}
	const events = `SELECT at, COALESCE(refund_id, 0) AS refund_id, event, from_status, to_status, detail FROM charge_events WHERE charge_id = ? ORDER BY id`
	if err := s.db.SelectContext(ctx, &story.Events, events, c.ID); err != nil {
		return fmt.Errorf("read a charge's events: %w", err)
	}
	if len(story.Events) == 0 || story.Events[0].Event != "create" { // of most charges their own row says it
		story.Events = slices.Insert(story.Events, 0, StoryEvent{At: c.CreatedAt, Event: "create", To: string(Created)})
	}
	const ledger = `SELECT m.at, m.kind, m.number, e.account, e.amount FROM ledger_movements m JOIN ledger_entries e ON e.movement_id = m.id
		WHERE m.charge_id = ? ORDER BY m.id, e.id`
	if err := s.db.SelectContext(ctx, &story.Ledger, ledger, c.ID); err != nil {
		return fmt.Errorf("read a charge's ledger: %w", err)
	}
	return nil
}
