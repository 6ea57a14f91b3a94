package booking

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking/allocation"
	"guahao/internal/mysql"
)

// applicationColumns are those of an application (p) in its draw (l).
const applicationColumns = `p.id, p.lottery_id AS lottery, l.schedule_id AS schedule, l.name, p.number, p.patient_id AS patient, p.user_id AS user,
	p.account_id AS account, p.lots, p.reasons, p.secret, p.receipt, p.status, p.position, p.appointment_id AS appointment, p.wait_id AS wait, p.created_at AS createdat`

// ApplyRequest asks to take part in the draw for a half-day.
type ApplyRequest struct {
	Schedule ScheduleID
	Patient  PatientID
	User     UserID
	Account  AccountID
	Key      string // names the request: the same key gets the same application
}

// applying is a request with what it is judged by.
type applying struct {
	ApplyRequest
	d       *directory
	patient Patient
	digest  []byte
	persons []PatientID
}

// Prospect is what somebody is told before applying.
type Prospect struct {
	Lottery Lottery
	Lots    int
	Reasons Reasons
	Chance  float64 // of a place, from the applications so far
}

// Prospect tells what an application would be worth now, or why it would be refused: true for a moment.
func (s *Store) Prospect(ctx context.Context, r ApplyRequest) (Prospect, error) {
	a, l, err := s.prepareApplication(ctx, r)
	if err != nil {
		return Prospect{}, err
	}
	if err := s.db.SelectContext(ctx, &a.persons, "SELECT id FROM patients WHERE number_digest = ?", a.digest); err != nil {
		return Prospect{}, fmt.Errorf("read the person's patients: %w", err)
	}
	p := Prospect{Lottery: l}
	if p.Lots, p.Reasons, err = s.mayApply(ctx, s.db, a, l); err != nil {
		return Prospect{}, err
	}
	p.Chance, err = l.Chance(p.Lots, 0)
	return p, err
}

// Chance is that of a place for who has so many lots beside those who have applied so far; counted is how many of the lots are the
// person's own already: 0 before applying.
func (l Lottery) Chance(own, counted int) (float64, error) {
	others := make(map[int]int, len(l.Lots))
	for lots, people := range l.Lots {
		if lots == counted {
			people--
		}
		if people > 0 {
			others[lots] = people
		}
	}
	return allocation.Chance(own, others, l.Places)
}

// Apply takes part in a draw. Refusals: not_by_lot, not_yet, closed, applied, schedule_stopped, those of a hold that are about the person, not_found and
// not_yours; conflict when the key was used for another application.
func (s *Store) Apply(ctx context.Context, r ApplyRequest) (Application, error) {
	if a, err := s.applied(ctx, r); err != nil || a.ID != 0 {
		return a, err
	}
	a, l, err := s.prepareApplication(ctx, r)
	if err != nil {
		return Application{}, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error { return s.apply(ctx, tx, a, l.ID) })
	switch {
	case mysql.IsDuplicate(err, "uk_lottery_applications_request"):
		return s.applied(ctx, r)
	case mysql.IsDuplicate(err, "uk_lottery_applications_person"):
		return Application{}, ErrApplied
	case err != nil:
		return Application{}, err
	}
	return s.applied(ctx, r)
}

// applied finds what the key has made before.
func (s *Store) applied(ctx context.Context, r ApplyRequest) (Application, error) {
	list, err := s.applications(ctx, "p.user_id = ? AND p.request_key = ?", r.User, r.Key)
	if err != nil || len(list) == 0 {
		return Application{}, err
	}
	if list[0].Schedule != r.Schedule || list[0].Patient != r.Patient {
		return Application{}, ErrConflict
	}
	return list[0], nil
}

func (s *Store) applications(ctx context.Context, where string, args ...any) ([]Application, error) {
	var list []Application
	err := s.db.SelectContext(ctx, &list, "SELECT "+applicationColumns+" FROM lottery_applications p JOIN lotteries l ON l.id = p.lottery_id WHERE "+where+" ORDER BY p.id", args...)
	if err != nil {
		return nil, fmt.Errorf("read the applications: %w", err)
	}
	return list, nil
}

func (s *Store) prepareApplication(ctx context.Context, r ApplyRequest) (applying, Lottery, error) {
	a := applying{ApplyRequest: r}
	var err error
	if a.d, err = s.directory(ctx); err != nil {
		return a, Lottery{}, err
	}
	if a.patient, err = s.Patient(ctx, r.User, r.Patient); err != nil {
		return a, Lottery{}, err
	}
	if err := s.db.GetContext(ctx, &a.digest, "SELECT number_digest FROM patients WHERE id = ?", r.Patient); err != nil {
		return a, Lottery{}, notFound(err, "read the patient")
	}
	l, err := s.Lottery(ctx, r.Schedule)
	return a, l, err
}

// apply is the transaction of Apply. The person is locked first, as everywhere; the draw is what all who apply wait for, so
// that none comes in after its list was closed.
func (s *Store) apply(ctx context.Context, tx *sqlx.Tx, a applying, id LotteryID) error {
	var err error
	if a.persons, err = lockedPersons(ctx, tx, a.digest); err != nil {
		return err
	}
	var row struct {
		Lottery
		Applied int
	}
	if err := tx.GetContext(ctx, &row, "SELECT "+lotteryColumns+", l.applied FROM lotteries l WHERE l.id = ? FOR UPDATE", id); err != nil {
		return notFound(err, "lock the draw")
	}
	var active int
	if err := tx.GetContext(ctx, &active, "SELECT COUNT(id) FROM patients WHERE id = ? AND user_id = ? AND active = 1", a.Patient, a.User); err != nil {
		return fmt.Errorf("look again at the patient: %w", err)
	}
	if active == 0 {
		return ErrNotFound
	}
	lots, reasons, err := s.mayApply(ctx, tx, a, row.Lottery)
	if err != nil {
		return err
	}
	secret, err := allocation.NewSecret(s.random())
	if err != nil {
		return err
	}
	slip, err := allocation.NewSlip(row.Name, row.Applied+1, lots, s.clock(), secret)
	if err != nil {
		return err
	}
	return s.writeApplication(ctx, tx, a, id, slip, reasons)
}

func (s *Store) writeApplication(ctx context.Context, tx *sqlx.Tx, a applying, id LotteryID, slip allocation.Slip, reasons Reasons) error {
	why, err := json.Marshal(reasons)
	if err != nil {
		return fmt.Errorf("write the reasons: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO lottery_applications (lottery_id, number, patient_id, person, user_id, account_id, request_key, lots, reasons, secret, receipt, status, active, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)`,
		id, slip.Number, a.Patient, a.digest, a.User, a.Account, a.Key, slip.Lots, why, slip.Secret, slip.Receipt(), InDraw, slip.Time)
	if err != nil {
		return fmt.Errorf("write the application: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE lotteries SET applied = ? WHERE id = ?", slip.Number, id); err != nil {
		return fmt.Errorf("count the application: %w", err)
	}
	return nil
}

// mayApply decides by the rules, and counts the lots.
func (s *Store) mayApply(ctx context.Context, q queryer, a applying, l Lottery) (int, Reasons, error) {
	var c Schedule
	if err := q.GetContext(ctx, &c, `SELECT `+scheduleColumns+`, c.capacity, c.taken FROM schedules c WHERE c.id = ?`, a.Schedule); err != nil {
		return 0, nil, notFound(err, "read the schedule")
	}
	now := s.clock()
	facts, err := loadFacts(ctx, q, a.d, now, []wanted{{hospital: c.Hospital, user: a.User, digest: a.digest, persons: a.persons}})
	if err != nil {
		return 0, nil, err
	}
	department, policy := a.d.department[c.Department], a.d.current[c.Hospital]
	claim := Claim{
		Now: now, Zone: a.d.zone(c.Hospital), User: a.User, Schedule: c, Departments: []string{department.Code, a.d.department[department.Parent].Code},
		BirthDate: a.patient.BirthDate, Sex: a.patient.Sex, Facts: facts[0].Facts,
	}
	if err := policy.CheckApplication(claim, l); err != nil {
		return 0, nil, err
	}
	var twice int
	err = q.GetContext(ctx, &twice, "SELECT COUNT(id) FROM lottery_applications WHERE lottery_id = ? AND person = ? AND active = 1", l.ID, a.digest)
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("look for an earlier application: %w", err)
	case twice > 0:
		return 0, nil, ErrApplied
	}
	rules := a.d.policies[l.Hospital][l.Policy]
	merits, err := s.merits(ctx, q, rules, c, a, claim.Facts)
	if err != nil {
		return 0, nil, err
	}
	return rules.lotsOf(l.Mode, merits)
}

// merits are what a person's lots depend on: how they stand with the hospital, what staff have stated, and the visits that they have lately lost because a clinic was stopped.
func (s *Store) merits(ctx context.Context, q queryer, p Policy, c Schedule, a applying, f Facts) (allocation.Merits, error) {
	m := allocation.Merits{Credit: p.creditOf(f, s.clock())}
	stated, err := statedFor(ctx, q, a.digest, c)
	if err != nil {
		return m, err
	}
	m.Referred, m.Urgent = slices.Contains(stated, allocation.ForReferral), slices.Contains(stated, allocation.ForUrgency)
	query, args, err := sqlx.In(`SELECT COUNT(a.id) FROM appointments a JOIN appointment_events e ON e.appointment_id = a.id AND e.version = a.version
		WHERE a.patient_id IN (?) AND a.hospital_id = ? AND a.status = 'cancelled' AND e.reason = ? AND e.from_status = 'booked' AND e.at > ?`,
		a.persons, c.Hospital, ByClinic, s.clock().Add(-clinicCancelled))
	if err != nil {
		return m, fmt.Errorf("write the query for lost visits: %w", err)
	}
	if err := q.GetContext(ctx, &m.LostVisits, query, args...); err != nil {
		return m, fmt.Errorf("count the visits that were lost: %w", err)
	}
	return m, nil
}

// Applications lists a user's applications whose half-day is still to come, the newest first.
func (s *Store) Applications(ctx context.Context, user UserID) ([]Application, error) {
	var list []Application
	err := s.db.SelectContext(ctx, &list, "SELECT "+applicationColumns+` FROM lottery_applications p JOIN lotteries l ON l.id = p.lottery_id
		JOIN schedules c ON c.id = l.schedule_id WHERE p.user_id = ? AND p.status <> 'withdrawn' AND c.visit_date >= ? ORDER BY p.id DESC LIMIT 50`,
		user, DateOf(s.clock(), time.UTC))
	if err != nil {
		return nil, fmt.Errorf("read the applications: %w", err)
	}
	return list, nil
}

// Application gives a user's own one.
func (s *Store) Application(ctx context.Context, user UserID, id ApplicationID) (Application, error) {
	list, err := s.applications(ctx, "p.id = ?", id)
	switch {
	case err != nil:
		return Application{}, err
	case len(list) == 0:
		return Application{}, ErrNotFound
	case list[0].User != user:
		return Application{}, ErrNotYours
	}
	return list[0], nil
}

// Withdraw takes an application back while applications are taken; withdrawing it again is no error. ErrClosed after that: the list is
// published, and who wins and does not want the place gives it back.
func (s *Store) Withdraw(ctx context.Context, user UserID, id ApplicationID) error {
	a, err := s.Application(ctx, user, id)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		var l Lottery
		if err := tx.GetContext(ctx, &l, "SELECT "+lotteryColumns+" FROM lotteries l WHERE l.id = ? FOR UPDATE", a.Lottery); err != nil {
			return notFound(err, "lock the draw")
		}
		done, err := endApplication(ctx, tx, a, Withdrawn, s.clock())
		if err != nil {
			return err
		}
		if done && !l.Takes(s.clock()) {
			return refuse(CodeClosed, "报名已经截止，名单已公布，不能再撤回；如果抽中了又不需要，请把号退回，会让给下一位。",
				"Applications have closed and the list is fixed, so this one can no longer be withdrawn. If it wins and you do not want the place, give it back: it goes to the next in line.")
		}
		return nil
	})
}

// endApplication decides an application that is not decided yet, and tells whether it was.
func endApplication(ctx context.Context, tx *sqlx.Tx, a Application, to ApplicationStatus, now time.Time) (bool, error) {
	result, err := tx.ExecContext(ctx, "UPDATE lottery_applications SET status = ?, active = NULL, appointment_id = ?, wait_id = ?, ended_at = ? WHERE id = ? AND status = ?",
		to, a.Appointment, a.Wait, now, a.ID, InDraw)
	if err != nil {
		return false, fmt.Errorf("decide the application: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
