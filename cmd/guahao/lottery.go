package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"guahao/booking/allocation"
)

const lotteryUse = `say what to do:
  guahao lottery verify FILE [--slip FILE]      compute a published draw again; with a slip: is this application in it, and at which rank
  guahao lottery draw FILE                      fill in the order of a record that has its seed, its beacon and its applications
  guahao lottery chance --places P --others LOTS:PEOPLE,… [--own LOTS]
                                                the chance of a place beside those who have applied so far
FILE is JSON as it is published; - is the standard input`

// lotteryCommand is for anybody who wants to check a draw. It needs no database and believes nobody: all is computed from what was published.
func lotteryCommand(_ context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New(lotteryUse)
	}
	set := flag.NewFlagSet("guahao lottery "+args[0], flag.ContinueOnError)
	switch args[0] {
	case "verify":
		slip := set.String("slip", "", "file with an applicant's slip")
		record, err := recordNamed(set, args[1:])
		if err != nil {
			return err
		}
		return verifyDraw(record, *slip)
	case "draw":
		record, err := recordNamed(set, args[1:])
		if err != nil {
			return err
		}
		return printed(record.Draw())
	case "chance":
		return chanceCommand(set, args[1:])
	}
	return fmt.Errorf("there is nothing to do called %q; %s", args[0], lotteryUse)
}

func recordNamed(set *flag.FlagSet, args []string) (allocation.Record, error) {
	names, err := parseMixed(set, args)
	if err != nil {
		return allocation.Record{}, err
	}
	if len(names) != 1 {
		return allocation.Record{}, errors.New(lotteryUse)
	}
	return readFile(names[0], allocation.ReadRecord)
}

func verifyDraw(record allocation.Record, slipFile string) error {
	if err := record.Verify(); err != nil {
		return err
	}
	fmt.Printf("The draw for %s is right: %d applications, %d places.\n", record.Schedule, len(record.Applications), record.Places)
	fmt.Printf("The seed is the one that was committed to, the list is complete as published, and the order follows from both and from %q.\n", record.Beacon)
	if slipFile == "" {
		fmt.Printf("Whether that is the value of %q has to be looked up there.\n", record.BeaconSource)
		return nil
	}
	text, err := os.ReadFile(slipFile)
	if err != nil {
		return err
	}
	var slip allocation.Slip
	if err := json.Unmarshal(text, &slip); err != nil {
		return fmt.Errorf("%s is no slip: %w", slipFile, err)
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
