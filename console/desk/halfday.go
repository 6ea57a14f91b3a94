package desk

import (
	"fmt"
	"strconv"
	"strings"

	"guahao/booking"
	"guahao/internal/staff"
)

func halfDayPage() page {
	return page{path: "schedule/{id}", needs: staff.SeeDirectory, show: showHalfDay, acts: []act{
		{name: "places", needs: staff.ChangeSchedules, do: changePlaces},
		{name: "room", needs: staff.ChangeSchedules, do: changeRoom},
		{name: "cancel", needs: staff.ChangeSchedules, do: cancelHalfDay},
		{name: "reopen", needs: staff.ChangeSchedules, do: reopenHalfDay},
	}}
}

// halfDay reads the half-day of the address; one outside of the reach does not exist.
func (r *request) halfDay() (booking.HalfDay, error) {
	c, err := r.clinic()
	if err != nil {
		return booking.HalfDay{}, err
	}
	return r.d.Booking.HalfDay(r.ctx, booking.HalfKey{Doctor: c.Doctor, Date: c.Date, Period: c.Period})
}

// halfName says which half-day it is.
func (r *request) halfName(k booking.HalfKey) string {
	return fmt.Sprintf("%s · %s %s %s", r.doctorName(k.Doctor), k.Date, r.weekday(k.Date.Weekday()), r.say("period."+string(k.Period)))
}

// showHalfDay is one half-day with what can be changed of it.
func showHalfDay(r *request) (*view, error) {
	h, err := r.halfDay()
	if err != nil {
		return nil, err
	}
	status := cell{Text: r.say("clinic.open"), Tone: "good"}
	if h.Status == booking.Stopped {
		status = cell{Text: r.say("clinic.stopped"), Under: h.Note, Tone: "bad"}
	}
	facts := []fact{
		{r.say("col.status"), status},
		{r.say("col.department"), cell{Text: r.departmentName(h.Department), Under: r.hospitalName(h.Hospital)}},
		{r.say("col.room"), cell{Text: orDash(h.Room)}},
		{r.say("col.fee"), cell{Text: yuan(h.Fee), Under: r.say("kind." + string(h.Kind))}},
		{r.say("col.taken"), cell{Text: fmt.Sprintf("%d / %d", h.Taken, h.Places()), Href: at("clinics/" + itoa(h.ID))}},
	}
	if h.Set != 0 {
		facts = append(facts, fact{r.say("half.last_change"), cell{Text: r.say("change.number", h.Set), Href: at("changes/" + itoa(h.Set))}})
	}
	if h.Manual {
		facts = append(facts, fact{r.say("half.plan"), cell{Text: r.say("half.manual")}})
	}
	v := &view{Title: r.halfName(h.HalfKey), Up: []link{{r.say("page.schedule"), at("schedule", "hospital", itoa(h.Hospital), "department", itoa(h.Department), "date", string(h.Date))}}}
	v.Blocks = append(v.Blocks, block{Facts: facts})
	d, err := r.d.Booking.Department(r.ctx, h.Department)
	if err != nil {
		return nil, err
	}
	if _, end := h.Span(); r.may(staff.ChangeSchedules, d) && end.After(r.d.Now()) {
		v.Blocks = append(v.Blocks, r.halfForms(h)...)
	}
	return v, nil
}

// halfForms are what can be changed. Each leads to a preview.
func (r *request) halfForms(h booking.HalfDay) []block {
	path := "schedule/" + itoa(h.ID) + "/"
	base := func() []field {
		return []field{{Name: "key", Kind: "hidden", Value: newKey()}, {Name: "base", Kind: "hidden", Value: strconv.Itoa(h.Version)}}
	}
	if h.Status == booking.Stopped {
		return []block{{Title: r.say("half.reopen"), Text: r.say("half.reopen_note"), Forms: []form{{Action: at(path + "reopen"), Label: "change.preview", Tone: "primary", Fields: base()}}}}
	}
	hospital, err := r.d.Booking.Hospital(r.ctx, h.Hospital)
	if err != nil {
		return nil
	}
	slots := form{Action: at(path + "places"), Label: "change.preview", Tone: "primary", Rows: true, Note: r.say("half.places_note"), Fields: base()}
	for _, s := range h.Slots {
		if s.Capacity == 0 {
			continue
		}
		t := s.StartsAt.In(hospital.Location())
		slots.Fields = append(slots.Fields, r.field(field{Name: fmt.Sprintf("places%d", t.Hour()*60+t.Minute()), Kind: "number", Value: strconv.Itoa(s.Capacity), Required: true,
			Label: t.Format("15:04") + s.EndsAt.In(hospital.Location()).Format("–15:04"), Hint: r.say("half.booked", s.Taken)}))
	}
	return []block{
		{Title: r.say("half.places"), Forms: []form{slots}},
		{Title: r.say("half.room"), Text: r.say("half.room_note"), Forms: []form{{Action: at(path + "room"), Label: "change.preview", Fields: append(base(),
			r.field(field{Name: "room", Label: "col.room", Kind: "text", Value: h.Room, Max: 50, Required: true}))}}},
		{Title: r.say("half.cancel"), Text: r.say("half.cancel_note", h.Taken), Forms: []form{{Action: at(path + "cancel"), Label: "change.preview", Tone: "danger", Fields: append(base(),
			r.field(field{Name: "note", Label: "field.patient_note", Kind: "text", Max: 200, Hint: r.say("clinic.note_hint")}))}}},
	}
}

// change proposes a change of the half-day of the address.
func (r *request) change(make func(booking.ClinicRef) booking.ScheduleChange) (string, error) {
	h, err := r.halfDay()
	if err != nil {
		return "", err
	}
	return r.propose(h.Hospital, make(booking.ClinicRef{HalfKey: h.HalfKey, Base: int(r.number("base"))}))
}

func changePlaces(r *request) (string, error) {
	var list []booking.SlotPlaces
	for name := range r.PostForm {
		if minute, ok := strings.CutPrefix(name, "places"); ok {
			at, err := strconv.Atoi(minute)
			n, wrong := strconv.Atoi(strings.TrimSpace(r.PostForm.Get(name)))
			if err != nil || wrong != nil {
				return "", refuse("half.bad_places")
			}
			list = append(list, booking.SlotPlaces{Minute: at, Places: n})
		}
	}
	return r.change(func(ref booking.ClinicRef) booking.ScheduleChange {
		return booking.ScheduleChange{Places: &booking.PlacesChange{ClinicRef: ref, Slots: list}}
	})
}

func changeRoom(r *request) (string, error) {
	return r.change(func(ref booking.ClinicRef) booking.ScheduleChange {
		return booking.ScheduleChange{Room: &booking.RoomChange{ClinicRef: ref, Room: r.value("room")}}
	})
}

func cancelHalfDay(r *request) (string, error) {
	return r.change(func(ref booking.ClinicRef) booking.ScheduleChange { return booking.ScheduleChange{Cancel: &ref} })
}

func reopenHalfDay(r *request) (string, error) {
	return r.change(func(ref booking.ClinicRef) booking.ScheduleChange { return booking.ScheduleChange{Reopen: &ref} })
}
