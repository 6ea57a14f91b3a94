package booking

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// NewPatient is what a person tells about a patient. It is checked by AddPatient; a resident ID's birth date and sex are
// taken from its number, those of other documents as told here (both may be empty).
type NewPatient struct {
	Name      string
	Document  DocumentKind
	Number    string
	Phone     string
	BirthDate Date
	Sex       Sex
	Relation  Relation
	Guardian  Guardian // of a patient under age; ignored for others
}

// patientRow is a patient as stored.
type patientRow struct {
	ID        PatientID
	UID       []byte
	User      UserID
	Name      []byte
	Document  DocumentKind
	Number    []byte
	Phone     []byte
	Birth     []byte
	Relation  Relation
	Active    *int
	Preferred *time.Time

	GuardianName, GuardianPhone []byte
}

const patientColumns = `p.id, p.uid, p.user_id AS user, p.name, p.document, p.number, p.phone, p.birth, p.relation, p.active, p.preferred_at AS preferred,
	p.guardian_name AS guardianname, p.guardian_phone AS guardianphone`

// Patients lists a user's patients, the first that was added first.
func (s *Store) Patients(ctx context.Context, user UserID) ([]Patient, error) {
	people, err := s.own(ctx, user)
	if err != nil {
		return nil, err
	}
	list := make([]Patient, len(people))
	for i, p := range people {
		list[i] = p.Patient
	}
	return preferred(list), nil
}

// Patient gives one of a user's patients: ErrNotFound when there is none or it was removed, ErrNotYours when it is another
// user's.
func (s *Store) Patient(ctx context.Context, user UserID, id PatientID) (Patient, error) {
	if glanceOf(ctx) != nil { // the names of the others are asked for next, to tell them apart
		list, err := s.own(ctx, user)
		if err != nil {
			return Patient{}, err
		}
		if at := slices.IndexFunc(list, func(p ownPatient) bool { return p.ID == id }); at >= 0 {
			return list[at].Patient, nil
		}
	}
	var row patientRow
	if err := s.db.GetContext(ctx, &row, `SELECT `+patientColumns+` FROM patients p WHERE p.id = ?`, id); err != nil {
		return Patient{}, notFound(err, "read the patient")
	}
	if row.User != user {
		return Patient{}, ErrNotYours
	}
	if row.Active == nil {
		return Patient{}, ErrNotFound
	}
	return s.open(row)
}

// AddPatient checks and stores a patient; one under age has a guardian, or it is [ErrNeedsGuardian]. The same key gives the same patient again, and adds nothing. How many patients a
// user may have is the strictest of the hospitals' policies.
func (s *Store) AddPatient(ctx context.Context, user UserID, n NewPatient, key string) (Patient, error) {
	p, err := n.check(DateOf(s.clock(), patientZone))
	if err != nil {
		return Patient{}, err
	}
	p.User = user
	d, err := s.directory(ctx)
	if err != nil {
		return Patient{}, err
	}
	sealed, digest, err := s.seal(p)
	if err != nil {
		return Patient{}, err
	}
	var id PatientID
	add := func(tx *sqlx.Tx) error {
		id, err = insertPatient(ctx, tx, sealed, digest, key, d.patientsPerUser(), s.clock())
		return err
	}
	err = s.inTx(ctx, add)
	if mysql.IsDuplicate(err, "") { // the same request was faster elsewhere: now its row can be seen
		err = s.inTx(ctx, add)
	}
	if err != nil {
		return Patient{}, err
	}
	return s.Patient(ctx, user, id)
}

// patientZone is where documents are from: whether somebody is born yet is asked there.
var patientZone = time.FixedZone("UTC+8", 8*60*60)

func (n NewPatient) check(today Date) (Patient, error) {
	name, err := ParseName(n.Name)
	if err != nil {
		return Patient{}, err
	}
	document, err := ParseDocument(n.Document, n.Number)
	if err != nil {
		return Patient{}, err
	}
	phone, err := ParsePhone(n.Phone)
	if err != nil {
		return Patient{}, err
	}
	p := Patient{Name: name, Document: n.Document, Number: document.Number, Phone: phone,
		BirthDate: document.BirthDate, Sex: document.Sex, Relation: n.Relation}
	if document.Kind != ResidentID {
		p.BirthDate = n.BirthDate
		if n.Sex == Male || n.Sex == Female {
			p.Sex = n.Sex
		}
	}
	if p.Relation == "" {
		p.Relation = Relative
	}
	if err := CheckBirthDate(p.BirthDate, today); err != nil {
		return Patient{}, err
	}
	p.Guardian, err = n.checkGuardian(p.BirthDate, today)
	return p, err
}

func (d *directory) patientsPerUser() int {
	limit := 0
	for _, p := range d.current {
		if limit == 0 || p.PatientsPerUser < limit {
			limit = p.PatientsPerUser
		}
	}
	return limit
}

// insertPatient adds the row under a lock on the user's rows, so that the limit holds for two requests at once. (A user without
// any row has nothing to lock, and no limit near.)
func insertPatient(ctx context.Context, tx *sqlx.Tx, row patientRow, digest []byte, key string, limit int, now time.Time) (PatientID, error) {
	var mine []struct {
		ID     PatientID
		Key    string
		Same   bool // the same document
		Active *int
	}
	err := tx.SelectContext(ctx, &mine, `SELECT id, request_key AS 'key', number_digest = ? AS same, active FROM patients WHERE user_id = ? ORDER BY id FOR UPDATE`,
		digest, row.User)
	if err != nil {
		return 0, fmt.Errorf("lock the user's patients: %w", err)
	}
	count := 0
	for _, other := range mine {
		if other.Key == key {
			if !other.Same || other.Active == nil {
				return 0, ErrConflict
			}
			return other.ID, nil
		}
		if other.Active != nil {
			count++
			if other.Same {
				return 0, ErrDuplicatePatient
			}
		}
	}
	if limit > 0 && count >= limit {
		return 0, refusef(CodeTooManyPatients, "每个账号最多添加 %[1]d 位就诊人，请先删除不再使用的。", "An account can have at most %[1]d patients. Please remove one first.", limit)
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO patients (uid, user_id, request_key, name, document, number, number_digest, phone, birth, relation, guardian_name, guardian_phone, active, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)`,
		row.UID, row.User, key, row.Name, row.Document, row.Number, digest, row.Phone, row.Birth, row.Relation, row.GuardianName, row.GuardianPhone, now)
	if err != nil {
		return 0, fmt.Errorf("write the patient: %w", err)
	}
	id, err := result.LastInsertId()
	return PatientID(id), err
}

// RemovePatient takes a patient out of the user's list; ErrPatientBusy while the patient has a visit to come. One who never
// had an appointment is deleted; of others the encrypted row stays, for the appointments that point to it.
func (s *Store) RemovePatient(ctx context.Context, user UserID, id PatientID) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		var row struct {
			User   UserID
			Active *int
		}
		if err := tx.GetContext(ctx, &row, "SELECT user_id AS user, active FROM patients WHERE id = ? FOR UPDATE", id); err != nil {
			return notFound(err, "lock the patient")
		}
		if row.User != user {
			return ErrNotYours
		}
		if row.Active == nil {
			return nil
		}
		var count struct{ All, Coming int }
		err := tx.GetContext(ctx, &count, "SELECT COUNT(id) AS 'all', COUNT(CASE WHEN status IN ('held', 'booked', 'checked_in') AND starts_at > ? THEN 1 END) AS coming FROM appointments WHERE patient_id = ?",
			s.clock(), id)
		if err != nil {
			return fmt.Errorf("count the patient's appointments: %w", err)
		}
		statement := "DELETE FROM patients WHERE id = ?"
		switch {
		case count.Coming > 0:
			return ErrPatientBusy
		case count.All > 0:
			statement = "UPDATE patients SET active = NULL WHERE id = ?"
		}
		if _, err := tx.ExecContext(ctx, statement, id); err != nil {
			return fmt.Errorf("remove the patient: %w", err)
		}
		return nil
	})
}

// where is the associated data of one of a patient's columns.
// WithDocument lists the patients with a document, in whosever lists they are: for staff, who have it in hand. The number is normalised.
func (s *Store) WithDocument(ctx context.Context, kind DocumentKind, number string) ([]Patient, error) {
	var rows []patientRow
	err := s.db.SelectContext(ctx, &rows, `SELECT `+patientColumns+` FROM patients p WHERE p.number_digest = ? AND p.active = 1 ORDER BY p.id`, s.digest(kind, number))
	if err != nil {
		return nil, fmt.Errorf("look for a document: %w", err)
	}
	list := make([]Patient, len(rows))
	for i, row := range rows {
		if list[i], err = s.open(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// digest finds a document again without telling it.
func (s *Store) digest(kind DocumentKind, number string) []byte {
	return s.keys.Digest("patients.number", string(kind)+":"+number)
}

func where(column string, uid []byte) string {
	return "patients." + column + ":" + hex.EncodeToString(uid)
}

func (s *Store) seal(p Patient) (row patientRow, digest []byte, err error) {
	row = patientRow{UID: make([]byte, 16), User: p.User, Document: p.Document, Relation: p.Relation}
	if _, err := rand.Read(row.UID); err != nil {
		return row, nil, fmt.Errorf("make the patient's uid: %w", err)
	}
	for _, field := range []struct {
		column string
		plain  string
		to     *[]byte
	}{
		{"name", p.Name, &row.Name},
		{"number", p.Number, &row.Number},
		{"phone", p.Phone, &row.Phone},
		{"birth", string(p.BirthDate) + "|" + string(p.Sex), &row.Birth},
	} {
		if *field.to, err = s.keys.Seal([]byte(field.plain), where(field.column, row.UID)); err != nil {
			return row, nil, fmt.Errorf("encrypt the patient: %w", err)
		}
	}
	err = s.sealGuardian(&row, p.Guardian)
	return row, s.digest(p.Document, p.Number), err
}

func (s *Store) open(row patientRow) (Patient, error) {
	p := Patient{ID: row.ID, User: row.User, Document: row.Document, Relation: row.Relation}
	if row.Preferred != nil {
		p.PreferredAt = *row.Preferred
	}
	var birth string
	for _, field := range []struct {
		column string
		sealed []byte
		to     *string
	}{{"name", row.Name, &p.Name}, {"number", row.Number, &p.Number}, {"phone", row.Phone, &p.Phone}, {"birth", row.Birth, &birth}} {
		plain, err := s.keys.Open(field.sealed, where(field.column, row.UID))
		if err != nil {
			return Patient{}, fmt.Errorf("decrypt %s of patient %d: %w", field.column, row.ID, err)
		}
		*field.to = string(plain)
	}
	p.BirthDate, p.Sex = cutBirth(birth)
	var err error
	p.Guardian, err = s.openGuardian(row)
	return p, err
}

// openBirth reads what the rules look at of a patient, and nothing else.
func (s *Store) openBirth(uid, sealed []byte) (Date, Sex, error) {
	plain, err := s.keys.Open(sealed, where("birth", uid))
	if err != nil {
		return "", "", fmt.Errorf("decrypt a patient's birth: %w", err)
	}
	date, sex := cutBirth(string(plain))
	return date, sex, nil
}

func cutBirth(text string) (Date, Sex) {
	date, sex, _ := strings.Cut(text, "|")
	return Date(date), Sex(sex)
}
