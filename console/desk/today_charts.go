package desk

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-analyze/charts"

	"guahao/booking"
	"guahao/internal/money"
)

// chartDays is how many days the charts of days show.
const chartDays = 14

// dayChartNames names the charts of a day, in their order.
func dayChartNames() []string { return []string{"hours", "days", "money"} }

// dayCharts are the charts of a day, with what they say in words. One without anything in it is left out.
func (r *request) dayCharts(d day) ([]block, error) {
	var blocks []block
	for _, name := range dayChartNames() {
		b, err := r.dayBars(d, name)
		if err != nil {
			return nil, err
		}
		if b.empty() {
			continue
		}
		blocks = append(blocks, block{Title: r.say("today.chart_" + name), Side: true, Chart: &chart{Src: d.address("today/"+name+".svg", "lang", r.lang), Alt: b.words()}})
	}
	return blocks, nil
}

// words says a chart's values one after the other.
func (b bars) words() string {
	var text strings.Builder
	for i, label := range b.Labels {
		fmt.Fprintf(&text, "%s:", label)
		for n, name := range b.Names {
			if v := b.Values[n][i]; v != charts.GetNullValue() {
				fmt.Fprintf(&text, " %s %.0f", name, v)
			}
		}
		text.WriteString("; ")
	}
	return strings.TrimSuffix(text.String(), "; ")
}

func todayPicture(r *request) error {
	name, ok := strings.CutSuffix(r.PathValue("picture"), ".svg")
	if !ok {
		return booking.ErrNotFound
	}
	d, err := r.day()
	if err != nil {
		return err
	}
	b, err := r.dayBars(d, name)
	if err != nil {
		return err
	}
	return r.drawBars(b)
}

func (r *request) dayBars(d day, name string) (bars, error) {
	switch name {
	case "hours":
		return r.hourBars(d)
	case "days":
		return r.dayByDayBars(d)
	case "money":
		return r.moneyBars(d)
	}
	return bars{}, booking.ErrNotFound
}

func (r *request) hourBars(d day) (bars, error) {
	b := bars{Names: []string{r.say("today.booked"), r.say("today.arrived")}, Values: make([][]float64, 2)}
	hours, err := r.d.Booking.Hours(r.ctx, d.reach, d.date)
	for _, h := range hours {
		if h.Status == booking.Cancelled || h.Status == booking.Expired || h.Status == booking.Held || h.Status == booking.Offered {
			continue
		}
		label := h.Hour.In(d.zone).Format("15:04")
		if len(b.Labels) == 0 || b.Labels[len(b.Labels)-1] != label {
			b.Labels = append(b.Labels, label)
			b.Values[0], b.Values[1] = append(b.Values[0], 0), append(b.Values[1], 0)
		}
		last := len(b.Labels) - 1
		b.Values[0][last] += float64(h.Count)
		if h.Status == booking.CheckedIn || h.Status == booking.Fulfilled {
			b.Values[1][last] += float64(h.Count)
		}
	}
	return b, err
}

func (r *request) dayByDayBars(d day) (bars, error) {
	first := d.date.Add(1 - chartDays)
	b := daysOf(first, r.say("today.booked"), r.say("today.no_show"))
	tallies, err := r.d.Booking.Tallies(r.ctx, d.reach, first, d.date)
	for _, t := range tallies {
		i := daysFrom(first, t.Date)
		switch t.Status {
		case booking.NoShow:
			b.Values[1][i] += float64(t.Count)
			b.Values[0][i] += float64(t.Count)
		case booking.Booked, booking.CheckedIn, booking.Fulfilled:
			b.Values[0][i] += float64(t.Count)
		}
	}
	return b, err
}

func (r *request) moneyBars(d day) (bars, error) {
	first := d.date.Add(1 - chartDays)
	b := daysOf(first, r.say("today.paid"), r.say("today.refunded"))
	list, err := r.daily(d, chartDays)
	for _, m := range list {
		i := daysFrom(first, booking.Date(m.Day))
		b.Values[0][i], b.Values[1][i] = inYuan(m.Paid), inYuan(m.GaveBack)
	}
	return b, err
}

func inYuan(f money.Fen) float64 { return float64(f) / 100 }

// daysOf is a chart of two values a day, still empty.
func daysOf(first booking.Date, names ...string) bars {
	b := bars{Names: names, Values: [][]float64{make([]float64, chartDays), make([]float64, chartDays)}}
	for n := range chartDays {
		b.Labels = append(b.Labels, strings.TrimPrefix(string(first.Add(n))[8:], "0"))
	}
	return b
}

// daysFrom is how many days one date is after another.
func daysFrom(first, date booking.Date) int {
	return int(date.In(time.UTC).Sub(first.In(time.UTC)).Hours() / 24)
}
