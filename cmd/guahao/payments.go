package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"guahao/internal/app"
	"guahao/payments"
)

// paymentsCommand answers what an accountant or the service desk asks about single payments and about the books.
func paymentsCommand(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "show":
			return withApp(ctx, "payments show", args[1:], func(a *app.App, rest []string) error { return paymentsShow(ctx, a, rest) })
		case "check":
			return withApp(ctx, "payments check", args[1:], func(a *app.App, _ []string) error { return paymentsCheck(ctx, a) })
		}
	}
	return errors.New("say what to do: guahao payments show NUMBER | check")
}

func paymentsShow(ctx context.Context, a *app.App, rest []string) error {
	if len(rest) != 1 {
		return errors.New("name one number of ours or of the provider's: guahao payments show NUMBER")
	}
	story, err := a.Payments.Story(ctx, rest[0])
	if errors.Is(err, payments.ErrNotFound) {
		return fmt.Errorf("nothing is known about %q", rest[0])
	}
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	tell(table, story)
	return table.Flush()
}

// tell prints a story in the order in which it is asked for: how it stands, what happened, what became of the money, what is wrong.
func tell(w io.Writer, s payments.Story) {
	if c := s.Charge; c.ID != 0 {
		fmt.Fprintf(w, "CHARGE\t%s\t%s\tfor %s\n", c.OutTradeNo, c.Status, c.Ref)
		fmt.Fprintf(w, "\tyuan\t%s\tpromised back %s, given back %s\n", c.Amount, c.Reserved, c.Refunded)
		fmt.Fprintf(w, "\tprovider\t%s\tmerchant %s, transaction %s\n", c.Provider, c.Merchant.MchID, orDash(c.TransactionID))
		fmt.Fprintf(w, "\tpayee\t%s\t%s\n", orDash(c.Payee), c.Subject)
		fmt.Fprintf(w, "\tcreated\t%s\tuntil %s, paid %s\n", moment(c.CreatedAt), moment(c.ExpiresAt), moment(c.PaidAt))
	} else {
		fmt.Fprintf(w, "CHARGE\t%s\tunknown\t\n", s.Numbers[0])
	}
	for _, e := range s.Events {
		fmt.Fprintf(w, "EVENT\t%s\t%s\t%s → %s %s\n", moment(e.At), e.Event, orDash(e.From), e.To, e.Detail)
	}
	for _, r := range s.Refunds {
		fmt.Fprintf(w, "REFUND\t%s\t%s\t%s yuan, asked for %s, done %s, provider's number %s, attempts %d %s\n",
			r.OutRefundNo, r.Status, r.Amount, moment(r.CreatedAt), moment(r.DoneAt), orDash(r.ProviderNo), r.Attempts, r.LastError)
	}
	for _, e := range s.Ledger {
		fmt.Fprintf(w, "LEDGER\t%s\t%s\t%s %s\n", moment(e.At), e.Kind, e.Account, e.Amount)
	}
	for _, n := range s.Notices {
		fmt.Fprintf(w, "NOTICE\t%s\t%s\t%s\n", moment(n.At), n.Kind, n.Number)
	}
	for _, i := range s.Incidents {
		fmt.Fprintf(w, "INCIDENT\t%s\t%s\t%s %s: %s\n", moment(i.At), i.Kind, i.Number, i.TransactionID, i.Detail)
	}
	for _, d := range s.Differences {
		fmt.Fprintf(w, "DIFFERENCE\t%s\t%s\t%s\n", d.Day.Format(time.DateOnly), d.Class, difference(d))
	}
}

func difference(d payments.Difference) string {
	return fmt.Sprintf("#%d %s %s: here %s yuan %s, on the bill %s yuan %s; %s, owner %s; %s",
		d.ID, d.Kind, d.Number, d.Ours, orDash(d.OurStatus), d.Theirs, orDash(d.TheirStatus), d.State, d.Owner, orDash(d.Note))
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Local().Format(time.DateTime)
}

func paymentsCheck(ctx context.Context, a *app.App) error {
	faults, err := a.Payments.CheckLedger(ctx)
	if err != nil {
		return err
	}
	for _, f := range faults {
		fmt.Printf("%s: %s, by %s yuan\n", f.Number, f.What, f.Amount)
	}
	if len(faults) > 0 {
		return errors.New("the books are wrong, see above")
	}
	balances, err := a.Payments.Balances(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	for _, b := range balances {
		fmt.Fprintf(table, "%s\t%s\t%s\n", orDash(b.Payee), b.Account, b.Amount)
	}
	fmt.Fprintln(table, "The books balance.")
	return table.Flush()
}
