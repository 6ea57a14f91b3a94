package dialog

import (
	"slices"
	"strings"
	"unicode/utf8"

	"guahao/booking"
	"guahao/dialog/understand"
)

// What may be done on the way to stopping a clinic.
const (
	doNoNote = "no_note"
	doStop   = "stop"
)

const maxNote = 200 // characters of the reason that patients are told

// stopRows is the way to stopping a clinic.
func stopRows() []row {
	return []row{
		{
			state: stateStopHospital, prompt: "stop.hospital", accepts: acceptsOptions, items: staffHospitalItems, chosen: stopHospitalChosen,
			typed: stopTyped, passes: stopHospitalPasses, goes: []State{stateStopDepartment, stateStopDoctor, stateStopClinic},
		},
		{
			state: stateStopDepartment, prompt: "stop.department", accepts: acceptsOptions, items: leafItems, chosen: stopDepartmentChosen,
			typed: stopTyped, goes: []State{stateStopDoctor, stateStopClinic},
		},
		{
			state: stateStopDoctor, prompt: "stop.doctor", accepts: acceptsOptions, items: stopDoctorItems, chosen: stopDoctorChosen,
			typed: stopTyped, goes: []State{stateStopClinic, stateStopDoctor},
		},
		{
			state: stateStopClinic, prompt: "stop.clinic", accepts: acceptsOptions, items: stopClinicItems, chosen: stopClinicChosen,
			typed: stopClinicTyped, goes: []State{stateStopNote},
		},
		{
			state: stateStopNote, prompt: "stop.note", accepts: acceptsVerbatim, items: stopNoteItems, chosen: stopNoteChosen,
			typed: stopNoteTyped, goes: []State{stateStopConfirm},
		},
		{
			state: stateStopConfirm, accepts: acceptsOptions, items: stopConfirmItems, chosen: stopConfirmChosen, goes: []State{stateStaff},
		},
	}
}

// stopHospitalPasses leaves out the choice for those who work in one hospital.
func stopHospitalPasses(t *turn) (State, error) {
	reach, err := t.reach()
	if err != nil || reach.Only() == 0 {
		return "", err
	}
	t.m.Draft.Hospital = reach.Only()
	return stateStopDepartment, nil
}

func stopHospitalChosen(t *turn, c choice) error {
	t.m.Draft = draft{Hospital: booking.HospitalID(c.ID)}
	return t.move(stateStopDepartment)
}

func stopDepartmentChosen(t *turn, c choice) error {
	t.m.Draft.Department, t.m.Draft.Query = booking.DepartmentID(c.ID), ""
	return t.move(stateStopDoctor)
}

// stopTyped finds a doctor by name, from any of the menus before.
func stopTyped(t *turn, line string) (bool, error) {
	if !hasLetter(line) || utf8.RuneCountInString(line) > maxQuery {
		return false, nil
	}
	query := t.d.reader.Name(line)
	doctors, err := t.doctorsNamed(query)
	if err != nil || len(doctors) == 0 {
		return false, err
	}
	if len(doctors) == 1 {
		return true, stopDoctorChosen(t, choice{ID: int64(doctors[0].ID)})
	}
	t.m.Draft.Query = query
	return true, t.move(stateStopDoctor)
}

// doctorsNamed finds the doctors of that name whose clinics this member of staff may stop.
func (t *turn) doctorsNamed(query string) ([]booking.Doctor, error) {
	reach, err := t.reach()
	if err != nil {
		return nil, err
	}
	ids, err := t.doctorsCalled(reach.Only(), query)
	if err != nil {
		return nil, err
	}
	doctors := make([]booking.Doctor, 0, len(ids))
	for _, id := range ids {
		doctor, err := t.d.Booking.Doctor(t.ctx, id)
		if err != nil {
			return nil, err
		}
		department, err := t.d.Booking.Department(t.ctx, doctor.Department)
		if err != nil {
			return nil, err
		}
		if reach.Covers(department) {
			doctors = append(doctors, doctor)
		}
	}
	return doctors, nil
}

// stopDoctorItems offers the doctors of the department, or those whom a typed name may mean.
func stopDoctorItems(t *turn) (list, error) {
	var doctors []booking.Doctor
	if query := t.m.Draft.Query; query != "" {
		var err error
		if doctors, err = t.doctorsNamed(query); err != nil {
			return list{}, err
		}
	} else {
		summaries, err := t.d.Booking.Doctors(t.ctx, t.m.Draft.Department)
		if err != nil {
			return list{}, err
		}
		for _, s := range summaries {
			doctors = append(doctors, s.Doctor)
		}
	}
	l := list{}
	for _, d := range doctors {
		dep, err := t.d.Booking.Department(t.ctx, d.Department)
		if err != nil {
			return l, err
		}
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(d.ID)}, names: []string{d.Name.ZH, d.Name.EN},
			label: t.say("stop.doctor.item", "name", d.Name, "title", t.named("title", string(d.Title)), "department", dep.Name)})
	}
	return l, nil
}

func stopDoctorChosen(t *turn, c choice) error {
	doctor, err := t.d.Booking.Doctor(t.ctx, booking.DoctorID(c.ID))
	if err != nil {
		return t.refused(err)
	}
	t.m.Draft = draft{Hospital: doctor.Hospital, Department: doctor.Department, Doctor: doctor.ID}
	return t.move(stateStopClinic)
}

// clinics lists the half-days of the draft's doctor that can still be stopped.
func (t *turn) clinics() ([]booking.Schedule, error) {
	h, err := t.hospital(t.m.Draft.Hospital)
	if err != nil {
		return nil, err
	}
	schedules, err := t.d.Clinics.Schedules(t.ctx, t.m.Draft.Doctor, t.today(h))
	return slices.DeleteFunc(schedules, func(s booking.Schedule) bool { return s.Status != booking.Open }), err
}

func stopClinicItems(t *turn) (list, error) {
	doctor, err := t.d.Booking.Doctor(t.ctx, t.m.Draft.Doctor)
	if err != nil {
		return list{}, err
	}
	schedules, err := t.clinics()
	if err != nil {
		return list{}, err
	}
	l := list{args: []any{"doctor", doctor.Name}}
	if len(schedules) == 0 {
		l.prompt = "stop.clinic.none"
	}
	for _, s := range schedules {
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(s.ID)},
			label: t.say("stop.clinic.item", "day", t.day(s.Date), "period", t.named("period", string(s.Period)), "count", s.Taken)})
	}
	return l, nil
}

func stopClinicChosen(t *turn, c choice) error {
	t.m.Draft.Schedule = booking.ScheduleID(c.ID)
	return t.move(stateStopNote)
}

// stopClinicTyped takes a day and a half of it in words, where that names one clinic.
func stopClinicTyped(t *turn, line string) (bool, error) {
	w, err := t.meaning(line)
	if err != nil || w.First == "" {
		return false, err
	}
	schedules, err := t.clinics()
	if err != nil {
		return false, err
	}
	var meant []booking.Schedule
	for _, s := range schedules {
		if s.Date >= w.First && s.Date <= w.Last && (w.Halves == 0 || w.Halves.Has(s.Period)) {
			meant = append(meant, s)
		}
	}
	if len(meant) != 1 {
		return false, nil
	}
	return true, stopClinicChosen(t, choice{ID: int64(meant[0].ID)})
}

func stopNoteItems(t *turn) (list, error) {
	return list{args: []any{"limit", maxNote}, items: []item{{choice: choice{Do: doNoNote}, label: t.say("stop.note.none")}}}, nil
}

func stopNoteChosen(t *turn, _ choice) error {
	t.m.Draft.Words = ""
	return t.move(stateStopConfirm)
}

func stopNoteTyped(t *turn, line string) (bool, error) {
	text := strings.TrimSpace(paragraphs(line))
	if understand.Tight(text) == understand.Tight(t.say("stop.note.none")) || t.d.reader.Word(text) == wantNo {
		return true, stopNoteChosen(t, choice{})
	}
	if utf8.RuneCountInString(text) > maxNote {
		t.note("stray.long", "limit", maxNote)
		return true, nil
	}
	t.m.Draft.Words = text
	return true, t.move(stateStopConfirm)
}

// stopping reads the clinic that is to be stopped, and what it is called.
func (t *turn) stopping() (booking.Schedule, string, error) {
	s, err := t.d.Booking.Schedule(t.ctx, t.m.Draft.Schedule)
	if err != nil {
		return s, "", err
	}
	department, err := t.d.Booking.Department(t.ctx, s.Department)
	if err != nil {
		return s, "", err
	}
	if reach, err := t.reach(); err != nil || !reach.Covers(department) {
		if err == nil {
			err = booking.ErrNotYours
		}
		return s, "", err
	}
	title, err := t.clinicTitle(s)
	return s, title, err
}

func stopConfirmItems(t *turn) (list, error) {
	s, title, err := t.stopping()
	if err != nil {
		return list{}, err
	}
	note := t.m.Draft.Words
	if note == "" {
		note = t.say("stop.note.empty")
	}
	return list{prompt: "stop.confirm", args: []any{"clinic", title, "count", s.Taken, "note", note, "word", t.named("word", doStop)}, items: []item{
		{choice: choice{Do: doKeep}, label: t.say("stop.no"), no: true},
		{choice: choice{Do: doStop, Explicit: true}, label: t.named("word", doStop), yes: true},
	}}, nil
}

func stopConfirmChosen(t *turn, c choice) error {
	if c.Do == doKeep {
		t.note("stop.kept")
		t.m.Draft = draft{}
		return t.settle(stateStaff)
	}
	s, title, err := t.stopping()
	if err != nil {
		return t.refused(err)
	}
	m, err := t.member()
	if err != nil {
		return err
	}
	affected, err := t.d.Clinics.StopSchedule(t.ctx, m.ID, s.ID, t.m.Draft.Words)
	if err != nil {
		return t.refused(err)
	}
	if affected > 0 && t.d.Broadcasts != nil {
		if err := t.d.Broadcasts.ReportStop(t.ctx, m.ID, t.in.Account.ID, s.ID, title, t.effectKey()); err != nil {
			return err
		}
	}
	t.note("stop.done", "clinic", title, "count", affected)
	t.m.Draft = draft{}
	return t.settle(stateStaff)
}
