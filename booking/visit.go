package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
)

// VisitFilter chooses among a user's visits.
type VisitFilter struct {
	Upcoming bool // only those that take place: offered, held, booked or checked in, and not over yet; the next one first
	Past     bool // only those that are over: seen, missed, or cancelled after they were certain; the latest first. Not those that were moved
	Limit    int  // 0 means 50
}

// Visit gives an appointment with all that belongs to it, or ErrNotFound. Whose it is is for the caller to check.
func (s *Store) Visit(ctx context.Context, id AppointmentID) (Visit, error) {
	return glanced(ctx, seenVisit(id), func() (Visit, error) {
		d, err := s.directory(ctx)
		if err != nil {
			return Visit{}, err
		}
		return s.visit(ctx, s.db, d, id)
	})
}

// ownVisit is Visit of a user.
func (s *Store) ownVisit(ctx context.Context, user UserID, id AppointmentID) (Visit, error) {
	v, err := s.Visit(ctx, id)
	if err == nil && v.Appointment.User != user {
		return Visit{}, ErrNotYours
	}
	return v, err
}

// VisitTx is Visit as a transaction sees it: for followers, to whom a change is not committed yet.
func (s *Store) VisitTx(ctx context.Context, tx *sqlx.Tx, id AppointmentID) (Visit, error) {
	d, err := s.directoryFor(ctx, tx)
	if err != nil {
		return Visit{}, err
	}
	return s.visit(ctx, tx, d, id)
}

func (s *Store) visit(ctx context.Context, q queryer, d *directory, id AppointmentID) (Visit, error) {
	list, err := s.visitsIn(ctx, q, d, "WHERE a.id = ?", id)
	if err != nil {
		return Visit{}, err
	}
	if len(list) == 0 {
		return Visit{}, ErrNotFound
	}
	return list[0], nil
}

// Visits lists what a user has booked: the next one first when they are upcoming, else the latest first.
func (s *Store) Visits(ctx context.Context, user UserID, filter VisitFilter) ([]Visit, error) {
	limit := filter.Limit
	if limit <= 0 {
		limit = 50
	}
	if filter.Upcoming {
		return s.visits(ctx, upcomingVisits, user, s.clock(), limit)
	}
	if filter.Past {
		return s.visits(ctx, pastVisits, user, s.clock(), limit)
	}
	return s.visits(ctx, "WHERE a.user_id = ? ORDER BY a.starts_at DESC, a.id DESC LIMIT ?", user, limit)
}

// upcomingVisits has those of stopped clinics as long as the patient may choose, and not what is held for that choice: the visit leads there.
const upcomingVisits = `WHERE a.user_id = ? AND a.status IN ('offered', 'held', 'booked', 'checked_in') AND (s.ends_at > ? OR c.status = 'stopped')
	AND NOT (a.status = 'offered' AND EXISTS (SELECT o.appointment_id FROM stop_offers o WHERE o.appointment_id = a.id)) ORDER BY a.starts_at, a.id LIMIT ?`

const pastVisits = `WHERE a.user_id = ? AND (a.status IN ('fulfilled', 'no_show') OR (a.status IN ('booked', 'checked_in') AND s.ends_at <= ? AND c.status <> 'stopped')
	OR (a.status = 'cancelled' AND EXISTS (SELECT e.id FROM appointment_events e WHERE e.appointment_id = a.id AND e.to_status = 'booked')
		AND NOT EXISTS (SELECT e.id FROM appointment_events e WHERE e.appointment_id = a.id AND e.to_status = 'cancelled' AND e.reason = 'move')))
	ORDER BY a.starts_at DESC, a.id DESC LIMIT ?`

// Due lists booked visits that start in [from, to), by ID, from the one after a given ID: pages for a job.
func (s *Store) Due(ctx context.Context, from, to time.Time, after AppointmentID, limit int) ([]Visit, error) {
	return s.visits(ctx, "WHERE a.status = 'booked' AND a.starts_at >= ? AND a.starts_at < ? AND a.id > ? ORDER BY a.id LIMIT ?",
		from.UTC(), to.UTC(), after, limit)
}

// Missed lists a hospital's visits that were marked as missed (爽约) and started from an instant on, the latest first.
func (s *Store) Missed(ctx context.Context, hospital HospitalID, from time.Time, limit int) ([]Visit, error) {
	return s.visits(ctx, "WHERE a.status = 'no_show' AND a.starts_at >= ? AND a.hospital_id = ? ORDER BY a.starts_at DESC, a.id DESC LIMIT ?",
		from.UTC(), hospital, limit)
}

// visitRow is what the tables with many rows have of a visit; the rest is in the directory.
type visitRow struct {
	Appointment Appointment
	Schedule    Schedule
	Slot        Slot
	Patient     patientRow
	Paid        bool
	Cash        bool
}

const visitQuery = `SELECT a.id AS 'appointment.id', a.hospital_id AS 'appointment.hospital', a.department_id AS 'appointment.department',
	a.schedule_id AS 'appointment.schedule', a.slot_id AS 'appointment.slot', a.doctor_id AS 'appointment.doctor', a.patient_id AS 'appointment.patient',
	a.user_id AS 'appointment.user', a.account_id AS 'appointment.account', a.visit_date AS 'appointment.date', a.period AS 'appointment.period',
	a.seq AS 'appointment.seq', a.status AS 'appointment.status', a.version AS 'appointment.version', a.fee AS 'appointment.fee',
	a.policy_version AS 'appointment.policy', a.hold_until AS 'appointment.holduntil', a.starts_at AS 'appointment.startsat',
	a.created_at AS 'appointment.createdat',
	c.id AS 'schedule.id', c.hospital_id AS 'schedule.hospital', c.department_id AS 'schedule.department', c.doctor_id AS 'schedule.doctor',
	c.visit_date AS 'schedule.date', c.period AS 'schedule.period', c.kind AS 'schedule.kind', c.fee AS 'schedule.fee', c.room AS 'schedule.room',
	c.status AS 'schedule.status', c.allocation AS 'schedule.allocation', c.capacity AS 'schedule.capacity', c.taken AS 'schedule.taken',
	s.id AS 'slot.id', s.schedule_id AS 'slot.schedule', s.starts_at AS 'slot.startsat', s.ends_at AS 'slot.endsat', s.first_seq AS 'slot.firstseq',
	s.capacity AS 'slot.capacity', s.taken AS 'slot.taken',
	p.id AS 'patient.id', p.uid AS 'patient.uid', p.user_id AS 'patient.user', p.name AS 'patient.name', p.document AS 'patient.document',
	p.number AS 'patient.number', p.phone AS 'patient.phone', p.birth AS 'patient.birth', p.relation AS 'patient.relation', p.active AS 'patient.active',
	a.fee > 0 AND EXISTS (SELECT e.id FROM appointment_events e WHERE e.appointment_id = a.id AND (e.reason IN ('payment', 'cashier') OR e.reason = 'move' AND e.to_status = 'booked')) AS paid,
	a.fee > 0 AND EXISTS (SELECT e.id FROM appointment_events e WHERE e.appointment_id = a.id AND e.reason = 'cashier') AS cash
	FROM appointments a JOIN schedules c ON c.id = a.schedule_id JOIN slots s ON s.id = a.slot_id JOIN patients p ON p.id = a.patient_id `

func (s *Store) visits(ctx context.Context, where string, args ...any) ([]Visit, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	return s.visitsIn(ctx, s.db, d, where, args...)
}

func (s *Store) visitsIn(ctx context.Context, q queryer, d *directory, where string, args ...any) ([]Visit, error) {
	var rows []visitRow
	if err := q.SelectContext(ctx, &rows, visitQuery+where, args...); err != nil {
		return nil, fmt.Errorf("read the visits: %w", err)
	}
	list := make([]Visit, len(rows))
	for i, row := range rows {
		patient, err := s.open(row.Patient)
		if err != nil {
			return nil, err
		}
		a := row.Appointment
		list[i] = Visit{
			Appointment: a, Hospital: d.hospital[a.Hospital], Department: d.department[a.Department], Doctor: d.doctor[a.Doctor],
			Schedule: row.Schedule, Slot: row.Slot, Patient: patient,
			CancelUntil: d.policyOf(a).CancelUntil(a, d.zone(a.Hospital)), Paid: row.Paid, Cash: row.Cash,
			Quiet: d.quiet(d.department[a.Department]) || isChild(patient.BirthDate, a.Date),
		}
	}
	return list, nil
}

// quietAge is below which a patient is a child, whose visits are nobody's business.
const quietAge = 14

func isChild(birth, day Date) bool {
	age, known := ageOn(birth, day)
	return known && age < quietAge
}

// quiet tells whether a department, or the group that it is in, is one that the hospital's rules keep out of notices.
func (d *directory) quiet(department Department) bool {
	list := d.current[department.Hospital].Quiet
	return slices.Contains(list, department.Code) || department.Parent != 0 && slices.Contains(list, d.department[department.Parent].Code)
}

// policyOf is the version of the rules under which an appointment was made.
func (d *directory) policyOf(a Appointment) Policy { return d.policies[a.Hospital][a.Policy] }
