package torture

import (
	"context"
	"fmt"
	"time"

	"guahao/booking"
)

// event is a row of an appointment's trail, with what it is about.
type event struct {
	Appointment booking.AppointmentID `db:"appointment"`
	Version     int                   `db:"version"`
	From        booking.Status        `db:"from_status"`
	To          booking.Status        `db:"to_status"`
	Reason      booking.Reason        `db:"reason"`
	Seq         int                   `db:"seq"`
	Key         string                `db:"request_key"`
	At          time.Time             `db:"at"`
	Schedule    booking.ScheduleID    `db:"schedule"`
	Slot        booking.SlotID        `db:"slot"`
	Patient     booking.PatientID     `db:"patient"`
	User        booking.UserID        `db:"user"`
	Moves       booking.AppointmentID `db:"moves"`          // 0: it is no move
	MovesOn     booking.ScheduleID    `db:"moves_schedule"` // where that is
}

// trail reads what happened to all appointments, as far as it changed who holds a place.
func (t *torment) trail(ctx context.Context) ([]event, error) {
	var all, list []event
	err := t.world.db.SelectContext(ctx, &all, `SELECT e.appointment_id AS appointment, e.version, e.from_status, e.to_status, e.reason, e.seq,
		COALESCE(e.request_key, '') AS request_key, e.at, a.schedule_id AS schedule, a.slot_id AS slot, a.patient_id AS patient, a.user_id AS user,
		COALESCE(m.moves_id, 0) AS moves, COALESCE(old.schedule_id, 0) AS moves_schedule
		FROM appointment_events e JOIN appointments a ON a.id = e.appointment_id
		LEFT JOIN appointment_moves m ON m.appointment_id = a.id LEFT JOIN appointments old ON old.id = m.moves_id
		ORDER BY e.appointment_id, e.version`)
	if err != nil {
		return nil, fmt.Errorf("read the trails: %w", err)
	}
	for _, e := range all {
		if e.takes() || e.leaves() {
			list = append(list, e)
		}
	}
	return list, nil
}

func (e event) takes() bool  { return !active(e.From) && active(e.To) }
func (e event) leaves() bool { return active(e.From) && !active(e.To) }

func active(s booking.Status) bool { return s != "" && s.Active() }

// step is what the event means for its schedule.
func (e event) step(by string) step {
	s := step{Kind: left, By: by, Slot: e.Slot, Patient: e.Patient, Appointment: e.Appointment}
	switch {
	case e.within():
		s.Kind, s.Seq, s.From = moved, e.Seq, e.Moves
	case e.takes():
		s.Kind, s.Seq = took, e.Seq
	}
	return s
}

// within tells whether the event moves a visit within its half-day: then the old place is left by the same step.
func (e event) within() bool {
	return e.From == "" && e.Reason == booking.ByMove && e.MovesOn == e.Schedule
}

// spontaneous tells whether the program may have done it by itself. What patients have asked for must be explained by a request.
func (e event) spontaneous() bool {
	switch e.Reason {
	case booking.ByPatient: // or follows from the end of the visit that was to be moved
		return e.leaves() && e.Moves != 0 && e.Key == ""
	case booking.ByPayment, booking.ByMove: // asked for, or what follows from a payment
		return e.From != ""
	}
	return true
}

// slack is how much the clocks of two processes, and their reading, may be apart in real time.
const slack = 20 * time.Millisecond

// when is the time in which the event became true. Its row says who read the clock, before the commit; the commit came before
// the end of the call in which that was.
func (t *torment) when(e event) span {
	mark := markOf(e.At)
	if mark >= t.o.Replicas || e.At.Sub(t.world.clock.base) > time.Duration(float64(t.quiet)*speed)+settleStep/2 {
		return span{t.quiet, t.settled}
	}
	at := t.world.clock.elapsed(e.At, skewOf(mark, t.o.Replicas))
	return span{at - slack, min(t.fleet.until(mark, at)+slack, t.settled)}
}
