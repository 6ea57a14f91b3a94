package bench

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// BookingResult is the line of `guahao bench booking`. Its keys are public: later ones are added, none is renamed. Rates are
// medians over the turns.
type BookingResult struct {
	Bench           string  `json:"bench"`
	Clients         int     `json:"clients"`
	Seconds         int     `json:"seconds"`
	HotPerS         float64 `json:"hot_per_s"`          // places taken a second, everybody wanting the same half-day
	SpreadPerS      float64 `json:"spread_per_s"`       // places taken a second, over 1,008 half-days
	NaivePerS       float64 `json:"naive_per_s"`        // as hot_per_s, one by one
	SpreadNaivePerS float64 `json:"spread_naive_per_s"` // as spread_per_s, one by one
	RawUpdatePerS   float64 `json:"raw_update_per_s"`   // autocommitted updates of one row a second
	RatioNaive      float64 `json:"ratio_naive"`        // hot_per_s by naive_per_s
	RatioRawUpdate  float64 `json:"ratio_raw_update"`   // hot_per_s by raw_update_per_s
	RatioSpread     float64 `json:"ratio_spread"`       // spread_per_s by spread_naive_per_s
	Oversold        int     `json:"oversold"`           // places that were given to two, or did not exist
	Lost            int     `json:"lost"`               // places that somebody was told of and does not have
	Errors          int     `json:"errors"`             // answers that were neither a place nor "full"
}

// DialogResult is the line of `guahao bench dialog`, public like the other one.
type DialogResult struct {
	Bench    string  `json:"bench"`
	Clients  int     `json:"clients"`
	Seconds  int     `json:"seconds"`
	Bookings float64 `json:"bookings_per_s"` // complete ones: from the hospital to the card that says so, paid where it costs
	Updates  float64 `json:"updates_per_s"`  // answered
	P50      float64 `json:"p50_ms"`         // from update to answer
	P99      float64 `json:"p99_ms"`
	Errors   int     `json:"errors"` // updates without an answer, answers that make no sense, breaches of a platform's rules

	PerBooking int  `json:"updates_per_booking,omitempty"` // where each takes as many
	Apart      bool `json:"program_apart"`                 // the program was a process of its own
	Cores      int  `json:"program_cores,omitempty"`       // which the program had to itself, and everything else the others; 0: none

	// Processor time by update, in microseconds, where the processes are apart: the program's, the private database's, and that of everything
	// else, which is the people, their phones and Telegram.
	ProgramCPU  float64 `json:"program_cpu_us,omitempty"`
	DatabaseCPU float64 `json:"database_cpu_us,omitempty"`
	RestCPU     float64 `json:"rest_cpu_us,omitempty"`
}

// Line gives a result as one line of JSON, without the newline.
func Line(result any) (string, error) {
	text, err := json.Marshal(result)
	if err != nil {
		return "", fmt.Errorf("write the result: %w", err)
	}
	return string(text), nil
}

// perSecond is a rate with one decimal.
func perSecond(count int, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return rounded(float64(count)/took.Seconds(), 10)
}

// milliseconds have two decimals.
func milliseconds(d time.Duration) float64 { return rounded(float64(d)/float64(time.Millisecond), 100) }

func rounded(value, steps float64) float64 { return math.Round(value*steps) / steps }

// percentile gives the smallest of the times that at least p percent of them do not exceed (the nearest-rank method);
// 0 when there are none.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// ReconcileResult is the line of `guahao bench reconcile`, public like the others.
type ReconcileResult struct {
	Bench       string  `json:"bench"`
	Lines       int64   `json:"lines"`       // of the bill
	Seconds     float64 `json:"seconds"`     // from asking for the bill to the last difference
	PeakRSS     float64 `json:"peak_rss_mb"` // of this process, the simulated WeChat Pay included, the database not
	Matched     int64   `json:"matched"`     // lines that say what we say
	Differences int64   `json:"differences"`
}
