package booking_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/mysql"
)

// troubles looks for everything that must not be: more sold than there are places, two people with one number, numbers out of
// their slot, counts that do not agree, trails that do not lead to the status.
func troubles(t *testing.T, db *sqlx.DB) []string {
	t.Helper()
	var found []string
	for what, query := range map[string]string{
		"oversold": `SELECT CONCAT('slot ', s.id, ' has ', COUNT(a.id), ' of ', s.capacity) FROM slots s JOIN appointments a ON a.slot_id = s.id AND a.active = 1
			GROUP BY s.id, s.capacity HAVING COUNT(a.id) > s.capacity`,
		"twice": `SELECT CONCAT('schedule ', schedule_id, ' number ', seq) FROM appointments WHERE active = 1 GROUP BY schedule_id, seq HAVING COUNT(id) > 1`,
		"out of range": `SELECT CONCAT('appointment ', a.id) FROM appointments a JOIN slots s ON s.id = a.slot_id
			WHERE a.seq < s.first_seq OR (a.seq >= s.first_seq + s.capacity AND s.first_seq < 1000001)`, // added places shrink when one is given back
		"slot count": `SELECT CONCAT('slot ', s.id, ' says ', s.taken) FROM slots s LEFT JOIN appointments a ON a.slot_id = s.id AND a.active = 1
			GROUP BY s.id, s.taken HAVING COUNT(a.id) <> s.taken`,
		"issued": `SELECT CONCAT('slot ', s.id, ' says ', s.issued) FROM slots s LEFT JOIN appointments a ON a.slot_id = s.id
			GROUP BY s.id, s.first_seq, s.issued HAVING COALESCE(MAX(a.seq) - s.first_seq + 1, 0) <> s.issued`,
		"schedule count": `SELECT CONCAT('schedule ', c.id, ' says ', c.taken) FROM schedules c LEFT JOIN appointments a ON a.schedule_id = c.id AND a.active = 1
			GROUP BY c.id, c.taken HAVING COUNT(a.id) <> c.taken`,
		"active": `SELECT CONCAT('appointment ', id) FROM appointments WHERE (active IS NULL) <> (status IN ('expired', 'cancelled'))`,
		"events": `SELECT CONCAT('appointment ', a.id) FROM appointments a LEFT JOIN appointment_events e ON e.appointment_id = a.id
			GROUP BY a.id, a.version HAVING COUNT(e.id) <> a.version`,
		"last event": `SELECT CONCAT('appointment ', a.id) FROM appointments a LEFT JOIN appointment_events e ON e.appointment_id = a.id AND e.version = a.version
			WHERE e.id IS NULL OR e.to_status <> a.status`,
		"same half-day": `SELECT CONCAT('patient ', patient_id) FROM appointments WHERE active = 1 GROUP BY patient_id, doctor_id, visit_date, period HAVING COUNT(id) > 1`,
	} {
		var rows []string
		must(t, db.Select(&rows, query))
		for _, row := range rows {
			found = append(found, what+": "+row)
		}
	}
	return found
}

func check(t *testing.T, db *sqlx.DB) {
	t.Helper()
	if found := troubles(t, db); len(found) > 0 {
		t.Errorf("troubles:\n%s", strings.Join(found, "\n"))
	}
}

// together runs fn for 0 to n-1 at the same moment and waits for all.
func together(n int, fn func(i int)) {
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range n {
		done.Go(func() {
			start.Wait()
			fn(i)
		})
	}
	start.Done()
	done.Wait()
}

// people adds n patients, each of a user of their own.
func (w *world) people(n int) []booking.Patient {
	w.t.Helper()
	list := make([]booking.Patient, n)
	together(n, func(i int) { list[i] = bookingtest.Patient(w.t, w.Store, booking.UserID(i+1), i+1) })
	return list
}

// 64 people want one of the 10 places of one slot at the same moment: 10 get one, 54 are told that it is full, and nobody
// has to ask twice. The locks alone see to it: it is the same without the keys that stand behind them.
func TestHotSlot(t *testing.T) {
	t.Parallel()
	for _, keys := range []bool{true, false} {
		t.Run(fmt.Sprintf("keys=%t", keys), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if !keys {
				w.dropKeys()
			}
			_, slots := w.clinic(5000, 2, 10)
			sold, full := w.rush(slots[0])
			if sold != 10 || full != 54 {
				t.Errorf("%d sold, %d told that it is full", sold, full)
			}
			var numbers []int
			must(t, w.db.Select(&numbers, "SELECT seq FROM appointments ORDER BY seq"))
			if fmt.Sprint(numbers) != "[1 2 3 4 5 6 7 8 9 10]" {
				t.Errorf("the numbers are %v", numbers)
			}
			check(t, w.db)
		})
	}
}

// rush lets 64 people ask two replicas for a slot at once.
func (w *world) rush(slot booking.Slot) (sold, full int32) {
	w.t.Helper()
	people := w.people(64)
	replicas := []*booking.Store{w.Store, booking.New(w.db, w.keys, w.clock.now, nil)}
	var got, refused atomic.Int32
	together(len(people), func(i int) {
		_, err := replicas[i%2].Hold(context.Background(), booking.HoldRequest{Slot: slot.ID, Patient: people[i].ID, User: people[i].User, Key: "k"})
		switch {
		case err == nil:
			got.Add(1)
		case errors.Is(err, booking.ErrSlotFull):
			refused.Add(1)
		default:
			w.t.Errorf("person %d: %v", i, err)
		}
	})
	return got.Load(), refused.Load()
}

func (w *world) dropKeys() {
	w.t.Helper()
	_, err := w.db.Exec("ALTER TABLE appointments DROP KEY uk_appointments_seq, DROP KEY uk_appointments_schedule_seq")
	must(w.t, err)
}

// The negative control of TestHotSlot: the same rush with check-then-insert, no locks and no keys behind them, is found to be
// oversold. With the keys back, the same wrong code cannot sell a number twice.
func TestHotSlotWithoutGuards(t *testing.T) {
	t.Parallel()
	for _, keys := range []bool{false, true} {
		t.Run(fmt.Sprintf("keys=%t", keys), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, slots := w.clinic(5000, 1, 3)
			people := w.people(32)
			if !keys {
				w.dropKeys()
			}
			gate := newBarrier(len(people))
			together(len(people), func(i int) { careless(w.db, slots[0], people[i], gate) })
			found := strings.Join(troubles(t, w.db), "\n")
			if doubled := strings.Contains(found, "twice: "); doubled == keys {
				t.Errorf("numbers sold twice: %t\n%s", doubled, found)
			}
			if oversold := strings.Contains(found, "oversold: "); oversold == keys {
				t.Errorf("oversold: %t\n%s", oversold, found)
			}
		})
	}
}

// careless books the way that must not be: everybody reads what is free before anybody writes.
func careless(db *sqlx.DB, slot booking.Slot, p booking.Patient, gate *barrier) {
	var taken int
	_ = db.Get(&taken, "SELECT COUNT(id) FROM appointments WHERE slot_id = ? AND active = 1", slot.ID)
	gate.wait()
	if taken >= slot.Capacity {
		return
	}
	_, _ = db.Exec(`INSERT INTO appointments (hospital_id, department_id, doctor_id, schedule_id, slot_id, patient_id, user_id, account_id, request_key, visit_date,
		period, starts_at, seq, status, active, version, fee, policy_version, hold_until, created_at)
		VALUES (1, 1, 1, ?, ?, ?, ?, 1, 'k', '2026-03-03', 'evening', ?, ?, 'held', 1, 1, 0, 1, ?, ?)`,
		slot.Schedule, slot.ID, p.ID, p.User, slot.StartsAt, slot.FirstSeq+taken, slot.StartsAt, slot.StartsAt)
}

// barrier lets n goroutines go on when all have come.
type barrier struct {
	left atomic.Int32
	open chan struct{}
}

func newBarrier(n int) *barrier {
	b := &barrier{open: make(chan struct{})}
	b.left.Store(int32(n))
	return b
}

func (b *barrier) wait() {
	if b.left.Add(-1) == 0 {
		close(b.open)
	}
	<-b.open
}

// One request that arrives 16 times at once, on two replicas, takes one place and gives one answer.
func TestSameKeyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(5000, 1, 10)
	p := bookingtest.Patient(t, w.Store, 1, 1)
	replicas := []*booking.Store{w.Store, booking.New(w.db, w.keys, w.clock.now, nil)}
	var ids sync.Map
	together(16, func(i int) {
		v, err := replicas[i%2].Hold(context.Background(), booking.HoldRequest{Slot: slots[0].ID, Patient: p.ID, User: 1, Key: "k"})
		if err != nil {
			t.Errorf("request %d: %v", i, err)
		}
		ids.Store(v.Appointment.ID, true)
	})
	n := 0
	ids.Range(func(_, _ any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d appointments were given", n)
	}
	check(t, w.db)
}

// The same person in the lists of two users cannot get two places with a doctor, nor more than the limits: limits are of
// people, not of lists.
func TestOnePersonInTwoLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(5000, 1, 10)
	var lists []booking.Patient
	for user := range booking.UserID(8) {
		lists = append(lists, bookingtest.Patient(t, w.Store, user+1, 1))
	}
	var sold, refused atomic.Int32
	together(len(lists), func(i int) {
		_, err := w.holdFor(slots[0].ID, lists[i], "k")
		switch {
		case err == nil:
			sold.Add(1)
		case errors.Is(err, booking.ErrLimit): // that it is a duplicate would tell of another user's appointment
			refused.Add(1)
		default:
			t.Errorf("list %d: %v", i, err)
		}
	})
	if sold.Load() != 1 || refused.Load() != 7 {
		t.Errorf("%d sold, %d refused", sold.Load(), refused.Load())
	}
}

// Payment, expiry, giving back and cancelling meet on the same appointments: each ends in one state, each number is freed at most once.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 2, 8)
	var held []booking.Visit
	for i, p := range w.people(16) {
		v, err := w.holdFor(slots[i%2].ID, p, "k")
		must(t, err)
		held = append(held, v)
	}
	w.clock.add(20 * 60e9)
	fine := func(err error) {
		if err != nil && !booking.IsRefusal(err) {
			t.Errorf("not a refusal: %v", err)
		}
	}
	together(16*5, func(i int) {
		a := held[i/5].Appointment
		switch i % 5 {
		case 0:
			_, err := w.confirm(a.ID)
			fine(err)
		case 1:
			_, err := w.ExpireHolds(ctx)
			fine(err)
		case 2:
			fine(w.GiveBack(ctx, a.User, a.ID, "give"))
		case 3:
			_, _, err := w.Cancel(ctx, a.User, a.ID, "cancel")
			fine(err)
		case 4:
			_, _, err := w.Cancel(ctx, a.User, a.ID, "cancel")
			fine(err)
		}
	})
	check(t, w.db)
}

// A clinic is stopped while people book: afterwards nobody has a place in it, and everybody who had one was told.
func TestStopWhileHolding(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, slots := w.clinic(5000, 4, 12)
	people := w.people(48)
	together(len(people)+2, func(i int) {
		if i < 2 {
			if _, err := w.StopSchedule(ctx, 9, c.ID, "医生出差"); err != nil {
				t.Errorf("stop: %v", err)
			}
			return
		}
		p := people[i-2]
		v, err := w.holdFor(slots[i%4].ID, p, "k")
		if err == nil && i%3 == 0 {
			_, err = w.confirm(v.Appointment.ID)
		}
		if err != nil && !booking.IsRefusal(err) {
			t.Errorf("hold: %v", err)
		}
	})
	var active, cancelled int
	must(t, w.db.Get(&active, "SELECT COUNT(id) FROM appointments WHERE active = 1"))
	must(t, w.db.Get(&cancelled, "SELECT COUNT(id) FROM appointments WHERE status = 'cancelled'"))
	affected, err := w.StopSchedule(ctx, 9, c.ID, "")
	must(t, err)
	if active != 0 || affected != cancelled {
		t.Errorf("%d are still active; %d affected, %d cancelled", active, affected, cancelled)
	}
	check(t, w.db)
}

// Two transactions that change one appointment from the same state: one wins, the other waits for it and sees it.
func TestNoLostUpdate(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 1, 1)
	v := w.mustHold(slots[0].ID, 1)
	given := make(chan error, 1)
	must(t, mysql.InTx(ctx, w.db, func(tx *sqlx.Tx) error {
		if _, err := w.ConfirmTx(ctx, tx, v.Appointment.ID, booking.ByPayment); err != nil {
			return err
		}
		go func() { given <- w.GiveBack(ctx, v.Appointment.User, v.Appointment.ID, "g") }()
		return untilUpdating(w.db, given)
	}))
	if err := <-given; !errors.Is(err, booking.ErrWrongStatus) {
		t.Errorf("giving back what was paid meanwhile: %v", err)
	}
	check(t, w.db)
}

// untilUpdating returns when another connection is seen in its update of an appointment, or an error when that has ended
// before.
func untilUpdating(db *sqlx.DB, ended <-chan error) error {
	for {
		select {
		case err := <-ended:
			return fmt.Errorf("it did not wait: %w", err)
		default:
		}
		var n int
		err := db.Get(&n, `SELECT COUNT(1) FROM information_schema.processlist
			WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE 'UPDATE appointments SET status%'`)
		if err != nil || n > 0 {
			return err
		}
	}
}
