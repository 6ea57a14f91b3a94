package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"guahao/booking/waiting"
)

const simulateUse = `say what to simulate:
  guahao simulate day [--days 1000] [--seed 1] [flags of the clinic]     clinic days: how long people wait, how late doctors leave
  guahao simulate day --staff [--within 20] [--share 0.9]                how many doctors are enough
  guahao simulate day --calibrate [--days 100]                           promised and real waits: does the interval of 80 % hold?
guahao simulate day -h shows all flags`

// simulateCommand plays clinic days. It needs no database; the same seed gives the same days.
func simulateCommand(_ context.Context, args []string) error {
	if len(args) == 0 || args[0] != "day" {
		return errors.New(simulateUse)
	}
	set := flag.NewFlagSet("guahao simulate day", flag.ContinueOnError)
	clinic := clinicFlags(set)
	seed := set.Uint64("seed", 1, "the same seed gives the same days")
	days := set.Int("days", 1000, "how many days are played")
	target := waiting.Target{}
	set.Float64Var(&target.Within, "within", 20, "the wait that is asked for, in minutes")
	set.Float64Var(&target.Share, "share", 0.9, "with --staff: the share of patients who wait no longer than that")
	staff := set.Bool("staff", false, "find the fewest doctors that are enough, instead of --doctors")
	most := set.Int("most", 30, "with --staff: try up to so many doctors")
	calibrate := set.Bool("calibrate", false, "compare promised and real waits of a department of such doctors, each with an own line")
	if err := parseNumbers(set, args[1:]); err != nil {
		return err
	}
	if *staff && *calibrate {
		return errors.New("choose one of --staff and --calibrate")
	}
	switch {
	case *staff:
		doctors, curve, err := clinic.Staff(*seed, *days, target, *most)
		return printed(staffing{doctors, curve}, err)
	case *calibrate:
		if !givenFlags(set)["days"] {
			*days = 100
		}
		return printed(waiting.Department(*clinic).Rehearse(*seed, *days))
	}
	summary, err := clinic.Days(*seed, *days, target.Within)
	return printed(simulated{*clinic, *seed, target.Within, summary}, err)
}

// simulated is a summary with what it is about, so that the line can be understood alone.
type simulated struct {
	Clinic waiting.Clinic `json:"clinic"`
	Seed   uint64         `json:"seed"`
	Target float64        `json:"target"` // minutes, of within
	waiting.Summary
}

func clinicFlags(set *flag.FlagSet) *waiting.Clinic {
	c := waiting.Typical()
	set.IntVar(&c.Doctors, "doctors", c.Doctors, "doctors who call from one line")
	set.Float64Var(&c.Length, "length", c.Length, "how long appointments are given and people walk in, in minutes")
	set.Float64Var(&c.Every, "every", c.Every, "minutes between two appointment times; 0: no appointments")
	set.IntVar(&c.Each, "each", c.Each, "appointments at each of those times")
	set.Float64Var(&c.NoShow, "no-show", c.NoShow, "share of appointments that are missed")
	set.Float64Var(&c.Early, "early", c.Early, "how many minutes before their time people come, on average")
	set.Float64Var(&c.Spread, "spread", c.Spread, "standard deviation of that, in minutes")
	set.Float64Var(&c.WalkIn, "walk-in", c.WalkIn, "people an hour without an appointment")
	set.Float64Var(&c.Mean, "mean", c.Mean, "mean consultation, in minutes")
	set.Float64Var(&c.CV, "cv", c.CV, "standard deviation of consultations as a share of the mean")
	set.Func("shape", fmt.Sprintf("distribution of consultations: %s, %s or %s (default %s)", waiting.LogNormal, waiting.Exponential, waiting.Constant, c.Shape),
		func(s string) error { c.Shape = waiting.Shape(s); return nil })
	set.Float64Var(&c.PaceCV, "pace-cv", c.PaceCV, "how much a doctor's pace differs from day to day, as a share")
	set.Float64Var(&c.Late, "late", c.Late, "how many minutes late doctors begin, on average")
	set.Func("calling", fmt.Sprintf("who is called next: by %s or by %s (default %s)", waiting.ByNumber, waiting.ByArrival, c.Calling),
		func(s string) error { c.Calling = waiting.Order(s); return nil })
	return &c
}
