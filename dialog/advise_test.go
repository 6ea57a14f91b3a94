package dialog_test

import (
	"strconv"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

// before writes what was before the conversation:
//
//	% rated 李思敏 4 126           so many patients have given a doctor so many points
//	% visited 李思敏 2026-11-03    this person's patient (the first that was added) was seen by a doctor on a day
func (s *script) before(what string, words []string) {
	s.t.Helper()
	doctor := bookingtest.Called(s.t, s.w.bookings, words[0]).Doctor
	switch what {
	case "rated":
		points, _ := strconv.Atoi(words[1])
		count, _ := strconv.Atoi(words[2])
		s.w.rated(doctor, points, count)
	case "visited":
		patients, err := s.w.bookings.Patients(s.t.Context(), booking.UserID(s.who.account.User))
		s.w.check(err)
		c := s.w.pastClinic(doctor, booking.Date(words[1]), 4)
		s.w.pastVisit(c, patients[0], booking.Fulfilled)
	}
}

// rated writes reviews of a doctor.
func (w *world) rated(doctor booking.DoctorID, points, count int) {
	w.t.Helper()
	for range count {
		n := w.accounts.Add(1)
		_, err := w.db.Exec(`INSERT INTO visit_reviews (uid, appointment_id, hospital_id, doctor_id, user_id, rating, comment, status, created_at, changed_at)
			VALUES (?, ?, 1, ?, 0, ?, '', 'waiting', ?, ?)`, []byte(strconv.FormatInt(1e15+n, 10)), 1_000_000+n, doctor, points, w.now().UTC(), w.now().UTC())
		w.check(err)
	}
}

// pastClinic writes an evening of the past with one slot of so many places, nobody in it.
func (w *world) pastClinic(doctor booking.DoctorID, date booking.Date, places int) booking.Schedule {
	w.t.Helper()
	who, err := w.bookings.Doctor(w.t.Context(), doctor)
	w.check(err)
	result, err := w.db.Exec(`INSERT INTO schedules (hospital_id, department_id, doctor_id, visit_date, period, kind, fee, room, status, capacity, taken)
		VALUES (?, ?, ?, ?, 'evening', 'general', 2500, '1', 'open', ?, 0)`, who.Hospital, who.Department, doctor, date, places)
	w.check(err)
	id, err := result.LastInsertId()
	w.check(err)
	begins := date.In(china).Add(18 * 60 * 60 * 1e9).UTC()
	_, err = w.db.Exec(`INSERT INTO slots (schedule_id, starts_at, ends_at, first_seq, capacity) VALUES (?, ?, ?, 1, ?)`, id, begins, begins.Add(60*60*1e9), places)
	w.check(err)
	c, err := w.bookings.Schedule(w.t.Context(), booking.ScheduleID(id))
	w.check(err)
	return c
}

// pastVisit writes a visit into a clinic of the past.
func (w *world) pastVisit(c booking.Schedule, p booking.Patient, status booking.Status) {
	w.t.Helper()
	n := w.accounts.Add(1)
	begins := c.Date.In(china).Add(18 * 60 * 60 * 1e9).UTC()
	_, err := w.db.Exec(`INSERT INTO appointments (hospital_id, department_id, doctor_id, schedule_id, slot_id, patient_id, user_id, account_id, request_key, visit_date, period,
		starts_at, seq, status, active, version, fee, policy_version, hold_until, created_at)
		SELECT ?, ?, ?, ?, s.id, ?, ?, 0, ?, ?, 'evening', ?, 1 + (SELECT COUNT(a.id) FROM appointments a WHERE a.schedule_id = ?), ?, 1, 1, 2500, 1, ?, ? FROM slots s WHERE s.schedule_id = ?`,
		c.Hospital, c.Department, c.Doctor, c.ID, p.ID, p.User, "past:"+strconv.FormatInt(n, 10), c.Date, begins, c.ID, status, begins, begins, c.ID)
	w.check(err)
}
