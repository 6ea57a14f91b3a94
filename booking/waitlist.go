package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// WaitID names a place in the waitlist (候补).
type WaitID int64

// WaitStatus is where somebody who waits stands.
type WaitStatus string

// The statuses; the last four are final.
const (
	StillWaiting WaitStatus = "waiting"
	WaitOffered  WaitStatus = "offered" // a place is held for them
	WaitServed   WaitStatus = "served"  // they took it
	WaitLeft     WaitStatus = "left"    // of their own will
	WaitSilent   WaitStatus = "silent"  // did not answer an offer
	WaitEnded    WaitStatus = "ended"   // the evening before came
)

// Waiting is one wish of one patient in the waitlist. It is not a booking: it has no place until one is offered and taken.
type Waiting struct {
	ID       WaitID
	Hospital HospitalID
	Wish
	Patient   PatientID
	User      UserID
	Account   AccountID
	Priority  int // higher first; among equals who came first
	Status    WaitStatus
	LeavesAt  time.Time // when it ends by itself
	CreatedAt time.Time
	Position  int           // 1 is the next; counts those who wait for any of the same half-days. Only Waits and JoinWaitlist set it
	Offer     AppointmentID // the place that is held for them now; 0: none. As Position
}

// WaitlistFollower is a Follower that is also told, in its transaction, when somebody leaves the waitlist without having
// asked to: because the evening before came.
type WaitlistFollower interface {
	WaitEnded(ctx context.Context, tx *sqlx.Tx, w Waiting) error
}

const (
	waitsPerPatient = 5
	clinicCancelled = 30 * 24 * time.Hour // whoever lost a place so recently because the clinic was stopped goes first
	waitColumns     = `e.id, e.hospital_id AS hospital, e.department_id AS department, e.doctor_id AS doctor, e.title, e.kind, e.first_date AS 'first',
	e.last_date AS 'last', e.halves, e.patient_id AS patient, e.user_id AS user, e.account_id AS account, e.priority, e.status,
	e.leaves_at AS leavesat, e.created_at AS createdat`
)

// JoinRequest asks for a place in the waitlist.
type JoinRequest struct {
	Wish
	Patient PatientID
	User    UserID
	Account AccountID
	Key     string // names the request: the same key gets the same place
}

// JoinWaitlist puts a patient into the waitlist. Refusals: bad_range, too_late, too_early, no_clinic, places_left, waiting,
// limit, not_admitted, not_found, not_yours; conflict when the key was used for another wish.
func (s *Store) JoinWaitlist(ctx context.Context, r JoinRequest) (Waiting, error) {
	if r.Halves == 0 {
		r.Halves = AnyHalf
	}
	if w, err := s.joined(ctx, r); err != nil || w.ID != 0 {
		return w, err
	}
	patient, err := s.Patient(ctx, r.User, r.Patient)
	if err != nil {
		return Waiting{}, err
	}
	w, err := s.checkJoin(ctx, r, patient)
	if err != nil {
		return Waiting{}, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error { return join(ctx, tx, &w, r.Key) })
	switch {
	case mysql.IsDuplicate(err, "uk_waitlist_wish"):
		return Waiting{}, ErrWaiting
	case mysql.IsDuplicate(err, "uk_waitlist_request"):
		return s.joined(ctx, r)
	case err != nil:
		return Waiting{}, err
	}
	return w, s.place(ctx, &w)
}

// joined finds what the key has made before.
func (s *Store) joined(ctx context.Context, r JoinRequest) (Waiting, error) {
	list, err := s.waits(ctx, "WHERE e.user_id = ? AND e.request_key = ?", r.User, r.Key)
	if err != nil || len(list) == 0 {
		return Waiting{}, err
	}
	if list[0].Wish != r.Wish || list[0].Patient != r.Patient {
		return Waiting{}, ErrConflict
	}
	return list[0], s.place(ctx, &list[0])
}

// checkJoin decides whether the wish makes sense, and makes the row of it.
func (s *Store) checkJoin(ctx context.Context, r JoinRequest, patient Patient) (Waiting, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Waiting{}, err
	}
	if r.Doctor != 0 {
		doctor, err := found(d.doctor, r.Doctor)
		if err != nil {
			return Waiting{}, err
		}
		if r.Department != doctor.Department {
			return Waiting{}, ErrNotFound
		}
	}
	department, err := found(d.department, r.Department)
	if err != nil {
		return Waiting{}, err
	}
	now, zone := s.clock(), d.zone(department.Hospital)
	policy := d.current[department.Hospital]
	if err := policy.checkRange(r.Wish, d.window(department.Hospital, now), now, zone); err != nil {
		return Waiting{}, err
	}
	err = policy.checkAdmission(Claim{
		Schedule: Schedule{Date: r.First}, Departments: []string{department.Code, d.department[department.Parent].Code},
		BirthDate: patient.BirthDate, Sex: patient.Sex,
	})
	if err != nil {
		return Waiting{}, err
	}
	schedules, err := s.ofDepartment.get(ctx, r.Department)
	if err != nil {
		return Waiting{}, err
	}
	if err := policy.checkClinics(r.Wish, schedules, func(id DoctorID) Title { return d.doctor[id].Title }, now, zone); err != nil {
		return Waiting{}, err
	}
	return Waiting{
		Hospital: department.Hospital, Wish: r.Wish, Patient: r.Patient, User: r.User, Account: r.Account, Status: StillWaiting,
		LeavesAt: policy.LeavesAt(r.Last, zone), CreatedAt: now,
	}, nil
}

// join writes the row. The patient's row is locked for the limit, and so that it cannot be removed meanwhile.
func join(ctx context.Context, tx *sqlx.Tx, w *Waiting, key string) error {
	var patients, waits, lost int
	if err := tx.GetContext(ctx, &patients, "SELECT COUNT(id) FROM patients WHERE id = ? AND active = 1 FOR UPDATE", w.Patient); err != nil {
		return fmt.Errorf("lock the patient: %w", err)
	}
	if patients == 0 {
		return ErrNotFound
	}
	if err := tx.GetContext(ctx, &waits, "SELECT COUNT(id) FROM waitlist_entries WHERE patient_id = ? AND user_id = ? AND active = 1", w.Patient, w.User); err != nil {
		return fmt.Errorf("count the patient's waits: %w", err)
	}
	if waits >= waitsPerPatient {
		return refusef(CodeLimit, "每位就诊人最多同时候补 %[1]d 处，请先退出不需要的。", "A patient can wait for at most %[1]d things at one time. Please leave one first.", waitsPerPatient)
	}
	err := tx.GetContext(ctx, &lost, `SELECT COUNT(a.id) FROM appointments a JOIN appointment_events e ON e.appointment_id = a.id AND e.version = a.version
		WHERE a.patient_id = ? AND a.department_id = ? AND a.status = 'cancelled' AND e.reason = ? AND e.from_status = 'booked' AND e.at > ?`,
		w.Patient, w.Department, ByClinic, w.CreatedAt.Add(-clinicCancelled))
	if err != nil {
		return fmt.Errorf("look for what the clinic has cancelled: %w", err)
	}
	w.Priority = min(lost, 1)
	result, err := tx.ExecContext(ctx, `INSERT INTO waitlist_entries (hospital_id, department_id, doctor_id, title, kind, first_date, last_date, halves, patient_id,
		user_id, account_id, priority, request_key, status, active, leaves_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`,
		w.Hospital, w.Department, w.Doctor, w.Title, w.Kind, w.First, w.Last, w.Halves, w.Patient,
		w.User, w.Account, w.Priority, key, w.Status, w.LeavesAt, w.CreatedAt)
	if err != nil {
		return fmt.Errorf("write the wait: %w", err)
	}
	id, err := result.LastInsertId()
	w.ID = WaitID(id)
	return err
}

// Waits lists what a user's patients wait for, with their positions; the ended ones are left out.
func (s *Store) Waits(ctx context.Context, user UserID) ([]Waiting, error) {
	list, err := s.waits(ctx, "WHERE e.user_id = ? AND e.active = 1 ORDER BY e.id", user)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if err := s.place(ctx, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *Store) waits(ctx context.Context, where string, args ...any) ([]Waiting, error) {
	var list []Waiting
	if err := s.db.SelectContext(ctx, &list, "SELECT "+waitColumns+" FROM waitlist_entries e "+where, args...); err != nil {
		return nil, fmt.Errorf("read the waitlist: %w", err)
	}
	return list, nil
}

// waitsBefore is how many of the line of e's department have their turn before e and may get a place that fits e.
const waitsBefore = `(SELECT COUNT(o.id) FROM waitlist_entries o WHERE o.department_id = e.department_id AND o.status IN ('waiting', 'offered')
	AND (o.priority > e.priority OR (o.priority = e.priority AND o.id < e.id)) AND o.first_date <= e.last_date AND o.last_date >= e.first_date AND (o.halves & e.halves) <> 0
	AND (o.doctor_id = 0 OR e.doctor_id = 0 OR o.doctor_id = e.doctor_id) AND (o.title = '' OR e.title = '' OR o.title = e.title) AND (o.kind = '' OR e.kind = '' OR o.kind = e.kind))`

// place finds the position and the open offer of somebody who waits.
func (s *Store) place(ctx context.Context, w *Waiting) error {
	if w.Status == WaitOffered {
		err := s.db.GetContext(ctx, &w.Offer, "SELECT COALESCE(MAX(appointment_id), 0) FROM waitlist_offers WHERE entry_id = ? AND answer = ''", w.ID)
		if err != nil {
			return fmt.Errorf("read the offer: %w", err)
		}
	}
	var before int
	if err := s.db.GetContext(ctx, &before, "SELECT "+waitsBefore+" FROM waitlist_entries e WHERE e.id = ?", w.ID); err != nil {
		return fmt.Errorf("count who waits before: %w", err)
	}
	w.Position = before + 1
	return nil
}

// overlaps is the condition that a wait (e) is for some of the half-days of a wish, with the arguments that overlapping gives.
const overlaps = `e.first_date <= ? AND e.last_date >= ? AND (e.halves & ?) <> 0
	AND (e.doctor_id = 0 OR ? = 0 OR e.doctor_id = ?) AND (e.title = '' OR ? = '' OR e.title = ?) AND (e.kind = '' OR ? = '' OR e.kind = ?)`

func overlapping(w Wish) []any {
	return []any{w.Last, w.First, w.Halves, w.Doctor, w.Doctor, w.Title, w.Title, w.Kind, w.Kind}
}

// LeaveWaitlist takes a wish back. A place that is held for it goes to the next in line. Once it is over, however that came
// about, leaving it again is no error.
func (s *Store) LeaveWaitlist(ctx context.Context, user UserID, id WaitID, key string) error {
	list, err := s.waits(ctx, "WHERE e.id = ?", id)
	switch {
	case err != nil:
		return err
	case len(list) == 0:
		return ErrNotFound
	case list[0].User != user:
		return ErrNotYours
	}
	if err := s.place(ctx, &list[0]); err != nil {
		return err
	}
	if offer := list[0].Offer; offer != 0 {
		if err := s.DeclineOffer(ctx, user, offer, key); err != nil && !IsRefusal(err) {
			return err
		}
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		_, err := waitTo(ctx, tx, id, StillWaiting, WaitLeft, s.clock())
		return err
	})
}

// waitTo changes the status of a wait if it still is from, and tells whether it was.
func waitTo(ctx context.Context, tx transaction, id WaitID, from, to WaitStatus, now time.Time) (bool, error) {
	var active *int
	var ended *time.Time
	if one := 1; to == StillWaiting || to == WaitOffered {
		active = &one
	} else {
		ended = &now
	}
	result, err := tx.ExecContext(ctx, "UPDATE waitlist_entries SET status = ?, active = ?, ended_at = ? WHERE id = ? AND status = ?", to, active, ended, id, from)
	if err != nil {
		return false, fmt.Errorf("change the wait: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
