package reminders

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
)

// The kinds of notices about the waitlist, about visits that were moved, and about places that staff added (加号).
const (
	Extra          Kind = "extra"           // a place was added for the patient, and waits for its payment
	Offer          Kind = "offer"           // a returned place is held for who waits
	OfferOver      Kind = "offer_over"      // nobody answered the offer
	OfferWithdrawn Kind = "offer_withdrawn" // its clinic was stopped
	WaitOver       Kind = "wait_over"       // the evening before came, and no place
	Moved          Kind = "moved"           // the difference was paid: the visit is moved
	MoveExpired    Kind = "move_expired"    // it was not: the old visit stays
)

// offerKind is the kind of a notice about a change that the waitlist, a move or staff with a place to add have made; "" for any other.
func offerKind(c booking.Change) Kind {
	switch status := c.Appointment.Status; {
	case c.From == "" && c.Reason == booking.ByDraw:
		return DrawWon
	case status == booking.Held && c.From == "" && c.Reason == booking.ByStaff:
		return Extra
	case status == booking.Offered:
		return Offer
	case status == booking.Expired && c.From == booking.Offered:
		return OfferOver
	case status == booking.Cancelled && c.From == booking.Offered && c.Reason != booking.ByPatient:
		return OfferWithdrawn
	case status == booking.Booked && c.Moves != 0:
		return Moved
	case status == booking.Expired && c.Moves != 0:
		return MoveExpired
	}
	return ""
}

// toldInChat tells that the answer to the very message that caused a change tells of it, and nothing else need.
func toldInChat(c booking.Change) bool {
	switch c.Appointment.Status {
	case booking.Booked:
		return (c.From == "" && c.Reason != booking.ByStaff && c.Reason != booking.ByDraw) || c.From == booking.Offered
	case booking.Cancelled:
		unpaid := c.From == booking.Held || c.From == booking.Offered
		return c.Reason == booking.ByMove || (c.Reason == booking.ByPatient && unpaid)
	}
	return false
}

// WaitEnded queues the notice that somebody waited in vain, in the transaction that ends the wait.
func (s *Store) WaitEnded(ctx context.Context, tx *sqlx.Tx, w booking.Waiting) error {
	return s.insert(ctx, tx, []entry{{
		kind: WaitOver, version: int64(w.ID), account: bots.AccountID(w.Account), due: s.now(),
		details: &details{First: w.First, Last: w.Last},
	}})
}

// waitCard is what the end of a wait says: the days, and nothing that could tell which department.
func (s *Store) waitCard(lang string, n notice) (card, error) {
	d, err := s.open(n)
	if err != nil {
		return card{}, err
	}
	days := date(lang, d.First.In(time.UTC))
	if d.Last != d.First {
		days += " – " + date(lang, d.Last.In(time.UTC))
	}
	return card{When: days}, nil
}

// offerOver tells that it is too late to say anything about an offer, or about a place that is not paid.
func offerOver(n notice, v booking.Visit, now time.Time) bool {
	return (n.Kind == Offer || n.Kind == Extra || n.Kind == HoldExpiring || n.Kind == DrawWon && v.Appointment.Status == booking.Held) && !now.Before(v.Appointment.HoldUntil)
}

// offerCommands are the answers to an offer: they name it, so that they mean the same however late they come.
func offerCommands(n notice) []command {
	return []command{
		{name: "take", arg: fmt.Sprint(n.Appointment)},
		{name: "decline", arg: fmt.Sprint(n.Appointment)},
		{name: "waits"},
	}
}

// command is what a notice offers to do.
type command struct {
	name, arg string
	label     string // "": the catalogue's for the name
}

// line is the command as an option carries it.
func (c command) line() string {
	if c.arg == "" {
		return c.name
	}
	return c.name + " " + c.arg
}
