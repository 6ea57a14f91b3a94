package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"guahao/booking"
	"guahao/internal/app"
	"guahao/payments"
)

// paymentsCommand answers what an accountant or the service desk asks about single payments and about the books.
func paymentsCommand(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "show":
			return withApp(ctx, "payments show", args[1:], func(a *app.App, rest []string) error { return paymentsShow(ctx, a, rest) })
		case "desk":
			return withApp(ctx, "payments desk", args[1:], func(a *app.App, rest []string) error { return paymentsDesk(ctx, a, rest) })
		case "settle":
			return withApp(ctx, "payments settle", args[1:], func(a *app.App, rest []string) error { return paymentsSettle(ctx, a, rest) })
		case "check":
			return withApp(ctx, "payments check", args[1:], func(a *app.App, _ []string) error { return paymentsCheck(ctx, a) })
		}
	}
	return errors.New("say what to do: guahao payments show NUMBER | desk [HOSPITAL] | settle NUMBER CASHIER | check")
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

// paymentsDesk lists what the cashiers have to take and to hand out, of one hospital or of all.
func paymentsDesk(ctx context.Context, a *app.App, rest []string) error {
	var hospital booking.Hospital
	if len(rest) > 1 {
		return errors.New("guahao payments desk [HOSPITAL]")
	}
	if len(rest) == 1 {
		var err error
		if hospital, err = hospitalNamed(ctx, a, rest[0]); err != nil {
			return err
		}
	}
	list, err := a.AtDesk(ctx, hospital.ID, maxListed)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		fmt.Println("Nothing waits at the desk.")
	}
	for _, c := range list {
		what, amount := "take", c.Amount
		if c.Settled() {
			what, amount = "hand out", c.Reserved-c.Refunded
		}
		fmt.Printf("%s  %-8s  %10s yuan  %s  %s  %s\n", moment(c.CreatedAt), what, amount, c.OutTradeNo, c.Ref, c.Payee)
	}
	return nil
}

// paymentsSettle notes what a cashier has taken or handed out.
func paymentsSettle(ctx context.Context, a *app.App, rest []string) error {
	if len(rest) < 2 {
		return errors.New("guahao payments settle NUMBER CASHIER: the charge's number or its appointment:ID, and who took the money or handed it out")
	}
	number := rest[0]
	done, err := a.Payments.SettleAtDesk(ctx, number, strings.Join(rest[1:], " "))
	switch {
	case errors.Is(err, payments.ErrNotFound):
		return fmt.Errorf("nothing is known about %q: see guahao payments desk", number)
	case errors.Is(err, payments.ErrNotAtDesk):
		return fmt.Errorf("%s is paid online, and does not concern the desk", number)
	case errors.Is(err, payments.ErrPaid):
		return fmt.Errorf("%s is settled already: see guahao payments show %s", number, number)
	case errors.Is(err, payments.ErrClosed):
		return fmt.Errorf("the visit of %s does not take place: nothing is to be paid", number)
	case err != nil:
		return err
	case done.Refund.ID != 0:
		fmt.Printf("Noted: %s yuan handed out for %s.\n", done.Refund.Amount, done.Refund.OutRefundNo)
	default:
		fmt.Printf("Noted: %s yuan taken for %s.\n", done.Charge.Amount, done.Charge.OutTradeNo)
	}
	return nil
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
