package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// CheckCheckIn decides whether a patient may be checked in (签到) now: on the day of the visit, not before the rule's
// minutes. Who is late may still check in, as long as the visit is not marked as missed.
func (p Policy) CheckCheckIn(a Appointment, now time.Time, zone *time.Location) error {
	opens := a.Date.In(zone)
	if p.CheckIn.MinutesBefore > 0 {
		opens = a.StartsAt.Add(-time.Duration(p.CheckIn.MinutesBefore) * time.Minute)
	}
	switch {
	case a.Status != Booked:
		return ErrWrongStatus
	case now.Before(opens):
		return refusef(CodeTooEarly, "还没到签到时间，请在 %s 之后签到。", "It is too early to check in. Please check in after %s.", shown(opens, zone)).by("check_in")
	case DateOf(now, zone) > a.Date:
		return refuse(CodeTooLate, "就诊日期已过，不能签到，请到医院窗口咨询。", "The day of the visit is over. Please ask at the hospital's desk.")
	}
	return nil
}

// CheckIn says that the patient of a booked visit is there. by is the member of staff, or 0 for a terminal. Once checked in, checking in
// again is no error.
func (s *Store) CheckIn(ctx context.Context, by StaffID, id AppointmentID) (Visit, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Visit{}, err
	}
	return s.attend(ctx, step{id: id, to: CheckedIn, reason: attending(by), by: by}, func(a Appointment) error {
		return d.policyOf(a).CheckCheckIn(a, s.clock(), d.zone(a.Hospital))
	})
}

// CheckInSelf is CheckIn by the patient's user, where the hospital allows it without further ado.
func (s *Store) CheckInSelf(ctx context.Context, user UserID, id AppointmentID) (Visit, error) {
	return s.CheckInHere(ctx, user, id, Arrival{})
}

// MayCheckIn tells by the same rules whether CheckInSelf would succeed now, with a proof of being there where one is asked for.
func (s *Store) MayCheckIn(ctx context.Context, user UserID, id AppointmentID) error {
	d, err := s.directory(ctx)
	if err != nil {
		return err
	}
	v, err := s.ownVisit(ctx, user, id) // which a card that asks this has read
	if err != nil {
		return err
	}
	if v.Schedule.Status == Stopped {
		return ErrScheduleStopped
	}
	return d.mayCheckIn(v.Appointment, s.clock())
}

// mayCheckIn decides whether a patient may check in without the hospital's people.
func (d *directory) mayCheckIn(a Appointment, now time.Time) error {
	policy := d.policyOf(a)
	if !policy.CheckIn.Self {
		return refuse(CodeWrongStatus, "这家医院请到窗口或自助机签到。", "At this hospital please check in at the desk or at a terminal.").by("check_in.self")
	}
	return policy.CheckCheckIn(a, now, d.zone(a.Hospital))
}

// Fulfil says that the doctor has seen a patient who was checked in.
func (s *Store) Fulfil(ctx context.Context, by StaffID, id AppointmentID) (Visit, error) {
	return s.attend(ctx, step{id: id, to: Fulfilled, reason: attending(by), by: by}, func(a Appointment) error {
		if a.Status != CheckedIn {
			return ErrWrongStatus
		}
		return nil
	})
}

// UndoNoShow says that a patient who was marked as missing was there after all: the visit counts as fulfilled, and no longer
// against the person. The note says why, for the trail.
func (s *Store) UndoNoShow(ctx context.Context, by StaffID, id AppointmentID, note string) (Visit, error) {
	return s.attend(ctx, step{id: id, to: Fulfilled, reason: ByStaff, by: by, note: note}, func(a Appointment) error {
		if a.Status != NoShow {
			return ErrWrongStatus
		}
		return nil
	})
}

// step is a change of an appointment that keeps its number, so that no place is locked.
type step struct {
	id     AppointmentID
	to     Status
	reason Reason
	by     StaffID // 0: nobody who is known
	note   string
	told   bool // the patient asked for it, and is answered
}

// attending is the reason of a step that a terminal can make, or a member of staff.
func attending(by StaffID) Reason {
	if by != 0 {
		return ByStaff
	}
	return ByAttending
}

// attend makes a step when it is allowed. An appointment that is there already, by whatever way, is given as it is.
func (s *Store) attend(ctx context.Context, to step, allowed func(Appointment) error) (Visit, error) {
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		for {
			a, err := appointment(ctx, tx, to.id)
			if err != nil {
				return err
			}
			if a.Status == to.to {
				return nil
			}
			if err := allowed(a); err != nil {
				return err
			}
			if to.to == CheckedIn {
				if err := takesPlace(ctx, tx, a); err != nil {
					return err
				}
			}
			done, err := s.makeStep(ctx, tx, a, to)
			if err != nil || done {
				return err
			}
		}
	})
	if err != nil {
		return Visit{}, err
	}
	return s.Visit(ctx, to.id)
}

// takesPlace refuses what makes no sense for a visit whose clinic is stopped.
func takesPlace(ctx context.Context, tx *sqlx.Tx, a Appointment) error {
	var status ScheduleStatus
	if err := tx.GetContext(ctx, &status, "SELECT status FROM schedules WHERE id = ?", a.Schedule); err != nil {
		return notFound(err, "read the schedule")
	}
	if status == Stopped {
		return ErrScheduleStopped
	}
	return nil
}

func (s *Store) makeStep(ctx context.Context, tx *sqlx.Tx, a Appointment, to step) (bool, error) {
	c := Change{Appointment: a, From: a.Status, Reason: to.reason, Note: cut(to.note, maxNote), Told: to.told, At: s.clock()}
	if to.by != 0 {
		c.Note = cut(fmt.Sprintf("#%d %s", to.by, to.note), maxNote)
	}
	c.Appointment.Status = to.to
	done, err := swap(ctx, tx, &c)
	if err != nil || !done {
		return false, err
	}
	return true, s.record(ctx, tx, c, "")
}

const (
	// missedFor is for how long after a visit its patient may be marked as missing: a job that stood still for longer does not
	// suspend people for what nobody remembers.
	missedFor   = 30 * 24 * time.Hour
	noShowBatch = 200
)

// MarkNoShows marks the booked visits whose half-day is over and whose patient was not checked in (爽约), in hospitals whose rules
// say so, and tells how many. A stopped clinic is never counted. Each is a transaction of its own; any number of replicas may call it at
// once, and again.
func (s *Store) MarkNoShows(ctx context.Context) (int, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return 0, err
	}
	hospitals := d.withNoShows()
	if len(hospitals) == 0 {
		return 0, nil
	}
	count, after := 0, AppointmentID(0)
	var failures []error
	for {
		batch, err := s.overdue(ctx, hospitals, after)
		if err != nil {
			return count, errors.Join(append(failures, err)...)
		}
		for _, missed := range batch {
			after = missed.ID
			rule := d.policyOf(missed.Appointment).NoShows
			if rule.Count == 0 || s.clock().Before(missed.Ended.Add(time.Duration(rule.GraceMinutes)*time.Minute)) {
				continue
			}
			done, err := s.markNoShow(ctx, missed.Appointment)
			if err != nil {
				failures = append(failures, fmt.Errorf("mark appointment %d as missed: %w", missed.ID, err))
			}
			if done {
				count++
			}
		}
		if len(batch) < noShowBatch || ctx.Err() != nil {
			return count, errors.Join(failures...)
		}
	}
}

// withNoShows lists the hospitals of which some version of the rules knows no-shows.
func (d *directory) withNoShows() []HospitalID {
	var list []HospitalID
	for _, h := range d.hospitals {
		for _, p := range d.policies[h.ID] {
			if p.NoShows.Count > 0 {
				list = append(list, h.ID)
				break
			}
		}
	}
	return list
}

// overdueVisit is a booked visit, and when its half-day is over.
type overdueVisit struct {
	Appointment
	Ended time.Time
}

func (s *Store) overdue(ctx context.Context, hospitals []HospitalID, after AppointmentID) ([]overdueVisit, error) {
	now := s.clock()
	query, args, err := sqlx.In(`SELECT `+appointmentColumns+`, (SELECT MAX(s.ends_at) FROM slots s WHERE s.schedule_id = a.schedule_id) AS ended
		FROM appointments a JOIN schedules c ON c.id = a.schedule_id
		WHERE a.status = 'booked' AND a.starts_at >= ? AND a.starts_at < ? AND a.hospital_id IN (?) AND c.status = 'open' AND a.id > ? ORDER BY a.id LIMIT ?`,
		now.Add(-missedFor), now, hospitals, after, noShowBatch)
	if err != nil {
		return nil, fmt.Errorf("write the query for missed visits: %w", err)
	}
	var list []overdueVisit
	if err := s.db.SelectContext(ctx, &list, query, args...); err != nil {
		return nil, fmt.Errorf("read the missed visits: %w", err)
	}
	return list, nil
}

// markNoShow looks at the schedule once more, under its lock: whoever stops a clinic takes it first.
func (s *Store) markNoShow(ctx context.Context, a Appointment) (done bool, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		done = false
		var status ScheduleStatus
		if err := tx.GetContext(ctx, &status, "SELECT status FROM schedules WHERE id = ? FOR UPDATE", a.Schedule); err != nil {
			return notFound(err, "lock the schedule")
		}
		if status != Open {
			return nil
		}
		done, err = s.makeStep(ctx, tx, a, step{id: a.ID, to: NoShow, reason: ByAttending})
		return err
	})
	return done && err == nil, err
}
