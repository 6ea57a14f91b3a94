package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"guahao/booking/waiting"
)

const modelUse = `say which model:
  guahao model mmc --lambda L --mu M --servers C                    a line before C servers
  guahao model mg1 --lambda L --mean M --deviation S                a line before one server, any distribution of services
  guahao model calibrate --csv FILE                                 promised and real waits: does the interval of 80 % hold? Columns
                                                                    day,ahead,low,median,high,real, in minutes
  guahao model staff --lambda L --mu M --within T --share 0.9       how many servers so that this share waits no longer than T
Rates are per unit of time (an hour, say); all times are in that unit`

// modelCommand computes queues by formula. It needs no database.
func modelCommand(_ context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New(modelUse)
	}
	set := flag.NewFlagSet("guahao model "+args[0], flag.ContinueOnError)
	if args[0] == "calibrate" {
		return calibrateCommand(set, args[1:])
	}
	lambda := set.Float64("lambda", 0, "arrivals in a unit of time")
	switch args[0] {
	case "mmc":
		mu := set.Float64("mu", 0, "how many one server finishes in a unit of time")
		servers := set.Int("servers", 0, "number of servers")
		if err := parseNumbers(set, args[1:], "lambda", "mu", "servers"); err != nil {
			return err
		}
		q, err := waiting.NewMMC(*lambda, *mu, *servers)
		return printed(q.Steady, err)
	case "mg1":
		mean := set.Float64("mean", 0, "mean time of a service")
		deviation := set.Float64("deviation", 0, "standard deviation of the time of a service")
		if err := parseNumbers(set, args[1:], "lambda", "mean", "deviation"); err != nil {
			return err
		}
		return printed(waiting.MG1(*lambda, *mean, *deviation))
	case "staff":
		mu := set.Float64("mu", 0, "how many one server finishes in a unit of time")
		within := set.Float64("within", 0, "the wait that is asked for")
		share := set.Float64("share", 0.9, "the share of people who wait no longer than that")
		if err := parseNumbers(set, args[1:], "lambda", "mu", "within"); err != nil {
			return err
		}
		servers, curve, err := waiting.Staff(*lambda, *mu, waiting.Target{Within: *within, Share: *share}, 2)
		return printed(staffing{servers, curve}, err)
	}
	return fmt.Errorf("there is no model %q; %s", args[0], modelUse)
}

func calibrateCommand(set *flag.FlagSet, args []string) error {
	file := set.String("csv", "", "file with the columns day,ahead,low,median,high,real; - is the standard input")
	if err := parseNumbers(set, args, "csv"); err != nil {
		return err
	}
	outcomes, err := readFile(*file, waiting.ReadOutcomes)
	if err != nil {
		return err
	}
	return printed(waiting.Calibrate(outcomes))
}

// readFile reads a named file, or the standard input for -. An error names the file.
func readFile[T any](name string, read func(io.Reader) (T, error)) (what T, err error) {
	var in io.Reader = os.Stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return what, err
		}
		defer file.Close()
		in = file
	}
	if what, err = read(in); err != nil {
		return what, fmt.Errorf("%s: %w", name, err)
	}
	return what, nil
}

// staffing is the answer to "how many", with the chart behind it.
type staffing struct {
	Servers int               `json:"servers"`
	Curve   []waiting.Staffed `json:"curve"`
}

// parseNumbers parses the flags of a command that takes no names, and refuses it when a needed one was not given.
func parseNumbers(set *flag.FlagSet, args []string, needed ...string) error {
	if err := set.Parse(args); err != nil {
		return err
	}
	name := strings.TrimPrefix(set.Name(), "guahao ")
	if set.NArg() > 0 {
		return fmt.Errorf("%s takes flags only, not %q", name, set.Arg(0))
	}
	given := givenFlags(set)
	for _, flag := range needed {
		if !given[flag] {
			return fmt.Errorf("%s needs --%s (%s)", name, flag, set.Lookup(flag).Usage)
		}
	}
	return nil
}

func givenFlags(set *flag.FlagSet) map[string]bool {
	given := map[string]bool{}
	set.Visit(func(f *flag.Flag) { given[f.Name] = true })
	return given
}

// printed writes a result as a line of JSON, unless it could not be had.
func printed(result any, err error) error {
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	return out.Encode(result)
}
