package booking_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/booking/allocation"
	"guahao/booking/bookingtest"
	"guahao/internal/money"
)

// rules puts changed rules of the small hospital into force.
func (w *world) rules(change func(*booking.Policy)) {
	w.t.Helper()
	p := policy()
	change(&p)
	p.CheckIn.Self = p.CheckIn.Self || p.NoShows.Count > 0 // who can be missing must be able to say that they are there
	_, err := w.SetPolicy(context.Background(), w.hosp, p)
	must(w.t, err)
}

func TestValidatePolicy(t *testing.T) {
	t.Parallel()
	noShows := booking.NoShowRule{Count: 3, Days: 90, SuspendDays: []int{30, 60, 90}}
	for _, c := range []struct {
		name   string
		change func(*booking.Policy)
		want   string // in the English sentence; "" when it is fine
	}{
		{"as it is", func(*booking.Policy) {}, ""},
		{"everything", func(p *booking.Policy) {
			p.NoShows, p.CheckIn.Self, p.Returns = noShows, true, booking.ReturnRule{Enter: booking.Cooling, Minutes: 30}
			p.Slowdown = booking.SlowdownRule{Cancels: 3, Unpaid: 5, Days: 30, WaitMinutes: 60}
			p.Lottery = booking.LotteryRule{For: []booking.LotteryClinics{{Title: booking.Chief, By: booking.ByLottery}}, WindowMinutes: 60, PayMinutes: 30}
			p.Fees = []booking.FeeRule{{Fee: 1000}, {Title: booking.Chief, Kind: booking.Expert, Fee: 5000}}
			p.Admissions = []booking.Admission{{Department: "A1", Sex: booking.Female, MinAge: 12}}
		}, ""},
		{"negative days", func(p *booking.Policy) { p.DaysAhead = -1 }, "days_ahead"},
		{"negative limit", func(p *booking.Policy) { p.Limits.PerMonth = -1 }, "negative"},
		{"negative refund", func(p *booking.Policy) { p.Refund[0].MinutesBefore = -5 }, "negative"},
		{"negative fee", func(p *booking.Policy) { p.Fees = []booking.FeeRule{{Fee: -1}} }, "fees must not be negative"},
		{"negative wait", func(p *booking.Policy) { p.Slowdown.WaitMinutes = -1 }, "negative"},
		{"no hold", func(p *booking.Policy) { p.HoldMinutes = 0 }, "hold_minutes"},
		{"nobody", func(p *booking.Policy) { p.PatientsPerUser = 0 }, "patients_per_user"},
		{"never open", func(p *booking.Policy) { p.DaysAhead, p.Close = 2, booking.Deadline{Days: 3, At: "16:00"} }, "close before it opens"},
		{"closed at its release", func(p *booking.Policy) { p.DaysAhead, p.Close = 1, booking.Deadline{Days: 1, At: "07:00"} }, "close before it opens"},
		{"open for an hour", func(p *booking.Policy) { p.DaysAhead, p.Close = 1, booking.Deadline{Days: 1, At: "08:00"} }, ""},
		{"more in a department than in all", func(p *booking.Policy) { p.Limits.PerDepartmentDay = 4 }, "per_department_day is more than per_day"},
		{"more a day than a week", func(p *booking.Policy) { p.Limits.PerWeek = 2 }, "per_day is more than per_week"},
		{"more a week than a month", func(p *booking.Policy) { p.Limits.PerWeek, p.Limits.PerMonth = 9, 8 }, "per_week is more than per_month"},
		{"late pays better", func(p *booking.Policy) {
			p.Refund[1] = booking.RefundStep{MinutesBefore: 2000, Give: booking.RefundNone}
		}, "later cancellation would get more"},
		{"two steps at once", func(p *booking.Policy) { p.Refund[1].MinutesBefore = p.Refund[0].MinutesBefore }, "the same time"},
		{"a fee that is not kept", func(p *booking.Policy) { p.Refund[0].Fee = 3 }, "less_fee only"},
		{"an offer for no time", func(p *booking.Policy) { p.Waitlist.OfferPercent = -1 }, "offer_percent"},
		{"an offer beyond the visit", func(p *booking.Policy) { p.Waitlist.OfferPercent = 101 }, "offer_percent"},
		{"a morning for an evening", func(p *booking.Policy) { p.Waitlist.LeaveAt = "08:00" }, "leave_at"},
		{"no time to leave at", func(p *booking.Policy) { p.Waitlist.LeaveAt = "8pm" }, "leave_at"},
		{"a draw of no kind", func(p *booking.Policy) { p.Lottery.For = []booking.LotteryClinics{{By: "luck"}} }, "lottery.for needs by"},
		{"a window of weeks", func(p *booking.Policy) { p.Lottery.WindowMinutes = 99999 }, "lottery.window_minutes"},
		{"lots for some", func(p *booking.Policy) { p.Lottery.Weights = allocation.Weights{Credit: 1} }, "at least 1"},
		{"no cooling time", func(p *booking.Policy) { p.Returns = booking.ReturnRule{Enter: booking.Cooling} }, "returns.minutes"},
		{"a cooling time for nothing", func(p *booking.Policy) { p.Returns = booking.ReturnRule{Enter: booking.AtTail, Minutes: 5} }, "returns.minutes"},
		{"an odd entry", func(p *booking.Policy) { p.Returns.Enter = "later" }, "returns.enter"},
		{"slow for no time", func(p *booking.Policy) { p.Slowdown = booking.SlowdownRule{Cancels: 3} }, "slowdown needs days"},
		{"suspended for nothing", func(p *booking.Policy) { p.NoShows = booking.NoShowRule{Count: 3, Days: 90} }, "lacks suspend_days"},
		{"missing without a check-in", func(p *booking.Policy) { p.NoShows = noShows; p.CheckIn.Self = false }, "no_shows needs check_in.self"},
		{"never counted", func(p *booking.Policy) { p.NoShows = booking.NoShowRule{SuspendDays: []int{3}} }, "lacks its count"},
		{"milder each time", func(p *booking.Policy) { p.NoShows = noShows; p.NoShows.SuspendDays = []int{60, 30} }, "must not become shorter"},
		{"one fee twice", func(p *booking.Policy) {
			p.Fees = []booking.FeeRule{{Kind: booking.Expert, Fee: 1}, {Kind: booking.Expert, Fee: 2}}
		}, "twice"},
		{"an odd title", func(p *booking.Policy) { p.Fees = []booking.FeeRule{{Title: "professor"}} }, "does not exist"},
		{"from 18 to 14", func(p *booking.Policy) {
			p.Admissions = []booking.Admission{{Department: "A1", MinAge: 18, MaxAge: 14}}
		}, "contradict"},
		{"no limit", func(p *booking.Policy) { p.Admissions = []booking.Admission{{Department: "A1"}} }, "must limit sex or age"},
		{"two ways of a deadline", func(p *booking.Policy) { p.Cancel = booking.Deadline{Minutes: 5, Days: 1, At: "16:00"} }, "cancel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := policy()
			c.change(&p)
			err := p.Validate()
			if c.want == "" {
				must(t, err)
				return
			}
			var refusal *booking.Error
			if !errors.As(err, &refusal) || refusal.Code != booking.CodeBadPolicy || !strings.Contains(refusal.Message.EN, c.want) {
				t.Fatalf("got %v, want a bad_policy with %q", err, c.want)
			}
			if !strings.ContainsFunc(refusal.Message.ZH, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("no Chinese sentence: %q", refusal.Message.ZH)
			}
		})
	}
}

// A refused policy leaves everything as it was; an accepted one is for what is booked from then on.
func TestSetPolicy(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 1, 4)
	before := w.mustHold(slots[0].ID, 1)
	stored := count(t, w, "SELECT COUNT(version) FROM policies")
	for name, change := range map[string]func(*booking.Policy){
		"negative":     func(p *booking.Policy) { p.HoldMinutes = -1 },
		"no such code": func(p *booking.Policy) { p.Admissions = []booking.Admission{{Department: "A9", MinAge: 1}} },
	} {
		p := policy()
		change(&p)
		if _, err := w.SetPolicy(ctx, w.hosp, p); !errors.Is(err, booking.ErrBadPolicy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.SetPolicy(ctx, 999, policy()); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("another hospital's: %v", err)
	}
	if now := count(t, w, "SELECT COUNT(version) FROM policies"); now != stored {
		t.Errorf("%d versions are stored after refusals, %d before", now, stored)
	}
	w.rules(func(p *booking.Policy) {
		p.Cancel, p.HoldMinutes = booking.Deadline{Days: 1, At: "00:00"}, 30
		p.Returns = booking.ReturnRule{Enter: booking.Cooling, Minutes: 20}
	})
	got, err := w.Policy(ctx, w.hosp)
	must(t, err)
	if got.Version != 2 || got.Returns.Minutes != 20 {
		t.Errorf("in force: %+v", got)
	}
	after := w.mustHold(slots[0].ID, 2)
	if d := after.Appointment.HoldUntil.Sub(w.clock.now()).Minutes(); d != 30 || after.Appointment.Policy != 2 {
		t.Errorf("held for %v minutes under version %d", d, after.Appointment.Policy)
	}
	for _, v := range []booking.Visit{before, after} {
		_, err := w.confirm(v.Appointment.ID)
		must(t, err)
	}
	if _, _, err := w.Cancel(ctx, 1, before.Appointment.ID, "c"); err != nil {
		t.Errorf("the old appointment does not keep its rules: %v", err)
	}
	if _, _, err := w.Cancel(ctx, 2, after.Appointment.ID, "c"); !errors.Is(err, booking.ErrTooLate) {
		t.Errorf("the new appointment: %v", err)
	}
}

func count(t testing.TB, w *world, query string, args ...any) int {
	t.Helper()
	var n int
	must(t, w.db.Get(&n, query, args...))
	return n
}

func TestFeeOf(t *testing.T) {
	t.Parallel()
	p := booking.Policy{Fees: []booking.FeeRule{
		{Fee: 1000}, {Title: booking.Chief, Fee: 2000}, {Kind: booking.Expert, Fee: 3000}, {Title: booking.Chief, Kind: booking.Expert, Fee: 4000},
	}}
	got := map[string]money.Fen{}
	for _, title := range []booking.Title{booking.Chief, booking.Attending} {
		for _, kind := range []booking.ClinicKind{booking.General, booking.Expert} {
			got[string(title)+" "+string(kind)], _ = p.FeeOf(title, kind)
		}
	}
	want := map[string]money.Fen{"chief general": 2000, "chief expert": 4000, "attending general": 1000, "attending expert": 3000}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, ok := policy().FeeOf(booking.Chief, booking.Expert); ok {
		t.Error("a policy without fees has one")
	}
}

// A clinic without a fee of its own costs what the policy says for the doctor's title, at the time when it is opened.
func TestFeeByPolicy(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	session := booking.Session{Period: booking.Evening, Kind: booking.Expert, Fee: booking.FeeByPolicy, StartMinute: 18 * 60, SlotMinutes: 15, Slots: 1, PerSlot: 1}
	if _, err := w.AddSchedule(ctx, w.doctor, today.Add(1), session); err == nil {
		t.Error("a clinic was opened without any fee")
	}
	w.rules(func(p *booking.Policy) {
		p.Fees = []booking.FeeRule{{Title: booking.Chief, Kind: booking.Expert, Fee: 6000}}
	})
	c, err := w.AddSchedule(ctx, w.doctor, today.Add(1), session)
	must(t, err)
	slots, err := w.Slots(ctx, c.ID)
	must(t, err)
	if v := w.mustHold(slots[0].ID, 1); v.Appointment.Fee != 6000 {
		t.Errorf("the fee is %v", v.Appointment.Fee)
	}
}

// Children are not sent to where they are not treated, by what their document says.
func TestAdmission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(0, 1, 9)
	w.rules(func(p *booking.Policy) { p.Admissions = []booking.Admission{{Department: "A", MaxAge: 14}} })
	p := bookingtest.Patient(t, w.Store, 1, 1) // born in 1940
	_, err := w.holdFor(slots[0].ID, p, "k")
	var refusal *booking.Error
	if !errors.As(err, &refusal) || refusal.Code != booking.CodeNotAdmitted || refusal.Rule != "admissions.age" || !strings.Contains(refusal.Message.EN, "86") {
		t.Errorf("got %v", err)
	}
	request := booking.HoldRequest{Slot: slots[0].ID, Patient: p.ID, User: 1, Key: "k"}
	if err := w.CheckHold(context.Background(), request); !errors.Is(err, booking.ErrNotAdmitted) {
		t.Errorf("the preview says %v", err)
	}
	if n := count(t, w, "SELECT COUNT(id) FROM appointments"); n != 0 {
		t.Errorf("%d appointments were written", n)
	}
	w.rules(func(p *booking.Policy) { p.Admissions = []booking.Admission{{Department: "A2", MaxAge: 14}} })
	if _, err := w.holdFor(slots[0].ID, p, "k"); err != nil {
		t.Errorf("another department's rule: %v", err)
	}
}

// Whatever is given as a policy: it is refused in words, or every rule can be asked of it and gives an answer of sense.
func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte(`{"days_ahead":7,"release_at":"08:30","close":{},"hold_minutes":15,"cancel":{"days_before":1,"at":"16:00"},"patients_per_user":4}`))
	f.Add([]byte(`{"days_ahead":7,"release_at":"08:30","close":{"days_before":3,"at":"14:00","workdays":true},"hold_minutes":15,"patients_per_user":4,
		"refund":[{"minutes_before":1440,"give":"full"},{"minutes_before":60,"give":"less_fee","fee_fen":500}],
		"no_shows":{"count":3,"days":90,"suspend_days":[30,60],"weights":{"expert":3}},"check_in":{"minutes_before":60,"self":true},"slowdown":{"cancels":3,"unpaid":5,"days":30,"wait_minutes":60},
		"returns":{"enter":"cooling","minutes":20},"fees":[{"title":"chief","kind":"expert","fee_fen":10000}],"admissions":[{"department":"A","max_age":14}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := booking.ParsePolicy(text)
		if err != nil {
			var refusal *booking.Error
			if !errors.As(err, &refusal) || refusal.Code != booking.CodeBadPolicy || refusal.Message.ZH == "" {
				t.Fatalf("not refused in words: %v", err)
			}
			return
		}
		c := claim()
		c.Departments, c.BirthDate, c.Sex = []string{"A"}, "2010-01-01", booking.Male
		c.Strikes = missed(p.NoShows, 3, 2, 1)
		c.Returns = []booking.Return{{Kind: booking.ReturnCancelled, At: morning}, {Kind: booking.ReturnUnpaid, At: morning}}
		if err := p.CheckHold(c); err != nil && !booking.IsRefusal(err) {
			t.Errorf("CheckHold: %v", err)
		}
		a := booking.Appointment{Status: booking.Booked, Date: c.Schedule.Date, StartsAt: c.Slot.StartsAt, Fee: 5000}
		if until := p.CancelUntil(a, shanghai); until.After(a.StartsAt) {
			t.Errorf("can be cancelled until %v", until)
		}
		if back := p.RefundOf(a.Fee, morning, a.StartsAt); back < 0 || back > a.Fee {
			t.Errorf("refunds %v", back)
		}
		if until := p.HoldUntil(morning); !until.After(morning) {
			t.Errorf("held until %v", until)
		}
		if at := p.Returns.OpensAt(morning); at.Before(morning) {
			t.Errorf("a returned place opens at %v", at)
		}
	})
}
