package reminders

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
)

// The kinds of notices about a stopped clinic (停诊), beside Stopped.
const (
	StopOffer  Kind = "stop_offer"  // the clinic is stopped, and other places are held
	StopSilent Kind = "stop_silent" // none of them was chosen in time: the money goes back
	StopGone   Kind = "stop_gone"   // one was chosen and is gone: not paid in time, or its clinic is stopped as well
)

// Stops is told, in the transaction that ends a notice about a stopped clinic, whether it reached the patient; channel is what has taken it.
// *booking.Store satisfies it.
type Stops interface {
	StopToldTx(ctx context.Context, tx *sqlx.Tx, id booking.AppointmentID, reached bool, channel string) error
	// StopNotToldTx takes back that a channel has reached the patient: what it had taken did not arrive.
	StopNotToldTx(ctx context.Context, tx *sqlx.Tx, id booking.AppointmentID, channel string) error
}

// ofStop tells whether a kind tells somebody that their clinic is stopped.
func (k Kind) ofStop() bool {
	return k == Stopped || k == StopOffer || k == OfferWithdrawn || k == StopGone
}

// StopOffered queues the notice that a clinic is stopped and what can be had instead, in the transaction that holds the places.
func (s *Store) StopOffered(ctx context.Context, tx *sqlx.Tx, n booking.StopNotice) error {
	a := n.Appointment
	d := &details{Note: n.Note}
	for _, o := range n.Offers {
		d.Offers = append(d.Offers, o.ID)
	}
	return s.insert(ctx, tx, []entry{{
		kind: StopOffer, appointment: a.ID, version: int64(a.Version), schedule: a.Schedule, account: bots.AccountID(a.Account), details: d, due: s.now(),
	}})
}

// noteTold tells the workflow of a stop what became of a notice. One that is out of date says nothing: a newer one tells.
func (s *Store) noteTold(ctx context.Context, tx *sqlx.Tx, n notice, channel string, status Status) error {
	if s.stops == nil || !n.Kind.ofStop() || n.CopyBy != "" || status == Obsolete {
		return nil
	}
	id, err := s.stoppedVisit(n)
	if err != nil {
		return err
	}
	return s.stops.StopToldTx(ctx, tx, id, status == Sent, channel)
}

// stoppedVisit is the visit whose clinic is stopped, of a notice about it.
func (s *Store) stoppedVisit(n notice) (booking.AppointmentID, error) {
	if n.Kind != StopGone {
		return n.Appointment, nil
	}
	d, err := s.open(n) // of a place that was chosen instead
	return d.Moves, err
}

// judgeStop tells whether the choice still is there: nobody has chosen, and something can still be chosen.
func judgeStop(n notice, v booking.Visit) verdict {
	a := v.Appointment
	return verdict{obsolete: int64(a.Version) != n.Version || a.Status != booking.Booked && a.Status != booking.CheckedIn}
}

// way is a place that is held instead of a stopped clinic, as a notice says it.
type way struct {
	Same   bool // the same doctor
	Doctor string
	Title  string
	When   string // date and time
	Starts string // date and hour, for a button
	More   string // what is to be paid in addition
	Less   string // what goes back
}

// chosenSince tells whether somebody whose chosen place is gone has found another way out meanwhile: then there is nothing to tell.
func (s *Store) chosenSince(ctx context.Context, n notice) (bool, error) {
	d, err := s.open(n)
	if err != nil {
		return false, err
	}
	k, err := s.bookings.StopCaseOf(ctx, d.Moves)
	return k.Outcome == booking.OutcomeMoved || k.Outcome == booking.OutcomeRefund || k.Outcome == booking.OutcomeOtherwise, err
}

// goneCard adds to a place that is gone why, and what comes next: what can still be chosen, or that the money goes back.
func (s *Store) goneCard(ctx context.Context, lang string, n notice, v booking.Visit, c *card) error {
	d, err := s.open(n)
	if err != nil {
		return err
	}
	k, err := s.bookings.StopCaseOf(ctx, d.Moves)
	if err != nil {
		return fmt.Errorf("read what can be chosen instead: %w", err)
	}
	c.Why = s.word(lang, "gone."+string(v.Appointment.Status))
	c.Amount = yuan(k.Refund)
	var until time.Time
	for _, o := range k.Offers {
		if err := s.addWay(lang, k.Visit, o.Visit, c); err != nil {
			return err
		}
		until = later(until, o.Visit.Appointment.HoldUntil)
	}
	if len(c.Ways) == 0 {
		c.commands = append(c.commands, command{name: "book"})
		return nil
	}
	c.Until = deadline(lang, until, v)
	c.commands = append(c.commands, command{name: "refund", arg: fmt.Sprint(d.Moves)})
	return nil
}

// addWay adds a place that can be chosen instead of a visit, and the command that chooses it.
func (s *Store) addWay(lang string, v, o booking.Visit, c *card) error {
	w := s.way(lang, v, o)
	label, err := s.words.say(lang, "command.switch", w)
	if err != nil {
		return err
	}
	c.Ways = append(c.Ways, w)
	c.commands = append(c.commands, command{name: "switch", arg: fmt.Sprint(o.Appointment.ID), label: label})
	return nil
}

// deadline is a date and an hour in the zone of a visit's hospital.
func deadline(lang string, t time.Time, v booking.Visit) string {
	t = t.In(v.Hospital.Location())
	return date(lang, t) + t.Format(" 15:04")
}

// stopCard adds what can be chosen, and the commands that choose it. Places whose time to answer is over are left out.
func (s *Store) stopCard(ctx context.Context, lang string, n notice, v booking.Visit, c *card) error {
	d, err := s.open(n)
	if err != nil {
		return err
	}
	var until time.Time
	for _, id := range d.Offers {
		o, err := s.bookings.Visit(ctx, id)
		if err != nil {
			return fmt.Errorf("read a place that is offered: %w", err)
		}
		if o.Appointment.Status != booking.Offered || !s.now().Before(o.Appointment.HoldUntil) {
			continue
		}
		if err := s.addWay(lang, v, o, c); err != nil {
			return err
		}
		until = later(until, o.Appointment.HoldUntil)
	}
	if len(c.Ways) > 0 {
		c.Until = deadline(lang, until, v)
	}
	if v.Paid {
		c.Amount = yuan(v.Appointment.Fee)
	}
	c.commands = append(c.commands, command{name: "refund", arg: fmt.Sprint(n.Appointment)})
	return nil
}

// way says a place that is held instead of a visit.
func (s *Store) way(lang string, v, o booking.Visit) way {
	zone := o.Hospital.Location()
	starts := o.Appointment.StartsAt.In(zone)
	w := way{
		Same: o.Doctor.ID == v.Doctor.ID, Doctor: o.Doctor.Name.In(lang), Title: s.word(lang, "title."+string(o.Doctor.Title)),
		When: span(lang, o, zone), Starts: date(lang, starts) + starts.Format(" 15:04"),
	}
	switch difference := o.Appointment.Fee - v.Appointment.Fee; {
	case !v.Paid && v.Appointment.Fee > 0: // it is paid at the hospital
	case difference > 0:
		w.More = yuan(difference)
	case difference < 0:
		w.Less = yuan(-difference)
	}
	return w
}

// Told counts who knows: obsolete is who has chosen before the message went out.
func (r Report) Told() int { return r.Sent + r.Obsolete }

// ToPhone counts whom no message reaches.
func (r Report) ToPhone() int { return r.Blocked + r.Unreachable + r.Failed }
