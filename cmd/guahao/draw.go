package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"guahao/booking"
	"guahao/booking/allocation"
	"guahao/internal/app"
)

// drawPatience is how long a published record may take to arrive.
const drawPatience = 30 * time.Second

// recordNamed reads the one record that the arguments name.
func recordNamed(ctx context.Context, set *flag.FlagSet, args []string) (allocation.Record, error) {
	names, err := parseMixed(set, args)
	if err != nil {
		return allocation.Record{}, err
	}
	if len(names) != 1 {
		return allocation.Record{}, errors.New(lotteryUse)
	}
	if strings.HasPrefix(names[0], "https://") || strings.HasPrefix(names[0], "http://") {
		return fetchRecord(ctx, names[0])
	}
	if id, err := strconv.ParseInt(names[0], 10, 64); err == nil {
		return storedRecord(ctx, booking.ScheduleID(id))
	}
	return readFile(names[0], allocation.ReadRecord)
}

// fetchRecord reads what the public page of a draw publishes.
func fetchRecord(ctx context.Context, address string) (allocation.Record, error) {
	u, err := url.Parse(address)
	if err != nil {
		return allocation.Record{}, err
	}
	if !strings.HasSuffix(u.Path, ".json") {
		u.Path, u.RawQuery = strings.TrimSuffix(u.Path, "/")+"/draw.json", ""
	}
	ctx, cancel := context.WithTimeout(ctx, drawPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return allocation.Record{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return allocation.Record{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return allocation.Record{}, fmt.Errorf("%s answers %s: is it the address of a draw?", u, response.Status)
	}
	return allocation.ReadRecord(response.Body)
}

// storedRecord reads the record of a half-day from the configured database.
func storedRecord(ctx context.Context, id booking.ScheduleID) (r allocation.Record, err error) {
	err = withApp(ctx, "lottery verify", nil, func(a *app.App, _ []string) error {
		r, _, err = a.Booking.LotteryRecord(ctx, id)
		return sentences(err)
	})
	return r, err
}

// slipNamed reads a slip from a file, or as it stands in a link.
func slipNamed(schedule, name string) (allocation.Slip, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		if _, short, found := strings.Cut(name, "slip="); found { // the whole link
			name = short
		}
		if slip, err := allocation.ParseShort(schedule, name); err == nil {
			return slip, nil
		}
		return allocation.Slip{}, fmt.Errorf("%s is no file, and no slip as it stands in a link", name)
	}
	if err != nil {
		return allocation.Slip{}, err
	}
	var slip allocation.Slip
	if err := json.Unmarshal(text, &slip); err != nil {
		return slip, fmt.Errorf("%s is no slip: %w", name, err)
	}
	return slip, nil
}

// allocateCommand says how the places of a half-day are given.
func allocateCommand(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New(lotteryUse)
	}
	id, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return fmt.Errorf("%q is not the number of a half-day: see guahao extra list", args[0])
	}
	mode := booking.Allocation(args[1])
	if mode != booking.FirstCome && !mode.ByLot() {
		return fmt.Errorf("places are given %s, %s or %s, not %q", booking.FirstCome, booking.ByLottery, booking.ByWeights, args[1])
	}
	return withApp(ctx, "lottery allocate", nil, func(a *app.App, _ []string) error {
		if err := a.Booking.Allocate(ctx, 0, booking.ScheduleID(id), mode); err != nil {
			return sentences(err)
		}
		fmt.Printf("The places of half-day %d are given so: %s.\n", id, mode)
		return nil
	})
}
