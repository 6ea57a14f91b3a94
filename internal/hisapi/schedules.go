package hisapi

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"guahao/booking"
	"guahao/internal/money"
)

// schedules are changes that a program asks for, all of them or none.
type schedules struct {
	Note    string   `json:"note"` // for the patients of half-days that are stopped
	Changes []change `json:"changes"`
}

// change is one of them. What an action does not need is left out.
type change struct {
	Action  string             `json:"action"` // open, weekly, places, room, stop, reopen
	Doctor  string             `json:"doctor"` // code
	Date    booking.Date       `json:"date"`   // of all but weekly
	Weekday string             `json:"weekday"`
	Period  booking.Period     `json:"period"`
	Kind    booking.ClinicKind `json:"kind"`
	FeeFen  *money.Fen         `json:"fee_fen"` // nil: what the hospital's rules say
	Room    string             `json:"room"`
	Start   string             `json:"start"` // 08:30
	Minutes int                `json:"slot_minutes"`
	Slots   int                `json:"slots"`
	PerSlot int                `json:"per_slot"`
	From    booking.Date       `json:"from"`
	To      booking.Date       `json:"to"`
}

type changeSet struct {
	ID       booking.ChangeSetID     `json:"change_set"`
	Status   booking.ChangeSetStatus `json:"status"`
	Added    int                     `json:"places_added"`
	Removed  int                     `json:"places_removed"`
	Affected int                     `json:"patients_affected"`
	Effects  int                     `json:"effects"`
}

// postSchedules makes a change set and, unless it is a preview, applies it. A preview stays as a draft that the staff see in the console.
func (a *API) postSchedules(c *call) (any, error) {
	preview := c.query("preview")
	if !slices.Contains([]string{"", "true", "false"}, preview) {
		return nil, problem(http.StatusBadRequest, "bad_parameter", "preview is true or false")
	}
	var asked schedules
	if err := decode(c.body, &asked); err != nil {
		return nil, err
	}
	known, err := a.codes(c.ctx, c.token.Hospital)
	if err != nil {
		return nil, err
	}
	reach := booking.Reach{{Hospital: c.token.Hospital}}
	name := sha256.Sum256(fmt.Appendf(nil, "%s\n%s", c.key, c.body)) // with the body: a key may be used again when it is forgotten here
	ask := booking.ChangeRequest{Reach: reach, Hospital: c.token.Hospital, Note: asked.Note, Key: fmt.Sprintf("api:%d:%x", c.token.ID, name[:16])}
	var wrong []line
	for i, one := range asked.Changes {
		change, err := one.change(known)
		if err != nil {
			wrong = append(wrong, line{i, "bad_change", text{err.Error(), err.Error()}})
		}
		ask.Changes = append(ask.Changes, change)
	}
	if len(wrong) > 0 {
		return nil, badLines(wrong)
	}
	p, err := a.Booking.DraftChanges(c.ctx, ask)
	if err == nil && len(p.Problems) == 0 && preview != "true" {
		p, err = a.Booking.ApplyChanges(c.ctx, 0, reach, p.Set.ID)
	}
	if len(p.Problems) > 0 && (err == nil || booking.IsRefusal(err)) {
		for _, x := range p.Problems {
			wrong = append(wrong, line{x.Change, string(x.Code), both(x.Message)})
		}
		return nil, badLines(wrong)
	}
	if err != nil {
		return nil, err
	}
	return changeSet{p.Set.ID, p.Set.Status, p.Set.Added, p.Set.Removed, p.Set.Affected, len(p.Effects)}, nil
}

// maxWrong is how many lines an answer lists.
const maxWrong = 1000

func badLines(list []line) error {
	p := problem(http.StatusUnprocessableEntity, "bad_changes", fmt.Sprintf("%d of the changes cannot be made, so none was", len(list)))
	p.Lines = list[:min(len(list), maxWrong)]
	return p
}

// change turns what was sent into a change.
func (c change) change(known codes) (booking.ScheduleChange, error) {
	var out booking.ScheduleChange
	doctor, ok := known.doctors[c.Doctor]
	if !ok {
		return out, fmt.Errorf("doctor: there is no doctor with the code %q", c.Doctor)
	}
	ref := booking.ClinicRef{HalfKey: booking.HalfKey{Doctor: doctor.ID, Date: c.Date, Period: c.Period}}
	switch c.Action {
	case "stop":
		out.Cancel = &ref
		return out, nil
	case "reopen":
		out.Reopen = &ref
		return out, nil
	case "room":
		out.Room = &booking.RoomChange{ClinicRef: ref, Room: c.Room}
		return out, nil
	}
	s, err := c.session()
	if err != nil {
		return out, err
	}
	switch c.Action {
	case "open":
		out.Extra = &booking.ExtraClinic{Doctor: doctor.ID, Date: c.Date, Session: s}
	case "weekly":
		out.Template = &booking.Template{Doctor: doctor.ID, Session: s, ValidFrom: c.From, ValidTo: c.To}
		out.Template.Weekday, err = weekday(c.Weekday)
	case "places":
		out.Places = &booking.PlacesChange{ClinicRef: ref}
		for i := range s.Slots {
			out.Places.Slots = append(out.Places.Slots, booking.SlotPlaces{Minute: s.StartMinute + i*s.SlotMinutes, Places: s.PerSlot})
		}
	default:
		err = fmt.Errorf("action: there is no action %q; use open, weekly, places, room, stop or reopen", c.Action)
	}
	return out, err
}

func (c change) session() (booking.Session, error) {
	const maxSlots = 100
	s := booking.Session{Period: c.Period, Kind: c.Kind, Fee: booking.FeeByPolicy, Room: c.Room, SlotMinutes: c.Minutes, Slots: c.Slots, PerSlot: c.PerSlot}
	start, err := time.Parse("15:04", c.Start)
	switch {
	case err != nil:
		return s, fmt.Errorf("start: %q is no time of day; write 08:30", c.Start)
	case c.Slots < 1 || c.Slots > maxSlots:
		return s, fmt.Errorf("slots: a half-day has 1 to %d slots", maxSlots)
	case c.Minutes < 1 || c.PerSlot < 0:
		return s, errors.New("slot_minutes must be 1 or more, per_slot 0 or more")
	case c.FeeFen != nil && *c.FeeFen < 0:
		return s, errors.New("fee_fen must not be negative")
	}
	s.StartMinute = start.Hour()*60 + start.Minute()
	if c.FeeFen != nil {
		s.Fee = *c.FeeFen
	}
	if s.Kind == "" {
		s.Kind = booking.General
	}
	return s, nil
}

// weekday reads monday … sunday, or holidays.
func weekday(name string) (time.Weekday, error) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.ToLower(day.String()) == name {
			return day, nil
		}
	}
	if name == "holidays" {
		return booking.OnHolidays, nil
	}
	return 0, fmt.Errorf("weekday: there is no weekday %q; use monday to sunday, or holidays", name)
}
