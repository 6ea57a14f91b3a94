package dialog_test

import (
	"context"

	"guahao/booking"
	"guahao/console/desk"
)

// foreseeing tells the staff what the console's page of the demand shows, as the program does.
type foreseeing struct{ w *world }

func (f foreseeing) Forecast(ctx context.Context, id booking.StaffID, department booking.DepartmentID, lang string) (string, error) {
	return desk.New(desk.Config{Booking: f.w.bookings, Staff: f.w.staff, Now: f.w.now}).DemandText(ctx, id, department, lang)
}

// history gives a department a past of so many days, with more patients on some weekdays than on others.
func (s *script) history(department string, days int) {
	s.t.Helper()
	var of struct{ Department, Doctor, Hospital int64 }
	s.w.check(s.w.db.Get(&of, `SELECT d.department_id AS department, d.id AS doctor, d.hospital_id AS hospital FROM doctors d JOIN departments p ON p.id = d.department_id
		WHERE p.name_zh = ? ORDER BY d.hospital_id, d.id LIMIT 1`, department))
	today := booking.DateOf(s.w.now(), china)
	for i := 1; i <= days; i++ {
		date := today.Add(-i)
		s.w.db.MustExec(`INSERT INTO schedules (hospital_id, department_id, doctor_id, visit_date, period, kind, fee, room, status, capacity, taken)
			VALUES (?, ?, ?, ?, 'evening', 'general', 0, '1', 'open', 60, ?)`, of.Hospital, of.Department, of.Doctor, date, 25+3*int(date.Weekday())+i%4)
	}
}
