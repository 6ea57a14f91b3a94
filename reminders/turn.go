package reminders

import (
	"context"
	"math"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
)

// The kinds of notices about the day's queue (排队叫号).
const (
	QueueSoon   Kind = "queue_soon"   // three are ahead
	QueueCalled Kind = "queue_called" // the turn has come
)

// aboutQueue tells whether a notice is about where somebody stands in the queue.
func (k Kind) aboutQueue() bool { return k == QueueSoon || k == QueueCalled }

// QueueMoved queues what somebody who waits is to be told, in the transaction that changes the queue. Where the person stands is read
// when the notice is sent: it says what is true then.
func (s *Store) QueueMoved(ctx context.Context, tx *sqlx.Tx, n booking.QueueNews) error {
	e := entry{kind: QueueSoon, appointment: n.Appointment, version: int64(n.Version), due: s.now()}
	if n.Called {
		e.kind = QueueCalled
	}
	return s.insert(ctx, tx, []entry{e})
}

// turnOver tells that a notice about the queue is no longer true: who was near is called, or has gone; who was called is in or was passed over.
func turnOver(k Kind, t booking.Turn) bool {
	if k == QueueCalled {
		return t.Status != booking.QueueCalled
	}
	return t.Status != booking.QueueWaiting
}

// wait is what is said of an estimate, in whole minutes.
type wait struct{ Low, Median, High int }

// waitOf gives the estimate of somebody who waits; nil where there is none.
func waitOf(t booking.Turn) *wait {
	if !t.Known {
		return nil
	}
	w := wait{Low: int(math.Floor(t.Promise.Low)), Median: int(math.Round(t.Promise.Median)), High: int(math.Ceil(t.Promise.High))}
	return &w
}
