package booking

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
)

// PatientEdit is what may be changed of a patient: empty fields stay as they are. Whoever has another name or document is another patient.
// Of a guardian both the name and the phone are given; whoever is of age by now keeps none.
type PatientEdit struct {
	Phone    string
	Relation Relation
	Guardian Guardian
}

// EditPatient changes one of the user's patients; visits that are booked show it at once.
func (s *Store) EditPatient(ctx context.Context, user UserID, id PatientID, edit PatientEdit) error {
	if edit.Relation != "" && !slices.Contains([]Relation{Self, Spouse, Child, Parent, Relative}, edit.Relation) {
		return ErrNotFound
	}
	var phone string
	if edit.Phone != "" {
		var err error
		if phone, err = ParsePhone(edit.Phone); err != nil {
			return err
		}
	}
	if edit.Guardian != (Guardian{}) {
		if err := s.changeGuardian(ctx, user, id, edit.Guardian); err != nil {
			return err
		}
	}
	return s.changePatient(ctx, user, id, func(tx *sqlx.Tx, uid []byte) error {
		if edit.Relation != "" {
			if _, err := tx.ExecContext(ctx, "UPDATE patients SET relation = ? WHERE id = ?", edit.Relation, id); err != nil {
				return err
			}
		}
		if phone == "" {
			return nil
		}
		sealed, err := s.keys.Seal([]byte(phone), where("phone", uid))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE patients SET phone = ? WHERE id = ?", sealed, id)
		return err
	})
}

// PreferPatient makes one of the user's patients the default: the first to choose in a booking.
func (s *Store) PreferPatient(ctx context.Context, user UserID, id PatientID) error {
	return s.changePatient(ctx, user, id, func(tx *sqlx.Tx, _ []byte) error {
		_, err := tx.ExecContext(ctx, "UPDATE patients SET preferred_at = ? WHERE id = ?", s.clock(), id)
		return err
	})
}

// changePatient changes the row of one of the user's patients under its lock: ErrNotYours, and ErrNotFound for one that was removed.
func (s *Store) changePatient(ctx context.Context, user UserID, id PatientID, change func(tx *sqlx.Tx, uid []byte) error) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		var row struct {
			UID    []byte
			User   UserID
			Active *int
		}
		if err := tx.GetContext(ctx, &row, "SELECT uid, user_id AS user, active FROM patients WHERE id = ? FOR UPDATE", id); err != nil {
			return notFound(err, "lock the patient")
		}
		switch {
		case row.User != user:
			return ErrNotYours
		case row.Active == nil:
			return ErrNotFound
		}
		if err := change(tx, row.UID); err != nil {
			return fmt.Errorf("change the patient: %w", err)
		}
		return nil
	})
}

// preferred marks the default among a user's patients: the one that was made it last. Where none was, there is none.
func preferred(list []Patient) []Patient {
	best := -1
	for i, p := range list {
		if !p.PreferredAt.IsZero() && (best < 0 || p.PreferredAt.After(list[best].PreferredAt)) {
			best = i
		}
	}
	if best >= 0 {
		list[best].Default = true
	}
	return list
}
