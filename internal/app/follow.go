package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/internal/audit"
	"guahao/payments"
	"guahao/reminders"
)

const refPrefix = "appointment:"

// chargeRef names an appointment for the payments package.
func chargeRef(id booking.AppointmentID) string { return refPrefix + strconv.FormatInt(int64(id), 10) }

// appointmentOf reads a name that chargeRef made.
func appointmentOf(ref string) (booking.AppointmentID, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(ref, refPrefix), 10, 64)
	if err != nil || !strings.HasPrefix(ref, refPrefix) {
		return 0, fmt.Errorf("charge reference %q does not name an appointment", ref)
	}
	return booking.AppointmentID(n), nil
}

// payeeOf names a hospital for the payments package: its ledger and its statements go by it.
func payeeOf(id booking.HospitalID) string { return "hospital:" + strconv.FormatInt(int64(id), 10) }

// bookingFollower writes what follows a change of an appointment, in the same transaction.
type bookingFollower struct {
	booking   *booking.Store
	payments  *payments.Store
	reminders *reminders.Store
	audit     audit.Recorder
	count     func(booking.Change)
}

func (f *bookingFollower) AppointmentChanged(ctx context.Context, tx *sqlx.Tx, c booking.Change) error {
	if err := f.money(ctx, tx, c); err != nil {
		return err
	}
	if err := f.reminders.Appointment(ctx, tx, c); err != nil {
		return fmt.Errorf("queue the notice: %w", err)
	}
	f.count(c)
	if c.Reason != booking.ByStaff {
		return nil
	}
	return f.audit.Record(ctx, tx, audit.Entry{
		Action: "appointment." + string(c.Appointment.Status), Subject: chargeRef(c.Appointment.ID), Hospital: int64(c.Appointment.Hospital),
		Before: map[string]any{"status": c.From}, After: map[string]any{"status": c.Appointment.Status, "refund": c.Refund}, Note: c.Note,
	})
}

// RoomChanged tells a patient of another room.
func (f *bookingFollower) RoomChanged(ctx context.Context, tx *sqlx.Tx, a booking.Appointment, from string, version int, note string) error {
	was := booking.Schedule{Room: from}
	err := f.reminders.ScheduleChanged(ctx, tx, a, int64(version), reminders.Was{Room: booking.Text{ZH: was.RoomIn("zh"), EN: was.RoomIn("en")}}, note)
	if err != nil {
		return fmt.Errorf("queue the notice of another room: %w", err)
	}
	return nil
}

func (f *bookingFollower) money(ctx context.Context, tx *sqlx.Tx, c booking.Change) error {
	ref := chargeRef(c.Appointment.ID)
	switch c.Appointment.Status {
	case booking.Held:
		if !f.payments.On() { // the fee is paid at the hospital
			_, err := f.booking.ConfirmTx(ctx, tx, c.Appointment.ID, booking.AtDesk)
			return err
		}
		_, err := f.payments.CreateTx(ctx, tx, owed(c))
		if err != nil {
			return fmt.Errorf("create the charge: %w", err)
		}
	case booking.Booked:
		if c.Moves != 0 {
			if err := f.movePayment(ctx, tx, c); err != nil {
				return err
			}
		}
		if c.Reason == booking.AtDesk && f.payments.On() {
			return f.oweAtDesk(ctx, tx, c.Appointment)
		}
	case booking.Expired:
		return f.payments.CloseTx(ctx, tx, ref)
	case booking.Cancelled:
		if c.Appointment.Fee == 0 || c.Reason == booking.ByMove { // of a moved one the payment has moved too
			return nil
		}
		return f.payments.RefundTx(ctx, tx, ref, c.Refund, refundReason(c.Reason))
	}
	return nil
}

// oweAtDesk hands a visit's fee to the cashier: what waited to be paid online is given up.
func (f *bookingFollower) oweAtDesk(ctx context.Context, tx *sqlx.Tx, a booking.Appointment) error {
	ref := chargeRef(a.ID)
	if err := f.payments.CloseTx(ctx, tx, ref); err != nil {
		return fmt.Errorf("close the charge that is not paid online: %w", err)
	}
	_, err := f.payments.CreateAtDeskTx(ctx, tx, payments.NewCharge{
		Ref: ref, Payee: payeeOf(a.Hospital), Amount: a.Fee, Subject: "门诊挂号费", ExpiresAt: payments.OpenAtDesk(a.StartsAt),
	})
	if err != nil {
		return fmt.Errorf("create the charge of the cashier: %w", err)
	}
	return nil
}

// movePayment lets what was paid for a visit count for the one that it was moved to, and gives the difference back.
func (f *bookingFollower) movePayment(ctx context.Context, tx *sqlx.Tx, c booking.Change) error {
	ref := chargeRef(c.Appointment.ID)
	if err := f.payments.MoveTx(ctx, tx, chargeRef(c.Moves), ref); err != nil {
		return fmt.Errorf("move the payment: %w", err)
	}
	if c.Refund == 0 {
		return nil
	}
	return f.payments.RefundTx(ctx, tx, ref, c.Refund, "改约退差价")
}

// WaitEnded tells who waited in vain.
func (f *bookingFollower) WaitEnded(ctx context.Context, tx *sqlx.Tx, w booking.Waiting) error {
	return f.reminders.WaitEnded(ctx, tx, w)
}

// QueueMoved tells who waits before a doctor's room that the turn is near, or has come.
func (f *bookingFollower) QueueMoved(ctx context.Context, tx *sqlx.Tx, n booking.QueueNews) error {
	return f.reminders.QueueMoved(ctx, tx, n)
}

// refundReason is what the payer reads in WeChat about a refund, in Chinese as all of WeChat Pay is.
func refundReason(why booking.Reason) string {
	if why == booking.ByPatient {
		return "患者取消预约"
	}
	return "医院停诊或取消预约"
}

// paymentFollower writes what follows a payment, in the same transaction.
type paymentFollower struct {
	booking   *booking.Store
	reminders *reminders.Store
	count     func(outcome string)
}

// Paid confirms the booking. It does not keep the money when the place is gone and cannot be had again.
func (f *paymentFollower) Paid(ctx context.Context, tx *sqlx.Tx, charge payments.Charge) (bool, error) {
	id, err := appointmentOf(charge.Ref)
	if err != nil {
		return false, err
	}
	if charge.Provider == payments.Desk {
		err := f.booking.PaidAtDeskTx(ctx, tx, id)
		if booking.IsRefusal(err) {
			return false, nil
		}
		return err == nil, err
	}
	_, err = f.booking.ConfirmTx(ctx, tx, id, booking.ByPayment)
	if refusal, ok := errors.AsType[*booking.Error](err); ok {
		f.count("returned")
		return false, f.reminders.PaidTooLate(ctx, tx, id, charge.Amount, refusal.Code)
	}
	f.count("kept")
	return err == nil, err
}

// RefundDone tells the patient that the money is on its way back.
func (f *paymentFollower) RefundDone(ctx context.Context, tx *sqlx.Tx, charge payments.Charge, refund payments.Refund) error {
	id, err := appointmentOf(charge.Ref)
	if err != nil {
		return err
	}
	f.count("refunded")
	return f.reminders.Refunded(ctx, tx, id, refund.Amount)
}

// StopOffered tells what is held instead of a stopped clinic.
func (f *bookingFollower) StopOffered(ctx context.Context, tx *sqlx.Tx, n booking.StopNotice) error {
	return f.reminders.StopOffered(ctx, tx, n)
}
