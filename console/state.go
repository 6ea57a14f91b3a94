package console

import (
	"time"

	"guahao/internal/money"
	"guahao/payments"
)

// state is what the page shows. It is coarser than the charge's status, and knows the time.
type state string

const (
	pending  state = "pending"
	paid     state = "paid"
	expired  state = "expired"  // the time to pay is over, or the place was given up at the deadline
	closed   state = "closed"   // given back by the patient before the deadline
	refunds  state = "refunds"  // money is on its way back
	refunded state = "refunded" // money is back, all or a part
)

// stateOf gives the state at an instant.
func stateOf(c payments.Charge, now time.Time) state {
	switch c.Status {
	case payments.Paid:
		return paid
	case payments.Refunding:
		return refunds
	case payments.Refunded, payments.PartlyRefunded:
		return refunded
	case payments.Closing, payments.Closed:
		if now.Before(c.ExpiresAt) {
			return closed
		}
		return expired
	}
	if now.Before(c.ExpiresAt) {
		return pending
	}
	return expired
}

// open tells whether news may come by itself, so that the page keeps asking. An expired one stays open for a moment:
// the payment of the last second may still be under way.
func (s state) open(c payments.Charge, now time.Time) bool {
	return s == pending || s == refunds || (s == expired && now.Before(c.ExpiresAt.Add(3*time.Minute)))
}

// remaining is how long there is still to pay, in whole seconds.
func remaining(c payments.Charge, now time.Time) int {
	return max(0, int(c.ExpiresAt.Sub(now)/time.Second))
}

// back is how much of the charge has been paid back, or, while that goes on, will have been.
func back(c payments.Charge) money.Fen {
	if c.Status == payments.Refunding {
		return c.Reserved
	}
	return c.Refunded
}
