package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
	"guahao/internal/money"
)

// StopCase is what somebody may choose instead of a visit whose clinic is stopped.
type StopCase struct {
	ID      CaseID
	Visit   Visit // that does not take place
	State   CaseState
	Outcome Outcome
	Note    string      // of the hospital
	Refund  money.Fen   // what was paid: all of it goes back
	Offers  []StopOffer // that can still be taken
	Paying  *Visit      // the place that was chosen and costs more: the difference is to be paid
	Told    Told
	Channel string // that has taken the message
	Phoned  StaffID
	ToldAt  time.Time
}

// StopOffer is a place that is held.
type StopOffer struct {
	Way        Way
	Visit      Visit
	Difference money.Fen // of the fees: more than 0 is to be paid, less than 0 goes back
}

// StopCaseOf gives the case of a visit; ErrNotFound where its clinic takes place. Whose it is is for the caller to check.
func (s *Store) StopCaseOf(ctx context.Context, id AppointmentID) (StopCase, error) {
	list, err := s.stopCases(ctx, "WHERE k.appointment_id = ?", id)
	if err != nil || len(list) == 0 {
		return StopCase{}, orNotFound(err)
	}
	return list[0], nil
}

func orNotFound(err error) error {
	if err == nil {
		return ErrNotFound
	}
	return err
}

// What is said to answers that come too late.
var (
	ErrStopOver = refuse(CodeOfferOver, "这个保留的号已经不能选了，请看看现在还可以怎么选。", "This place is no longer held for you. Please see what you can choose now.")
)

// TakeStopOffer takes a place that is held instead of a stopped clinic: as Reschedule does, in one transaction, with the payment moved along. Where
// the place costs more, it is held until the difference is paid, and the visit waits for it. Once taken, it gives the move again.
func (s *Store) TakeStopOffer(ctx context.Context, user UserID, account AccountID, offer AppointmentID, key string) (Move, error) {
	o, err := s.stopOffer(ctx, user, offer)
	if err != nil {
		return Move{}, err
	}
	var m Move
	err = s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
		m, err = s.takeStopOffer(ctx, tx, o, account, key)
		return err
	})
	if err = refusal(err); err != nil {
		return Move{}, err
	}
	if err := s.releaseOffersOf(ctx, "k.id = ? AND k.state = 'done'", o.ID); err != nil {
		return Move{}, err
	}
	m.Visit, err = s.Visit(ctx, offer)
	return m, err
}

// heldOffer is an offer and the case that it belongs to.
type heldOffer struct {
	stopCase
	Offer Appointment
}

// stopOffer reads an offer of a user.
func (s *Store) stopOffer(ctx context.Context, user UserID, id AppointmentID) (heldOffer, error) {
	a, err := owned(ctx, s.db, user, id)
	if err != nil {
		return heldOffer{}, err
	}
	o := heldOffer{Offer: a}
	err = s.db.GetContext(ctx, &o.stopCase, `SELECT `+caseColumns+` FROM stop_offers o JOIN stop_cases k ON k.id = o.case_id
		JOIN schedules c ON c.id = k.schedule_id WHERE o.appointment_id = ?`, id)
	if err != nil {
		return o, notFound(err, "read the offer of a stop")
	}
	return o, nil
}

// takeStopOffer needs no rules: the place was taken for this patient when it was offered.
func (s *Store) takeStopOffer(ctx context.Context, tx *sqlx.Tx, o heldOffer, account AccountID, key string) (Move, error) {
	old, err := appointment(ctx, tx, o.Appointment)
	if err != nil {
		return Move{}, err
	}
	if _, _, err := lockBoth(ctx, tx, old, o.Offer.Schedule, o.Offer.Slot); err != nil {
		return Move{}, err
	}
	if old, err = lockAppointment(ctx, tx, old.ID); err != nil {
		return Move{}, err
	}
	a, err := lockAppointment(ctx, tx, o.Offer.ID)
	if err != nil {
		return Move{}, err
	}
	m := Move{From: old.ID, Difference: a.Fee - old.Fee}
	if moves, err := movedFrom(ctx, tx, a.ID); err != nil || moves != 0 {
		return m, err // taken before
	}
	now := s.clock()
	if a.Status != Offered || !now.Before(a.HoldUntil) || (old.Status != Booked && old.Status != CheckedIn) {
		return m, ErrStopOver
	}
	if err := s.dropMove(ctx, tx, Change{Appointment: old, Reason: ByPatient, At: now}); err != nil { // to where they wanted to go before
		return m, err
	}
	paid, err := wasPaid(ctx, tx, old)
	if err != nil {
		return m, err
	}
	c := Change{Appointment: a, From: Offered, Reason: ByMove, Moves: old.ID, Stop: StopHeld, At: now}
	c.Appointment.Status, c.Appointment.Account = Booked, account
	switch {
	case !paid && old.Fee > 0:
		c.Reason = AtDesk
	case m.Difference > 0:
		d, err := s.directoryFor(ctx, tx)
		if err != nil {
			return m, err
		}
		c.Reason, c.Due, c.Appointment.Status, c.Appointment.HoldUntil = ByPatient, m.Difference, Held, d.policyOf(a).HoldUntil(now)
	default:
		c.Refund = -m.Difference
	}
	return m, s.writeTaken(ctx, tx, o, old, c, m.Difference, key)
}

// writeTaken writes what was decided about an offer.
func (s *Store) writeTaken(ctx context.Context, tx *sqlx.Tx, o heldOffer, old Appointment, c Change, difference money.Fen, key string) error {
	done, err := swap(ctx, tx, &c)
	if err == nil && !done {
		err = fmt.Errorf("appointment %d changed under its lock", c.Appointment.ID)
	}
	if err != nil {
		return err
	}
	a := c.Appointment
	if _, err := tx.ExecContext(ctx, "UPDATE appointments SET hold_until = ?, account_id = ? WHERE id = ?", a.HoldUntil, a.Account, a.ID); err != nil {
		return fmt.Errorf("set the end of the hold: %w", err)
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO appointment_moves (appointment_id, moves_id, difference, at) VALUES (?, ?, ?, ?)", a.ID, old.ID, difference, c.At)
	if err != nil {
		return fmt.Errorf("write the move: %w", err)
	}
	if err := errors.Join(s.answered(ctx, tx, o.stopCase), s.auditAnswer(ctx, tx, old, OutcomeMoved)); err != nil {
		return err
	}
	if a.Status == Held { // the visit waits for the difference
		return s.record(ctx, tx, c, key)
	}
	if done, err := s.caseTo(ctx, tx, o.stopCase, CaseOffered, CaseDone, OutcomeMoved); err != nil || !done {
		if err == nil {
			err = ErrStopOver
		}
		return err
	}
	left, err := s.leave(ctx, tx, old)
	if err != nil {
		return err
	}
	if err := s.record(ctx, tx, c, key); err != nil {
		return err
	}
	return s.record(ctx, tx, left, "")
}

// auditAnswer notes who of the staff has answered for a patient, on the phone.
func (s *Store) auditAnswer(ctx context.Context, tx *sqlx.Tx, a Appointment, outcome Outcome) error {
	if actor, ok := audit.Acting(ctx); !ok || actor.Staff == 0 {
		return nil
	}
	return audit.Write(ctx, s.Audit, tx, audit.Entry{
		Action: "stop.answer", Subject: fmt.Sprintf("appointment:%d", a.ID), Hospital: int64(a.Hospital), After: map[string]any{"outcome": outcome},
	})
}

// answered notes that the patient knows: they have answered.
func (s *Store) answered(ctx context.Context, tx *sqlx.Tx, k stopCase) error {
	_, err := tx.ExecContext(ctx, "UPDATE stop_cases SET told = ?, channel = 'answer', told_at = ? WHERE id = ? AND told IN ('', 'phone')", ToldSent, s.clock(), k.ID)
	if err != nil {
		return fmt.Errorf("note that a patient has answered: %w", err)
	}
	return nil
}

// RefundStopped gives a visit back whose clinic is stopped, with all that was paid: the patient wants none of the places that are held. It
// tells what goes back; said again, it says the same.
func (s *Store) RefundStopped(ctx context.Context, user UserID, id AppointmentID, key string) (money.Fen, error) {
	if _, err := owned(ctx, s.db, user, id); err != nil {
		return 0, err
	}
	list, err := s.cases(ctx, "k.appointment_id = ?", id)
	if err != nil || len(list) == 0 {
		return 0, orNotFound(err)
	}
	k := list[0]
	var refund money.Fen
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		a, err := appointment(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := lockPlace(ctx, tx, a.Schedule, a.Slot); err != nil {
			return err
		}
		if a, err = lockAppointment(ctx, tx, id); err != nil {
			return err
		}
		if a.Status == Cancelled {
			refund, err = refundedByStop(ctx, tx, id)
			return err
		}
		paid, err := wasPaid(ctx, tx, a)
		if err != nil {
			return err
		}
		if paid {
			refund = a.Fee
		}
		if err := s.answered(ctx, tx, k); err != nil {
			return err
		}
		done, err := s.endLocked(ctx, tx, k, a, k.State, StopAnswer, key)
		if err == nil && !done {
			err = ErrStopOver
		}
		if err != nil {
			return err
		}
		return s.auditAnswer(ctx, tx, a, OutcomeRefund)
	})
	if err = refusal(err); err != nil {
		return 0, err
	}
	return refund, s.releaseOffersOf(ctx, "k.id = ? AND k.state = 'done'", k.ID)
}

// refundedByStop is what went back when a visit ended because its clinic was stopped; ErrStopOver when it ended otherwise.
func refundedByStop(ctx context.Context, q queryer, id AppointmentID) (money.Fen, error) {
	var rows []money.Fen
	err := q.SelectContext(ctx, &rows, "SELECT refund FROM appointment_events WHERE appointment_id = ? AND to_status = 'cancelled' AND reason = ?", id, ByClinic)
	if err != nil {
		return 0, fmt.Errorf("read the cancellation: %w", err)
	}
	if len(rows) == 0 {
		return 0, ErrStopOver
	}
	return rows[0], nil
}

// StopGone tells that a change takes a place away that was chosen instead of a stopped clinic: its difference was not paid in time, or its clinic is stopped
// as well. Moves names the visit that it was chosen for.
func (c Change) StopGone() bool {
	over := c.Appointment.Status == Expired || c.Appointment.Status == Cancelled && c.Reason == ByClinic
	return c.Stop == StopHeld && c.From == Held && c.Moves != 0 && over
}

// tellAnew notes that somebody who has answered a stop has to be told again: what they chose is gone.
func (s *Store) tellAnew(ctx context.Context, tx *sqlx.Tx, id AppointmentID) error {
	const anew = "UPDATE stop_cases SET told = ?, channel = '' WHERE appointment_id = ? AND state = ? AND told IN (?, ?)"
	if _, err := tx.ExecContext(ctx, anew, ToldNot, id, CaseOffered, ToldSent, ToldReached); err != nil {
		return fmt.Errorf("note who is to be told anew: %w", err)
	}
	return nil
}

// noteStopOffer marks the end of a place that was held for a stopped clinic, or that somebody of a stopped clinic had found for themselves and not paid:
// what is told of it is what it means for the stop.
func (s *Store) noteStopOffer(ctx context.Context, tx *sqlx.Tx, c *Change) error {
	var n int
	const find = `SELECT (SELECT COUNT(appointment_id) FROM stop_offers WHERE appointment_id = ?) + (SELECT COUNT(id) FROM stop_cases WHERE appointment_id = ? AND state = ?)`
	if err := tx.GetContext(ctx, &n, find, c.Appointment.ID, c.Moves, CaseOffered); err != nil {
		return fmt.Errorf("look for the stop of an offer: %w", err)
	}
	if n > 0 {
		c.Stop = StopHeld
	}
	return nil
}
