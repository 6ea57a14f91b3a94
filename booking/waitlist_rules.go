package booking

import "time"

// Halves is a set of halves of the day.
type Halves int

// The halves, and all of them together.
const (
	Mornings Halves = 1 << iota
	Afternoons
	Evenings
	AnyHalf = Mornings | Afternoons | Evenings
)

// HalvesOf makes a set.
func HalvesOf(periods ...Period) Halves {
	var h Halves
	for _, p := range periods {
		if at := p.order(); at >= 0 {
			h |= 1 << at
		}
	}
	return h
}

// Has tells whether a half is in the set.
func (h Halves) Has(p Period) bool { return h&HalvesOf(p) != 0 }

// Wish is what somebody waits for: a half-day of a doctor, or of any of a department, in a range of days.
type Wish struct {
	Department DepartmentID
	Doctor     DoctorID   // 0: any of the department
	Title      Title      // "": any
	Kind       ClinicKind // "": any
	First      Date
	Last       Date
	Halves     Halves // 0 is taken for AnyHalf
}

// Fits tells whether a half-day of a doctor of that title is wished for.
func (w Wish) Fits(c Schedule, title Title) bool {
	return w.Department == c.Department && (w.Doctor == 0 || w.Doctor == c.Doctor) && (w.Title == "" || w.Title == title) &&
		(w.Kind == "" || w.Kind == c.Kind) && c.Date >= w.First && c.Date <= w.Last && w.Halves.Has(c.Period)
}

// single tells that only one half-day can fit: after a no there is nothing left to wait for.
func (w Wish) single() bool {
	one := w.Halves == Mornings || w.Halves == Afternoons || w.Halves == Evenings
	return w.Doctor != 0 && w.First == w.Last && one
}

// How long an offer waits for its answer, whatever share of the time left a policy says.
const (
	offerAtMost = 24 * time.Hour   // but not more,
	offerLeast  = 15 * time.Minute // and by day at least this
	dayBegins   = 6                // by day is from 06:00
	dayEnds     = 23               // to 23:00
)

// OfferUntil is when an offer that is made now ends, of a place that can be booked until closes. False means that there is
// not time enough to ask anybody: the place is for who comes.
func (p Policy) OfferUntil(now, closes time.Time, zone *time.Location) (time.Time, bool) {
	share := closes.Sub(now) / 100 * time.Duration(p.Waitlist.orUsual().OfferPercent)
	until := now.Add(min(share, offerAtMost))
	if least := afterDaytime(now, offerLeast, zone); until.Before(least) {
		until = least
	}
	return until, !until.After(closes)
}

// afterDaytime is when so much time by day has passed since an instant: at night nobody needs to look at their phone.
func afterDaytime(from time.Time, d time.Duration, zone *time.Location) time.Time {
	for {
		date := DateOf(from, zone)
		begins, ends := hourOn(date, dayBegins, zone), hourOn(date, dayEnds, zone)
		if from.Before(begins) {
			from = begins
		}
		if left := ends.Sub(from); left > 0 {
			if d <= left {
				return from.Add(d)
			}
			d -= left
		}
		from = hourOn(date.Add(1), dayBegins, zone)
	}
}

// LeavesAt is when nobody waits for a day any more: the evening before it.
func (p Policy) LeavesAt(date Date, zone *time.Location) time.Time {
	return p.Waitlist.orUsual().LeaveAt.On(date.Add(-1), zone).UTC()
}

func hourOn(d Date, hour int, zone *time.Location) time.Time {
	day := d.In(zone)
	return time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, zone)
}

// checkRange refuses days that cannot be waited for.
func (p Policy) checkRange(w Wish, window Window, now time.Time, zone *time.Location) error {
	switch {
	case w.First.In(zone).IsZero() || w.Last.In(zone).IsZero() || w.First > w.Last || w.Halves < 1 || w.Halves > AnyHalf:
		return ErrBadRange
	case !now.Before(p.LeavesAt(w.Last, zone)):
		return refusef(CodeTooLate, "候补到就诊前一天的 %[1]s 为止，请选更晚的日期。", "The waitlist for a day closes at %[1]s on the day before. Please choose a later day.",
			p.Waitlist.orUsual().LeaveAt).by("waitlist.leave_at")
	case w.Last > window.Last:
		return refuse(CodeTooEarly, "这些日期里有还没放号的，放号之后才能候补。", "Some of these days are not open for booking yet; their waitlist opens with them.")
	}
	return nil
}

// checkClinics refuses a wish that no half-day can fulfil, or that one fulfils already. title is that of a doctor.
func (p Policy) checkClinics(w Wish, schedules []Schedule, title func(DoctorID) Title, now time.Time, zone *time.Location) error {
	some, drawn := false, false
	for _, c := range schedules {
		if !w.Fits(c, title(c.Doctor)) || !now.Before(p.LeavesAt(c.Date, zone)) {
			continue
		}
		if c.Free() > 0 {
			return ErrPlacesLeft
		}
		some, drawn = some || !c.Allocation.ByLot(), drawn || c.Allocation.ByLot()
	}
	switch {
	case !some && drawn:
		return ErrByLot
	case !some:
		return ErrNoClinic
	}
	return nil
}

// The codes and sentinels of the waitlist.
const (
	CodeBadRange   Code = "bad_range"
	CodeNoClinic   Code = "no_clinic"
	CodePlacesLeft Code = "places_left"
	CodeWaiting    Code = "waiting"
	CodeOfferOver  Code = "offer_over"
)

var (
	ErrBadRange   = refuse(CodeBadRange, "候补的日期范围不对，请重新选择。", "This range of days makes no sense. Please choose again.")
	ErrNoClinic   = refuse(CodeNoClinic, "这个范围内没有可以候补的门诊，请换个日期或医生。", "There is no clinic in this range to wait for. Please choose other days or another doctor.")
	ErrPlacesLeft = refuse(CodePlacesLeft, "这个范围内还有号，可以直接预约，不用候补。", "There are still places in this range: you can book one now.")
	ErrWaiting    = refuse(CodeWaiting, "这位就诊人已经在候补同样的门诊了。", "This patient is already waiting for the same.")
	ErrOfferOver  = refuse(CodeOfferOver, "这个候补号的保留时间已经过了，已让给下一位。", "The time to answer is over: this place went to the next in line.")
)
