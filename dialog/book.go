package dialog

import (
	"strconv"

	"guahao/booking"
)

// bookingRows is the way to an appointment. Each step passes on what is chosen already, so that whoever fills the draft
// (a menu, a typed name, a whole sentence) is asked only what is missing.
func bookingRows() []row {
	return []row{
		{
			state: stateHospital, flow: flowBooking, prompt: "hospital", accepts: acceptsNames, idle: idleAsk,
			items: hospitalItems, chosen: hospitalChosen, passes: hospitalPasses, goes: []State{stateGroup},
		},
		{
			state: stateGroup, flow: flowBooking, prompt: "group", accepts: acceptsNames, idle: idleAsk,
			items: groupItems, chosen: groupChosen, passes: groupPasses, goes: []State{stateDepartment},
		},
		{
			state: stateDepartment, flow: flowBooking, prompt: "department", accepts: acceptsNames, idle: idleAsk,
			items: departmentItems, chosen: departmentChosen, passes: departmentPasses, goes: []State{stateDoctor},
		},
		{
			state: stateDoctor, flow: flowBooking, prompt: "doctor", accepts: acceptsNames, idle: idleAsk,
			items: doctorItems, chosen: doctorChosen, passes: doctorPasses, goes: []State{stateDay},
		},
		{
			state: stateDay, flow: flowBooking, prompt: "day", accepts: acceptsNames, idle: idleAsk,
			items: dayItems, chosen: dayChosen, typed: dayTyped, passes: dayPasses, goes: []State{stateDay, statePeriod, stateAlternatives},
		},
		{
			state: statePeriod, flow: flowBooking, prompt: "period", accepts: acceptsNames, idle: idleAsk,
			items: periodItems, chosen: periodChosen, typed: periodTyped, passes: periodPasses, goes: []State{stateTime, stateAlternatives},
		},
		{
			state: stateTime, flow: flowBooking, prompt: "time", accepts: acceptsNames, idle: idleAsk,
			items: timeItems, chosen: timeChosen, typed: timeTyped, passes: timePasses, goes: []State{statePatient, stateAlternatives, stateDrawPatient},
		},
		{
			state: stateAlternatives, flow: flowBooking, prompt: "alternatives", accepts: acceptsNames, idle: idleAsk,
			items: alternativeItems, chosen: alternativeChosen, goes: []State{statePatient, stateDay, stateDoctor, stateWish},
		},
		{
			state: statePatient, flow: flowBooking, prompt: "patient", accepts: acceptsOptions, idle: idleAsk,
			items: patientItems, chosen: patientChosen, passes: patientPasses, goes: []State{stateRelation, stateName, stateConfirm},
		},
		{
			state: stateConfirm, flow: flowBooking, accepts: acceptsOptions, idle: idleAsk,
			items: confirmItems, chosen: confirmChosen, goes: []State{statePay, stateVisit, stateDay, stateTime, statePatient, stateDoctor, stateAlternatives},
		},
	}
}

const described = 5 // up to how many hospitals are described above their list

func hospitalItems(t *turn) (list, error) {
	hospitals, err := t.d.Booking.Hospitals(t.ctx)
	if err != nil {
		return list{}, err
	}
	if t.m.Place.known() {
		t.m.Place.sort(hospitals)
	}
	l := list{}
	if len(hospitals) == 0 {
		l.prompt, l.args = "hospital.none", []any{"phone", t.phone()}
	}
	for _, h := range hospitals {
		if len(hospitals) <= described {
			l.about = append(l.about, t.hospitalAbout(h))
		}
		names := append([]string{h.Name.ZH, h.Name.EN, h.Short.ZH, h.Short.EN}, h.Aliases...)
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(h.ID)}, names: names, label: h.Name.In(t.lang)})
	}
	return l, nil
}

// hospitalAbout describes a hospital in a line: with how far it is, where the person said where they are.
func (t *turn) hospitalAbout(h booking.Hospital) string {
	about, how := key("hospital.about"), t.distance(t.m.Place, h)
	if how != "" {
		about = "hospital.about_near"
	}
	return t.say(about, "name", shortName(h, t.lang), "level", h.Level, "address", h.Address, "distance", how)
}

func hospitalChosen(t *turn, c choice) error {
	t.m.Draft.goTo(booking.HospitalID(c.ID))
	return t.move(stateGroup)
}

// goTo chooses a hospital.
func (d *draft) goTo(id booking.HospitalID) {
	*d = draft{Hospital: id, Patient: d.Patient, Asked: d.Asked}
}

func hospitalPasses(t *turn) (State, error) {
	if t.m.Draft.Hospital == 0 {
		hospitals, err := t.d.Booking.Hospitals(t.ctx)
		if err != nil || len(hospitals) != 1 {
			return "", err
		}
		t.m.Draft.Hospital = hospitals[0].ID
	}
	return stateGroup, nil
}

func groupItems(t *turn) (list, error) {
	h, err := t.hospital(t.m.Draft.Hospital)
	if err != nil {
		return list{}, err
	}
	return t.departmentList(h, 0)
}

// departmentList offers the departments of one level.
func (t *turn) departmentList(h booking.Hospital, parent booking.DepartmentID) (list, error) {
	departments, err := t.d.Booking.Departments(t.ctx, h.ID, parent)
	if err != nil {
		return list{}, err
	}
	l := list{args: []any{"hospital", h.Name}}
	if len(departments) == 0 {
		l.prompt = "department.none"
	}
	for _, d := range departments {
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(d.ID)}, label: d.Name.In(t.lang),
			names: append([]string{d.Name.ZH, d.Name.EN}, d.Aliases...)})
	}
	return l, nil
}

func groupChosen(t *turn, c choice) error {
	dep, err := t.d.Booking.Department(t.ctx, booking.DepartmentID(c.ID))
	if err != nil {
		return t.refused(err)
	}
	t.m.Draft.narrowTo(dep)
	return t.move(stateDepartment)
}

// narrowTo chooses a department of either level.
func (d *draft) narrowTo(dep booking.Department) {
	group, leaf := dep.ID, booking.DepartmentID(0)
	if dep.Leaf {
		group, leaf = dep.Parent, dep.ID
	}
	*d = draft{Hospital: dep.Hospital, Group: group, Department: leaf, Patient: d.Patient, Asked: d.Asked, Move: d.movedIn(dep.Hospital)}
}

func groupPasses(t *turn) (State, error) {
	d := t.draft()
	if d.Group != 0 || d.Department != 0 {
		return stateDepartment, nil
	}
	departments, err := t.d.Booking.Departments(t.ctx, d.Hospital, 0)
	if err != nil || len(departments) != 1 {
		return "", err
	}
	d.narrowTo(departments[0])
	return stateDepartment, nil
}

func departmentItems(t *turn) (list, error) {
	h, err := t.hospital(t.m.Draft.Hospital)
	if err != nil {
		return list{}, err
	}
	group, err := t.d.Booking.Department(t.ctx, t.m.Draft.Group)
	if err != nil {
		return list{}, err
	}
	l, err := t.departmentList(h, group.ID)
	l.args = append(l.args, "group", group.Name)
	return l, err
}

func departmentChosen(t *turn, c choice) error {
	dep, err := t.d.Booking.Department(t.ctx, booking.DepartmentID(c.ID))
	if err != nil {
		return t.refused(err)
	}
	t.m.Draft.narrowTo(dep)
	return t.move(stateDoctor)
}

func departmentPasses(t *turn) (State, error) {
	d := t.draft()
	if d.Department != 0 {
		return stateDoctor, nil
	}
	departments, err := t.d.Booking.Departments(t.ctx, d.Hospital, d.Group)
	if err != nil || len(departments) != 1 {
		return "", err
	}
	d.narrowTo(departments[0])
	return stateDoctor, nil
}

func doctorItems(t *turn) (list, error) {
	dep, err := t.d.Booking.Department(t.ctx, t.m.Draft.Department)
	if err != nil {
		return list{}, err
	}
	doctors, err := t.d.Booking.Doctors(t.ctx, dep.ID)
	if err != nil {
		return list{}, err
	}
	h, err := t.hospital(dep.Hospital)
	if err != nil {
		return list{}, err
	}
	l := list{args: []any{"hospital", shortName(h, t.lang), "department", dep.Name}}
	if len(doctors) == 0 {
		l.prompt = "doctor.none"
	}
	if t.m.Draft.Asked.clinics() && len(doctors) > 0 {
		if l, err = t.askedDoctors(l, doctors); err != nil {
			return list{}, err
		}
		return t.advised(l, dep, doctors)
	}
	for _, d := range doctors {
		l.items = append(l.items, t.doctorItem(d, t.doctorLabel(d)))
	}
	return t.advised(l, dep, doctors)
}

func (t *turn) doctorItem(d booking.DoctorSummary, label string) item {
	return item{choice: choice{Do: doPick, ID: int64(d.Doctor.ID)}, label: label, names: []string{d.Doctor.Name.ZH, d.Doctor.Name.EN}}
}

// doctorLabel tells of a doctor what decides: title, fee, and when the next place is free.
func (t *turn) doctorLabel(d booking.DoctorSummary) string {
	name, title := d.Doctor.Name.In(t.lang), t.named("title", string(d.Doctor.Title))
	switch {
	case t.m.Large && d.Free > 0:
		return t.say("doctor.item.large", "name", name, "title", title, "fee", t.yuan(d.FeeFrom))
	case d.Clinics == 0:
		return t.say("doctor.item.none", "name", name, "title", title)
	case d.Free == 0 && d.ByLot > 0:
		return t.say("doctor.item.lot", "name", name, "title", title, "fee", t.yuan(d.FeeFrom))
	case d.Free == 0:
		return t.say("doctor.item.full", "name", name, "title", title, "fee", t.yuan(d.FeeFrom))
	}
	return t.say("doctor.item", "name", name, "title", title, "fee", t.yuan(d.FeeFrom), "free", many(d.Free), "day", t.shortDay(d.Next))
}

// many gives a count, where more than 99 is just many.
func many(n int) string {
	if n > 99 {
		return "99+"
	}
	return strconv.Itoa(n)
}

func doctorChosen(t *turn, c choice) error {
	if c.Do == doAll {
		a := t.m.Draft.Asked
		t.remember()
		t.m.Draft.Asked = a.lasting()
		return nil
	}
	doctor, err := t.d.Booking.Doctor(t.ctx, booking.DoctorID(c.ID))
	if err != nil {
		return t.refused(err)
	}
	like := t.m.Draft.Like
	t.m.Draft.seenBy(doctor)
	if like != 0 {
		if err := t.keepTime(like); err != nil {
			return err
		}
	}
	return t.move(stateDay)
}

// seenBy chooses a doctor.
func (d *draft) seenBy(doctor booking.Doctor) {
	*d = draft{Hospital: doctor.Hospital, Group: d.Group, Department: doctor.Department, Doctor: doctor.ID, Patient: d.Patient, Asked: d.Asked,
		Move: d.movedIn(doctor.Hospital)}
}

// movedIn is the visit that is being moved, which stays in its hospital: with another one a new booking begins.
func (d *draft) movedIn(hospital booking.HospitalID) booking.AppointmentID {
	if d.Hospital != hospital {
		return 0
	}
	return d.Move
}

func doctorPasses(t *turn) (State, error) {
	if t.m.Draft.Doctor != 0 {
		return stateDay, nil
	}
	return "", nil
}
