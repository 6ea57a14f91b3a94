package booking

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"guahao/internal/money"
)

// Policy is the rules of one hospital, as its row in the table policies has them in JSON. A change of the rules is a new
// version; an appointment is judged by the version under which it was made.
type Policy struct {
	Hospital HospitalID `json:"-"`
	Version  int        `json:"-"`

	DaysAhead       int          `json:"days_ahead"`        // how many days after today can be booked
	ReleaseAt       Clock        `json:"release_at"`        // when the last of these days opens
	Close           Deadline     `json:"close"`             // until when a visit can be booked
	HoldMinutes     int          `json:"hold_minutes"`      // how long a place waits for its payment
	Cancel          Deadline     `json:"cancel"`            // until when the patient may cancel
	Refund          []RefundStep `json:"refund"`            // none: everything is refunded
	Limits          Limits       `json:"limits"`            // per person
	PatientsPerUser int          `json:"patients_per_user"` // 就诊人 in one user's list
}

// Limits are the most active appointments that one person may have at this hospital; 0 is no limit. With one doctor in one
// half-day it is always 1, everywhere.
type Limits struct {
	PerDepartmentDay int `json:"per_department_day"`
	PerDay           int `json:"per_day"`
	Open             int `json:"open"` // visits to come at one time
}

// RefundStep says what a cancellation gives back when it comes at least so early. Of several steps the earliest that is
// met decides; when none is met, nothing is given back.
type RefundStep struct {
	MinutesBefore int        `json:"minutes_before"` // before the visit starts
	Give          RefundKind `json:"give"`
	Fee           money.Fen  `json:"fee_fen,omitempty"` // what is kept when Give is less_fee
}

// RefundKind is how much a cancellation gives back.
type RefundKind string

// The kinds of refunds.
const (
	RefundFull    RefundKind = "full"
	RefundLessFee RefundKind = "less_fee"
	RefundNone    RefundKind = "none"
)

// Deadline is a moment before a visit: some minutes before it starts, or, when Days is not 0, a time of day that many days
// earlier. The zero Deadline is the start of the visit.
type Deadline struct {
	Minutes  int   `json:"minutes_before,omitempty"`
	Days     int   `json:"days_before,omitempty"`
	At       Clock `json:"at,omitempty"`
	Workdays bool  `json:"workdays,omitempty"` // Days counts Monday to Friday only
}

// Clock is a time of day in the hospital's zone, as 15:04.
type Clock string

// On gives the instant at which the clock shows this time on a day. An invalid clock is midnight.
func (c Clock) On(d Date, zone *time.Location) time.Time {
	day := d.In(zone)
	t, err := time.Parse("15:04", string(c))
	if err != nil {
		return day
	}
	return time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), 0, 0, zone)
}

// Of gives the deadline of a visit that starts at an instant on a day of the hospital's zone.
func (d Deadline) Of(date Date, startsAt time.Time, zone *time.Location) time.Time {
	if d.Days == 0 {
		return startsAt.Add(-time.Duration(d.Minutes) * time.Minute)
	}
	for left := d.Days; left > 0; {
		date = date.Add(-1)
		if day := date.Weekday(); !d.Workdays || (day != time.Saturday && day != time.Sunday) {
			left--
		}
	}
	return d.At.On(date, zone)
}

// ParsePolicy reads the JSON of a policy and refuses what makes no sense.
func ParsePolicy(rules []byte) (Policy, error) {
	var p Policy
	decoder := json.NewDecoder(bytes.NewReader(rules))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return Policy{}, fmt.Errorf("the policy is not of the form that the documentation shows: %w", err)
	}
	return p, p.Validate()
}

// Validate tells what is wrong with the rules.
func (p Policy) Validate() error {
	var errs []error
	check := func(ok bool, what string) {
		if !ok {
			errs = append(errs, errors.New("policy: "+what))
		}
	}
	check(p.DaysAhead >= 0 && p.DaysAhead <= 365, "days_ahead must be 0 to 365")
	check(p.ReleaseAt.valid(), "release_at must be a time like 07:30")
	check(p.HoldMinutes >= 1 && p.HoldMinutes <= 24*60, "hold_minutes must be 1 to 1440")
	check(p.Close.valid(), "close must be minutes, or days and a time like 16:00")
	check(p.Cancel.valid(), "cancel must be minutes, or days and a time like 16:00")
	check(p.PatientsPerUser >= 1, "patients_per_user must be at least 1")
	l := p.Limits
	check(min(l.PerDepartmentDay, l.PerDay, l.Open) >= 0, "limits must not be negative")
	for _, step := range p.Refund {
		known := step.Give == RefundFull || step.Give == RefundLessFee || step.Give == RefundNone
		check(known, "refund.give must be full, less_fee or none")
		check(step.MinutesBefore >= 0 && step.Fee >= 0, "refund steps must not be negative")
	}
	return errors.Join(errs...)
}

func (c Clock) valid() bool {
	_, err := time.Parse("15:04", string(c))
	return err == nil
}

func (d Deadline) valid() bool {
	return d.Minutes >= 0 && d.Days >= 0 && d.Days <= 60 && (d.Days == 0 || (d.At.valid() && d.Minutes == 0))
}

// HoldUntil is when a place that is taken now must be paid.
func (p Policy) HoldUntil(now time.Time) time.Time {
	return now.Add(time.Duration(p.HoldMinutes) * time.Minute)
}

// RefundOf is what a patient's cancellation at an instant gives back of a fee that was paid.
func (p Policy) RefundOf(fee money.Fen, now, startsAt time.Time) money.Fen {
	if len(p.Refund) == 0 {
		return fee
	}
	best := RefundStep{MinutesBefore: -1, Give: RefundNone}
	for _, step := range p.Refund {
		due := startsAt.Add(-time.Duration(step.MinutesBefore) * time.Minute)
		if !now.After(due) && step.MinutesBefore > best.MinutesBefore {
			best = step
		}
	}
	switch best.Give {
	case RefundFull:
		return fee
	case RefundLessFee:
		return max(0, fee-best.Fee)
	}
	return 0
}

// RefundUntil is what a cancellation gives back until an instant.
type RefundUntil struct {
	Until  time.Time
	Amount money.Fen
}

// RefundSteps lists what cancelling a visit gives back from now on until it can no longer be cancelled, in order.
func (p Policy) RefundSteps(fee money.Fen, now, startsAt, cancelUntil time.Time) []RefundUntil {
	ends := []time.Time{cancelUntil}
	for _, step := range p.Refund {
		if end := startsAt.Add(-time.Duration(step.MinutesBefore) * time.Minute); end.After(now) && end.Before(cancelUntil) {
			ends = append(ends, end)
		}
	}
	slices.SortFunc(ends, time.Time.Compare)
	var steps []RefundUntil
	for _, end := range ends {
		amount := p.RefundOf(fee, end, startsAt)
		if n := len(steps); n > 0 && steps[n-1].Amount == amount {
			steps[n-1].Until = end
			continue
		}
		steps = append(steps, RefundUntil{end, amount})
	}
	return steps
}
