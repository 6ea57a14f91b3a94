package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"guahao/booking"
	"guahao/internal/app"
)

const recordUse = "say what to do: guahao record appeals | missed | grant APPEAL [NOTE] | decline APPEAL [NOTE] | undo APPOINTMENT [NOTE] | lift HOSPITAL PATIENT [NOTE]"

// recordCommand is what staff do about missed visits: answer appeals, take back what was marked wrongly, forgive.
func recordCommand(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New(recordUse)
	}
	do := map[string]func(context.Context, *app.App, []string) error{
		"appeals": listAppeals,
		"missed":  listMissed,
		"grant":   func(ctx context.Context, a *app.App, rest []string) error { return decideAppeal(ctx, a, rest, true) },
		"decline": func(ctx context.Context, a *app.App, rest []string) error { return decideAppeal(ctx, a, rest, false) },
		"undo":    undoNoShow,
		"lift":    liftRecord,
	}[args[0]]
	if do == nil {
		return errors.New(recordUse)
	}
	return withApp(ctx, "record "+args[0], args[1:], func(a *app.App, rest []string) error { return sentences(do(ctx, a, rest)) })
}

// listAppeals lists the open ones of all hospitals. What a patient wrote is shown here only.
func listAppeals(ctx context.Context, a *app.App, _ []string) error {
	hospitals, err := a.Booking.Hospitals(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "APPEAL\tHOSPITAL\tPATIENT\tSINCE\tTEXT")
	for _, h := range hospitals {
		open, err := a.Booking.Appeals(ctx, h.ID)
		if err != nil {
			return err
		}
		for _, p := range open {
			fmt.Fprintf(table, "%d\t%s\t%d\t%s\t%q\n", p.ID, h.Code, p.Patient, p.At.In(h.Location()).Format("2006-01-02 15:04"), p.Text)
		}
	}
	return table.Flush()
}

// listMissed lists the last month's, of all hospitals: what undo can be told of.
func listMissed(ctx context.Context, a *app.App, _ []string) error {
	hospitals, err := a.Booking.Hospitals(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "APPOINTMENT\tHOSPITAL\tPATIENT\tDOCTOR\tTIME\tNUMBER")
	for _, h := range hospitals {
		list, err := a.Booking.Missed(ctx, h.ID, time.Now().AddDate(0, -1, 0), 500)
		if err != nil {
			return err
		}
		for _, v := range list {
			p := v.Appointment
			fmt.Fprintf(table, "%d\t%s\t%d %s\t%s\t%s\t%s\n", p.ID, h.Code, p.Patient, booking.MaskName(v.Patient.Name), v.Doctor.Name.ZH,
				p.StartsAt.In(h.Location()).Format("2006-01-02 15:04"), p.Number().In("zh"))
		}
	}
	return table.Flush()
}

func decideAppeal(ctx context.Context, a *app.App, rest []string, grant bool) error {
	id, note, err := numberAndNote(rest)
	if err != nil {
		return err
	}
	p, err := a.Booking.DecideAppeal(ctx, 0, booking.AppealID(id), grant, note)
	if err == nil {
		fmt.Printf("Appeal %d is %s. The patient sees the answer under “My record”.\n", p.ID, p.Verdict)
	}
	return err
}

func undoNoShow(ctx context.Context, a *app.App, rest []string) error {
	id, note, err := numberAndNote(rest)
	if err != nil {
		return err
	}
	v, err := a.Booking.UndoNoShow(ctx, 0, booking.AppointmentID(id), note)
	if err == nil {
		fmt.Printf("Appointment %d is %s and counts against nobody.\n", v.Appointment.ID, v.Appointment.Status)
	}
	return err
}

func liftRecord(ctx context.Context, a *app.App, rest []string) error {
	if len(rest) < 2 {
		return errors.New(recordUse)
	}
	h, err := hospitalNamed(ctx, a, rest[0])
	if err != nil {
		return err
	}
	patient, note, err := numberAndNote(rest[1:])
	if err != nil {
		return err
	}
	if err := a.Booking.Lift(ctx, 0, h.ID, booking.PatientID(patient), note); err != nil {
		return err
	}
	fmt.Printf("What patient %d has missed at %s until now counts no longer.\n", patient, h.Name.In("en"))
	return nil
}

func numberAndNote(rest []string) (int64, string, error) {
	if len(rest) == 0 {
		return 0, "", errors.New(recordUse)
	}
	n, err := strconv.ParseInt(rest[0], 10, 64)
	if err != nil {
		return 0, "", fmt.Errorf("%q is not a number\n%s", rest[0], recordUse)
	}
	return n, strings.Join(rest[1:], " "), nil
}
