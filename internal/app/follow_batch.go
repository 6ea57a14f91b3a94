package app

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/payments"
)

// AppointmentsChanged is AppointmentChanged for many that were booked together: their charges are written in one statement, and
// so are their notices.
func (f *bookingFollower) AppointmentsChanged(ctx context.Context, tx *sqlx.Tx, changes []booking.Change) error {
	var charges []payments.NewCharge
	for _, c := range changes {
		if c.Appointment.Status == booking.Held && f.payments.On() {
			charges = append(charges, owed(c))
			continue
		}
		if err := f.money(ctx, tx, c); err != nil {
			return err
		}
	}
	if err := f.payments.CreateAllTx(ctx, tx, charges); err != nil {
		return fmt.Errorf("create the charges: %w", err)
	}
	if err := f.reminders.Appointments(ctx, tx, changes); err != nil {
		return fmt.Errorf("queue the notices: %w", err)
	}
	for _, c := range changes {
		f.count(c)
	}
	return nil
}

// owed is what is to be paid for a place that is held.
func owed(c booking.Change) payments.NewCharge {
	n := payments.NewCharge{
		Ref: chargeRef(c.Appointment.ID), Payee: payeeOf(c.Appointment.Hospital), Amount: c.Appointment.Fee, Subject: "门诊挂号费", ExpiresAt: c.Appointment.HoldUntil,
	}
	if c.Moves != 0 {
		n.Amount, n.Subject = c.Due, "门诊改约补差价"
	}
	return n
}
