package torture

import (
	"context"
	"errors"
	"fmt"

	"guahao/booking"
	"guahao/payments"
)

// operation is one thing that clients do: what a client asks for, what a replica does, and what the client learns from it.
type operation struct {
	name   string
	weight int // how often it is chosen; 0: never by chance
	// ask makes a request; false when the client has nothing to ask it for.
	ask func(*client) (request, bool)
	// perform does it in a replica.
	perform func(context.Context, *replica, request) (answer, error)
	// learn tells the client what was answered; it may be nil.
	learn func(*client, request, answer)
}

// The names that the histories know.
const (
	opHold     = "hold"
	opCancel   = "cancel"
	opGiveBack = "give_back"
	opPay      = "pay"
	opLook     = "look"
	opMove     = "reschedule"
	opJoin     = "join_waitlist"
	opWaits    = "look_at_waits"
	opAccept   = "accept_offer"
	opDecline  = "decline_offer"
	opTick     = "tick"
)

func operations() []operation {
	return []operation{
		{opHold, 45, (*client).wantPlace, performHold, (*client).gotPlace},
		{opPay, 25, (*client).anyOwn, performPay, (*client).payCode},
		{opCancel, 12, (*client).anyOwn, performCancel, (*client).gone},
		{opGiveBack, 8, (*client).anyOwn, performGiveBack, (*client).gone},
		{opLook, 10, (*client).anySchedule, performLook, nil},
		{opMove, 12, (*client).wantMove, performMove, (*client).moved},
		{opJoin, 10, (*client).wantWait, performJoin, nil},
		{opWaits, 8, (*client).anything, performWaits, (*client).sawOffers},
		{opAccept, 8, (*client).anyOffer, performAccept, (*client).accepted},
		{opDecline, 3, (*client).anyOffer, performDecline, (*client).declined},
		{opTick, 0, nil, performTick, nil},
	}
}

func named(name string) (operation, bool) {
	for _, o := range operations() {
		if o.name == name {
			return o, true
		}
	}
	return operation{}, false
}

// perform does what a client asks for.
func (r *replica) perform(ctx context.Context, q request) (answer, error) {
	o, known := named(q.Op)
	if !known {
		return answer{}, fmt.Errorf("there is no operation %q", q.Op)
	}
	return o.perform(ctx, r, q)
}

func performHold(ctx context.Context, r *replica, q request) (answer, error) {
	v, err := r.hold(ctx, booking.HoldRequest{Slot: q.Slot, Patient: q.Patient, User: q.User, Account: booking.AccountID(q.User), Key: q.Key})
	a := v.Appointment
	return answer{Appointment: a.ID, Seq: a.Seq, Version: a.Version}, err
}

// performPay does what the pay page does: it shows a QR code.
func performPay(ctx context.Context, r *replica, q request) (answer, error) {
	charge, err := r.Payments.ByRef(ctx, fmt.Sprintf("appointment:%d", q.Appointment))
	if err == nil {
		charge.CodeURL, err = r.Payments.CodeURL(ctx, charge.Token)
	}
	switch {
	case errors.Is(err, payments.ErrNotFound), errors.Is(err, payments.ErrPaid), errors.Is(err, payments.ErrClosed):
		return answer{Code: "not_payable"}, nil
	}
	return answer{CodeURL: charge.CodeURL}, err
}

func performCancel(ctx context.Context, r *replica, q request) (answer, error) {
	_, _, err := r.Booking.Cancel(ctx, q.User, q.Appointment, q.Key)
	return answer{Appointment: q.Appointment}, err
}

func performGiveBack(ctx context.Context, r *replica, q request) (answer, error) {
	return answer{Appointment: q.Appointment}, r.Booking.GiveBack(ctx, q.User, q.Appointment, q.Key)
}

func performLook(ctx context.Context, r *replica, q request) (answer, error) {
	slots, err := r.Booking.Slots(ctx, q.Schedule)
	taken := map[booking.SlotID]int{}
	for _, s := range slots {
		taken[s.ID] = s.Taken
	}
	return answer{Taken: taken}, err
}

// performTick does all that is due, as the program's own jobs do: holds run out, charges are asked about and closed, refunds are
// handed in.
func performTick(ctx context.Context, r *replica, _ request) (answer, error) {
	return answer{}, r.Tick(ctx)
}
