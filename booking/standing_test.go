package booking_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guahao/booking"
)

// threeIn90 is the rule that most hospitals have.
var threeIn90 = booking.NoShowRule{Count: 3, Days: 90, SuspendDays: []int{30, 60, 90}}

// missed are no-shows so many days before the morning, under a rule.
func missed(rule booking.NoShowRule, daysAgo ...int) []booking.Strike {
	var list []booking.Strike
	for i, d := range daysAgo {
		list = append(list, booking.Strike{Appointment: booking.AppointmentID(i + 1), At: morning.AddDate(0, 0, -d), Weight: 1, Rule: rule})
	}
	return list
}

func TestStandingOf(t *testing.T) {
	t.Parallel()
	expert := missed(threeIn90, 10)
	expert[0].Weight = 3
	for _, c := range []struct {
		name      string
		strikes   []booking.Strike
		pardons   []int // days ago
		count     int
		suspended int // for how many days from the morning on, 0 for not
	}{
		{"none", nil, nil, 0, 0},
		{"two", missed(threeIn90, 5, 1), nil, 2, 0},
		{"three", missed(threeIn90, 20, 10, 1), nil, 0, 29},
		{"in any order", missed(threeIn90, 1, 20, 10), nil, 0, 29},
		{"three in 100 days", missed(threeIn90, 100, 10, 1), nil, 2, 0},
		{"old ones are forgotten", missed(threeIn90, 200, 150, 95), nil, 0, 0},
		{"a suspension that is over", missed(threeIn90, 60, 50, 40), nil, 0, 0},
		{"and one more since", missed(threeIn90, 60, 50, 40, 5), nil, 1, 0},
		{"the second time is longer", missed(threeIn90, 120, 110, 100, 20, 10, 1), nil, 0, 59},
		{"the fourth time is as the third", missed(threeIn90, 340, 339, 338, 240, 239, 238, 140, 139, 138, 3, 2, 1), nil, 0, 89},
		{"a year later is the first time", missed(threeIn90, 500, 499, 498, 3, 2, 1), nil, 0, 29},
		{"an expert's counts for three", expert, nil, 0, 20},
		{"forgiven", missed(threeIn90, 20, 10, 3), []int{2}, 0, 0},
		{"forgiven, and one more since", missed(threeIn90, 20, 10, 3, 1), []int{2}, 1, 0},
		{"forgiven, the next time is the first", missed(threeIn90, 120, 110, 100, 20, 10, 1), []int{90}, 0, 29},
		{"made under rules without no-shows", missed(booking.NoShowRule{}, 3, 2, 1), nil, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var pardons []time.Time
			for _, d := range c.pardons {
				pardons = append(pardons, morning.AddDate(0, 0, -d))
			}
			s := booking.StandingOf(threeIn90, c.strikes, pardons, morning)
			var until time.Time
			if c.suspended > 0 {
				until = morning.AddDate(0, 0, c.suspended)
			}
			if s.Count != c.count || !s.SuspendedUntil.Equal(until) || s.Limit != 3 {
				t.Errorf("got %+v, want %d and %v", s, c.count, until)
			}
		})
	}
}

// Whatever somebody has missed: nobody is suspended for longer than the longest step after the last one, fewer no-shows than the rule's never
// suspend, one more never shortens a suspension, and a pardon of today ends everything.
func TestStandingProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(1, 60), 1, 3).Draw(t, "steps")
		for i := 1; i < len(steps); i++ {
			steps[i] += steps[i-1]
		}
		rule := booking.NoShowRule{Count: rapid.IntRange(1, 4).Draw(t, "count"), Days: rapid.IntRange(1, 120).Draw(t, "days"), SuspendDays: steps}
		ago := rapid.SliceOfN(rapid.IntRange(0, 600), 0, 12).Draw(t, "ago")
		strikes := missed(rule, ago...)
		s := booking.StandingOf(rule, strikes, nil, morning)
		longest := time.Duration(steps[len(steps)-1]) * 24 * time.Hour
		switch {
		case s.Count < 0 || s.Count >= rule.Count:
			t.Fatalf("counts %d of %d and is not suspended for it", s.Count, rule.Count)
		case len(ago) < rule.Count && s.Suspended(morning):
			t.Fatalf("suspended for %d of %d", len(ago), rule.Count)
		case s.SuspendedUntil.Sub(morning) > longest:
			t.Fatalf("suspended until %v", s.SuspendedUntil)
		}
		if p := booking.StandingOf(rule, strikes, []time.Time{morning}, morning); p.Count != 0 || p.Suspended(morning) {
			t.Fatalf("after a pardon: %+v", p)
		}
		now := missed(rule, make([]int, rule.Count)...)
		if all := booking.StandingOf(rule, append(strikes, now...), nil, morning); all.SuspendedUntil.Before(s.SuspendedUntil) || !all.Suspended(morning) {
			t.Fatalf("%d more of today: %+v, before %+v", rule.Count, all, s)
		}
	})
}

func TestSlowedUntil(t *testing.T) {
	t.Parallel()
	rule := booking.SlowdownRule{Cancels: 3, Unpaid: 5, Days: 30, WaitMinutes: 60}
	back := func(kind booking.ReturnKind, minutesAgo ...int) []booking.Return {
		var list []booking.Return
		for _, m := range minutesAgo {
			list = append(list, booking.Return{Kind: kind, At: morning.Add(-time.Duration(m) * time.Minute)})
		}
		return list
	}
	for _, c := range []struct {
		name    string
		returns []booking.Return
		want    int // minutes from now; 0 for none
	}{
		{"none", nil, 0},
		{"two", back(booking.ReturnCancelled, 10, 5), 0},
		{"three", back(booking.ReturnCancelled, 20, 10, 5), 55},
		{"three, waited", back(booking.ReturnCancelled, 90, 80, 61), 0},
		{"the fourth doubles it", back(booking.ReturnCancelled, 30, 20, 10, 5), 115},
		{"the twentieth is a week", back(booking.ReturnCancelled, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1), 7*24*60 - 1},
		{"a month ago", back(booking.ReturnCancelled, 31*24*60, 20, 10), 0},
		{"unpaid holds count apart", append(back(booking.ReturnUnpaid, 4, 3, 2, 1), back(booking.ReturnCancelled, 2, 1)...), 0},
		{"five unpaid", back(booking.ReturnUnpaid, 5, 4, 3, 2, 1), 59},
		{"moved by the hospital", back(booking.ReturnMoved, 5, 4, 3, 2, 1), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := rule.SlowedUntil(c.returns, morning)
			want := time.Time{}
			if c.want > 0 {
				want = morning.Add(time.Duration(c.want) * time.Minute)
			}
			if !got.Equal(want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if off := (booking.SlowdownRule{}).SlowedUntil(c.returns, morning); !off.IsZero() {
				t.Errorf("without a rule: %v", off)
			}
		})
	}
}

// What the rules say about a claim beyond times and old limits: each refusal names its rule.
func TestCheckHoldNamesTheRule(t *testing.T) {
	t.Parallel()
	on := func(date booking.Date) booking.Appointment {
		return other(func(a *booking.Appointment) { a.Date, a.StartsAt = date, date.In(shanghai).Add(10*time.Hour) })
	}
	for _, c := range []struct {
		name   string
		change func(*booking.Policy, *booking.Claim)
		rule   string
	}{
		{"the week's limit", func(p *booking.Policy, c *booking.Claim) {
			p.Limits = booking.Limits{PerWeek: 2}
			c.Others = []booking.Appointment{on("2026-03-02"), on("2026-03-08")}
		}, "limits.per_week"},
		{"another week", func(p *booking.Policy, c *booking.Claim) {
			p.Limits = booking.Limits{PerWeek: 2}
			c.Others = []booking.Appointment{on("2026-03-01"), on("2026-03-09")}
		}, ""},
		{"the month's limit", func(p *booking.Policy, c *booking.Claim) {
			p.Limits = booking.Limits{PerMonth: 2}
			c.Others = []booking.Appointment{on("2026-03-01"), on("2026-03-31")}
		}, "limits.per_month"},
		{"another month", func(p *booking.Policy, c *booking.Claim) {
			p.Limits = booking.Limits{PerMonth: 2}
			c.Others = []booking.Appointment{on("2026-02-28"), on("2026-04-01")}
		}, ""},
		{"what is given up for it", func(p *booking.Policy, c *booking.Claim) {
			p.Limits = booking.Limits{PerDay: 1}
			c.Others = []booking.Appointment{other(func(a *booking.Appointment) { a.ID = 5 })}
			c.Replaces = 5
		}, ""},
		{"suspended", func(p *booking.Policy, c *booking.Claim) {
			p.NoShows, c.Strikes = threeIn90, missed(threeIn90, 3, 2, 1)
		}, "no_shows"},
		{"slowed down", func(p *booking.Policy, c *booking.Claim) {
			p.Slowdown = booking.SlowdownRule{Cancels: 1, Days: 1, WaitMinutes: 10}
			c.Returns = []booking.Return{{Kind: booking.ReturnCancelled, At: morning.Add(-time.Minute)}}
		}, "slowdown"},
		{"all cooling", func(p *booking.Policy, c *booking.Claim) {
			c.Cooling = []booking.Cooled{{Seq: 1, OpensAt: morning.Add(time.Hour)}}
		}, "returns"},
		{"one is not cooling", func(p *booking.Policy, c *booking.Claim) {
			c.Slot.Taken, c.Cooling = 0, []booking.Cooled{{Seq: 1, OpensAt: morning.Add(time.Hour)}}
		}, ""},
		{"men only", func(p *booking.Policy, c *booking.Claim) {
			p.Admissions, c.Departments, c.Sex = []booking.Admission{{Department: "U", Sex: booking.Male}}, []string{"U1", "U"}, booking.Female
		}, "admissions.sex"},
		{"a document without a sex", func(p *booking.Policy, c *booking.Claim) {
			p.Admissions, c.Departments, c.Sex = []booking.Admission{{Department: "U", Sex: booking.Male}}, []string{"U"}, booking.UnknownSex
		}, ""},
		{"14 until the day before", func(p *booking.Policy, c *booking.Claim) {
			p.Admissions, c.Departments, c.BirthDate = []booking.Admission{{Department: "P", MaxAge: 14}}, []string{"P"}, "2011-03-04"
		}, ""},
		{"15 on the day", func(p *booking.Policy, c *booking.Claim) {
			p.Admissions, c.Departments, c.BirthDate = []booking.Admission{{Department: "P", MaxAge: 14}}, []string{"P"}, "2011-03-03"
		}, "admissions.age"},
		{"the day is closed", func(p *booking.Policy, c *booking.Claim) {
			p.Close = booking.Deadline{Days: 1, At: "08:00"}
		}, "close"},
		{"the day is not released", func(p *booking.Policy, c *booking.Claim) { p.DaysAhead = 0 }, "release_at"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, in := policy(), claim()
			c.change(&p, &in)
			err := p.CheckHold(in)
			var refusal *booking.Error
			rule := ""
			if errors.As(err, &refusal) {
				rule = refusal.Rule
				if !helps(refusal.Message) {
					t.Errorf("it does not say what to do instead: %+v", refusal.Message)
				}
			}
			if rule != c.rule || (err == nil) != (c.rule == "") {
				t.Errorf("got %q (%v), want %q", rule, err, c.rule)
			}
		})
	}
}
