package hisapi

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"guahao/booking"
	"guahao/internal/audit"
)

const (
	maxPage = 200
	// settling is how old a change must be before it is told: a transaction that began before it has ended by then.
	settling = time.Minute
)

type page struct {
	Appointments []appointment `json:"appointments"`
	Next         string        `json:"next"` // after or changed_since of the next page
	More         bool          `json:"more"`
}

type appointment struct {
	ID         booking.AppointmentID `json:"id"`
	Number     text                  `json:"number"`
	Status     booking.Status        `json:"status"`
	Version    int                   `json:"version"`
	Date       booking.Date          `json:"date"`
	Period     booking.Period        `json:"period"`
	StartsAt   time.Time             `json:"starts_at"`
	EndsAt     time.Time             `json:"ends_at"`
	Department string                `json:"department"`
	Doctor     string                `json:"doctor"`
	Room       string                `json:"room"`
	FeeFen     int64                 `json:"fee_fen"`
	Paid       bool                  `json:"paid"`
	Patient    patient               `json:"patient"`
}

// patient is who comes: with a masked name and no more, unless the token may see it.
type patient struct {
	ID        booking.PatientID    `json:"id"`
	Name      string               `json:"name"`
	Document  booking.DocumentKind `json:"document,omitempty"`
	Number    string               `json:"document_number,omitempty"`
	Phone     string               `json:"phone,omitempty"`
	BirthDate booking.Date         `json:"birth_date,omitempty"`
	Sex       booking.Sex          `json:"sex,omitempty"`
}

// getAppointments gives a page of a day's appointments, or of those that have changed since a cursor.
func (a *API) getAppointments(c *call) (any, error) {
	limit, err := number(c, "limit", 100)
	if err != nil {
		return nil, err
	}
	if limit < 1 || limit > maxPage {
		return nil, problem(http.StatusBadRequest, "bad_parameter", fmt.Sprintf("limit is 1 to %d", maxPage))
	}
	var out page
	var visits []booking.Visit
	date, since := booking.Date(c.query("date")), c.query("changed_since")
	switch {
	case (date == "") == (since == ""), since != "" && c.query("after") != "":
		return nil, problem(http.StatusBadRequest, "bad_parameter", "send date (with after for the next pages), or changed_since")
	case date != "" && date.In(time.UTC).IsZero():
		return nil, problem(http.StatusBadRequest, "bad_parameter", "date is a day, as 2026-12-01")
	case date != "":
		after, err := number(c, "after", 0)
		if err != nil {
			return nil, err
		}
		if visits, err = a.Booking.VisitsOn(c.ctx, c.token.Hospital, date, booking.AppointmentID(after), int(limit)); err != nil {
			return nil, err
		}
		out.Next, out.More = strconv.FormatInt(after, 10), len(visits) == int(limit)
		if len(visits) > 0 {
			out.Next = strconv.FormatInt(int64(visits[len(visits)-1].Appointment.ID), 10)
		}
	default:
		cursor, err := number(c, "changed_since", 0)
		if err != nil {
			return nil, err
		}
		var next int64
		if visits, next, out.More, err = a.Booking.VisitsChanged(c.ctx, c.token.Hospital, cursor, a.Now().Add(-settling), int(limit)); err != nil {
			return nil, err
		}
		out.Next = strconv.FormatInt(next, 10)
	}
	out.Appointments = make([]appointment, len(visits))
	for i, v := range visits {
		out.Appointments[i] = told(v, c.token.Personal)
	}
	return out, a.noteSeen(c, visits)
}

func number(c *call, name string, otherwise int64) (int64, error) {
	text := c.query(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, problem(http.StatusBadRequest, "bad_parameter", name+" is a number")
	}
	return n, nil
}

func told(v booking.Visit, personal bool) appointment {
	zone := v.Hospital.Location()
	x := v.Appointment
	out := appointment{
		ID: x.ID, Number: both(x.Number()), Status: x.Status, Version: x.Version, Date: x.Date, Period: x.Period, StartsAt: x.StartsAt.In(zone), EndsAt: v.Slot.EndsAt.In(zone),
		Department: v.Department.Code, Doctor: v.Doctor.Code, Room: v.Schedule.Room, FeeFen: int64(x.Fee), Paid: v.Paid, Patient: patient{ID: v.Patient.ID, Name: booking.MaskName(v.Patient.Name)},
	}
	if personal {
		p := v.Patient
		out.Patient = patient{p.ID, p.Name, p.Document, p.Number, p.Phone, p.BirthDate, p.Sex}
	}
	return out
}

// noteSeen writes down whose personal data was given out.
func (a *API) noteSeen(c *call, visits []booking.Visit) error {
	if !c.token.Personal || len(visits) == 0 {
		return nil
	}
	ids := make([]booking.AppointmentID, len(visits))
	for i, v := range visits {
		ids[i] = v.Appointment.ID
	}
	return a.Audit.Alone(c.ctx, audit.Entry{
		Action: "api.appointments", Subject: fmt.Sprintf("api_token:%d", c.token.ID), Hospital: int64(c.token.Hospital), After: map[string]any{"appointments": ids},
	})
}
