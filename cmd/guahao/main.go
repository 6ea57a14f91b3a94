// Command guahao is the whole program: the service, its demo, and the tools of whoever runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a hospital's zone must be known on any machine
)

// command is one sub-command. Its run gets the arguments that follow its name.
type command struct {
	name, usage string
	run         func(ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"demo", "try it: a database, the program, and simulated platforms on one page", demo},
		{"serve", "run the service", serve},
		{"migrate", "bring the database to this program's version", migrate},
		{"seed", "load the demo city: hospitals, departments, doctors, schedules", seed},
		{"keys", "make the key set that encrypts personal data: guahao keys FILE", makeKeys},
		{"check", "compare the configuration with the live platforms", check},
		{"api-token", "api-token make -hospital ID NAME | list | revoke ID: which programs may use /api/v1", tokenCommand},
		{"staff", "staff add NAME | list | link ID | remove ID: who may use the console and the bot's staff commands", staffCommand},
		{"audit", "audit verify: whether the log of what staff changed is as it was written", auditCommand},
		{"policy", "policy show | set HOSPITAL [-f FILE]: the rules of a hospital, as JSON", policyCommand},
		{"extra", "extra list | add: places beyond a half-day's own (加号)", extraCommand},
		{"record", "record appeals | missed | grant | decline | undo | lift: missed visits and what patients say about them", recordCommand},
		{"reviews", "reviews list | show REVIEW | hide REVIEW REASON: what patients say about visits", reviewsCommand},
		{"check-in", "check a patient in by the code of their slip: guahao check-in CODE", checkInCommand},
		{"reconcile", "reconcile [-date 2006-01-02] | list | assign | close: compare a day with the provider's bill", reconcileCommand},
		{"statement", "statement -hospital ID -date 2006-01-02 -o FILE.xlsx: what a hospital took and gave back (or .csv)", statementCommand},
		{"payments", "payments show NUMBER | check: the whole story of a payment; whether the books balance", paymentsCommand},
		{"qr", "qr -platform wechat -hospital CODE [-department CODE | -doctor CODE | -arrivals] -o FILE.png: the QR code of a poster, or of check-in at the door", qrCommand},
		{"wechat", "wechat menu: create the Official Account's custom menu", wechatCommand},
		{"model", "model mmc | mg1 | staff | calibrate: how long people wait and how many doctors are enough, by formula", modelCommand},
		{"simulate", "simulate day: play clinic days; how many doctors are enough; are promised waits kept", simulateCommand},
		{"forecast", "forecast --csv FILE: what comes after a series, and how sure that is", forecastCommand},
		{"foresee", "foresee demand DEPARTMENT | places DOCTOR: the days to come, from what the database knows of the past", foreseeCommand},
		{"lottery", "lottery verify DRAW | draw FILE | chance | allocate: check a published draw of places; the chance of one; how places are given", lotteryCommand},
		{"dialog", "dialog graph [-format mermaid|svg]: the conversation as a drawing", dialogCommand},
		{"bench", "bench dialog | booking | broadcast | reconcile | reminders: measure, one line of JSON each", benchCommand},
		{"torture", "try to make it sell a place twice: kills, cut connections, wrong clocks, lost payments", tortureCommand},
	}
}

func main() {
	ctx, stop := interruptible()
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "guahao:", err)
		os.Exit(1)
	}
}

// interruptible gives a context that ends when the program is told to stop. Whoever presses Ctrl-C once more does not want to wait,
// and kills it.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(os.Stdout)
		return nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(byCommand(ctx), args[1:])
		}
	}
	usage(os.Stderr)
	return fmt.Errorf("there is no command %q", args[0])
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "Guahao 挂号: hospital appointments in WeChat and Telegram.\n\nUse: guahao COMMAND [flags]   (guahao COMMAND -h shows its flags)\n\nCommands:")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-9s  %s\n", c.name, c.usage)
	}
	fmt.Fprintln(w, "\nSettings are read from the environment (GUAHAO_DSN, GUAHAO_KEY_FILE …); each is also a flag of 'guahao serve'.")
}
