package booking

import (
	"fmt"
	"slices"
	"strings"
)

// Transition is one allowed step of an appointment. From is "" for a new one.
type Transition struct {
	From Status
	To   Status
	By   []Reason
}

// Transitions is the one table of what may happen to an appointment.
func Transitions() []Transition {
	return []Transition{
		{"", Held, []Reason{ByPatient, ByStaff, ByDraw}},                   // by staff: beyond the schedule's own places
		{"", Booked, []Reason{ByPayment, ByStaff, ByMove, AtDesk, ByDraw}}, // free of charge, or paid with the place that it was moved from
		{"", Offered, []Reason{ByWaitlist, ByClinic}},                      // by the clinic: instead of a visit that it has stopped
		{Offered, Held, []Reason{ByPatient}},
		{Offered, Booked, []Reason{ByPayment, ByMove, AtDesk}}, // free of charge, or paid with the visit that was stopped, or to be paid at the hospital
		{Offered, Expired, []Reason{ByDeadline}},
		{Offered, Cancelled, []Reason{ByPatient, ByClinic, ByStaff}},
		{Held, Booked, []Reason{ByPayment, AtDesk, ByStaff}},
		{Held, Expired, []Reason{ByDeadline}},
		{Held, Cancelled, []Reason{ByPatient, ByClinic, ByStaff}},
		{Expired, Booked, []Reason{ByPayment, ByStaff}}, // a payment heard of late, when a number can still be had
		{Booked, Cancelled, []Reason{ByPatient, ByClinic, ByStaff, ByMove}},
		{Booked, CheckedIn, []Reason{ByAttending, ByStaff}},
		{Booked, NoShow, []Reason{ByAttending, ByStaff}},
		{CheckedIn, Fulfilled, []Reason{ByAttending, ByStaff}},
		{CheckedIn, NoShow, []Reason{ByAttending, ByStaff}}, // did not come when called
		{CheckedIn, Cancelled, []Reason{ByClinic, ByStaff, ByMove}},
		{NoShow, Fulfilled, []Reason{ByStaff}}, // was there after all
	}
}

// Allowed tells whether the table has the step.
func Allowed(from, to Status, by Reason) bool {
	return slices.ContainsFunc(Transitions(), func(t Transition) bool {
		return t.From == from && t.To == to && slices.Contains(t.By, by)
	})
}

// Statuses lists all of them, in the order in which an appointment meets them.
func Statuses() []Status {
	return []Status{Offered, Held, Booked, CheckedIn, Fulfilled, Expired, Cancelled, NoShow}
}

// Active tells whether an appointment of this status keeps its number: nobody else can get it.
func (s Status) Active() bool { return s != Expired && s != Cancelled && s != "" }

// Upcoming tells whether the visit is still to come, as far as the status says.
func (s Status) Upcoming() bool { return s == Offered || s == Held || s == Booked }

// StatesDocument is the page docs/appointment-states.md, made from the table.
func StatesDocument() string {
	var b strings.Builder
	b.WriteString("# The states of an appointment\n\n" +
		"Generated from `booking.Transitions`; `go test ./booking -run StatesDocument -update` writes it anew.\n" +
		"Every step is a compare-and-swap on the current status and leaves a row in `appointment_events`.\n\n" +
		"```mermaid\nstateDiagram-v2\n")
	for _, t := range Transitions() {
		from := string(t.From)
		if from == "" {
			from = "[*]"
		}
		reasons := make([]string, len(t.By))
		for i, r := range t.By {
			reasons[i] = string(r)
		}
		fmt.Fprintf(&b, "    %s --> %s: %s\n", from, t.To, strings.Join(reasons, ", "))
	}
	for _, s := range Statuses() {
		if final(s) {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	b.WriteString("```\n\n| status | keeps its number | what it means |\n|---|---|---|\n")
	for _, s := range Statuses() {
		keeps := "no"
		if s.Active() {
			keeps = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s, keeps, s.meaning())
	}
	return b.String()
}

func final(s Status) bool {
	return !slices.ContainsFunc(Transitions(), func(t Transition) bool { return t.From == s })
}

func (s Status) meaning() string {
	switch s {
	case Offered:
		return "held for somebody of the waitlist (候补号) or of a stopped clinic, who says yes or no until `hold_until`"
	case Held:
		return "taken, waiting for the payment until `hold_until` and a minute more (待支付)"
	case Booked:
		return "certain: paid, free of charge, or to be paid at the hospital (已预约)"
	case CheckedIn:
		return "the patient is in the hospital (已签到)"
	case Fulfilled:
		return "seen by the doctor (已就诊)"
	case Expired:
		return "not paid in time; the number was sold again, unless the payment is heard of later and a number is free (已过期)"
	case Cancelled:
		return "by the patient, by staff, or because the clinic was stopped (已取消)"
	case NoShow:
		return "the patient did not come (爽约)"
	}
	return ""
}
