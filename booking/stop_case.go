package booking

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// CaseID names what a stopped clinic means for one appointment.
type CaseID int64

// CaseState is where a case stands: new (nobody has been told), offered (told, and asked to choose), done.
type CaseState string

// The states of a case. They go forward only, each step by compare-and-swap in the transaction of what it stands for: so whoever cuts a
// stop short, at whatever moment, loses nobody, and whoever repeats it tells nobody twice.
const (
	CaseNew     CaseState = "new"
	CaseOffered CaseState = "offered"
	CaseDone    CaseState = "done"
)

// Outcome is how a case ended.
type Outcome string

// The outcomes.
const (
	OutcomeOpen      Outcome = ""
	OutcomeMoved     Outcome = "moved"     // to a place that was offered, or to another one
	OutcomeRefund    Outcome = "refund"    // the patient wanted the money back
	OutcomeSilence   Outcome = "silence"   // no answer: the money went back
	OutcomeNone      Outcome = "none"      // nothing could be offered (any more): the money went back
	OutcomeReleased  Outcome = "released"  // there was no visit yet: a place that was not paid or not accepted
	OutcomeOtherwise Outcome = "otherwise" // cancelled, or seen by the doctor after all
)

// StopPart says what a change has to do with the offers of a stopped clinic. Followers tell people of the clinic by StopFollower, and
// of the places that are held for it, nothing.
type StopPart string

// The parts.
const (
	NoStop      StopPart = ""
	StopHeld    StopPart = "held"    // a place that is or was held as an offer: its case tells
	StopAnswer  StopPart = "answer"  // the patient chose the money: the answer in the chat tells
	StopSilence StopPart = "silence" // the patient chose nothing in time
)

// stopCase is a case with what is needed to go on with it.
type stopCase struct {
	ID          CaseID
	Schedule    ScheduleID
	Appointment AppointmentID
	State       CaseState
	Note        string // of the stop
}

const caseColumns = "k.id, k.schedule_id AS 'schedule', k.appointment_id AS 'appointment', k.state, COALESCE(c.stop_note, '') AS note"

// openCase does the first step of a case: offers, or else what has to be done at once.
func (s *Store) openCase(ctx context.Context, k stopCase) error {
	for range offerTries {
		a, err := appointment(ctx, s.db, k.Appointment)
		if err != nil {
			return err
		}
		if a.Status == Booked || a.Status == CheckedIn {
			places, err := s.placesFor(ctx, a)
			if err != nil {
				return err
			}
			if len(places) > 0 {
				err := s.offerPlaces(ctx, k, a, places)
				switch {
				case errors.Is(err, errPlaceGone), mysql.IsDuplicate(err, "uk_appointments_patient"):
					continue // somebody was faster: look again
				case errors.Is(err, errCaseMoved):
					return nil
				}
				return err
			}
		}
		return s.endCase(ctx, k, CaseNew, NoStop, nil)
	}
	return s.endCase(ctx, k, CaseNew, NoStop, nil)
}

// caseTo is the compare-and-swap of a case. It tells whether the case was still as it was read.
func (s *Store) caseTo(ctx context.Context, tx *sqlx.Tx, k stopCase, from, to CaseState, outcome Outcome) (bool, error) {
	var ended *time.Time
	if now := s.clock(); to == CaseDone {
		ended = &now
	}
	result, err := tx.ExecContext(ctx, "UPDATE stop_cases SET state = ?, outcome = ?, ended_at = ? WHERE id = ?"+s.stillCase, to, outcome, ended, k.ID, from)
	if err != nil {
		return false, fmt.Errorf("change the case of a stop: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// endCase ends a case by ending its appointment, with the whole of what was paid given back. still, if given, is asked under the
// appointment's lock whether to.
func (s *Store) endCase(ctx context.Context, k stopCase, from CaseState, part StopPart, still func(tx *sqlx.Tx) (bool, error)) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		a, err := appointment(ctx, tx, k.Appointment)
		if err != nil {
			return err
		}
		if _, err := lockPlace(ctx, tx, a.Schedule, a.Slot); err != nil {
			return err
		}
		if a, err = lockAppointment(ctx, tx, a.ID); err != nil {
			return err
		}
		if still != nil {
			if yes, err := still(tx); err != nil || !yes {
				return err
			}
		}
		_, err = s.endLocked(ctx, tx, k, a, from, part, "")
		return err
	})
}

// endLocked is endCase for an appointment that is locked, and its place. It tells whether the case still was as it was read.
func (s *Store) endLocked(ctx context.Context, tx *sqlx.Tx, k stopCase, a Appointment, from CaseState, part StopPart, key string) (bool, error) {
	outcome := map[StopPart]Outcome{NoStop: OutcomeNone, StopAnswer: OutcomeRefund, StopSilence: OutcomeSilence}[part]
	switch {
	case a.Status == Held || a.Status == Offered:
		outcome = OutcomeReleased
	case a.Status != Booked && a.Status != CheckedIn:
		outcome = OutcomeOtherwise
	}
	done, err := s.caseTo(ctx, tx, k, from, CaseDone, outcome)
	if err != nil || !done || outcome == OutcomeOtherwise {
		return done, err
	}
	c := Change{Appointment: a, Reason: ByClinic, Note: k.Note, Stop: part, At: s.clock()}
	paid, err := wasPaid(ctx, tx, a)
	if err != nil {
		return false, err
	}
	if paid {
		c.Refund = a.Fee
	}
	_, done, err = s.releaseLocked(ctx, tx, c, key)
	if err == nil && !done {
		err = fmt.Errorf("appointment %d changed under its lock", a.ID)
	}
	return true, err
}

// caseBatch is how many cases one call of the job looks at, of each sort.
const caseBatch = 500

func (s *Store) cases(ctx context.Context, where string, args ...any) ([]stopCase, error) {
	var list []stopCase
	err := s.db.SelectContext(ctx, &list, `SELECT `+caseColumns+` FROM stop_cases k JOIN schedules c ON c.id = k.schedule_id
		JOIN appointments a ON a.id = k.appointment_id WHERE `+where+` ORDER BY k.id LIMIT ?`, append(args, caseBatch)...)
	if err != nil {
		return nil, fmt.Errorf("read the cases of stops: %w", err)
	}
	return list, nil
}

// settleCases ends the cases whose visit has ended by another way than theirs: moved by the patient to a place of their own choice, cancelled
// by staff, a difference that was paid.
func (s *Store) settleCases(ctx context.Context) error {
	list, err := s.cases(ctx, "k.state = 'offered' AND a.status NOT IN ('booked', 'checked_in')")
	for _, k := range list {
		err = errors.Join(err, s.inTx(ctx, func(tx *sqlx.Tx) error {
			var moves int
			const find = `SELECT COUNT(m.appointment_id) FROM appointment_moves m JOIN appointments a ON a.id = m.appointment_id
				WHERE m.moves_id = ? AND a.status NOT IN ('held', 'expired')`
			if err := tx.GetContext(ctx, &moves, find, k.Appointment); err != nil {
				return fmt.Errorf("look for where a visit was moved: %w", err)
			}
			outcome := OutcomeOtherwise
			if moves > 0 {
				outcome = OutcomeMoved
			}
			if _, err := s.caseTo(ctx, tx, k, CaseOffered, CaseDone, outcome); err != nil {
				return err
			}
			// What ended it has told of it; the message that was on its way is out of date.
			_, err := tx.ExecContext(ctx, "UPDATE stop_cases SET told = ?, channel = 'answer', told_at = ? WHERE id = ? AND told = ?", ToldSent, s.clock(), k.ID, ToldNot)
			return err
		}))
	}
	return err
}

// openWays counts the ways out that a case still has: offers that wait for an answer, and places that wait for a difference.
const openWays = `(SELECT COUNT(o.appointment_id) FROM stop_offers o JOIN appointments h ON h.id = o.appointment_id WHERE o.case_id = k.id AND h.status IN ('offered', 'held'))
	+ (SELECT COUNT(m.appointment_id) FROM appointment_moves m JOIN appointments h ON h.id = m.appointment_id WHERE m.moves_id = k.appointment_id AND h.status = 'held')`

// lapseCases ends the cases that have no way out any more but the money: nobody has answered in time, or the clinic whose place was
// offered was stopped too.
func (s *Store) lapseCases(ctx context.Context) error {
	list, err := s.cases(ctx, "k.state = 'offered' AND a.status IN ('booked', 'checked_in') AND "+openWays+" = 0")
	for _, k := range list {
		var part StopPart
		failed := func() error {
			var err error
			if part, err = s.whyLapsed(ctx, k); err != nil {
				return err
			}
			return s.endCase(ctx, k, CaseOffered, part, func(tx *sqlx.Tx) (bool, error) {
				var ways int
				err := tx.GetContext(ctx, &ways, "SELECT "+openWays+" FROM stop_cases k WHERE k.id = ?", k.ID)
				return ways == 0, err
			})
		}()
		err = errors.Join(err, failed)
	}
	return err
}

// whyLapsed tells silence from offers that were taken back.
func (s *Store) whyLapsed(ctx context.Context, k stopCase) (StopPart, error) {
	var last sql.NullTime
	err := s.db.GetContext(ctx, &last, `SELECT MAX(h.hold_until) FROM stop_offers o JOIN appointments h ON h.id = o.appointment_id WHERE o.case_id = ?`, k.ID)
	if err != nil {
		return NoStop, fmt.Errorf("read until when a case had offers: %w", err)
	}
	if last.Valid && s.clock().Before(last.Time) {
		return NoStop, nil
	}
	return StopSilence, nil
}

// releaseOffers gives back the places of cases that are done: the way that was not chosen, at once after the answer, or by the job. And those in
// clinics that are stopped too: the case that they were held for tells.
func (s *Store) releaseOffers(ctx context.Context) error {
	return s.releaseOffersOf(ctx, "(k.state = 'done' OR EXISTS (SELECT c.id FROM schedules c WHERE c.id = a.schedule_id AND c.status = 'stopped'))")
}

func (s *Store) releaseOffersOf(ctx context.Context, where string, args ...any) error {
	var list []Appointment
	err := s.db.SelectContext(ctx, &list, `SELECT `+appointmentColumns+` FROM stop_offers o JOIN stop_cases k ON k.id = o.case_id
		JOIN appointments a ON a.id = o.appointment_id WHERE `+where+` AND a.status IN ('offered', 'held') ORDER BY a.id LIMIT ?`, append(args, caseBatch)...)
	if err != nil {
		return fmt.Errorf("read the offers that nobody needs: %w", err)
	}
	for _, a := range list {
		err = errors.Join(err, s.inTx(ctx, func(tx *sqlx.Tx) error {
			_, _, err := s.release(ctx, tx, Change{Appointment: a, Reason: ByClinic, At: s.clock()}, "")
			return err
		}))
	}
	return err
}
