package forecast_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"guahao/booking/forecast"
)

func day(date string) time.Time {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return t
}

func TestChinasCalendar(t *testing.T) {
	t.Parallel()
	c := forecast.China()
	for date, want := range map[string]forecast.Kind{
		"2026-02-15": forecast.Holiday, "2026-02-23": forecast.Holiday, "2026-02-14": forecast.Workday, "2026-02-28": forecast.Workday, "2026-02-24": forecast.After,
		"2026-09-30": forecast.Before, "2026-10-01": forecast.Holiday, "2026-10-07": forecast.Holiday, "2026-10-08": forecast.After, "2026-10-10": forecast.Workday,
		"2026-11-25": forecast.Ordinary, "2026-11-28": forecast.Ordinary, "2025-10-08": forecast.Holiday, "2024-01-01": forecast.Holiday, "2023-04-05": forecast.Holiday,
		"2023-04-06": forecast.Ordinary,
	} {
		if got, known := c.Kind(day(date)); got != want || !known {
			t.Errorf("%s is %s (%v), want %s", date, got, known, want)
		}
	}
	if kind, known := c.Kind(day("2031-10-01")); kind != forecast.Ordinary || known {
		t.Errorf("a year without a notice: %s, %v", kind, known)
	}
	// Each year has the days that the law and its notices give, and each moved working day is on a weekend.
	weekends, holidays := 0, map[int]int{}
	for d := day("2023-01-01"); d.Year() < 2027; d = d.AddDate(0, 0, 1) {
		switch kind, _ := c.Kind(d); kind {
		case forecast.Workday:
			if w := d.Weekday(); w != time.Saturday && w != time.Sunday {
				t.Errorf("%s is a %s", d.Format(time.DateOnly), w)
			}
			weekends++
		case forecast.Holiday:
			holidays[d.Year()]++
		}
	}
	if weekends == 0 || holidays[2024] != 30 || holidays[2025] != 28 || holidays[2026] != 33 {
		t.Errorf("%d moved days, holidays %v", weekends, holidays)
	}
	for _, bad := range []string{"kind,first,last,name\nparty,2026-01-01,2026-01-01,x\n", "kind,first,last,name\nholiday,2026-01-03,2026-01-01,x\n",
		"kind,first,last,name\nholiday,soon,2026-01-01,x\n"} {
		if _, err := forecast.ParseCalendar(bad); !errors.Is(err, forecast.ErrInput) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// department is a history: a week, a trend, noise, few people on holidays and many after them.
func department(seed uint64, from string, n int, closedOnSundays bool) []forecast.Day {
	calendar := forecast.China()
	random := rand.New(rand.NewPCG(seed, 5))
	var days []forecast.Day
	for i := range n {
		date := day(from).AddDate(0, 0, i)
		demand := (100 + 0.1*float64(i)) * []float64{0.5, 1.3, 1.15, 1.05, 1, 0.95, 0.7}[date.Weekday()]
		if closedOnSundays && date.Weekday() == time.Sunday {
			demand = 0
		}
		switch kind, _ := calendar.Kind(date); kind {
		case forecast.Holiday:
			demand *= 0.2
		case forecast.After:
			demand *= 1.5
		case forecast.Workday:
			demand *= 1.4
		}
		days = append(days, forecast.Day{Date: date, Demand: math.Round(max(0, demand*(1+0.06*random.NormFloat64()))), Places: 120})
	}
	return days
}

func TestADepartmentIsForeseen(t *testing.T) {
	t.Parallel()
	all := department(1, "2025-06-01", 500, false) // to October 2026
	history, future := all[:480], all[480:]        // from 24 September 2026: the holidays of October are ahead
	outlook, err := forecast.Foresee(history, len(future), nil, forecast.China())
	if err != nil {
		t.Fatal(err)
	}
	if len(outlook.Scores) != 4 || outlook.Method == forecast.Naive {
		t.Errorf("%s of %+v", outlook.Method, outlook.Scores)
	}
	for _, s := range outlook.Scores {
		if s.Method == outlook.Method && (s.MASE >= outlook.Scores[0].MASE || s.Coverage80 < 0.65 || s.Coverage95 < 0.85) {
			t.Errorf("the chosen one has %+v, the floor %+v", s, outlook.Scores[0])
		}
	}
	off, naive := 0.0, 0.0
	for i, d := range outlook.Days {
		off += math.Abs(d.Value-future[i].Demand) / future[i].Demand
		naive += math.Abs(history[len(history)-7+i%7].Demand-future[i].Demand) / future[i].Demand
		if d.Kind == forecast.Holiday && d.Value > 45 {
			t.Errorf("%s is a holiday, and %.0f are foreseen", d.Date.Format(time.DateOnly), d.Value)
		}
		if d.Weekly || d.Lower95 > d.Lower80 || d.Lower80 > d.Value || d.Value > d.Upper80 || d.Upper80 > d.Upper95 || d.Lower95 < 0 || d.Demand != d.Value {
			t.Errorf("%+v", d)
		}
	}
	if n := float64(len(future)); off/n > 0.25 || naive < 2*off {
		t.Errorf("errors of %.2f; without holidays %.2f", off/n, naive/n)
	}
}

func TestADepartmentThatCloses(t *testing.T) {
	t.Parallel()
	history := department(2, "2026-03-01", 100, true)
	outlook, err := forecast.Foresee(history, 14, []float64{100, 100}, forecast.China())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range outlook.Scores {
		if s.Method == forecast.Multiplicative {
			t.Error("days of 0 were multiplied")
		}
	}
	for _, d := range outlook.Days {
		if d.Date.Weekday() == time.Sunday && d.Value > 10 {
			t.Errorf("%.0f are foreseen for a Sunday", d.Value)
		}
	}
	if outlook.Days[0].Places != 100 || outlook.Days[2].Places != 0 {
		t.Errorf("places %v, %v", outlook.Days[0].Places, outlook.Days[2].Places)
	}
	empty := department(3, "2026-03-01", 60, false)
	for i := range empty {
		empty[i].Demand = 0
	}
	if outlook, err := forecast.Foresee(empty, 7, nil, forecast.China()); err != nil || outlook.Days[3].Upper95 > 1e-6 {
		t.Errorf("nobody ever came: %+v, %v", outlook, err)
	}
	far, err := forecast.Foresee(department(4, "2026-11-01", 100, false), 14, nil, forecast.China())
	if err != nil || !far.Days[0].Weekly {
		t.Errorf("a year without a notice is not marked: %+v, %v", far.Days, err)
	}
}

func TestHistoriesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	good := department(1, "2026-03-01", 60, false)
	for _, c := range []struct {
		name   string
		change func([]forecast.Day) ([]forecast.Day, int, []float64)
		says   string
	}{
		{"short", func(d []forecast.Day) ([]forecast.Day, int, []float64) { return d[:20], 7, nil }, "20 days are known"},
		{"a gap", func(d []forecast.Day) ([]forecast.Day, int, []float64) { return append(d[:30], d[31:]...), 7, nil }, "2026-04-01 follows 2026-03-30"},
		{"a day twice", func(d []forecast.Day) ([]forecast.Day, int, []float64) { return append(d[:31], d[30:]...), 7, nil }, "follows"},
		{"below 0", func(d []forecast.Day) ([]forecast.Day, int, []float64) { d[3].Demand = -1; return d, 7, nil }, "a demand of -1"},
		{"NaN", func(d []forecast.Day) ([]forecast.Day, int, []float64) { d[3].Places = math.NaN(); return d, 7, nil }, "NaN places"},
		{"no horizon", func(d []forecast.Day) ([]forecast.Day, int, []float64) { return d, 0, nil }, "a horizon of 0"},
		{"a year", func(d []forecast.Day) ([]forecast.Day, int, []float64) { return d, 365, nil }, "a horizon of 365"},
		{"odd places", func(d []forecast.Day) ([]forecast.Day, int, []float64) { return d, 7, []float64{-1} }, "-1 places"},
	} {
		history, horizon, places := c.change(append([]forecast.Day(nil), good...))
		if _, err := forecast.Foresee(history, horizon, places, forecast.China()); !errors.Is(err, forecast.ErrInput) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}

func TestAdvise(t *testing.T) {
	t.Parallel()
	busy := forecast.Foreseen{Day: forecast.Day{Places: 100}, Point: forecast.Point{Value: 150, Lower80: 120, Upper80: 180}}
	for _, c := range []struct {
		name    string
		day     forecast.Foreseen
		waiting int
		want    forecast.Advice
	}{
		{"both agree", busy, 60, forecast.Advice{Short: 50, Extra: 2, Likely: true}},
		{"few wait", busy, 10, forecast.Advice{Short: 50, Extra: 1, Likely: true}},
		{"nobody waits", busy, 0, forecast.Advice{Short: 50, Likely: true}},
		{"not sure", forecast.Foreseen{Day: forecast.Day{Places: 100}, Point: forecast.Point{Value: 110, Lower80: 90, Upper80: 130}}, 60, forecast.Advice{Short: 10}},
		{"empty", forecast.Foreseen{Day: forecast.Day{Places: 100}, Point: forecast.Point{Value: 40, Lower80: 30, Upper80: 50}}, 0, forecast.Advice{Short: -60, Spare: true}},
	} {
		if got, err := forecast.Advise(c.day, c.waiting, 30); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
	if _, err := forecast.Advise(busy, 1, 0); !errors.Is(err, forecast.ErrInput) {
		t.Errorf("clinics without places: %v", err)
	}
	if _, err := forecast.Advise(busy, -1, 30); !errors.Is(err, forecast.ErrInput) {
		t.Errorf("-1 people: %v", err)
	}
}

func TestSoldOutEarly(t *testing.T) {
	t.Parallel()
	var past []time.Duration
	for i := range 20 {
		past = append(past, time.Duration(60+i)*time.Minute)
	}
	past[3] = -1 // never sold out
	for took, want := range map[time.Duration]bool{5 * time.Minute: true, 34 * time.Minute: true, 40 * time.Minute: false, 70 * time.Minute: false} {
		if forecast.SoldOutEarly(past, took) != want {
			t.Errorf("sold out after %v: want %v", took, want)
		}
	}
	if forecast.SoldOutEarly(past[:7], time.Second) {
		t.Error("seven releases prove something")
	}
}
