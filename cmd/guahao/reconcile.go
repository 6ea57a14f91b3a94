package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"guahao/booking"
	"guahao/internal/app"
	"guahao/payments"
)

// appWith puts the program together for a command with flags of its own.
func appWith(ctx context.Context, set *flag.FlagSet, args []string, do func(a *app.App) error) (err error) {
	var cfg app.Config
	if err := errors.Join(cfg.Flags(set, os.Getenv), set.Parse(args)); err != nil {
		return err
	}
	a, err := app.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return do(a)
}

const maxListed = 1000 // differences that are printed

// reconcileCommand compares a day with the provider's bill, and hands its differences over to people.
func reconcileCommand(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "list":
			return withApp(ctx, "reconcile list", args[1:], func(a *app.App, _ []string) error { return reconcileList(ctx, a) })
		case "assign":
			return withApp(ctx, "reconcile assign", args[1:], func(a *app.App, rest []string) error {
				return onDifference(ctx, rest, "assign ID OWNER", a.Payments.AssignDifference)
			})
		case "close":
			return withApp(ctx, "reconcile close", args[1:], func(a *app.App, rest []string) error {
				return onDifference(ctx, rest, "close ID NOTE", a.Payments.CloseDifference)
			})
		}
	}
	set := flag.NewFlagSet("guahao reconcile", flag.ContinueOnError)
	date := set.String("date", "", "the bill's day as 2006-01-02; default: yesterday")
	provider := set.String("provider", "", "the only provider whose bill is compared; default: all whose bills can be had")
	return appWith(ctx, set, args, func(a *app.App) error { return reconcileDay(ctx, a, *date, *provider, set.Args()) })
}

func reconcileDay(ctx context.Context, a *app.App, date, provider string, rest []string) error {
	if len(rest) > 0 {
		return errors.New("guahao reconcile [-date 2006-01-02] [-provider NAME] | list | assign ID OWNER | close ID NOTE")
	}
	day, _ := payments.BillDay(time.Now().AddDate(0, 0, -1))
	if date != "" {
		var err error
		if day, err = payments.ParseBillDay(date); err != nil {
			return fmt.Errorf("-date is %q: want 2006-01-02", date)
		}
	}
	providers := []string{provider}
	if provider == "" {
		providers = nil
		for _, g := range a.Payments.Gateways() {
			if _, ok := g.(payments.BillGateway); ok {
				providers = append(providers, g.Name())
			}
		}
	}
	if len(providers) == 0 {
		return payments.ErrOff
	}
	for _, name := range providers {
		if err := reconcileWith(ctx, a, name, day); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	list, err := a.Payments.Differences(ctx, day, maxListed)
	return errors.Join(err, printDifferences(list))
}

func reconcileWith(ctx context.Context, a *app.App, provider string, day time.Time) error {
	r, err := a.Payments.Reconcile(ctx, provider, day)
	if err != nil {
		return err
	}
	if r.State == payments.ReconcileWaiting {
		fmt.Printf("%s %s: the bill is not ready. The job will fetch it; or try again later.\n", r.Provider, r.Date())
		return nil
	}
	fmt.Printf("%s %s: %d lines, %d matched, %d differences, %d of them healed, %d for people\n", r.Provider, r.Date(), r.Lines, r.Matched, r.Differences, r.Healed, r.Open())
	return nil
}

func reconcileList(ctx context.Context, a *app.App) error {
	list, err := a.Payments.Differences(ctx, time.Time{}, maxListed)
	if err == nil && len(list) == 0 {
		fmt.Println("No difference is open.")
	}
	return errors.Join(err, printDifferences(list))
}

func printDifferences(list []payments.Difference) error {
	for _, d := range list {
		if _, err := fmt.Printf("%s  %-14s  %s\n", d.Day.Format(time.DateOnly), d.Class, difference(d)); err != nil {
			return err
		}
	}
	return nil
}

func onDifference(ctx context.Context, rest []string, usage string, do func(ctx context.Context, id int64, text string) error) error {
	if len(rest) < 2 {
		return fmt.Errorf("guahao reconcile %s", usage)
	}
	id, err := strconv.ParseInt(rest[0], 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no number of a difference: see guahao reconcile list", rest[0])
	}
	if err := do(ctx, id, strings.Join(rest[1:], " ")); err != nil {
		if errors.Is(err, payments.ErrNotFound) {
			return fmt.Errorf("no open difference has the number %d: see guahao reconcile list", id)
		}
		return err
	}
	fmt.Println("Noted.")
	return nil
}

// statementCommand writes what a hospital took and gave back on a day.
func statementCommand(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("guahao statement", flag.ContinueOnError)
	hospital := set.Int64("hospital", 0, "id of the hospital")
	date := set.String("date", "", "the day as 2006-01-02, in the hospital's zone")
	file := set.String("o", "", "file to write, .xlsx or .csv; an earlier one is replaced")
	return appWith(ctx, set, args, func(a *app.App) error {
		if *hospital == 0 || *date == "" || *file == "" || set.NArg() > 0 {
			return errors.New("guahao statement -hospital ID -date 2006-01-02 -o FILE.xlsx")
		}
		if _, err := time.Parse(time.DateOnly, *date); err != nil {
			return fmt.Errorf("-date is %q: want 2006-01-02", *date)
		}
		st, err := a.Statement(ctx, booking.HospitalID(*hospital), booking.Date(*date))
		if err != nil {
			return err
		}
		return writeStatement(st, *file)
	})
}

// writeStatement writes beside the file and renames, so that nobody opens half a statement.
func writeStatement(st payments.Statement, file string) error {
	var write func(io.Writer) error
	switch strings.ToLower(filepath.Ext(file)) {
	case ".xlsx":
		write = st.WriteXLSX
	case ".csv":
		write = st.WriteCSV
	default:
		return fmt.Errorf("%s: the file must end in .xlsx or .csv", file)
	}
	out, err := os.CreateTemp(filepath.Dir(file), ".statement-")
	if err != nil {
		return fmt.Errorf("write the statement: %w", err)
	}
	err = errors.Join(write(out), out.Close())
	if err == nil {
		err = os.Rename(out.Name(), file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write the statement: %w", err), os.Remove(out.Name()))
	}
	t := st.Totals()
	fmt.Printf("%s: %d payments of %s yuan, %d refunds of %s yuan, fees of %s yuan, net %s yuan.\n", file, t.Payments, t.Paid, t.Refunds, t.GaveBack, t.Fees, t.Net())
	return nil
}
