package dialog_test

import (
	"strconv"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

// before writes what was before the conversation:
//
//	% rated 李思敏 4 126           so many patients have given a doctor so many points
//	% visited 李思敏 2026-11-03    this person's patient was seen by a doctor on a day: the first that was added, or themselves
//	% due 李思敏 18                the same, so many days ago
//	% parent                       a parent is added to the patients
//	% full 李思敏                  all places of a doctor are taken
//	% waited 李思敏 13 42          so many of so many who waited for a doctor, each at the head of the line, were offered a place
//	% soldout 李思敏 12 5 30 never  so many minutes after their release a doctor's latest clinics were full
func (s *script) before(what string, words []string) {
	s.t.Helper()
	if what == "parent" {
		s.patient(booking.Parent)
		return
	}
	doctor := bookingtest.Called(s.t, s.w.bookings, words[0]).Doctor
	switch what {
	case "rated":
		points, _ := strconv.Atoi(words[1])
		count, _ := strconv.Atoi(words[2])
		s.w.rated(doctor, points, count)
	case "due":
		ago, _ := strconv.Atoi(words[1])
		s.before("visited", []string{words[0], string(booking.DateOf(s.w.now(), china).Add(-ago))})
	case "full":
		_, err := s.w.db.Exec("UPDATE slots s JOIN schedules c ON c.id = s.schedule_id SET s.taken = s.capacity, c.taken = c.capacity WHERE c.doctor_id = ?", doctor)
		s.w.check(err)
	case "waited":
		offered, _ := strconv.Atoi(words[1])
		count, _ := strconv.Atoi(words[2])
		for i := range count {
			s.w.waited(doctor, i < offered)
		}
	case "soldout":
		policy, err := s.w.bookings.Policy(s.t.Context(), 1)
		s.w.check(err)
		for i, minutes := range words[1:] {
			date := booking.DateOf(s.w.now(), china).Add(-1 - i)
			c := s.w.pastClinic(doctor, date, 1)
			if after, err := strconv.ParseFloat(minutes, 64); err == nil {
				at := policy.ReleaseAt.On(date.Add(-policy.DaysAhead), china).Add(time.Duration(after * float64(time.Minute)))
				s.w.pastVisit(c, booking.Patient{ID: 1}, booking.Fulfilled, at)
			}
		}
	case "visited":
		patients, err := s.w.bookings.Patients(s.t.Context(), booking.UserID(s.who.account.User))
		s.w.check(err)
		if len(patients) == 0 {
			patients = append(patients, s.patient(booking.Self))
		}
		c := s.w.pastClinic(doctor, booking.Date(words[1]), 4)
		s.w.pastVisit(c, patients[0], booking.Fulfilled, begins(c))
	}
}

// patient adds one to this person's list.
func (s *script) patient(relation booking.Relation) booking.Patient {
	s.t.Helper()
	n := s.w.accounts.Add(1)
	p, err := s.w.bookings.AddPatient(s.t.Context(), booking.UserID(s.who.account.User), booking.NewPatient{
		Name: "王大山", Document: booking.Passport, Number: "E" + strconv.FormatInt(10_000_000+n, 10), Phone: "13912345678", BirthDate: "1980-01-01", Sex: booking.Male, Relation: relation,
	}, "patient:"+strconv.FormatInt(n, 10))
	s.w.check(err)
	return p
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
	c, err := w.bookings.Schedule(w.t.Context(), booking.ScheduleID(id))
	w.check(err)
	_, err = w.db.Exec(`INSERT INTO slots (schedule_id, starts_at, ends_at, first_seq, capacity) VALUES (?, ?, ?, 1, ?)`, id, begins(c), begins(c).Add(time.Hour), places)
	w.check(err)
	return c
}

// waited writes a wait of the last weeks that is over.
func (w *world) waited(doctor booking.DoctorID, offered bool) {
	w.t.Helper()
	n, at := w.accounts.Add(1), w.now().AddDate(0, 0, -20).UTC()
	who, err := w.bookings.Doctor(w.t.Context(), doctor)
	w.check(err)
	result, err := w.db.Exec(`INSERT INTO waitlist_entries (hospital_id, department_id, doctor_id, first_date, last_date, halves, patient_id, user_id, account_id, request_key, status, active, leaves_at, created_at, ended_at)
		VALUES (?, ?, ?, ?, ?, 7, ?, 0, 0, ?, 'ended', NULL, ?, ?, ?)`, who.Hospital, who.Department, doctor, monday.AddDate(0, 0, -int(n)-30), monday.AddDate(0, 0, -int(n)-30), n, "past:"+strconv.FormatInt(n, 10), at, at, at)
	w.check(err)
	if id, err := result.LastInsertId(); offered {
		w.check(err)
		_, err = w.db.Exec("INSERT INTO waitlist_offers (entry_id, appointment_id, schedule_id, answer, made_at) VALUES (?, ?, 0, 'yes', ?)", id, 1_000_000+n, at)
		w.check(err)
	}
}

// begins is when a clinic of the past begins.
func begins(c booking.Schedule) time.Time { return c.Date.In(china).Add(18 * time.Hour).UTC() }

// pastVisit writes a visit into a clinic of the past, booked at an instant.
func (w *world) pastVisit(c booking.Schedule, p booking.Patient, status booking.Status, made time.Time) {
	w.t.Helper()
	n := w.accounts.Add(1)
	_, err := w.db.Exec(`INSERT INTO appointments (hospital_id, department_id, doctor_id, schedule_id, slot_id, patient_id, user_id, account_id, request_key, visit_date, period,
		starts_at, seq, status, active, version, fee, policy_version, hold_until, created_at)
		SELECT ?, ?, ?, ?, s.id, ?, ?, 0, ?, ?, 'evening', ?, 1 + (SELECT COUNT(a.id) FROM appointments a WHERE a.schedule_id = ?), ?, 1, 1, 2500, 1, ?, ? FROM slots s WHERE s.schedule_id = ?`,
		c.Hospital, c.Department, c.Doctor, c.ID, p.ID, p.User, "past:"+strconv.FormatInt(n, 10), c.Date, begins(c), c.ID, status, begins(c), made.UTC(), c.ID)
	w.check(err)
}
