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
	"guahao/internal/staff"
)

const staffUse = "say what to do: guahao staff add [-role ROLE] [-hospital ID [-department ID]] [-login LOGIN] NAME | list | link [-login LOGIN] ID | remove ID"

// everywhere is the reach of who has the machine.
func everywhere() booking.Reach { return booking.Reach{{}} }

// staffCommand takes people in and lets them go. It is how the first administrator of the console comes to be.
func staffCommand(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "add":
			return staffAdd(ctx, args[1:])
		case "list":
			return withApp(ctx, "staff list", args[1:], func(a *app.App, _ []string) error { return staffList(ctx, a) })
		case "link":
			return staffLink(ctx, args[1:])
		case "remove":
			return withApp(ctx, "staff remove", args[1:], func(a *app.App, rest []string) error { return staffRemove(ctx, a, rest) })
		}
	}
	return errors.New(staffUse)
}

func staffAdd(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("guahao staff add", flag.ContinueOnError)
	role := set.String("role", string(staff.Scheduler), "admin, scheduler, cashier, nurse or auditor; several with commas")
	hospital := set.Int64("hospital", 0, "id of the only hospital that this person serves; 0 means all")
	department := set.Int64("department", 0, "id of the only department; 0 means the whole hospital")
	login := set.String("login", "", "login name for the console; without one the person has the chat only")
	return withWords(ctx, set, args, "name the person: guahao staff add NAME", func(a *app.App, words []string) error {
		var grants []staff.Grant
		for r := range strings.SplitSeq(*role, ",") {
			grants = append(grants, staff.Grant{Role: staff.Role(strings.TrimSpace(r)), Hospital: booking.HospitalID(*hospital), Department: booking.DepartmentID(*department)})
		}
		if err := exists(ctx, a, grants[0]); err != nil {
			return err
		}
		name := strings.Join(words, " ")
		member, code, link, err := a.Staff.Add(ctx, staff.NewMember{Name: name, Grants: grants, Login: *login})
		if err != nil {
			return err
		}
		fmt.Printf("%s is staff member %d, %s. Within 24 hours they send this to the bot, once: %s\n", name, member.ID, *role, code)
		if link != "" {
			fmt.Printf("For the console %s opens this link within 24 hours and sets a password: %s\n", member.Login, a.ConsoleLink(link))
		}
		return nil
	})
}

// exists checks that a hospital and its department are there.
func exists(ctx context.Context, a *app.App, g staff.Grant) error {
	if g.Hospital != 0 {
		if _, err := a.Booking.Hospital(ctx, g.Hospital); err != nil {
			return fmt.Errorf("hospital %d: %w", g.Hospital, err)
		}
	}
	if g.Department != 0 {
		d, err := a.Booking.Department(ctx, g.Department)
		if err != nil || d.Hospital != g.Hospital {
			return fmt.Errorf("hospital %d has no department %d", g.Hospital, g.Department)
		}
	}
	return nil
}

// staffLink opens a new link for who has forgotten the password or lost the phone with the second factor, or gives a login name to
// somebody who had the chat only.
func staffLink(ctx context.Context, args []string) error {
	const missing = "name the member's number or login name: guahao staff link ID"
	set := flag.NewFlagSet("guahao staff link", flag.ContinueOnError)
	login := set.String("login", "", "login name, for a member who has none")
	return withWords(ctx, set, args, missing, func(a *app.App, words []string) error {
		if len(words) != 1 {
			return errors.New(missing)
		}
		id, err := staffNamed(ctx, a, words[0])
		if err != nil {
			return err
		}
		link, err := a.Staff.NewLink(ctx, id, *login, everywhere())
		if err != nil {
			return err
		}
		fmt.Printf("The old password and the second factor are void. Within 24 hours this link sets a new password, once: %s\n", a.ConsoleLink(link))
		return nil
	})
}

// staffNamed finds a member by number or login name.
func staffNamed(ctx context.Context, a *app.App, name string) (booking.StaffID, error) {
	if m, ok, err := a.Staff.ByLogin(ctx, name); err != nil || ok {
		return m.ID, err
	}
	id, err := strconv.ParseInt(name, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no staff number and no login name: see guahao staff list", name)
	}
	return booking.StaffID(id), nil
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
	fmt.Fprintln(table, "ID\tNAME\tROLES\tBOT\tCONSOLE")
	for _, m := range members {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", m.ID, m.Name, rolesOf(m), chatOf(m), consoleOf(m))
	}
	return table.Flush()
}

// rolesOf writes grants as scheduler@1/12: a role, its hospital, its department.
func rolesOf(m staff.Member) string {
	var list []string
	for _, g := range m.Grants {
		text := string(g.Role)
		if g.Hospital != 0 {
			text += fmt.Sprintf("@%d", g.Hospital)
		}
		if g.Department != 0 {
			text += fmt.Sprintf("/%d", g.Department)
		}
		list = append(list, text)
	}
	return orDash(strings.Join(list, ", "))
}

func chatOf(m staff.Member) string {
	if m.Account == 0 {
		return "code until " + m.CodeExpires.Local().Format("2006-01-02 15:04")
	}
	return "bound"
}

func consoleOf(m staff.Member) string {
	switch {
	case m.Login == "":
		return "–"
	case !m.HasPassword:
		return m.Login + ", link until " + m.LinkExpires.Local().Format("2006-01-02 15:04")
	case m.TOTP:
		return m.Login + ", with a second factor"
	}
	return m.Login
}

func staffRemove(ctx context.Context, a *app.App, rest []string) error {
	if len(rest) != 1 {
		return errors.New("name the member's number: guahao staff remove ID")
	}
	id, err := staffNamed(ctx, a, rest[0])
	if err != nil {
		return err
	}
	if err := a.Staff.Remove(ctx, id, everywhere()); err != nil {
		return err
	}
	fmt.Printf("Staff member %d is removed.\n", id)
	return nil
}
