package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"guahao/booking"
	"guahao/internal/app"
)

const reviewsUse = "say what to do: guahao reviews list [waiting | shown | hidden] | show REVIEW | hide REVIEW REASON (REVIEW as the list has it, such as 12.1)"

// reviewsCommand is what staff do about what patients say of visits. A review is named by its number and version, so that nobody decides
// about words that have changed since they were read.
func reviewsCommand(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New(reviewsUse)
	}
	do := map[string]func(context.Context, *app.App, []string) error{
		"list": listReviews,
		"show": func(ctx context.Context, a *app.App, rest []string) error {
			return moderate(ctx, a, rest, booking.ReviewShown)
		},
		"hide": func(ctx context.Context, a *app.App, rest []string) error {
			return moderate(ctx, a, rest, booking.ReviewHidden)
		},
	}[args[0]]
	if do == nil {
		return errors.New(reviewsUse)
	}
	return withApp(ctx, "reviews "+args[0], args[1:], func(a *app.App, rest []string) error { return sentences(do(ctx, a, rest)) })
}

const reviewPage = 500

func listReviews(ctx context.Context, a *app.App, rest []string) error {
	status := booking.ReviewWaiting
	if len(rest) > 0 {
		status = booking.ReviewStatus(rest[0])
	}
	if status != booking.ReviewWaiting && status != booking.ReviewShown && status != booking.ReviewHidden {
		return errors.New(reviewsUse)
	}
	hospitals, err := a.Booking.Hospitals(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "REVIEW\tHOSPITAL\tDOCTOR\tSINCE\tPOINTS\tTEXT\tREASON")
	for _, h := range hospitals {
		list, err := a.Booking.Reviews(ctx, h.ID, status, 0, reviewPage)
		if err != nil {
			return err
		}
		for _, r := range list {
			doctor := fmt.Sprint(r.Doctor)
			if d, err := a.Booking.Doctor(ctx, r.Doctor); err == nil {
				doctor = d.Name.ZH
			}
			fmt.Fprintf(table, "%d.%d\t%s\t%s\t%s\t%d\t%q\t%s\n", r.ID, r.Version, h.Code, doctor, r.CreatedAt.In(h.Location()).Format("2006-01-02 15:04"), r.Rating, r.Comment, r.Note)
		}
	}
	return table.Flush()
}

func moderate(ctx context.Context, a *app.App, rest []string, status booking.ReviewStatus) error {
	if len(rest) == 0 {
		return errors.New(reviewsUse)
	}
	var id booking.ReviewID
	var version int
	if n, err := fmt.Sscanf(rest[0]+" ", "%d.%d ", &id, &version); err != nil || n != 2 {
		return fmt.Errorf("%q is not a review as the list has it\n%s", rest[0], reviewsUse)
	}
	r, err := a.Booking.ModerateReview(ctx, 0, id, version, status, strings.Join(rest[1:], " "))
	if err == nil {
		fmt.Printf("Review %d is %s.\n", r.ID, r.Status)
	}
	return err
}

// checkInCommand checks a patient in by the code of their slip, as a scanner at the desk types it.
func checkInCommand(ctx context.Context, args []string) error {
	return withApp(ctx, "check-in", args, func(a *app.App, rest []string) error {
		if len(rest) != 1 {
			return errors.New("say which code: guahao check-in CODE (what the QR code of a slip holds)")
		}
		v, err := a.Booking.CheckInByCode(ctx, 0, rest[0])
		if err != nil {
			return sentences(err)
		}
		fmt.Printf("%s, %s, %s, number %s: checked in.\n", v.Hospital.Name.In("en"), v.Doctor.Name.In("en"),
			v.Appointment.StartsAt.In(v.Hospital.Location()).Format("2006-01-02 15:04"), v.Appointment.Number().In("en"))
		return nil
	})
}
