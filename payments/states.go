package payments

import (
	"fmt"
	"strings"
)

// transition is one row of a table of states.
type transition[S ~string] struct {
	From  S
	Event string
	To    S
}

// next looks an event up.
func next[S ~string](table []transition[S], from S, event string) (S, error) {
	for _, t := range table {
		if t.From == from && t.Event == event {
			return t.To, nil
		}
	}
	return from, fmt.Errorf("%w: %s cannot %s", errTransition, from, event)
}

// Diagrams draws both tables of states as Markdown with Mermaid: the content of docs/payment-states.md.
func Diagrams() string {
	var b strings.Builder
	b.WriteString("# States of payments\n\nGenerated from the tables in `payments/charge.go` and `payments/refund.go`: change those, then run\n" +
		"`go test ./payments -run TestDiagrams -update`.\n\n## A charge\n\n")
	draw(&b, Created, chargeTransitions(), []ChargeStatus{Closed, Refunded})
	b.WriteString("\n`closed` is not quite an end: a payment that was made just before the order was closed can still become known.\n\n## A refund\n\n")
	draw(&b, RefundRequested, refundTransitions(), []RefundStatus{RefundSucceeded, RefundClosed})
	return b.String()
}

func draw[S ~string](b *strings.Builder, start S, table []transition[S], ends []S) {
	fmt.Fprintf(b, "```mermaid\nstateDiagram-v2\n    [*] --> %s\n", start)
	for _, t := range table {
		if t.Event == string(t.To) {
			fmt.Fprintf(b, "    %s --> %s\n", t.From, t.To)
			continue
		}
		fmt.Fprintf(b, "    %s --> %s : %s\n", t.From, t.To, strings.ReplaceAll(t.Event, "_", " "))
	}
	for _, end := range ends {
		fmt.Fprintf(b, "    %s --> [*]\n", end)
	}
	b.WriteString("```\n")
}
