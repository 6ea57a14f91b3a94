package bookingtest

import (
	"testing"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
)

// Colleague adds a doctor to the department of another one, with the same title.
func Colleague(t testing.TB, db *sqlx.DB, s *booking.Store, of booking.DoctorID, name booking.Text) booking.DoctorID {
	t.Helper()
	for _, statement := range []string{
		`INSERT INTO doctors (hospital_id, department_id, code, name_zh, name_en, title, speciality_zh, speciality_en)
			SELECT hospital_id, department_id, CONCAT(code, 'B'), :zh, :en, title, speciality_zh, speciality_en FROM doctors WHERE id = :of`,
		"UPDATE directory_revisions SET revision = revision + 1",
	} {
		if _, err := db.NamedExec(statement, map[string]any{"zh": name.ZH, "en": name.EN, "of": of}); err != nil {
			t.Fatalf("add a colleague: %v", err)
		}
	}
	return Called(t, s, name.ZH).Doctor
}
