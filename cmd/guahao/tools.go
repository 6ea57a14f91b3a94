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

	"guahao/booking"
	"guahao/internal/app"
)

func check(ctx context.Context, args []string) error {
	cfg, _, err := settings("check", args)
	if err != nil {
		return err
	}
	if !app.Check(ctx, cfg, os.Stdout) {
		return errors.New("something is wrong, see above")
	}
	return nil
}

func wechatCommand(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "menu" {
		return errors.New("say what to do: guahao wechat menu")
	}
	return withApp(ctx, "wechat menu", args[1:], func(a *app.App, _ []string) error {
		if err := a.CreateMenu(ctx); err != nil {
			return err
		}
		fmt.Println("The custom menu is created. WeChat shows it to followers within minutes; unfollow and follow to see it at once.")
		return nil
	})
}

func staffCommand(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "add":
			return staffAdd(ctx, args[1:])
		case "list":
			return withApp(ctx, "staff list", args[1:], func(a *app.App, _ []string) error { return staffList(ctx, a) })
		case "remove":
			return withApp(ctx, "staff remove", args[1:], func(a *app.App, rest []string) error { return staffRemove(ctx, a, rest) })
		}
	}
	return errors.New("say what to do: guahao staff add [-hospital ID] NAME | list | remove ID")
}

func staffAdd(ctx context.Context, args []string) error {
	var cfg app.Config
	set := flag.NewFlagSet("guahao staff add", flag.ContinueOnError)
	hospital := set.Int64("hospital", 0, "id of the only hospital that this person serves; 0 means all")
	if err := errors.Join(cfg.Flags(set, os.Getenv), set.Parse(args)); err != nil {
		return err
	}
	name := strings.Join(set.Args(), " ")
	if name == "" {
		return errors.New("name the person: guahao staff add NAME")
	}
	a, err := app.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer a.Close()
	if *hospital != 0 {
		if _, err := a.Booking.Hospital(ctx, booking.HospitalID(*hospital)); err != nil {
			return fmt.Errorf("hospital %d: %w", *hospital, err)
		}
	}
	member, code, err := a.Staff.Add(ctx, name, booking.HospitalID(*hospital))
	if err != nil {
		return err
	}
	fmt.Printf("%s is staff member %d. Within 24 hours they send this to the bot, once: %s\n", name, member.ID, code)
	return nil
}

func staffList(ctx context.Context, a *app.App) error {
	members, err := a.Staff.List(ctx)
	if err != nil {
		return err
	}
	if len(members) == 0 {
		fmt.Println("There is no staff yet: guahao staff add NAME")
		return nil
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tHOSPITAL\tBOT")
	for _, m := range members {
		hospital, bound := "all", "bound"
		if m.Hospital != 0 {
			hospital = strconv.FormatInt(int64(m.Hospital), 10)
		}
		if m.Account == 0 {
			bound = "code until " + m.CodeExpires.Local().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\n", m.ID, m.Name, hospital, bound)
	}
	return table.Flush()
}

func staffRemove(ctx context.Context, a *app.App, rest []string) error {
	if len(rest) != 1 {
		return errors.New("name the member's number: guahao staff remove ID")
	}
	id, err := strconv.ParseInt(rest[0], 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no staff number: see guahao staff list", rest[0])
	}
	if err := a.Staff.Remove(ctx, booking.StaffID(id)); err != nil {
		return err
	}
	fmt.Printf("Staff member %d is removed.\n", id)
	return nil
}
