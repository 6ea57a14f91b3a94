package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"guahao/booking/allocation"
)

const lotteryUse = `say what to do:
  guahao lottery verify DRAW [--slip SLIP]      compute a published draw again; with a slip: is this application in it, and at which rank
  guahao lottery draw FILE                      fill in the order of a record that has its seed, its beacon and its applications
  guahao lottery chance --places P --others LOTS:PEOPLE,… [--own LOTS]
                                                the chance of a place beside those who have applied so far
  guahao lottery allocate HALF-DAY first_come|lottery|weighted
                                                how the places of a half-day are given, before they are released
DRAW is the number of a half-day in the database, the address of its public page, or a file (JSON as it is published; - is the standard input).
SLIP is a file, or what stands behind slip= in the link from the chat`

// lotteryCommand is for anybody who wants to check a draw. It believes nobody: all is computed from what was published. Only for the number of a half-day does it need
// the database.
func lotteryCommand(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New(lotteryUse)
	}
	set := flag.NewFlagSet("guahao lottery "+args[0], flag.ContinueOnError)
	switch args[0] {
	case "verify":
		slip := set.String("slip", "", "an applicant's slip")
		record, err := recordNamed(ctx, set, args[1:])
		if err != nil {
			return err
		}
		return verifyDraw(record, *slip)
	case "draw":
		record, err := recordNamed(ctx, set, args[1:])
		if err != nil {
			return err
		}
		return printed(record.Draw())
	case "allocate":
		return allocateCommand(ctx, args[1:])
	case "chance":
		return chanceCommand(set, args[1:])
	}
	return fmt.Errorf("there is nothing to do called %q; %s", args[0], lotteryUse)
}

func verifyDraw(record allocation.Record, slipName string) error {
	if err := record.Verify(); err != nil {
		return err
	}
	fmt.Printf("The draw for %s is right: %d applications, %d places.\n", record.Schedule, len(record.Applications), record.Places)
	fmt.Printf("The seed is the one that was committed to, the list is complete as published, and the order follows from both and from %q.\n", record.Beacon)
	if slipName == "" {
		if record.BeaconSource != allocation.ClosingSource {
			fmt.Printf("Whether that is the value of %q has to be looked up there.\n", record.BeaconSource)
		}
		return nil
	}
	slip, err := slipNamed(record.Schedule, slipName)
	if err != nil {
		return err
	}
	if err := record.VerifySlip(slip); err != nil {
		return err
	}
	outcome := "waits in that order"
	if record.Won(record.Rank(slip.Number)) {
		outcome = "has a place"
	}
	fmt.Printf("Application %d is in the list as its slip says. It was drawn at rank %d of %d, and %s.\n", slip.Number, record.Rank(slip.Number), len(record.Order), outcome)
	return nil
}

func chanceCommand(set *flag.FlagSet, args []string) error {
	places := set.Int("places", 0, "places that are drawn")
	own := set.Int("own", 1, "own lots")
	others := set.String("others", "", "how many of the others have how many lots: 33, or 10:30,15:3")
	if err := parseNumbers(set, args, "places", "others"); err != nil {
		return err
	}
	counts, err := parseOthers(*others)
	if err != nil {
		return err
	}
	chance, err := allocation.Chance(*own, counts, *places)
	return printed(struct {
		Chance float64 `json:"chance"`
	}{chance}, err)
}

// parseOthers reads "33", people with one lot each, or "10:30,15:3", thirty with ten lots and three with fifteen.
func parseOthers(text string) (map[int]int, error) {
	counts := map[int]int{}
	for part := range strings.SplitSeq(text, ",") {
		lots, people, found := strings.Cut(strings.TrimSpace(part), ":")
		if !found {
			lots, people = "1", lots
		}
		w, err1 := strconv.Atoi(lots)
		n, err2 := strconv.Atoi(people)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("%q says nothing about others: give people, or lots:people", part)
		}
		counts[w] += n
	}
	return counts, nil
}
