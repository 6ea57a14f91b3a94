package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"guahao/dialog"
)

// dialogCommand prints the conversation's table as a drawing.
func dialogCommand(_ context.Context, args []string) error {
	if len(args) == 0 || args[0] != "graph" {
		return errors.New("say what to print: guahao dialog graph [-format mermaid|svg]")
	}
	set := flag.NewFlagSet("guahao dialog graph", flag.ContinueOnError)
	format := set.String("format", "mermaid", "mermaid or svg")
	if err := set.Parse(args[1:]); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("dialog graph takes flags only, not %q", set.Arg(0))
	}
	switch *format {
	case "mermaid":
		fmt.Print(dialog.Graph())
	case "svg":
		fmt.Print(dialog.SVG())
	default:
		return fmt.Errorf("there is no format %q: mermaid or svg", *format)
	}
	return nil
}
