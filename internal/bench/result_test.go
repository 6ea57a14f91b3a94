package bench_test

import (
	"testing"
	"time"

	"guahao/internal/bench"
)

// The lines are public: whoever reads them relies on the names and the order of the keys.
func TestLines(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		result any
		want   string
	}{
		"dialog": {
			bench.DialogResult{Bench: "dialog", Clients: 64, Seconds: 8, Bookings: 30.1, Updates: 512.5, P50: 12.25, P99: 40, Errors: 1},
			`{"bench":"dialog","clients":64,"seconds":8,"bookings_per_s":30.1,"updates_per_s":512.5,"p50_ms":12.25,"p99_ms":40,"errors":1,"program_apart":false}`,
		},
		"booking": {
			bench.BookingResult{Bench: "booking", Clients: 64, Seconds: 8, HotPerS: 700.5, SpreadPerS: 1800, Oversold: 2, Errors: 3},
			`{"bench":"booking","clients":64,"seconds":8,"hot_per_s":700.5,"spread_per_s":1800,"naive_per_s":0,"spread_naive_per_s":0,"raw_update_per_s":0,"ratio_naive":0,"ratio_raw_update":0,"ratio_spread":0,"oversold":2,"lost":0,"errors":3}`,
		},
	}
	for name, c := range cases {
		if got, err := bench.Line(c.result); err != nil || got != c.want {
			t.Errorf("%s: %s, %v\nwant %s", name, got, err, c.want)
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	cases := map[string]struct {
		sorted []time.Duration
		p      float64
		want   time.Duration
	}{
		"none":                  {nil, 99, 0},
		"one":                   {hundred[:1], 50, 1},
		"the middle":            {hundred, 50, 50},
		"of three":              {hundred[:3], 50, 2},
		"the ninety-ninth":      {hundred, 99, 99},
		"few: the slowest":      {hundred[:10], 99, 10},
		"all":                   {hundred, 100, 100},
		"the smallest there is": {hundred, 0, 1},
	}
	for name, c := range cases {
		if got := bench.Percentile(c.sorted, c.p); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]bench.Options{
		"nobody":        {Clients: 0, Seconds: 1},
		"too many":      {Clients: 1_000_000, Seconds: 1},
		"no time":       {Clients: 1, Seconds: 0},
		"negative rate": {Clients: 1, Seconds: 1, Rate: -1},
		"wrong DSN":     {Clients: 1, Seconds: 1, DSN: "nonsense"},
	} {
		if _, err := bench.Booking(t.Context(), o); err == nil {
			t.Errorf("%s: the booking bench ran", name)
		}
		if _, err := bench.Dialog(t.Context(), o); err == nil {
			t.Errorf("%s: the dialog bench ran", name)
		}
	}
}
