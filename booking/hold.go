package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// HoldRequest asks for a place.
type HoldRequest struct {
	Slot    SlotID
	Patient PatientID
	User    UserID
	Account AccountID
	Key     string // names the request: the same key gets the same appointment, and no second place
}

// hold is what is known about a request before its transaction. Of it only the counts, the schedule's status and fee, and the
// person's other appointments can change, and those are read again under locks.
type hold struct {
	HoldRequest
	schedule Schedule
	slot     Slot
	digest   []byte // of the patient's document
	born     Date
	sex      Sex
	policy   Policy
	zone     *time.Location
	d        *directory
}

// Hold takes the lowest free number of a slot for a patient: held until the policy's minutes have passed, or booked at once
// where the clinic is free of charge. Refusals are of the codes slot_full, schedule_stopped, too_late, too_early, duplicate,
// limit, not_found and not_yours; conflict when the key was used for another patient or slot.
//
// The locks are those of the person's patient rows (the same document may be in several users' lists; limits are per person),
// then of the schedule, then of the slot, which everybody wants and which is locked last.
func (s *Store) Hold(ctx context.Context, request HoldRequest) (Visit, error) {
	h, err := s.prepare(ctx, request)
	if err != nil {
		return Visit{}, err
	}
	if h.slot.Free() == 0 || h.schedule.Status != Open { // most who come late need no lock to be told so
		if a, err := s.earlier(ctx, request); err != nil || a.ID != 0 {
			return s.visitOf(ctx, h, a, err)
		}
		if err := h.policy.CheckHold(h.claim(s.clock(), Facts{}, nil)); err != nil {
			return Visit{}, err
		}
	}
	var a Appointment
	take := func(tx *sqlx.Tx) error {
		a, err = s.hold(ctx, tx, h)
		return err
	}
	err = s.inTx(ctx, take)
	if mysql.IsDuplicate(err, "uk_appointments_request") { // the same request was faster elsewhere: now its row can be seen
		err = s.inTx(ctx, take)
	}
	return s.visitOf(ctx, h, a, refusal(err))
}

// CheckHold tells whether Hold would succeed now, without taking anything: a preview, true for a moment.
func (s *Store) CheckHold(ctx context.Context, request HoldRequest) error {
	h, err := s.prepare(ctx, request)
	if err != nil {
		return err
	}
	var persons []PatientID
	if err := s.db.SelectContext(ctx, &persons, "SELECT id FROM patients WHERE number_digest = ?", h.digest); err != nil {
		return fmt.Errorf("read the person's patients: %w", err)
	}
	now := s.clock()
	facts, err := loadFacts(ctx, s.db, h.d, now, []wanted{h.wants(persons)})
	if err != nil {
		return err
	}
	cooling, err := coolingOf(ctx, s.db, h.policy.Returns, now, h.slot.ID)
	if err != nil {
		return err
	}
	return h.policy.CheckHold(h.claim(now, facts[0].Facts, cooling))
}

func (s *Store) visitOf(ctx context.Context, h hold, a Appointment, err error) (Visit, error) {
	if err != nil {
		return Visit{}, err
	}
	return s.visit(ctx, s.db, h.d, a.ID)
}

// refusal turns a violation of the keys that stand behind the locks into what it means for the person.
func refusal(err error) error {
	switch {
	case mysql.IsDuplicate(err, "uk_appointments_patient"):
		return ErrDuplicate
	case mysql.IsDuplicate(err, "uk_appointments_seq"), mysql.IsDuplicate(err, "uk_appointments_schedule_seq"):
		return ErrSlotFull
	case mysql.IsDuplicate(err, "uk_appointments_request"), mysql.IsDuplicate(err, "uk_appointment_events_request"):
		return ErrConflict
	}
	return err
}

func (s *Store) prepare(ctx context.Context, request HoldRequest) (hold, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return hold{}, err
	}
	var row struct {
		Schedule Schedule
		Slot     Slot
		Owner    *UserID
		Active   *int
		Digest   []byte
		UID      []byte
		Birth    []byte
	}
	err = s.db.GetContext(ctx, &row, `SELECT c.id AS 'schedule.id', c.hospital_id AS 'schedule.hospital', c.department_id AS 'schedule.department',
		c.doctor_id AS 'schedule.doctor', c.visit_date AS 'schedule.date', c.period AS 'schedule.period', c.status AS 'schedule.status', c.fee AS 'schedule.fee',
		s.id AS 'slot.id', s.schedule_id AS 'slot.schedule', s.starts_at AS 'slot.startsat', s.first_seq AS 'slot.firstseq', s.capacity AS 'slot.capacity',
		s.taken AS 'slot.taken', p.user_id AS owner, p.active, p.number_digest AS digest, p.uid, p.birth
		FROM slots s JOIN schedules c ON c.id = s.schedule_id LEFT JOIN patients p ON p.id = ? WHERE s.id = ?`, request.Patient, request.Slot)
	switch {
	case err != nil:
		return hold{}, notFound(err, "read the slot")
	case row.Owner == nil || row.Active == nil:
		return hold{}, ErrNotFound
	case *row.Owner != request.User:
		return hold{}, ErrNotYours
	}
	policy, err := found(d.current, row.Schedule.Hospital)
	if err != nil {
		return hold{}, err
	}
	born, sex, err := s.openBirth(row.UID, row.Birth)
	return hold{born: born, sex: sex, HoldRequest: request, schedule: row.Schedule, slot: row.Slot, digest: row.Digest, policy: policy, zone: d.zone(row.Schedule.Hospital), d: d}, err
}

// earlier finds the appointment that the key has made before; its ID is 0 when there is none.
func (s *Store) earlier(ctx context.Context, request HoldRequest) (Appointment, error) {
	var list []Appointment
	err := s.db.SelectContext(ctx, &list, `SELECT `+appointmentColumns+` FROM appointments a WHERE a.user_id = ? AND a.request_key = ?`, request.User, request.Key)
	if err != nil {
		return Appointment{}, fmt.Errorf("look for the request's appointment: %w", err)
	}
	if len(list) == 0 {
		return Appointment{}, nil
	}
	return list[0], list[0].isOf(request)
}

func (a Appointment) isOf(r HoldRequest) error {
	if a.Patient != r.Patient || a.Slot != r.Slot {
		return ErrConflict
	}
	return nil
}

// hold is the transaction of Hold.
func (s *Store) hold(ctx context.Context, tx *sqlx.Tx, h hold) (Appointment, error) {
	persons, err := lockPerson(ctx, tx, h)
	if err != nil {
		return Appointment{}, err
	}
	now := s.clock()
	facts, err := loadFacts(ctx, tx, h.d, now, []wanted{h.wants(persons)})
	if err != nil {
		return Appointment{}, err
	}
	if made := facts[0].made; made != nil {
		return *made, made.isOf(h.HoldRequest)
	}
	locked, err := lockPlace(ctx, tx, h.schedule.ID, h.slot.ID)
	if err != nil {
		return Appointment{}, err
	}
	h.schedule.Status, h.slot.Capacity, h.slot.Taken = locked.Schedule.Status, locked.Slot.Capacity, locked.Slot.Taken
	cooling, err := coolingOf(ctx, tx, h.policy.Returns, now, h.slot.ID)
	if err != nil {
		return Appointment{}, err
	}
	if err := h.policy.CheckHold(h.claim(now, facts[0].Facts, cooling)); err != nil {
		return Appointment{}, err
	}
	seq, free, err := locked.next(ctx, tx, h.policy.Returns, cooling)
	if err != nil {
		return Appointment{}, err
	}
	if !free {
		return Appointment{}, ErrSlotFull
	}
	return s.insert(ctx, tx, h, seq, now)
}

// lockPerson locks the patient's row, and those of the same document in the lists of other users.
func lockPerson(ctx context.Context, tx *sqlx.Tx, h hold) ([]PatientID, error) {
	var rows []struct {
		ID     PatientID
		Active *int
	}
	err := tx.SelectContext(ctx, &rows, "SELECT id, active FROM patients WHERE number_digest = ? ORDER BY id FOR UPDATE", h.digest)
	if err != nil {
		return nil, fmt.Errorf("lock the patient: %w", err)
	}
	ids, there := make([]PatientID, len(rows)), false
	for i, row := range rows {
		ids[i] = row.ID
		there = there || (row.ID == h.Patient && row.Active != nil)
	}
	if !there {
		return nil, ErrNotFound // removed since the request was prepared
	}
	return ids, nil
}

func (h hold) wants(persons []PatientID) wanted {
	return wanted{hospital: h.schedule.Hospital, user: h.User, key: h.Key, digest: h.digest, persons: persons}
}

func (h hold) claim(now time.Time, facts Facts, cooling []Cooled) Claim {
	department := h.d.department[h.schedule.Department]
	return Claim{
		Now: now, Zone: h.zone, Schedule: h.schedule, Slot: h.slot, Cooling: cooling,
		Departments: []string{department.Code, h.d.department[department.Parent].Code},
		BirthDate:   h.born, Sex: h.sex, Facts: facts,
	}
}

func (s *Store) insert(ctx context.Context, tx *sqlx.Tx, h hold, seq int, now time.Time) (Appointment, error) {
	c := h.schedule
	a := Appointment{
		Hospital: c.Hospital, Department: c.Department, Schedule: c.ID, Slot: h.slot.ID, Doctor: c.Doctor, Patient: h.Patient,
		User: h.User, Account: h.Account, Date: c.Date, Period: c.Period, Seq: seq, Status: Held, Version: 1, Fee: c.Fee,
		Policy: h.policy.Version, HoldUntil: h.policy.HoldUntil(now), StartsAt: h.slot.StartsAt, CreatedAt: now,
	}
	change := Change{Reason: ByPatient, At: now}
	if a.Fee == 0 {
		a.Status, a.HoldUntil, change.Reason = Booked, now, ByPayment
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO appointments (hospital_id, department_id, doctor_id, schedule_id, slot_id, patient_id, user_id, account_id,
		request_key, visit_date, period, starts_at, seq, status, active, version, fee, policy_version, hold_until, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)`,
		a.Hospital, a.Department, a.Doctor, a.Schedule, a.Slot, a.Patient, a.User, a.Account,
		h.Key, a.Date, a.Period, a.StartsAt, a.Seq, a.Status, a.Version, a.Fee, a.Policy, a.HoldUntil, a.CreatedAt)
	if err != nil {
		return Appointment{}, fmt.Errorf("write the appointment: %w", err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		return Appointment{}, fmt.Errorf("write the appointment: %w", err)
	}
	a.ID = AppointmentID(id)
	if err := takePlace(ctx, tx, a); err != nil {
		return Appointment{}, err
	}
	change.Appointment = a
	return a, s.record(ctx, tx, change, h.Key)
}
