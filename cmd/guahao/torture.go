package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"guahao/internal/torture"
)

// tortureCommand torments the program and prints one line of JSON; it fails when anything was wrong. The replicas that it
// starts are this program again, with this command.
func tortureCommand(ctx context.Context, args []string) error {
	if torture.IsReplica() {
		return torture.RunReplica(ctx)
	}
	o := torture.Options{Progress: os.Stderr}
	set := flag.NewFlagSet("guahao torture", flag.ContinueOnError)
	set.IntVar(&o.Seconds, "seconds", 60, "how long")
	set.IntVar(&o.Clients, "clients", 24, "how many people at a time")
	set.IntVar(&o.Replicas, "replicas", 3, "how many processes of the program")
	set.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano()%1_000_000), "of what clients and faults choose; default: another one each time")
	set.StringVar(&o.Out, "out", "torture", "directory for what a violation leaves; made only then")
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("torture takes flags only, not %q", set.Arg(0))
	}
	result, err := torture.Run(ctx, o)
	if err != nil {
		return err
	}
	for _, what := range result.Found {
		fmt.Fprintln(os.Stderr, "VIOLATION:", what)
	}
	for _, file := range result.Left {
		fmt.Fprintln(os.Stderr, "See", file)
	}
	line, err := json.Marshal(result)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	if result.Violations > 0 {
		return errors.New("the torture has found violations")
	}
	return nil
}
