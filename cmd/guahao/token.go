package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"guahao/booking"
	"guahao/internal/app"
	"guahao/internal/audit"
	"guahao/internal/hisapi"
)

const tokenUse = "say what to do: guahao api-token make -hospital ID [-write] [-personal] NAME | list | revoke ID"

// tokenCommand lets other programs of a hospital in, and ends that.
func tokenCommand(ctx context.Context, args []string) error {
	ctx = audit.As(ctx, audit.Actor{Via: audit.Command})
	if len(args) > 0 {
		switch args[0] {
		case "make":
			return tokenMake(ctx, args[1:])
		case "list":
			return withApp(ctx, "api-token list", args[1:], func(a *app.App, _ []string) error { return tokenList(ctx, a) })
		case "revoke":
			return withApp(ctx, "api-token revoke", args[1:], func(a *app.App, rest []string) error { return tokenRevoke(ctx, a, rest) })
		}
	}
	return errors.New(tokenUse)
}

func tokenMake(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("guahao api-token make", flag.ContinueOnError)
	hospital := set.Int64("hospital", 0, "id of the hospital that the token is for")
	writes := set.Bool("write", false, "it may change the directory and schedules")
	personal := set.Bool("personal", false, "it sees who the patients are; each time is written to the audit log")
	return withWords(ctx, set, args, "name the program: guahao api-token make -hospital ID NAME", func(a *app.App, words []string) error {
		h, err := a.Booking.Hospital(ctx, booking.HospitalID(*hospital))
		if err != nil {
			return fmt.Errorf("hospital %d: %w", *hospital, err)
		}
		token, secret, err := a.Tokens().Make(ctx, hisapi.Token{Hospital: h.ID, Name: strings.Join(words, " "), Writes: *writes, Personal: *personal})
		if err != nil {
			return err
		}
		fmt.Printf("Token %d of %s for %s. It is shown this once and kept nowhere:\n%s\n", token.ID, token.Name, h.Name.EN, secret)
		return nil
	})
}

func tokenList(ctx context.Context, a *app.App) error {
	list, err := a.Tokens().List(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tHOSPITAL\tNAME\tWRITES\tPERSONAL\tMADE\tUSED\tREVOKED")
	for _, t := range list {
		fmt.Fprintf(w, "%d\t%d\t%s\t%t\t%t\t%s\t%s\t%s\n", t.ID, t.Hospital, t.Name, t.Writes, t.Personal, t.CreatedAt.Format(time.DateOnly), dayOf(t.LastUsedAt), dayOf(t.RevokedAt))
	}
	return w.Flush()
}

// dayOf writes a day, and nothing for none.
func dayOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

func tokenRevoke(ctx context.Context, a *app.App, rest []string) error {
	if len(rest) != 1 {
		return errors.New(tokenUse)
	}
	id, err := strconv.ParseInt(rest[0], 10, 64)
	if err != nil {
		return errors.New(tokenUse)
	}
	if err := a.Tokens().Revoke(ctx, id); err != nil {
		return err
	}
	fmt.Printf("Token %d is revoked.\n", id)
	return nil
}
