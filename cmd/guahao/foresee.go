package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"guahao/booking"
	"guahao/booking/allocation"
	"guahao/booking/forecast"
	"guahao/internal/app"
)

const foreseeUse = `say what to foresee:
  guahao foresee demand DEPARTMENT     the next four weeks of a department: how many will come, and where places will be missing
  guahao foresee places DOCTOR         the chance of a place so long after the release, from the doctor's past clinics
DEPARTMENT and DOCTOR are ids`

const foreseenDays = 28

// foreseeCommand tells what the past in the database says about the days to come.
func foreseeCommand(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "demand":
			return withApp(ctx, "foresee demand", args[1:], func(a *app.App, rest []string) error { return foreseeDemand(ctx, a, rest) })
		case "places":
			return withApp(ctx, "foresee places", args[1:], func(a *app.App, rest []string) error { return foreseePlaces(ctx, a, rest) })
		}
	}
	return errors.New(foreseeUse)
}

// idNamed reads the one id that a command takes.
func idNamed(rest []string) (int64, error) {
	if len(rest) != 1 {
		return 0, errors.New(foreseeUse)
	}
	id, err := strconv.ParseInt(rest[0], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no id; %s", rest[0], foreseeUse)
	}
	return id, nil
}

func foreseeDemand(ctx context.Context, a *app.App, rest []string) error {
	id, err := idNamed(rest)
	if err != nil {
		return err
	}
	days, outlook, err := a.Booking.Foresee(ctx, booking.DepartmentID(id), foreseenDays)
	if err != nil {
		return sentences(err)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "DAY\tWILL COME\t80 %\tPLACES\tTAKEN\tWAITING\t")
	for _, d := range days {
		fmt.Fprintf(table, "%s %s\t%.0f\t%.0f–%.0f\t%d\t%d\t%d\t%s\n", d.DemandDay.Date, d.DemandDay.Date.Weekday().String()[:3], d.Value, d.Lower80, d.Upper80,
			d.DemandDay.Places, d.Taken, d.Waiting, remark(d))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, s := range outlook.Scores {
		if s.Method == outlook.Method {
			fmt.Printf("\nBy %s: on the past it was off by %.0f %% on average, and %.0f %% of the days were within the interval of 80 %%.\n", s.Method, 100*s.MAPE, 100*s.Coverage80)
		}
	}
	if len(outlook.Scores) == 0 {
		fmt.Println("\nBy the week before: there is too little of a past to try anything on.")
	}
	return nil
}

// remark is what is special about a day.
func remark(d booking.ForeseenDay) string {
	text := ""
	if d.Kind != forecast.Ordinary {
		text = string(d.Kind)
	}
	switch {
	case d.Weekly:
		text = "holidays of this year are not known yet"
	case d.Advice.Extra > 0:
		text += fmt.Sprintf(" add %d clinic(s)", d.Advice.Extra)
	case d.Advice.Likely && d.Clinics > 0:
		text += " will be full"
	case d.Advice.Spare && d.Clinics > 1:
		text += " one clinic to spare"
	}
	return strings.TrimSpace(text)
}

// chanceTimes are the times after a release for which a chance is told.
var chanceTimes = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour}

// inWords writes a time of whole minutes, hours or days.
func inWords(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d d", d/(24*time.Hour))
}

// pastClinics is how many past clinics a chance is told from.
const pastClinics = 40

func foreseePlaces(ctx context.Context, a *app.App, rest []string) error {
	id, err := idNamed(rest)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "HALF\tAFTER THE RELEASE\tCHANCE OF A PLACE\t80 %\tFROM")
	for _, period := range []booking.Period{booking.Morning, booking.Afternoon, booking.Evening} {
		past, err := a.Booking.SellOuts(ctx, booking.DoctorID(id), period, pastClinics)
		if err != nil {
			return sentences(err)
		}
		curve, err := allocation.SellOutCurve(past, chanceTimes)
		if errors.Is(err, allocation.ErrUnknown) {
			continue
		}
		if err != nil {
			return err
		}
		for _, p := range curve {
			fmt.Fprintf(table, "%s\t%s\t%.0f %%\t%.0f–%.0f %%\t%d clinics\n", period, inWords(p.After), 100*p.Value, 100*p.Low, 100*p.High, p.Releases)
		}
	}
	return table.Flush()
}
