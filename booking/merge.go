package booking

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// transaction is one that is the caller's to end.
type transaction interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	GetContext(ctx context.Context, into any, query string, args ...any) error
	SelectContext(ctx context.Context, into any, query string, args ...any) error
}

// ownedTables are the tables whose rows belong to a user, but for the patients.
var ownedTables = []string{"appointments", "waitlist_entries", "place_returns", "record_events", "visit_reviews", "lottery_applications", "broadcast_refusals", "start_refusals"}

// MergeUsersTx makes the patients, appointments and waits of one user another's, in the caller's transaction. Whoever is in both
// lists stays in the second one, with the appointments and waits of both; somebody who is "myself" in the list that ends is a
// relative in the other when that has a "myself" of its own. Patients are locked first, as everywhere.
func (s *Store) MergeUsersTx(ctx context.Context, tx transaction, from, to UserID) error {
	if from == to {
		return nil
	}
	twice, err := lockTwice(ctx, tx, from, to)
	if err != nil {
		return err
	}
	for _, p := range twice {
		if err := s.joinPatients(ctx, tx, p.Gone, p.Kept); err != nil {
			return err
		}
	}
	const relation = `UPDATE patients SET relation = ? WHERE user_id = ? AND relation = ? AND active = 1 AND ? > 0`
	var selves int
	if err := tx.GetContext(ctx, &selves, "SELECT COUNT(id) FROM patients WHERE user_id = ? AND relation = ? AND active = 1", to, Self); err != nil {
		return fmt.Errorf("look for who is myself: %w", err)
	}
	if _, err := tx.ExecContext(ctx, relation, Relative, from, Self, selves); err != nil {
		return fmt.Errorf("make a myself a relative: %w", err)
	}
	for _, table := range append([]string{"patients"}, ownedTables...) {
		if _, err := tx.ExecContext(ctx, "UPDATE "+table+" SET user_id = ? WHERE user_id = ?", to, from); err != nil {
			return fmt.Errorf("move the %s of a user: %w", table, err)
		}
	}
	return nil
}

// twicePatient is one person in the lists of two users.
type twicePatient struct{ Gone, Kept PatientID }

// lockTwice locks both lists, and finds who is in both.
func lockTwice(ctx context.Context, tx transaction, from, to UserID) ([]twicePatient, error) {
	var rows []struct {
		ID     PatientID
		User   UserID
		Digest string
	}
	const lock = "SELECT id, user_id AS user, number_digest AS digest FROM patients WHERE user_id IN (?, ?) AND active = 1 ORDER BY id FOR UPDATE"
	if err := tx.SelectContext(ctx, &rows, lock, from, to); err != nil {
		return nil, fmt.Errorf("lock the patients of two users: %w", err)
	}
	kept := map[string]PatientID{}
	for _, row := range rows {
		if row.User == to {
			kept[row.Digest] = row.ID
		}
	}
	var twice []twicePatient
	for _, row := range rows {
		if id := kept[row.Digest]; row.User == from && id != 0 {
			twice = append(twice, twicePatient{Gone: row.ID, Kept: id})
		}
	}
	return twice, nil
}

// joinPatients gives one patient's appointments and waits to the other, and takes the one out of the list. A wish that both wait
// for is waited for once: the one that has an offer stays, else that of the patient who stays.
func (s *Store) joinPatients(ctx context.Context, tx transaction, gone, kept PatientID) error {
	var wishes []struct {
		ID     WaitID
		Status WaitStatus
		Theirs WaitID
	}
	const same = `SELECT a.id, a.status, b.id AS theirs FROM waitlist_entries a JOIN waitlist_entries b ON b.patient_id = ? AND b.active = 1
		AND b.department_id = a.department_id AND b.doctor_id = a.doctor_id AND b.title = a.title AND b.kind = a.kind
		AND b.first_date = a.first_date AND b.last_date = a.last_date AND b.halves = a.halves
		WHERE a.patient_id = ? AND a.active = 1 ORDER BY a.id FOR UPDATE`
	if err := tx.SelectContext(ctx, &wishes, same, kept, gone); err != nil {
		return fmt.Errorf("look for wishes that are there twice: %w", err)
	}
	stays := []WaitID{0} // on the row that is taken out: an offer for each of the two is open, and each can be answered
	for _, wish := range wishes {
		ended, err := waitTo(ctx, tx, wish.ID, StillWaiting, WaitLeft, s.clock())
		if err == nil && !ended {
			ended, err = waitTo(ctx, tx, wish.Theirs, StillWaiting, WaitLeft, s.clock())
		}
		if err != nil {
			return err
		}
		if !ended {
			stays = append(stays, wish.ID)
		}
	}
	query, args, err := sqlx.In("UPDATE waitlist_entries SET patient_id = ? WHERE patient_id = ? AND id NOT IN (?)", kept, gone, stays)
	if err != nil {
		return fmt.Errorf("move a patient's waits: %w", err)
	}
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("move a patient's waits: %w", err)
	}
	for _, statement := range []string{"UPDATE appointments SET patient_id = ? WHERE patient_id = ?", "UPDATE record_events SET patient_id = ? WHERE patient_id = ?",
		"UPDATE lottery_applications SET patient_id = ? WHERE patient_id = ?"} {
		if _, err := tx.ExecContext(ctx, statement, kept, gone); err != nil {
			return fmt.Errorf("move a patient's appointments: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE patients SET active = NULL WHERE id = ?", gone); err != nil {
		return fmt.Errorf("take a patient out of the list: %w", err)
	}
	return nil
}

// RedirectTx makes what is told of appointments and waits to one chat account be told to another, in the caller's transaction.
func (s *Store) RedirectTx(ctx context.Context, tx transaction, from, to AccountID) error {
	for _, table := range []string{"appointments", "waitlist_entries", "record_events", "lottery_applications"} {
		if _, err := tx.ExecContext(ctx, "UPDATE "+table+" SET account_id = ? WHERE account_id = ?", to, from); err != nil {
			return fmt.Errorf("redirect the %s of an account: %w", table, err)
		}
	}
	return nil
}
