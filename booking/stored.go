package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Stored is everything that is kept about a user here, for the user to read and take away. Payments are not booking's.
type Stored struct {
	Patients []Patient
	Removed  int // patients whom the user has removed, and whose visits are kept
	Visits   []Visit
	Waits    []Waiting
	Reviews  []Review
	Appeals  []Appeal
	Draws    []Application
	NoStarts bool                     // wants no hints of a next visit
	Queued   map[AppointmentID]Queued // of the visits whose patient was checked in
}

// Queued is what a queue keeps of a visit: when the patient came and was called, and why before others.
type Queued struct {
	Appointment AppointmentID
	Class       QueueClass
	JoinedAt    time.Time
	CalledAt    *time.Time // nil: never
}

// maxStored bounds the visits of an export; nobody comes near.
const maxStored = 5000

// StoredAbout gathers it.
func (s *Store) StoredAbout(ctx context.Context, user UserID) (Stored, error) {
	var about Stored
	var err error
	if about.Patients, err = s.Patients(ctx, user); err != nil {
		return about, err
	}
	if err := s.db.GetContext(ctx, &about.Removed, "SELECT COUNT(id) FROM patients WHERE user_id = ? AND active IS NULL", user); err != nil {
		return about, fmt.Errorf("count the removed patients: %w", err)
	}
	if about.Visits, err = s.Visits(ctx, user, VisitFilter{Limit: maxStored}); err != nil {
		return about, err
	}
	if about.Queued, err = s.queued(ctx, user); err != nil {
		return about, err
	}
	if about.Waits, err = s.Waits(ctx, user); err != nil {
		return about, err
	}
	if about.Reviews, err = s.reviews(ctx, s.db, "r.user_id = ? ORDER BY r.id", user); err != nil {
		return about, err
	}
	if about.Draws, err = s.applications(ctx, "p.user_id = ?", user); err != nil {
		return about, err
	}
	if about.NoStarts, err = s.RefusesStarts(ctx, user); err != nil {
		return about, err
	}
	about.Appeals, err = s.appeals(ctx, s.db, "e.user_id = ? ORDER BY e.id", user)
	return about, err
}

func (s *Store) queued(ctx context.Context, user UserID) (map[AppointmentID]Queued, error) {
	var rows []Queued
	err := s.db.SelectContext(ctx, &rows, `SELECT e.appointment_id AS appointment, e.class, e.joined_at AS joinedat, e.called_at AS calledat
		FROM queue_entries e JOIN appointments a ON a.id = e.appointment_id WHERE a.user_id = ? ORDER BY e.appointment_id LIMIT ?`, user, maxStored)
	if err != nil {
		return nil, fmt.Errorf("read what queues keep of a user: %w", err)
	}
	found := map[AppointmentID]Queued{}
	for _, row := range rows {
		found[row.Appointment] = row
	}
	return found, nil
}

// ErrVisitsToCome says that a user who wants to be forgotten has visits that are certain and still to come.
var ErrVisitsToCome = refuse(CodePatientBusy, "您还有未就诊的预约，请先在“我的预约”里取消，再注销。", "You have appointments to come. Please cancel them under “My appointments” first.")

// ForgetUser erases what is personal about a user: held places are given back, waits are left, patients who never had an appointment are deleted, and of
// the others the name, the document's number, the telephone number, birth and sex are overwritten, the guardian is taken out, as are the words of reviews and
// appeals. What stays is what the law makes a hospital keep, and says nothing of who it was: that an appointment was made, with whom, when,
// and what became of it. Of a person with missed visits the digest of the document stays too, or forgetting would be a way around a suspension.
//
// It is refused while a certain visit is to come ([ErrVisitsToCome]). Doing it again does nothing.
func (s *Store) ForgetUser(ctx context.Context, user UserID, key string) error {
	if err := s.endUnsettled(ctx, user, key); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		var rows []struct {
			ID     PatientID
			UID    []byte
			Digest []byte
			Visits int
			Missed int
		}
		err := tx.SelectContext(ctx, &rows, `SELECT p.id, p.uid, p.number_digest AS digest,
			(SELECT COUNT(a.id) FROM appointments a WHERE a.patient_id = p.id) AS visits,
			(SELECT COUNT(a.id) FROM appointments a WHERE a.patient_id = p.id AND a.status = 'no_show') AS missed
			FROM patients p WHERE p.user_id = ? ORDER BY p.id FOR UPDATE`, user)
		if err != nil {
			return fmt.Errorf("lock the user's patients: %w", err)
		}
		var coming int
		err = tx.GetContext(ctx, &coming, `SELECT COUNT(a.id) FROM appointments a JOIN slots s ON s.id = a.slot_id
			WHERE a.user_id = ? AND a.status IN ('offered', 'held', 'booked', 'checked_in') AND s.ends_at > ?`, user, s.clock())
		switch {
		case err != nil:
			return fmt.Errorf("count the visits to come: %w", err)
		case coming > 0:
			return ErrVisitsToCome
		}
		digests := make([][]byte, len(rows))
		for i, row := range rows {
			digests[i] = row.Digest
			if row.Visits == 0 {
				_, err = tx.ExecContext(ctx, "DELETE FROM patients WHERE id = ?", row.ID)
			} else {
				err = s.erasePatient(ctx, tx, row.ID, row.Digest, row.Missed > 0)
			}
			if err != nil {
				return fmt.Errorf("erase a patient: %w", err)
			}
		}
		if err := eraseApplications(ctx, tx, user, digests); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM start_refusals WHERE user_id = ?", user); err != nil {
			return fmt.Errorf("forget that the user wants no hints: %w", err)
		}
		return s.eraseWords(ctx, tx, user)
	})
}

// endUnsettled gives back what is held or offered, and leaves all lines.
func (s *Store) endUnsettled(ctx context.Context, user UserID, key string) error {
	visits, err := s.Visits(ctx, user, VisitFilter{Upcoming: true, Limit: maxStored})
	if err != nil {
		return err
	}
	for _, v := range visits {
		if v.Appointment.Status == Booked || v.Appointment.Status == CheckedIn {
			return ErrVisitsToCome
		}
	}
	if err := s.endApplications(ctx, user); err != nil {
		return err
	}
	waits, err := s.Waits(ctx, user)
	if err != nil {
		return err
	}
	for _, w := range waits {
		if err := s.LeaveWaitlist(ctx, user, w.ID, fmt.Sprint(key, ":wait:", w.ID)); err != nil {
			return err
		}
	}
	for _, v := range visits {
		if v.Appointment.Status != Held {
			continue
		}
		if err := s.GiveBack(ctx, user, v.Appointment.ID, fmt.Sprint(key, ":held:", v.Appointment.ID)); err != nil {
			return err
		}
	}
	return nil
}

// erasePatient overwrites what is personal in a row to which appointments point, with nothing, encrypted anew.
func (s *Store) erasePatient(ctx context.Context, tx *sqlx.Tx, id PatientID, digest []byte, keepDigest bool) error {
	row, none, err := s.seal(Patient{Document: ResidentID, Relation: Relative})
	if err != nil {
		return err
	}
	if !keepDigest {
		digest = none
	}
	_, err = tx.ExecContext(ctx, `UPDATE patients SET uid = ?, name = ?, document = ?, number = ?, number_digest = ?, phone = ?, birth = ?, relation = ?, guardian_name = NULL, guardian_phone = NULL, active = NULL WHERE id = ?`,
		row.UID, row.Name, row.Document, row.Number, digest, row.Phone, row.Birth, row.Relation, id)
	return err
}

// eraseWords overwrites what the user has written, and what staff have answered.
func (s *Store) eraseWords(ctx context.Context, tx *sqlx.Tx, user UserID) error {
	for _, table := range []string{"queue_entries", "queue_events"} { // why somebody was called before others
		if _, err := tx.ExecContext(ctx, "UPDATE "+table+" SET class = '' WHERE appointment_id IN (SELECT a.id FROM appointments a WHERE a.user_id = ?)", user); err != nil {
			return fmt.Errorf("erase why the user was called before others: %w", err)
		}
	}
	const comments = "SELECT id, uid FROM visit_reviews WHERE user_id = ? ORDER BY id FOR UPDATE"
	if err := s.eraseColumn(ctx, tx, "UPDATE visit_reviews SET comment = ? WHERE id = ?", commentAt, comments, user); err != nil {
		return err
	}
	const appeals = `SELECT e.id, e.uid FROM record_events e LEFT JOIN record_events a ON a.id = e.answers
		WHERE e.user_id = ? OR a.user_id = ? ORDER BY e.id`
	return s.eraseColumn(ctx, tx, "UPDATE record_events SET note = ? WHERE id = ?", noteOf, appeals, user, user)
}

// eraseColumn puts nothing, encrypted anew, in place of a text in some rows.
func (s *Store) eraseColumn(ctx context.Context, tx *sqlx.Tx, update string, at func(uid []byte) string, query string, args ...any) error {
	var rows []struct {
		ID  int64
		UID []byte
	}
	if err := tx.SelectContext(ctx, &rows, query, args...); err != nil {
		return fmt.Errorf("read what the user has written: %w", err)
	}
	for _, row := range rows {
		nothing, err := s.keys.Seal(nil, at(row.UID))
		if err != nil {
			return fmt.Errorf("erase what the user has written: %w", err)
		}
		if _, err := tx.ExecContext(ctx, update, nothing, row.ID); err != nil {
			return fmt.Errorf("erase what the user has written: %w", err)
		}
	}
	return nil
}
