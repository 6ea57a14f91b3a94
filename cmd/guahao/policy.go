package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"

	"guahao/booking"
	"guahao/internal/app"
)

// policyCommand shows and changes the rules of a hospital.
func policyCommand(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "show":
			return withPolicy(ctx, "policy show", args[1:], func(a *app.App, h booking.Hospital, _ string) error {
				p, err := a.Booking.Policy(ctx, h.ID)
				if err != nil {
					return err
				}
				return printPolicy(h, p)
			})
		case "set":
			return withPolicy(ctx, "policy set", args[1:], func(a *app.App, h booking.Hospital, file string) error {
				p, err := readPolicyFile(file)
				if err != nil {
					return err
				}
				if p, err = a.Booking.SetPolicy(ctx, h.ID, p); err != nil {
					return sentences(err)
				}
				fmt.Fprintf(os.Stderr, "Version %d of the rules of %s is in force. What was booked before keeps its own.\n", p.Version, h.Name.In("en"))
				return printPolicy(h, p)
			})
		}
	}
	return errors.New("say what to do: guahao policy show HOSPITAL | set -f FILE.json HOSPITAL   (HOSPITAL is an id or a code; without -f the rules are read from the standard input)")
}

// withPolicy opens the program for a command about one hospital, named by its id or code.
func withPolicy(ctx context.Context, name string, args []string, do func(a *app.App, h booking.Hospital, file string) error) (err error) {
	var cfg app.Config
	set := flag.NewFlagSet("guahao "+name, flag.ContinueOnError)
	file := set.String("f", "-", "file with the rules as JSON; - is the standard input")
	if err := cfg.Flags(set, os.Getenv); err != nil {
		return err
	}
	names, err := parseMixed(set, args)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return fmt.Errorf("name the hospital: guahao %s HOSPITAL", name)
	}
	a, err := app.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	h, err := hospitalNamed(ctx, a, names[0])
	if err != nil {
		return err
	}
	return do(a, h, *file)
}

// parseMixed lets flags stand before and after the names.
func parseMixed(set *flag.FlagSet, args []string) (names []string, err error) {
	for {
		if err := set.Parse(args); err != nil {
			return nil, err
		}
		if set.NArg() == 0 {
			return names, nil
		}
		names, args = append(names, set.Arg(0)), set.Args()[1:]
	}
}

func hospitalNamed(ctx context.Context, a *app.App, name string) (booking.Hospital, error) {
	all, err := a.Booking.Hospitals(ctx)
	if err != nil {
		return booking.Hospital{}, err
	}
	id, _ := strconv.ParseInt(name, 10, 64)
	for _, h := range all {
		if h.Code == name || h.ID == booking.HospitalID(id) {
			return h, nil
		}
	}
	return booking.Hospital{}, fmt.Errorf("there is no hospital %q: give its id or its code", name)
}

func readPolicyFile(name string) (booking.Policy, error) {
	var text []byte
	var err error
	if name == "-" {
		text, err = io.ReadAll(os.Stdin)
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return booking.Policy{}, err
	}
	p, err := booking.ParsePolicy(text)
	return p, sentences(err)
}

// sentences turns a refusal into its sentences in both languages.
func sentences(err error) error {
	var refusal *booking.Error
	if errors.As(err, &refusal) {
		return fmt.Errorf("%s\n%s", refusal.Message.EN, refusal.Message.ZH)
	}
	return err
}

func printPolicy(h booking.Hospital, p booking.Policy) error {
	fmt.Fprintf(os.Stderr, "%s (%s), version %d\n", h.Name.In("en"), h.Code, p.Version)
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(p)
}
