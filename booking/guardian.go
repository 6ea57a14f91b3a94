package booking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// Guardian is the adult who answers for a patient under age.
type Guardian struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

// adultAge is from article 17 of the Civil Code: whoever is younger is a minor, for whom a guardian acts.
const adultAge = 18

// ErrNeedsGuardian says that a patient under age has no guardian.
var ErrNeedsGuardian = refuse(CodeNeedsGuardian, "就诊人未满 18 周岁，请再填写监护人的姓名和手机号。", "The patient is under 18. Please also give the name and the phone number of a guardian.")

// NeedsGuardian tells whether somebody is a minor on a day. Where the birth date is not known, nobody is.
func NeedsGuardian(birth, today Date) bool {
	age, known := ageOn(birth, today)
	return known && age < adultAge
}

// checkGuardian gives the guardian as stored: none for an adult.
func (n NewPatient) checkGuardian(birth, today Date) (Guardian, error) {
	if !NeedsGuardian(birth, today) {
		return Guardian{}, nil
	}
	if n.Guardian.Name == "" || n.Guardian.Phone == "" {
		return Guardian{}, ErrNeedsGuardian
	}
	name, err := ParseName(n.Guardian.Name)
	if err != nil {
		return Guardian{}, err
	}
	phone, err := ParsePhone(n.Guardian.Phone)
	return Guardian{Name: name, Phone: phone}, err
}

// sealGuardian encrypts it into the patient's row, where there is one.
func (s *Store) sealGuardian(row *patientRow, g Guardian) (err error) {
	if g.Name == "" {
		return nil
	}
	if row.GuardianName, err = s.keys.Seal([]byte(g.Name), where("guardian_name", row.UID)); err != nil {
		return fmt.Errorf("encrypt the guardian: %w", err)
	}
	if row.GuardianPhone, err = s.keys.Seal([]byte(g.Phone), where("guardian_phone", row.UID)); err != nil {
		return fmt.Errorf("encrypt the guardian: %w", err)
	}
	return nil
}

// changeGuardian gives one of the user's patients another guardian. Whoever is of age by now has none.
func (s *Store) changeGuardian(ctx context.Context, user UserID, id PatientID, g Guardian) error {
	p, err := s.Patient(ctx, user, id)
	if err != nil {
		return err
	}
	if g, err = (NewPatient{Guardian: g}).checkGuardian(p.BirthDate, DateOf(s.clock(), patientZone)); err != nil {
		return err
	}
	return s.changePatient(ctx, user, id, func(tx *sqlx.Tx, uid []byte) error {
		row := patientRow{UID: uid}
		if err := s.sealGuardian(&row, g); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE patients SET guardian_name = ?, guardian_phone = ? WHERE id = ?", row.GuardianName, row.GuardianPhone, id)
		return err
	})
}

// openGuardian reads it; there is none for adults, and for who was added before guardians were asked for.
func (s *Store) openGuardian(row patientRow) (Guardian, error) {
	if row.GuardianName == nil {
		return Guardian{}, nil
	}
	name, err := s.keys.Open(row.GuardianName, where("guardian_name", row.UID))
	if err != nil {
		return Guardian{}, fmt.Errorf("decrypt the guardian of patient %d: %w", row.ID, err)
	}
	phone, err := s.keys.Open(row.GuardianPhone, where("guardian_phone", row.UID))
	if err != nil {
		return Guardian{}, fmt.Errorf("decrypt the guardian of patient %d: %w", row.ID, err)
	}
	return Guardian{Name: string(name), Phone: string(phone)}, nil
}

func (g Guardian) masked() string { return MaskName(g.Name) + " " + MaskPhone(g.Phone) }

// String is the masked form.
func (g Guardian) String() string { return g.masked() }

// GoString is the masked form.
func (g Guardian) GoString() string { return g.masked() }

// Format prints the masked form for every verb.
func (g Guardian) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(g.masked())) }
