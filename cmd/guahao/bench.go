package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/pprof"

	"guahao/internal/bench"
)

// benchCommand measures, and prints one line of JSON. What it does meanwhile is told on standard error.
//
// The database is a private one unless -dsn (or GUAHAO_BENCH_DSN) names another: GUAHAO_DSN, which a deployment sets, is
// deliberately not looked at.
func benchCommand(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to measure: guahao bench dialog | booking | broadcast | reconcile | reminders (-h after it shows its flags)")
	}
	collectSeldom() // as serve does
	switch args[0] {
	case measured:
		return serveMeasured(ctx, args[1:])
	case measuredSender:
		return bench.BroadcastSenderMain(ctx, args[1:])
	}
	options := bench.Options{Progress: os.Stderr}
	set := flag.NewFlagSet("guahao bench "+args[0], flag.ContinueOnError)
	set.IntVar(&options.Clients, "clients", 64, "how many people at a time")
	set.IntVar(&options.Seconds, "seconds", 8, "how long a phase is measured")
	set.StringVar(&options.DSN, "dsn", os.Getenv("GUAHAO_BENCH_DSN"),
		"an empty database, or one that an earlier bench filled, which is emptied; default: a private MariaDB with full durability [GUAHAO_BENCH_DSN]")
	profile := set.String("cpuprofile", "", "write a CPU profile of this process to this file")
	var run func() (any, error)
	switch args[0] {
	case "booking":
		run = func() (any, error) { return bench.Booking(ctx, options) }
	case "dialog":
		set.Float64Var(&options.Rate, "rate", 0, "updates a second, on a schedule that waits for nobody; 0: each person goes on when answered")
		set.BoolVar(&options.Newcomers, "newcomers", false, "people who have never written, and pay for every second visit; else known ones, who book in seven updates")
		together := set.Bool("together", false, "run the program within this process; else as a process of its own, on a processor of its own where there are two")
		program := set.String("program-cpuprofile", "", "write a CPU profile of the program, run as a process of its own, to this file")
		run = func() (any, error) {
			if !*together {
				self, err := os.Executable()
				if err != nil {
					return nil, err
				}
				options.Command = []string{self, "bench", measured, *program}
			}
			return bench.Dialog(ctx, options)
		}
	case "reconcile":
		set.IntVar(&options.Lines, "lines", 1_000_000, "lines of the bill that is reconciled")
		run = func() (any, error) { return bench.Reconcile(ctx, options) }
	case "reminders":
		set.IntVar(&options.Appointments, "appointments", 1_000_000, "appointments in the database")
		set.IntVar(&options.Due, "due", 50_000, "of these, those of tomorrow, to be reminded of; a multiple of 400")
		run = func() (any, error) { return bench.Reminders(ctx, options) }
	case "broadcast":
		set.IntVar(&options.Recipients, "recipients", 100_000, "how many people the broadcast goes to")
		set.Float64Var(&options.Scale, "scale", 70, "how many times Telegram's limit of 30 messages a second the simulated one has")
		set.IntVar(&options.Kills, "kills", 0, "how often the sender is killed on the way")
		run = func() (any, error) {
			self, err := os.Executable()
			if err != nil {
				return nil, err
			}
			options.Command = []string{self, "bench", measuredSender}
			return bench.Broadcast(ctx, options)
		}
	default:
		return fmt.Errorf("there is no bench %q: dialog, booking, broadcast, reconcile or reminders", args[0])
	}
	if err := set.Parse(args[1:]); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("bench %s takes flags only, not %q", args[0], set.Arg(0))
	}
	return profiled(*profile, func() error {
		result, err := run()
		if err != nil {
			return err
		}
		line, err := bench.Line(result)
		if err != nil {
			return err
		}
		_, err = fmt.Println(line)
		return err
	})
}

// measured is what the bench runs as a process of its own: the service, which ends with its standard input.
const measured = "program"

func serveMeasured(ctx context.Context, args []string) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	if len(args) != 1 {
		return errors.New("bench program is what bench dialog runs; it takes the name of a profile")
	}
	return profiled(args[0], func() error { return serve(ctx, nil) })
}

// measuredSender is what the bench of broadcasts runs as a process of its own: the sender, which ends with its standard input.
const measuredSender = "sender"

// profiled runs do and, when file is named, writes a profile of it.
func profiled(file string, do func() error) error {
	if file == "" {
		return do()
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(out); err != nil {
		return errors.Join(err, out.Close())
	}
	err = do()
	pprof.StopCPUProfile()
	return errors.Join(err, out.Close())
}
