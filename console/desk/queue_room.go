package desk

import (
	"fmt"
	"net/http"
	"strconv"

	"guahao/booking"
	"guahao/internal/staff"
)

func queueRoomPage() page {
	return page{path: "queue/{id}", needs: staff.SeeQueue, show: showQueueRoom, picture: queueMark, acts: []act{
		{name: "next", needs: staff.CallQueue, do: callNext},
		{name: "again", needs: staff.CallQueue, do: calling((*booking.Store).CallAgain, "queue.called_again")},
		{name: "pass", needs: staff.CallQueue, do: calling((*booking.Store).PassOver, "queue.passed_over")},
		{name: "done", needs: staff.CallQueue, do: calling((*booking.Store).FinishVisit, "queue.finished")},
		{name: "pause", needs: staff.CallQueue, do: pausing((*booking.Store).PauseCalling, "queue.is_paused")},
		{name: "resume", needs: staff.CallQueue, do: pausing((*booking.Store).ResumeCalling, "queue.is_resumed")},
		{name: "class", needs: staff.CallQueue, do: classify},
		{name: "send", needs: staff.CallQueue, do: sendTo},
		{name: "away", needs: staff.CallQueue, do: sendAway},
		{name: "back", needs: staff.CallQueue, do: bringBack},
		{name: "arrive", needs: staff.AttendAppointments, do: arrive},
		{name: "scan", needs: staff.AttendAppointments, do: scan},
	}}
}

// queueRoom reads the queue of the half-day of the address; one outside of the reach does not exist.
func (r *request) queueRoom() (booking.QueueRoom, error) {
	id, err := r.id()
	if err != nil {
		return booking.QueueRoom{}, err
	}
	room, err := r.d.Booking.QueueRoomOf(r.ctx, booking.ScheduleID(id))
	if err != nil {
		return room, err
	}
	d, err := r.d.Booking.Department(r.ctx, room.Clinic.Department)
	if err == nil && !r.reach.Covers(d) {
		err = booking.ErrNotFound
	}
	return room, err
}

// queueMark is a word that changes when the page of a queue should be looked at again.
func queueMark(r *request) error {
	if r.PathValue("picture") != "mark" {
		return booking.ErrNotFound
	}
	room, err := r.queueRoom()
	if err != nil {
		return err
	}
	r.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	r.w.WriteHeader(http.StatusOK)
	_, err = fmt.Fprint(r.w, markOf(room))
	return err
}

func markOf(room booking.QueueRoom) string {
	return fmt.Sprintf("%d-%d", room.Version, len(room.Awaited))
}

// roomView is what the page of a queue needs besides the queue.
type roomView struct {
	*request
	booking.QueueRoom
	path string // of the page's actions, with a slash
	call bool   // the member may call
}

func showQueueRoom(r *request) (*view, error) {
	room, err := r.queueRoom()
	if err != nil {
		return nil, err
	}
	d, err := r.d.Booking.Department(r.ctx, room.Clinic.Department)
	if err != nil {
		return nil, err
	}
	q := roomView{r, room, "queue/" + itoa(room.Clinic.ID) + "/", r.may(staff.CallQueue, d)}
	v := &view{
		Title: fmt.Sprintf("%s · %s · %s", r.in(room.Doctor.Name), room.Clinic.RoomIn(r.lang), r.say("period."+string(room.Clinic.Period))),
		Up:    []link{{r.say("page.queue"), at("queue", "hospital", itoa(room.Clinic.Hospital))}},
		Links: []link{{r.say("queue.board"), "/board/" + itoa(d.ID) + "?lang=" + r.lang}},
		Mark:  &mark{Src: at(q.path + "mark"), Now: markOf(room)},
	}
	v.Blocks = append(v.Blocks, q.now())
	v.Blocks = append(v.Blocks, block{Title: r.say("queue.waiting", len(room.Waiting)), Table: q.people(room.Waiting, "queue.nobody_waits", q.waitingForms)})
	if len(room.Skipped) > 0 {
		v.Blocks = append(v.Blocks, block{Title: r.say("queue.skipped", len(room.Skipped)), Table: q.people(room.Skipped, "queue.none", q.backForms)})
	}
	v.Blocks = append(v.Blocks, q.awaited(d))
	if len(room.Gone) > 0 {
		v.Blocks = append(v.Blocks, block{Title: r.say("queue.gone", len(room.Gone)), Fold: true, Table: q.people(room.Gone, "queue.none", q.backForms)})
	}
	return v, nil
}

// now is who is called, in large type, with the buttons that a nurse presses all day.
func (q roomView) now() block {
	b := block{Call: &callPanel{Number: "–", Line: q.say("queue.nobody")}}
	if q.With != nil {
		b.Call.Number = q.in(q.With.Visit.Appointment.Number())
		b.Call.Line = booking.MaskName(q.With.Visit.Patient.Name) + " · " + q.say("queue.calls", strconv.Itoa(q.With.Calls))
	}
	if q.Paused {
		b.Call.State = q.say("queue.paused")
	}
	if !q.call {
		return b
	}
	next := "queue.next_first"
	if q.With != nil {
		next = "queue.next"
	}
	q.button(&b, q.Paused || len(q.Waiting) == 0 && q.With == nil, form{Action: q.path + "next", Label: next, Tone: "primary", Key: "n"})
	q.button(&b, q.With == nil, form{Action: q.path + "again", Label: "queue.again", Key: "r"})
	q.button(&b, q.With == nil, form{Action: q.path + "pass", Label: "queue.pass", Key: "s"})
	q.button(&b, q.With == nil, form{Action: q.path + "done", Label: "queue.done", Key: "f"})
	pause := form{Action: q.path + "pause", Label: "queue.pause", Key: "p"}
	if q.Paused {
		pause = form{Action: q.path + "resume", Label: "queue.resume", Tone: "primary", Key: "p"}
	}
	q.button(&b, false, pause)
	return b
}

// button adds a button of the panel, which carries who was called when the page was made.
func (q roomView) button(b *block, off bool, f form) {
	seen := booking.AppointmentID(0)
	if q.With != nil {
		seen = q.With.Visit.Appointment.ID
	}
	f.Action, f.Off = at(f.Action), off
	f.Fields = []field{{Name: "seen", Kind: "hidden", Value: itoa(seen)}}
	b.Forms = append(b.Forms, f)
}

// people is a table of some of a queue.
func (q roomView) people(list []booking.QueuePerson, empty string, forms func(booking.QueuePerson) []form) *table {
	t := &table{Heads: q.heads("number", "patient", "class", "status", "since", "do"), Count: q.say("list.count", len(list)), Empty: empty}
	for _, p := range list {
		since := cell{Text: p.Since.In(q.zone()).Format("15:04"), Under: q.say("queue.minutes", int(q.d.Now().Sub(p.Since).Minutes()))}
		status := cell{Text: q.say("queue.status." + string(p.Status))}
		if p.Behind > 0 && p.Status == booking.QueueWaiting {
			status.Under = q.say("queue.behind", p.Behind)
		}
		if p.Skips > 0 {
			status.Under = q.say("queue.skips", p.Skips)
		}
		do := cell{}
		if q.call {
			do.Forms = forms(p)
		}
		t.Rows = append(t.Rows, []cell{{Text: q.in(p.Visit.Appointment.Number())}, q.patientCell(p.Visit), q.classCell(p.Class), status, since, do})
	}
	return t
}

func (q roomView) classCell(c booking.QueueClass) cell {
	text := q.className(c)
	if c == "regular" {
		return cell{Text: text}
	}
	return cell{Text: text, Tone: map[bool]string{true: "bad", false: "warn"}[c == "emergency"]}
}

// className is a class in words; one of a hospital's own is called as its rules call it.
func (r *request) className(c booking.QueueClass) string {
	key := "class." + string(c)
	if text := r.say(key); text != key {
		return text
	}
	return string(c)
}

// waitingForms are what can be done about somebody who waits.
func (q roomView) waitingForms(p booking.QueuePerson) []form {
	id := field{Name: "id", Kind: "hidden", Value: itoa(p.Visit.Appointment.ID)}
	var classes, doctors []option
	for _, c := range q.Classes {
		classes = append(classes, option{Value: string(c), Label: q.className(c), Chosen: c == p.Class})
	}
	for _, s := range q.Siblings {
		doctors = append(doctors, option{Value: itoa(s.ID), Label: fmt.Sprintf("%s %s", q.doctorName(s.Doctor), s.RoomIn(q.lang))})
	}
	forms := []form{{Action: at(q.path + "class"), Inline: true, Label: "queue.classify", Fields: []field{id, {Name: "class", Label: "col.class", Kind: "select", Options: classes}}}}
	if len(doctors) > 0 {
		doctors = append(doctors, option{Value: "0", Label: q.say("queue.any_doctor")})
		forms = append(forms, form{Action: at(q.path + "send"), Inline: true, Label: "queue.send", Fields: []field{id, {Name: "to", Label: "col.doctor", Kind: "select", Options: doctors}}})
	}
	return append(forms, form{Action: at(q.path + "away"), Label: "queue.away", Tone: "danger", Fields: []field{id}})
}

// backForms lets somebody wait again: after being passed over, or with results.
func (q roomView) backForms(p booking.QueuePerson) []form {
	label := "queue.back"
	if p.Status == booking.QueueDone {
		label = "queue.with_results"
	}
	return []form{{Action: at(q.path + "back"), Label: label, Fields: []field{{Name: "id", Kind: "hidden", Value: itoa(p.Visit.Appointment.ID)}}}}
}

// awaited is who has booked and is not here, with the way to check in by the code of a slip.
func (q roomView) awaited(d booking.Department) block {
	attends := q.may(staff.AttendAppointments, d)
	t := &table{Heads: q.heads("number", "patient", "time", "do"), Count: q.say("list.count", len(q.Awaited)), Empty: "queue.all_here"}
	for _, v := range q.Awaited {
		do := cell{}
		if attends {
			do.Forms = []form{{Action: at(q.path + "arrive"), Label: "appointment.check_in", Fields: []field{{Name: "id", Kind: "hidden", Value: itoa(v.Appointment.ID)}}}}
		}
		t.Rows = append(t.Rows, []cell{{Text: q.in(v.Appointment.Number())}, q.patientCell(v), {Text: v.Appointment.StartsAt.In(v.Hospital.Location()).Format("15:04")}, do})
	}
	b := block{Title: q.say("queue.awaited", len(q.Awaited)), Table: t}
	if attends {
		b.Forms = []form{{Action: at(q.path + "scan"), Inline: true, Label: "appointment.check_in", Fields: []field{
			q.field(field{Name: "code", Label: "queue.code", Kind: "text", Required: true, Max: 64, Hint: q.say("queue.code_hint"), Key: "c", Auto: "off", Mono: true}),
		}}}
	}
	return b
}
