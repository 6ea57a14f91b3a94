package booking

import (
	"cmp"
	"slices"
	"time"

	"guahao/internal/money"
)

// Policy is the rules of one hospital, as its row in the table policies has them in JSON. A change of the rules is a new
// version; an appointment is judged by the version under which it was made. What a policy does not mention is no rule.
type Policy struct {
	Hospital HospitalID `json:"-"`
	Version  int        `json:"-"`

	DaysAhead       int          `json:"days_ahead"`        // how many days after today can be booked
	ReleaseAt       Clock        `json:"release_at"`        // when the last of these days opens
	Close           Deadline     `json:"close"`             // until when a visit can be booked
	HoldMinutes     int          `json:"hold_minutes"`      // how long a place waits for its payment
	PayAtDesk       bool         `json:"pay_at_desk"`       // patients may choose to pay at the hospital instead of online
	Cancel          Deadline     `json:"cancel"`            // until when the patient may cancel
	Refund          []RefundStep `json:"refund"`            // none: everything is refunded
	Limits          Limits       `json:"limits"`            // per person
	PatientsPerUser int          `json:"patients_per_user"` // 就诊人 in one user's list

	Returns      ReturnRule    `json:"returns,omitzero"`         // how a returned place is sold again
	Waitlist     WaitlistRule  `json:"waitlist,omitzero"`        // how long those who wait are asked, and wait (候补)
	Lottery      LotteryRule   `json:"lottery,omitzero"`         // which places are drawn by lot (抽签)
	Slowdown     SlowdownRule  `json:"slowdown,omitzero"`        // who gives back too often waits
	NoShows      NoShowRule    `json:"no_shows,omitzero"`        // who does not come is suspended
	CheckIn      CheckInRule   `json:"check_in,omitzero"`        // when patients may be checked in
	Fees         []FeeRule     `json:"fees,omitempty"`           // of usual weeks that name none
	Admissions   []Admission   `json:"admissions,omitempty"`     // whom departments treat
	Quiet        []string      `json:"quiet,omitempty"`          // codes of departments that no notice names: a phone lies about
	ExtraPerHalf int           `json:"extra_per_half,omitempty"` // 加号 that staff may add to a half-day
	Queues       []QueueRule   `json:"queues,omitempty"`         // how departments call their patients (排队叫号)
	Revisits     []RevisitRule `json:"revisits,omitempty"`       // when patients usually come back (复诊)

	StopRefundsAtOnce bool `json:"stop_refunds_at_once,omitempty"` // a stopped clinic (停诊) offers no other places
}

// Limits are the most active appointments that one person may have at this hospital; 0 is no limit. With one doctor in one
// half-day it is always 1, everywhere.
type Limits struct {
	PerDepartmentDay int `json:"per_department_day"`
	PerDay           int `json:"per_day"`
	Open             int `json:"open"`                // visits to come at one time
	PerWeek          int `json:"per_week,omitempty"`  // visits from a Monday to a Sunday
	PerMonth         int `json:"per_month,omitempty"` // visits in a calendar month
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

// ReturnRule says how a place that was given back is sold again: at once; at the tail, after the numbers of its slot that nobody has had yet;
// or after a cooling time, against those who pass places on.
type ReturnRule struct {
	Enter   ReturnEntry `json:"enter"`
	Minutes int         `json:"minutes,omitempty"` // of cooling
}

// ReturnEntry is where a returned place enters. The zero value is AtOnce.
type ReturnEntry string

// The ways of entering.
const (
	AtOnce  ReturnEntry = "at_once"
	AtTail  ReturnEntry = "tail"
	Cooling ReturnEntry = "cooling"
)

// OpensAt is when a place that came back at an instant may be sold again.
func (r ReturnRule) OpensAt(at time.Time) time.Time {
	if r.Enter == Cooling {
		return at.Add(time.Duration(r.Minutes) * time.Minute)
	}
	return at
}

// WaitlistRule says how long an offer of the waitlist (候补) stands, and when nobody waits for a day any more. What it does not say is
// as in UsualWaitlist.
type WaitlistRule struct {
	OfferPercent int   `json:"offer_percent,omitempty"` // of the time until the place can no longer be booked; at least 15 minutes by day, at most 24 hours
	LeaveAt      Clock `json:"leave_at,omitempty"`      // of the evening before the visit
}

// UsualWaitlist is what holds where a policy says nothing else.
func UsualWaitlist() WaitlistRule { return WaitlistRule{OfferPercent: 25, LeaveAt: "20:00"} }

// orUsual fills in what is not said.
func (r WaitlistRule) orUsual() WaitlistRule {
	usual := UsualWaitlist()
	return WaitlistRule{OfferPercent: cmp.Or(r.OfferPercent, usual.OfferPercent), LeaveAt: cmp.Or(r.LeaveAt, usual.LeaveAt)}
}

// SlowdownRule lets a user who gave back too many places at this hospital wait before the next one: at Cancels cancelled visits, or
// Unpaid holds that were given back or ran out, within Days; 0 is no limit. The first wait is WaitMinutes after the last return, and
// doubles with each further one, to at most a week.
type SlowdownRule struct {
	Cancels     int `json:"cancels"`
	Unpaid      int `json:"unpaid"`
	Days        int `json:"days"`
	WaitMinutes int `json:"wait_minutes"`
}

func (r SlowdownRule) on() bool { return r.Cancels > 0 || r.Unpaid > 0 }

// NoShowRule suspends who has missed Count visits (爽约) within Days, for as many days as the step of SuspendDays says: the first time
// the first, later ones within a year the next, the last step again and again. Count 0 is no rule: then nobody is marked either.
type NoShowRule struct {
	Count        int                `json:"count"`
	Days         int                `json:"days"`
	SuspendDays  []int              `json:"suspend_days"`
	Weights      map[ClinicKind]int `json:"weights,omitempty"`       // how many ordinary ones a missed clinic of a kind counts for; 1 where nothing is said
	GraceMinutes int                `json:"grace_minutes,omitempty"` // after the half-day's end, before who was not checked in is marked
}

func (r NoShowRule) weight(kind ClinicKind) int { return max(1, r.Weights[kind]) }

// CheckInRule says from how many minutes before a visit on its patient may be checked in (签到), 0 is the whole day of the visit; and
// whether patients may say themselves that they are there; and how near they must show to be, by location or by the hospital's own QR code.
// Meters 0 asks for nothing; then a location that is sent must be within a kilometre.
type CheckInRule struct {
	MinutesBefore int  `json:"minutes_before"`
	Self          bool `json:"self,omitempty"`
	Meters        int  `json:"meters,omitempty"`
}

// FeeRule is what a clinic costs whose usual week names no fee of its own. An empty title or kind stands for any; the
// rule that says more counts, the kind before the title.
type FeeRule struct {
	Title Title      `json:"title,omitempty"`
	Kind  ClinicKind `json:"kind,omitempty"`
	Fee   money.Fen  `json:"fee_fen"`
}

// FeeOf gives the fee of a clinic by the doctor's title and its kind; false when no rule fits.
func (p Policy) FeeOf(title Title, kind ClinicKind) (money.Fen, bool) {
	best, fee := -1, money.Fen(0)
	for _, r := range p.Fees {
		if (r.Title != "" && r.Title != title) || (r.Kind != "" && r.Kind != kind) {
			continue
		}
		says := 0
		if r.Kind != "" {
			says += 2
		}
		if r.Title != "" {
			says++
		}
		if says > best {
			best, fee = says, r.Fee
		}
	}
	return fee, best >= 0
}

// Admission is whom a department treats, by what the patient's document says at the day of the visit. What a document does
// not say (a passport without a sex) is left to the hospital's desk.
type Admission struct {
	Department string `json:"department"` // the code of one, or of one that groups others
	Sex        Sex    `json:"sex,omitempty"`
	MinAge     int    `json:"min_age,omitempty"` // in whole years
	MaxAge     int    `json:"max_age,omitempty"` // in whole years, included; 0 is no limit
}

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
