package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/app"
)

const extraUse = `say what to do: guahao extra list HOSPITAL DOCTOR | add HALF-DAY [PATIENT]
   (HOSPITAL is an id or a code, DOCTOR a code; add reads the number of the patient's document from the standard input)`

// extraCommand adds places beyond a half-day's own (加号). Their number is the policy's extra_per_half; they are counted apart.
func extraCommand(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New(extraUse)
	}
	do := map[string]func(context.Context, *app.App, []string) error{"list": listExtras, "add": addExtra}[args[0]]
	if do == nil {
		return errors.New(extraUse)
	}
	return withApp(ctx, "extra "+args[0], args[1:], func(a *app.App, rest []string) error { return sentences(do(ctx, a, rest)) })
}

// listExtras lists a doctor's half-days from today on, with the places that are theirs and those that were added.
func listExtras(ctx context.Context, a *app.App, rest []string) error {
	if len(rest) != 2 {
		return errors.New(extraUse)
	}
	h, err := hospitalNamed(ctx, a, rest[0])
	if err != nil {
		return err
	}
	doctor, err := doctorNamed(ctx, a, h, rest[1])
	if err != nil {
		return err
	}
	policy, err := a.Booking.Policy(ctx, h.ID)
	if err != nil {
		return err
	}
	list, err := a.Booking.Schedules(ctx, doctor.ID, booking.DateOf(time.Now(), h.Location()))
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "HALF-DAY\tDATE\tPERIOD\tKIND\tSTATUS\tTAKEN\tADDED")
	for _, c := range list {
		added, err := a.Booking.Extras(ctx, c.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%d of %d\t%d of %d\n", c.ID, c.Date, c.Period, c.Kind, c.Status, c.Taken-added, c.Capacity-added, added, policy.ExtraPerHalf)
	}
	return table.Flush()
}

func doctorNamed(ctx context.Context, a *app.App, h booking.Hospital, code string) (booking.Doctor, error) {
	d, err := a.Booking.Directory(ctx)
	if err != nil {
		return booking.Doctor{}, err
	}
	for _, doctor := range d.Doctors {
		if doctor.Hospital == h.ID && doctor.Code == code {
			return doctor, nil
		}
	}
	return booking.Doctor{}, fmt.Errorf("%s has no doctor with the code %q", h.Name.In("en"), code)
}

// addExtra adds a place and says its number. The patient's user is told in the chat, and pays there.
func addExtra(ctx context.Context, a *app.App, rest []string) error {
	if len(rest) < 1 || len(rest) > 2 {
		return errors.New(extraUse)
	}
	halfDay, err := strconv.ParseInt(rest[0], 10, 64)
	if err != nil {
		return fmt.Errorf("%q is not the number of a half-day: see guahao extra list", rest[0])
	}
	patient, err := extraPatient(ctx, a, rest[1:])
	if err != nil {
		return err
	}
	account, err := accountOf(ctx, a, patient.User)
	if err != nil {
		return err
	}
	v, err := a.Booking.Overbook(ctx, booking.ExtraRequest{
		Schedule: booking.ScheduleID(halfDay), Patient: patient.ID, Account: account, Key: "extra:" + rand.Text(),
	})
	if err != nil {
		return err
	}
	p := v.Appointment
	fmt.Printf("%s has number %s (%s) with %s on %s. Appointment %d is %s", booking.MaskName(v.Patient.Name), p.Number().EN, p.Number().ZH, v.Doctor.Name.In("en"),
		p.StartsAt.In(v.Hospital.Location()).Format("2006-01-02 15:04"), p.ID, p.Status)
	if p.Status == booking.Held {
		fmt.Printf(" until %s and waits for its payment", p.HoldUntil.In(v.Hospital.Location()).Format("15:04"))
	}
	fmt.Println(".")
	return nil
}

// extraPatient reads the number of a document and finds its patient: where several people have the patient in their lists, the one that was named.
func extraPatient(ctx context.Context, a *app.App, named []string) (booking.Patient, error) {
	fmt.Fprint(os.Stderr, "Number of the patient's document: ")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return booking.Patient{}, err
	}
	kind, sure := booking.GuessDocument(line)
	if !sure {
		return booking.Patient{}, booking.ErrBadDocument
	}
	document, err := booking.ParseDocument(kind, line)
	if err != nil {
		return booking.Patient{}, err
	}
	known, err := a.Booking.WithDocument(ctx, document.Kind, document.Number)
	if err != nil {
		return booking.Patient{}, err
	}
	var ids []string
	for _, p := range known {
		id := strconv.FormatInt(int64(p.ID), 10)
		if len(known) == 1 && len(named) == 0 || slices.Contains(named, id) {
			return p, nil
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return booking.Patient{}, errors.New("nobody has this patient in their list yet: they add the patient in the chat first")
	}
	return booking.Patient{}, fmt.Errorf("this patient is in the lists of several people: name one of the numbers %s after the half-day", strings.Join(ids, ", "))
}

// accountOf is where a person is told; 0 when they can be told nowhere.
func accountOf(ctx context.Context, a *app.App, user booking.UserID) (booking.AccountID, error) {
	accounts, err := a.Accounts.AccountsOf(ctx, bots.UserID(user))
	if err != nil {
		return 0, err
	}
	at := slices.IndexFunc(accounts, func(account bots.Account) bool { return !account.Blocked })
	if at < 0 {
		return 0, nil
	}
	return booking.AccountID(accounts[at].ID), nil
}
