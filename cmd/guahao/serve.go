package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/jmoiron/sqlx"

	"guahao/internal/app"
	"guahao/internal/mysql"
	"guahao/internal/vault"
	"guahao/migrations"
)

// settings reads the configuration from the environment and the flags of a command that takes no other arguments than
// the first n, which it returns.
func settings(name string, args []string) (app.Config, []string, error) {
	var cfg app.Config
	set := flag.NewFlagSet("guahao "+name, flag.ContinueOnError)
	if err := cfg.Flags(set, os.Getenv); err != nil {
		return cfg, nil, err
	}
	err := set.Parse(args)
	return cfg, set.Args(), err
}

// withApp puts the program together for a command that needs it but does not serve.
func withApp(ctx context.Context, name string, args []string, do func(a *app.App, rest []string) error) (err error) {
	cfg, rest, err := settings(name, args)
	if err != nil {
		return err
	}
	a, err := app.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return do(a, rest)
}

// withWords runs a command that has flags of its own, which set has already, and words: without any it says what is missing.
func withWords(ctx context.Context, set *flag.FlagSet, args []string, missing string, do func(a *app.App, words []string) error) (err error) {
	var cfg app.Config
	if err := cfg.Flags(set, os.Getenv); err != nil {
		return err
	}
	words, err := parseMixed(set, args)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return errors.New(missing)
	}
	a, err := app.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return do(a, words)
}

func serve(ctx context.Context, args []string) error {
	collectSeldom()
	return withApp(ctx, "serve", args, func(a *app.App, _ []string) error { return a.Run(ctx, nil) })
}

// withDatabase opens the configured database for a command that needs no more.
func withDatabase(ctx context.Context, name string, args []string, do func(*sqlx.DB) error) error {
	cfg, _, err := settings(name, args)
	if err != nil {
		return err
	}
	if cfg.DSN == "" {
		return errors.New("GUAHAO_DSN is not set: the database to work on, as user:password@tcp(host:3306)/guahao")
	}
	db, err := mysql.Open(ctx, cfg.DSN)
	if err != nil {
		return err
	}
	defer db.Close()
	return do(db)
}

func migrate(ctx context.Context, args []string) error {
	return withDatabase(ctx, "migrate", args, func(db *sqlx.DB) error {
		before, err := migrations.Pending(ctx, db)
		if err != nil {
			return err
		}
		if err := migrations.Up(ctx, db); err != nil {
			return err
		}
		fmt.Printf("The database is up to date (%d migrations were applied).\n", before)
		return nil
	})
}

func seed(ctx context.Context, args []string) error {
	return withApp(ctx, "seed", args, func(a *app.App, _ []string) error {
		if err := a.Booking.Seed(ctx); err != nil {
			return err
		}
		if err := a.Booking.Roll(ctx); err != nil {
			return err
		}
		fmt.Println("The demo city is loaded.")
		return nil
	})
}

func makeKeys(_ context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("name the file to make: guahao keys /etc/guahao/keys.json")
	}
	keys, err := vault.Generate()
	if err != nil {
		return err
	}
	if err := keys.Save(args[0]); err != nil {
		return err
	}
	fmt.Printf("Made %s. Keep a copy apart from the database's backups: without it, names and ID numbers cannot be read.\n", args[0])
	return nil
}
