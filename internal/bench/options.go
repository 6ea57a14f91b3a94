package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Options say what is measured. Clients and Seconds are needed.
type Options struct {
	Clients int     // how many people at a time
	Seconds int     // how long a phase is measured
	Rate    float64 // Dialog: updates a second, whether or not they are answered in time; 0: each person goes on when answered
	Lines   int     // Reconcile: of the bill; it needs neither Clients nor Seconds

	Appointments, Due int     // Reminders: in the database, and of them to be reminded of; it needs neither Clients nor Seconds
	Recipients        int     // Broadcast: how many it goes to; it needs neither Clients nor Seconds
	Scale             float64 // Broadcast: how many times Telegram's limit the simulated one has
	Kills             int     // Broadcast: how often the sender is killed on the way

	// Newcomers lets Dialog be about people who have never written: they add themselves as patients, and every second visit is
	// paid. Else they are known, and each visit is free and takes seven updates.
	Newcomers bool
	// Command is how to run the program (Dialog, Broadcast) as a process of its own, on a processor of its own where that can be had; it is configured
	// by its environment and ends with its standard input. nil: within this process.
	Command []string

	DSN string // an empty database, or one of an earlier bench; "": a private MariaDB with full durability

	Progress io.Writer // what is being done, in lines for people; nil: nothing

	meddle func(ctx context.Context, d *database) error // Broadcast: after each kill; nil: nothing. For the tests that show that it is seen
}

func (o Options) tamper(ctx context.Context, d *database) error {
	if o.meddle == nil {
		return nil
	}
	return o.meddle(ctx, d)
}

func (o Options) check() error {
	switch {
	case o.Clients < 1 || o.Clients > maxClients:
		return fmt.Errorf("a bench has 1 to %d clients", maxClients)
	case o.Seconds < 1 || o.Seconds > 3600:
		return errors.New("a phase lasts 1 to 3600 seconds")
	case o.Rate < 0 || o.Rate > 100_000:
		return errors.New("a rate is 0 (as fast as it goes) to 100000 updates a second")
	}
	return nil
}

// maxClients is also the distance between the chat ids of a client's people.
const maxClients = 10_000

func (o Options) duration() time.Duration { return time.Duration(o.Seconds) * time.Second }

func (o Options) say(format string, args ...any) {
	if o.Progress != nil {
		fmt.Fprintf(o.Progress, format+"\n", args...)
	}
}
