package booking_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guahao/booking"
	"guahao/internal/money"
)

func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		deadline booking.Deadline
		visit    string
		want     string
	}{
		{"none is the start", booking.Deadline{}, "2026-03-05 09:00", "2026-03-05 09:00"},
		{"30 minutes before", booking.Deadline{Minutes: 30}, "2026-03-05 09:00", "2026-03-05 08:30"},
		{"the day before at 16:00", booking.Deadline{Days: 1, At: "16:00"}, "2026-03-05 09:00", "2026-03-04 16:00"},
		{"midnight before", booking.Deadline{Days: 1, At: "00:00"}, "2026-03-01 09:00", "2026-02-28 00:00"},
		{"the workday before a Monday", booking.Deadline{Days: 1, At: "14:00", Workdays: true}, "2026-03-09 09:00", "2026-03-06 14:00"},
		{"the workday before a Sunday", booking.Deadline{Days: 1, At: "14:00", Workdays: true}, "2026-03-08 09:00", "2026-03-06 14:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			start := at(c.visit)
			if got := c.deadline.Of(booking.DateOf(start, shanghai), start, shanghai); !got.Equal(at(c.want)) {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	fridays := policy()
	fridays.Close = booking.Deadline{Days: 1, At: "14:00", Workdays: true}
	for _, c := range []struct {
		name        string
		policy      booking.Policy
		now         string
		first, last booking.Date
	}{
		{"before the release", policy(), "2026-03-02 06:59", "2026-03-02", "2026-03-08"},
		{"at the release", policy(), "2026-03-02 07:00", "2026-03-02", "2026-03-09"},
		{"closed for the weekend and Monday", fridays, "2026-03-06 14:00", "2026-03-10", "2026-03-13"},
		{"not closed yet", fridays, "2026-03-06 13:59", "2026-03-07", "2026-03-13"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := c.policy.Window(at(c.now), shanghai)
			if w.First != c.first || w.Last != c.last {
				t.Errorf("got %s to %s, want %s to %s", w.First, w.Last, c.first, c.last)
			}
		})
	}
}

// claim is one for a free place tomorrow at nine.
func claim() booking.Claim {
	return booking.Claim{
		Now: morning, Zone: shanghai,
		Schedule: booking.Schedule{ID: 1, Hospital: 1, Department: 1, Doctor: 1, Date: today.Add(1), Period: booking.Morning, Status: booking.Open},
		Slot:     booking.Slot{ID: 1, Schedule: 1, StartsAt: at("2026-03-03 09:00"), Capacity: 2, Taken: 1},
	}
}

// other is an appointment of the same person in another department on the same day.
func other(change func(*booking.Appointment)) booking.Appointment {
	a := booking.Appointment{Hospital: 1, Department: 9, Doctor: 9, Date: today.Add(1), Period: booking.Morning, Status: booking.Booked, StartsAt: at("2026-03-03 10:00")}
	change(&a)
	return a
}

// helps tells whether a refusal says in both languages what the person can do instead.
func helps(said booking.Text) bool {
	has := func(text string, words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
	}
	return has(said.ZH, "请", "可") && has(strings.ToLower(said.EN), "please", "you can", "come back")
}

func TestCheckHold(t *testing.T) {
	t.Parallel()
	same := func(a *booking.Appointment) { a.Department, a.Doctor = 1, 1 }
	department := func(a *booking.Appointment) { a.Department = 1 }
	nothing := func(*booking.Appointment) {}
	for _, c := range []struct {
		name   string
		change func(*booking.Claim)
		want   error
	}{
		{"a free place", func(*booking.Claim) {}, nil},
		{"stopped", func(c *booking.Claim) { c.Schedule.Status = booking.Stopped }, booking.ErrScheduleStopped},
		{"full", func(c *booking.Claim) { c.Slot.Taken = 2 }, booking.ErrSlotFull},
		{"the last place", func(c *booking.Claim) { c.Slot.Capacity, c.Slot.Taken = 1, 0 }, nil},
		{"begun", func(c *booking.Claim) { c.Now = c.Slot.StartsAt }, booking.ErrTooLate},
		{"a minute before", func(c *booking.Claim) { c.Now = c.Slot.StartsAt.Add(-time.Minute) }, nil},
		{"not released", func(c *booking.Claim) { c.Schedule.Date, c.Slot.StartsAt = today.Add(8), at("2026-03-10 09:00") }, booking.ErrTooEarly},
		{"the same doctor and half-day", func(c *booking.Claim) { c.Others = append(c.Others, other(same)) }, booking.ErrDuplicate},
		{"the same doctor in another half-day", func(c *booking.Claim) {
			c.Others = append(c.Others, other(func(a *booking.Appointment) { same(a); a.Period = booking.Afternoon }))
		}, nil},
		{"twice in the department", func(c *booking.Claim) { c.Others = append(c.Others, other(department), other(department)) }, booking.ErrLimit},
		{"three on the day", func(c *booking.Claim) {
			c.Others = append(c.Others, other(nothing), other(nothing), other(nothing))
		}, booking.ErrLimit},
		{"three in another hospital", func(c *booking.Claim) {
			elsewhere := other(func(a *booking.Appointment) { a.Hospital = 2 })
			c.Others = append(c.Others, elsewhere, elsewhere, elsewhere, elsewhere)
		}, nil},
		{"four to come", func(c *booking.Claim) {
			later := other(func(a *booking.Appointment) { a.Date, a.StartsAt = today.Add(2), at("2026-03-04 10:00") })
			c.Others = append(c.Others, later, later, later, later)
		}, booking.ErrLimit},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := claim()
			c.change(&in)
			if got := policy().CheckHold(in); !errors.Is(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			} else if refusal, ok := errors.AsType[*booking.Error](got); ok && !helps(refusal.Message) {
				t.Errorf("it does not say what to do instead: %+v", refusal.Message)
			}
		})
	}
}

// Whatever the policy and the person's other appointments: what is allowed is within every limit afterwards, and a place that
// nobody has in a window that is open is refused only for a limit.
func TestCheckHoldProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := policy()
		p.Limits = booking.Limits{PerDepartmentDay: rapid.IntRange(0, 3).Draw(t, "department"), PerDay: rapid.IntRange(0, 4).Draw(t, "day"), Open: rapid.IntRange(0, 5).Draw(t, "open")}
		c := claim()
		c.Slot.Taken = rapid.IntRange(0, 2).Draw(t, "taken")
		for range rapid.IntRange(0, 6).Draw(t, "others") {
			day := booking.Date.Add(today, rapid.IntRange(0, 3).Draw(t, "on"))
			c.Others = append(c.Others, booking.Appointment{
				Hospital: booking.HospitalID(rapid.IntRange(1, 2).Draw(t, "hospital")), Department: booking.DepartmentID(rapid.IntRange(1, 2).Draw(t, "in")),
				Doctor: booking.DoctorID(rapid.IntRange(1, 3).Draw(t, "doctor")), Date: day, StartsAt: day.In(shanghai).Add(10 * time.Hour),
				Period: rapid.SampledFrom([]booking.Period{booking.Morning, booking.Afternoon}).Draw(t, "period"),
				Status: rapid.SampledFrom([]booking.Status{booking.Held, booking.Booked, booking.Fulfilled}).Draw(t, "status"),
			})
		}
		err := p.CheckHold(c)
		department, day, open, same := 1, 1, 1, 0
		for _, a := range c.Others {
			if a.Hospital != 1 {
				continue
			}
			if a.Status.Upcoming() && a.StartsAt.After(c.Now) {
				open++
			}
			if a.Date == c.Schedule.Date {
				day++
				if a.Department == 1 {
					department++
				}
				if a.Doctor == 1 && a.Period == booking.Morning {
					same++
				}
			}
		}
		over := func(n, limit int) bool { return limit > 0 && n > limit }
		breaks := same > 0 || over(department, p.Limits.PerDepartmentDay) || over(day, p.Limits.PerDay) || over(open, p.Limits.Open)
		switch {
		case err == nil && (breaks || c.Slot.Free() == 0):
			t.Fatalf("allowed beyond a limit: %+v", c)
		case err != nil && !breaks && c.Slot.Free() > 0:
			t.Fatalf("refused without a reason: %v", err)
		}
	})
}

func TestCheckCancel(t *testing.T) {
	t.Parallel()
	a := booking.Appointment{Status: booking.Booked, Date: "2026-03-05", StartsAt: at("2026-03-05 09:00"), Fee: 5000}
	for _, c := range []struct {
		name   string
		now    string
		status booking.Status
		want   error
		refund money.Fen
	}{
		{"days before", "2026-03-02 09:00", booking.Booked, nil, 5000},
		{"exactly a day before", "2026-03-04 09:00", booking.Booked, nil, 5000},
		{"less than a day before", "2026-03-04 09:01", booking.Booked, nil, 4500},
		{"at the deadline", "2026-03-05 08:00", booking.Booked, nil, 4500},
		{"after the deadline", "2026-03-05 08:01", booking.Booked, booking.ErrTooLate, 0},
		{"a hold after the deadline", "2026-03-05 08:59", booking.Held, nil, 0},
		{"cancelled before", "2026-03-02 09:00", booking.Cancelled, booking.ErrWrongStatus, 5000},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := a
			in.Status = c.status
			if err := policy().CheckCancel(in, at(c.now), shanghai); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if got := policy().RefundOf(a.Fee, at(c.now), a.StartsAt); got != c.refund {
				t.Errorf("refund %v, want %v", got, c.refund)
			}
		})
	}
}

// A refund is never more than was paid, never less than nothing, and never grows as the visit comes nearer when the steps do
// not say so.
func TestRefundProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := booking.Policy{Refund: rapid.SliceOf(rapid.Custom(func(t *rapid.T) booking.RefundStep {
			return booking.RefundStep{
				MinutesBefore: rapid.IntRange(0, 5000).Draw(t, "before"), Fee: money.Fen(rapid.IntRange(0, 10000).Draw(t, "kept")),
				Give: rapid.SampledFrom([]booking.RefundKind{booking.RefundFull, booking.RefundLessFee, booking.RefundNone}).Draw(t, "give"),
			}
		})).Draw(t, "steps")}
		fee := money.Fen(rapid.IntRange(0, 30000).Draw(t, "fee"))
		got := p.RefundOf(fee, morning, morning.Add(time.Duration(rapid.IntRange(-100, 6000).Draw(t, "minutes"))*time.Minute))
		if got < 0 || got > fee {
			t.Fatalf("of %v paid, %v is refunded", fee, got)
		}
	})
}

// What is announced about a refund is what a cancellation gives, at every moment until it is too late.
func TestRefundStepsProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := booking.Policy{Refund: rapid.SliceOf(rapid.Custom(func(t *rapid.T) booking.RefundStep {
			return booking.RefundStep{
				MinutesBefore: rapid.IntRange(0, 5000).Draw(t, "before"), Fee: money.Fen(rapid.IntRange(0, 10000).Draw(t, "kept")),
				Give: rapid.SampledFrom([]booking.RefundKind{booking.RefundFull, booking.RefundLessFee, booking.RefundNone}).Draw(t, "give"),
			}
		})).Draw(t, "steps")}
		const fee = money.Fen(10000)
		last := rapid.IntRange(1, 6000).Draw(t, "last")
		until := morning.Add(time.Duration(last) * time.Minute)
		startsAt := until.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "left")) * time.Minute)
		steps := p.RefundSteps(fee, morning, startsAt, until)
		if len(steps) == 0 || !steps[len(steps)-1].Until.Equal(until) {
			t.Fatalf("the last of %v is not the end", steps)
		}
		when := morning.Add(time.Duration(rapid.IntRange(1, last).Draw(t, "when")) * time.Minute)
		for _, step := range steps {
			if !when.After(step.Until) {
				if got := p.RefundOf(fee, when, startsAt); got != step.Amount {
					t.Fatalf("at %v %v is announced and %v given", when, step.Amount, got)
				}
				return
			}
		}
		t.Fatalf("nothing is announced for %v", when)
	})
}

func TestParsePolicy(t *testing.T) {
	t.Parallel()
	const good = `{"days_ahead":7,"release_at":"08:30","close":{},"hold_minutes":15,"cancel":{"days_before":1,"at":"16:00"},"refund":[],"limits":{"per_department_day":1,"per_day":2,"open":3},"patients_per_user":4}`
	if _, err := booking.ParsePolicy([]byte(good)); err != nil {
		t.Errorf("a good policy: %v", err)
	}
	for name, bad := range map[string]string{
		"no JSON":          `7 days`,
		"unknown rule":     `{"day_ahead":7}`,
		"nothing":          `{}`,
		"no time":          `{"days_ahead":7,"release_at":"8h","hold_minutes":15,"patients_per_user":4}`,
		"days and minutes": `{"days_ahead":7,"release_at":"08:30","hold_minutes":15,"patients_per_user":4,"cancel":{"days_before":1,"minutes_before":3,"at":"16:00"}}`,
		"odd refund":       `{"days_ahead":7,"release_at":"08:30","hold_minutes":15,"patients_per_user":4,"refund":[{"give":"half"}]}`,
	} {
		if _, err := booking.ParsePolicy([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
