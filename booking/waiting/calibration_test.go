package waiting_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"guahao/booking/waiting"
)

func TestCalibrateByHand(t *testing.T) {
	t.Parallel()
	promise := waiting.Promise{Low: 10, Median: 20, High: 35}
	got, err := waiting.Calibrate([]waiting.Outcome{
		{Promise: promise, Real: 10, Ahead: 1, Day: 1}, {Promise: promise, Real: 35, Ahead: 2, Day: 1}, {Promise: promise, Real: 9, Ahead: 0, Day: 2},
		{Promise: promise, Real: 40, Ahead: 700, Day: 2}, {Promise: promise, Real: 20, Ahead: 2, Day: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := waiting.Calibration{Promises: 5, Days: 2, Coverage: 0.6, Error: 0.32, Earlier: 0.2, Later: 0.2, Bias: 2.8, Off: 11.2, Width: 25, ByAhead: []waiting.Band{
		{From: 0, To: 0, Promises: 1, Coverage: 0, Bias: -11, Width: 25}, {From: 1, To: 2, Promises: 3, Coverage: 1, Bias: 5.0 / 3, Width: 25},
		{From: 11, To: 500, Promises: 1, Coverage: 0, Bias: 20, Width: 25},
	}}
	// The error by hand: Σ(kept − 0.6·all)² = (2−1.2)² + (1−1.8)² = 1.28, times 2/1, its root over 5.
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	for _, bad := range [][]waiting.Outcome{nil, {{Promise: promise, Real: -1}}, {{Promise: promise, Real: math.NaN()}}, {{Promise: waiting.Promise{Low: 3, Median: 2, High: 4}}}} {
		if _, err := waiting.Calibrate(bad); !errors.Is(err, waiting.ErrInput) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// On simulated days the interval of 80 % covers about 80 %, with one late doctor, no-shows and people who come in the wrong order, as in
// fuller and in simpler days.
func TestPromisesAreKept(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*waiting.Clinic){
		"typical":             func(*waiting.Clinic) {},
		"crowded":             func(c *waiting.Clinic) { c.Mean = 9 },
		"called as they come": func(c *waiting.Clinic) { c.Calling = waiting.ByArrival },
		"all come at opening": func(c *waiting.Clinic) { c.Every, c.Each, c.Late = c.Length, 25, 0 },
		"exponential":         func(c *waiting.Clinic) { c.Shape, c.Mean = waiting.Exponential, 5 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := waiting.Typical()
			change(&c)
			got, err := waiting.Department(c).Rehearse(20261125, 6)
			if err != nil {
				t.Fatal(err)
			}
			if got.Promises < 800 || math.Abs(got.Coverage-0.8) > 0.06+2*got.Error {
				t.Errorf("%d promises, coverage %.3f ± %.3f", got.Promises, got.Coverage, got.Error)
			}
		})
	}
}

// The control: promises for another clinic than the one that is played are not kept, and the report shows it.
func TestWrongPromisesAreFound(t *testing.T) {
	t.Parallel()
	c := waiting.Typical()
	c.Every, c.Each, c.Late, c.Calling = c.Length, 27, 0, waiting.ByArrival
	day, err := c.Day(5, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := mustPace(t, sessions(5, 20, 3, 0.5)) // it believes in three minutes, and it takes seven
	var outcomes []waiting.Outcome
	for _, v := range day.Visits {
		promise := mustPromise(t, p, waiting.Line{Ahead: v.Ahead, Opens: -v.Came})
		outcomes = append(outcomes, waiting.Outcome{Promise: promise, Real: max(0, v.Called-v.Came), Ahead: v.Ahead})
	}
	got, err := waiting.Calibrate(outcomes)
	if err != nil || got.Coverage > 0.5 || got.Later < 0.4 || got.Bias < 5 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRehearsalsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	good := waiting.Department(waiting.Typical())
	for name, spoil := range map[string]func(*waiting.Rehearsal){
		"no doctors": func(r *waiting.Rehearsal) { r.Doctors = 0 }, "no clinic": func(r *waiting.Rehearsal) { r.Clinic = waiting.Clinic{} },
		"NaN": func(r *waiting.Rehearsal) { r.DoctorCV = math.NaN() }, "a long memory": func(r *waiting.Rehearsal) { r.Memory = 1 << 20 },
	} {
		r := good
		spoil(&r)
		if _, err := r.Rehearse(1, 2); !errors.Is(err, waiting.ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := good.Rehearse(1, 0); !errors.Is(err, waiting.ErrInput) {
		t.Errorf("no days: %v", err)
	}
	good.Memory, good.Doctors = 0, 1
	if _, err := good.Rehearse(1, 1); !errors.Is(err, waiting.ErrUnknown) {
		t.Errorf("without memory: %v", err)
	}
}
