package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/app"
	"guahao/internal/sandbox"
)

// progress looks up what the people of the demo have done, for the guide to tick off. It only reads, and only the demo
// has these questions, so it asks the tables by itself.
type progress struct {
	db  *sqlx.DB
	app *app.App
	now func() time.Time
}

func (p progress) look(ctx context.Context) (sandbox.Progress, error) {
	var done sandbox.Progress
	visit, booked, err := p.visits(ctx)
	if err != nil {
		return done, err
	}
	done.Visit, done.Booked = visit, booked
	const query = `SELECT
		EXISTS (SELECT id FROM notices WHERE kind IN ('reminder_day', 'reminder_soon') AND status = 'sent') AS reminded,
		EXISTS (SELECT id FROM appointment_events WHERE from_status = 'booked' AND to_status = 'cancelled' AND reason = 'patient') AS cancelled,
		EXISTS (SELECT id FROM staff WHERE account_id IS NOT NULL) AS staff,
		EXISTS (SELECT id FROM broadcasts WHERE schedule_id IS NULL) AS broadcast,
		EXISTS (SELECT id FROM schedules WHERE status = 'stopped') AS stopped`
	var row struct{ Reminded, Cancelled, Staff, Broadcast, Stopped bool }
	if err := p.db.GetContext(ctx, &row, query); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return done, fmt.Errorf("read the demo's progress: %w", err)
	}
	done.Reminded, done.Cancelled, done.Staff, done.Broadcast, done.Stopped = row.Reminded, row.Cancelled, row.Staff, row.Broadcast, row.Stopped
	return done, nil
}

// visits finds the next booked visit of either patient, and whether the one in WeChat has held a place.
func (p progress) visits(ctx context.Context) (next time.Time, booked bool, err error) {
	for platform, id := range map[bots.Platform]string{
		bots.WeChat: sandbox.PatientOpenID, bots.Telegram: fmt.Sprint(sandbox.PatientTelegram),
	} {
		account, err := p.app.Accounts.Find(ctx, platform, id)
		if errors.Is(err, bots.ErrNoAccount) {
			continue
		}
		if err != nil {
			return next, booked, err
		}
		visits, err := p.app.Booking.Visits(ctx, booking.UserID(account.User), booking.VisitFilter{})
		if err != nil {
			return next, booked, err
		}
		booked = booked || (platform == bots.WeChat && len(visits) > 0)
		for _, v := range visits {
			starts := v.Slot.StartsAt
			if v.Appointment.Status == booking.Booked && starts.After(p.now()) && (next.IsZero() || starts.Before(next)) {
				next = starts
			}
		}
	}
	return next, booked, nil
}
