package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"guahao/internal/app"
	"guahao/internal/audit"
)

// byCommand says in the audit log that something was changed on the command line.
func byCommand(ctx context.Context) context.Context {
	return audit.As(ctx, audit.Actor{Via: audit.Command, Address: os.Getenv("USER")})
}

// auditCommand looks whether the audit log is as it was written.
func auditCommand(ctx context.Context, args []string) (err error) {
	if len(args) == 0 || args[0] != "verify" {
		return errors.New("say what to do: guahao audit verify [-head HEAD]   (HEAD is what an earlier verify printed)")
	}
	var cfg app.Config
	set := flag.NewFlagSet("guahao audit verify", flag.ContinueOnError)
	noted := set.String("head", "", "an end of the log that was printed earlier: it must still be in it")
	if err := errors.Join(cfg.Flags(set, os.Getenv), set.Parse(args[1:])); err != nil {
		return err
	}
	var heads []audit.Head
	if *noted != "" {
		h, err := audit.ParseHead(*noted)
		if err != nil {
			return err
		}
		heads = append(heads, h)
	}
	a, err := app.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	faults, head, rows, err := a.Audit.Verify(ctx, heads...)
	if err != nil {
		return err
	}
	for _, f := range faults {
		fmt.Printf("row %d: %s\n", f.Seq, f.Wrong)
	}
	if len(faults) > 0 {
		return errors.New("the audit log is not as it was written, see above")
	}
	fmt.Printf("%d rows, all as they were written. Note the end down where nobody of the database can change it:\n%s\n", rows, head)
	return nil
}
