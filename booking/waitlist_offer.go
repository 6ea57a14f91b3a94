package booking

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
)

// Of a line, so many are asked in turn. The people at its head are locked before the place is, which is the order of locks that
// everybody keeps. Who stands behind them is locked after it, which may be a deadlock, and is tried again; it is rare that
// so many cannot take the place.
const (
	lineLength  = 20
	headsLocked = 3
)

// inLine is somebody who waits for a half-day, with the digest of the patient's document.
type inLine struct {
	Waiting
	Digest []byte
}

// line is who waits for a half-day, in order, when one of its places is returned. It is empty where nobody is to be asked.
type line struct {
	schedule Schedule
	waits    []inLine
	d        *directory
}

// lineFor reads who waits for a half-day, and locks the people at its head. The caller locks the place after it: who joins
// the line in between stands behind a place that was returned before, and meets it when the waitlist is next served. What became
// of those in it meanwhile is looked at when it is their turn.
func (s *Store) lineFor(ctx context.Context, tx *sqlx.Tx, schedule ScheduleID) (line, error) {
	var waits []inLine
	err := tx.SelectContext(ctx, &waits, `SELECT `+waitColumns+`, p.number_digest AS digest
		FROM schedules c JOIN doctors o ON o.id = c.doctor_id JOIN waitlist_entries e ON e.department_id = c.department_id JOIN patients p ON p.id = e.patient_id
		WHERE c.id = ? AND e.status = 'waiting' AND e.doctor_id IN (0, c.doctor_id) AND e.title IN ('', o.title) AND e.kind IN ('', c.kind)
		AND e.first_date <= c.visit_date AND e.last_date >= c.visit_date
		AND (e.halves & CASE c.period WHEN 'morning' THEN 1 WHEN 'afternoon' THEN 2 ELSE 4 END) <> 0
		AND NOT EXISTS (SELECT w.id FROM waitlist_offers w WHERE w.entry_id = e.id AND w.schedule_id = c.id)
		ORDER BY e.priority DESC, e.id LIMIT ?`, schedule, lineLength)
	if err != nil {
		return line{}, fmt.Errorf("read who waits: %w", err)
	}
	if len(waits) == 0 {
		return line{}, nil
	}
	l := line{waits: waits}
	if l.d, err = s.directoryFor(ctx, tx); err != nil {
		return line{}, err
	}
	if err := tx.GetContext(ctx, &l.schedule, `SELECT `+scheduleColumns+`, c.capacity, c.taken FROM schedules c WHERE c.id = ?`, schedule); err != nil {
		return line{}, notFound(err, "read the schedule")
	}
	if l.schedule.Allocation.ByLot() || !s.clock().Before(l.d.current[l.schedule.Hospital].LeavesAt(l.schedule.Date, l.d.zone(l.schedule.Hospital))) {
		return line{}, nil
	}
	heads := slices.Clone(waits[:min(headsLocked, len(waits))])
	slices.SortFunc(heads, func(a, b inLine) int { return bytes.Compare(a.Digest, b.Digest) }) // the same order in every line
	for _, w := range heads {
		if _, err := lockedPersons(ctx, tx, w.Digest); err != nil {
			return line{}, err
		}
	}
	return l, nil
}

// lockedPersons locks all patient rows of a document.
func lockedPersons(ctx context.Context, tx *sqlx.Tx, digest []byte) ([]PatientID, error) {
	var persons []PatientID
	if err := tx.SelectContext(ctx, &persons, "SELECT id FROM patients WHERE number_digest = ? ORDER BY id FOR UPDATE", digest); err != nil {
		return nil, fmt.Errorf("lock the person: %w", err)
	}
	return persons, nil
}

// offer gives a free number of a locked place to the first in line who may have it, and tells whether there was one. The place
// counts as taken from then on: nobody who comes by can get it.
func (s *Store) offer(ctx context.Context, tx *sqlx.Tx, l line, slot Slot, seq int) (bool, error) {
	if len(l.waits) == 0 {
		return false, nil
	}
	now, zone := s.clock(), l.d.zone(l.schedule.Hospital)
	policy := l.d.current[l.schedule.Hospital]
	until, ok := policy.OfferUntil(now, policy.Close.Of(l.schedule.Date, slot.StartsAt, zone), zone)
	if !ok {
		return false, nil
	}
	for _, w := range l.waits {
		err := s.mayHave(ctx, tx, l, w, slot)
		if IsRefusal(err) {
			continue
		}
		if err != nil {
			return false, err
		}
		done, err := waitTo(ctx, tx, w.ID, StillWaiting, WaitOffered, now)
		if err != nil {
			return false, err
		}
		if !done {
			continue
		}
		c := l.schedule
		a := Appointment{
			Hospital: c.Hospital, Department: c.Department, Schedule: c.ID, Slot: slot.ID, Doctor: c.Doctor, Patient: w.Patient,
			User: w.User, Account: w.Account, Date: c.Date, Period: c.Period, Seq: seq, Status: Offered, Version: 1, Fee: c.Fee,
			Policy: policy.Version, HoldUntil: until.UTC().Truncate(time.Microsecond), StartsAt: slot.StartsAt, CreatedAt: now,
		}
		return true, s.writeOffer(ctx, tx, a, w.ID)
	}
	return false, nil
}

// writeOffer makes the appointment that holds the place for who waits.
func (s *Store) writeOffer(ctx context.Context, tx *sqlx.Tx, a Appointment, w WaitID) error {
	key := fmt.Sprintf("offer:%d:%d", w, a.Schedule)
	if err := insertMoved(ctx, tx, &a, key); err != nil {
		return err
	}
	if err := takePlace(ctx, tx, a); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO waitlist_offers (entry_id, appointment_id, schedule_id, made_at) VALUES (?, ?, ?, ?)", w, a.ID, a.Schedule, a.CreatedAt)
	if err != nil {
		return fmt.Errorf("write the offer: %w", err)
	}
	return s.record(ctx, tx, Change{Appointment: a, Reason: ByWaitlist, At: a.CreatedAt}, "")
}

// offerReturned offers a number that was just returned, in the transaction that returns it.
func (s *Store) offerReturned(ctx context.Context, tx *sqlx.Tx, l line, a Appointment) error {
	if len(l.waits) == 0 || a.Extra() {
		return nil
	}
	_, err := s.offer(ctx, tx, l, Slot{ID: a.Slot, Schedule: a.Schedule, StartsAt: a.StartsAt}, a.Seq)
	return err
}

// ServeWaitlist ends the waits whose evening before has come, and offers free places that somebody waits for: those of
// half-days whose capacity was raised or that take place after all, and those that were returned while somebody was joining. It may be
// called at any time, by any number of replicas. It tells how many places it offered.
func (s *Store) ServeWaitlist(ctx context.Context) (int, error) {
	err := s.endWaits(ctx)
	var schedules []ScheduleID
	failed := s.db.SelectContext(ctx, &schedules, `SELECT DISTINCT c.id FROM waitlist_entries e JOIN schedules c ON c.department_id = e.department_id
		AND c.visit_date BETWEEN e.first_date AND e.last_date
		WHERE e.status = 'waiting' AND e.doctor_id IN (0, c.doctor_id) AND c.status = 'open' AND c.allocation = 'first_come' AND c.taken < c.capacity ORDER BY c.id LIMIT 200`)
	if failed != nil {
		return 0, errors.Join(err, fmt.Errorf("look for free places that are waited for: %w", failed))
	}
	count := 0
	for _, id := range schedules {
		n, failed := s.OfferFree(ctx, id)
		count, err = count+n, errors.Join(err, failed)
	}
	return count, err
}

// OfferFree offers the free places of a half-day to those who wait for it, each in a transaction of its own, and tells how
// many found somebody.
func (s *Store) OfferFree(ctx context.Context, schedule ScheduleID) (int, error) {
	var slots []Slot
	err := s.db.SelectContext(ctx, &slots, `SELECT `+slotColumns+` FROM slots s WHERE s.schedule_id = ? AND s.taken < s.capacity AND s.starts_at > ? ORDER BY s.starts_at`, schedule, s.clock())
	if err != nil {
		return 0, fmt.Errorf("read the free slots: %w", err)
	}
	count := 0
	for _, slot := range slots {
		for offered := true; offered; {
			err := s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
				offered, err = s.offerOne(ctx, tx, schedule, slot)
				return err
			})
			if err != nil {
				return count, fmt.Errorf("offer a place of schedule %d: %w", schedule, err)
			}
			if offered {
				count++
			}
		}
	}
	return count, nil
}

func (s *Store) offerOne(ctx context.Context, tx *sqlx.Tx, schedule ScheduleID, slot Slot) (bool, error) {
	l, err := s.lineFor(ctx, tx, schedule)
	if err != nil {
		return false, err
	}
	return s.offerFree(ctx, tx, l, slot)
}

// offerFree locks a place and offers its next number, if it has one.
func (s *Store) offerFree(ctx context.Context, tx *sqlx.Tx, l line, slot Slot) (bool, error) {
	if len(l.waits) == 0 {
		return false, nil
	}
	locked, err := lockPlace(ctx, tx, slot.Schedule, slot.ID)
	if err != nil || locked.Schedule.Status != Open || locked.Schedule.Allocation.ByLot() {
		return false, err
	}
	seq, free, err := locked.next(ctx, tx, ReturnRule{}, nil)
	if err != nil || !free {
		return false, err
	}
	return s.offer(ctx, tx, l, slot, seq)
}

// endWaits lets those go whose last evening has come, and, without a word, those whose patient was removed.
func (s *Store) endWaits(ctx context.Context) error {
	gone, err := s.waits(ctx, "JOIN patients p ON p.id = e.patient_id WHERE e.status = 'waiting' AND p.active IS NULL ORDER BY e.id LIMIT 500")
	for _, w := range gone {
		err = errors.Join(err, s.inTx(ctx, func(tx *sqlx.Tx) error {
			_, err := waitTo(ctx, tx, w.ID, StillWaiting, WaitLeft, s.clock())
			return err
		}))
	}
	return errors.Join(err, s.endEvenings(ctx))
}

func (s *Store) endEvenings(ctx context.Context) error {
	waits, err := s.waits(ctx, "WHERE e.status = 'waiting' AND e.leaves_at <= ? ORDER BY e.id LIMIT 500", s.clock())
	for _, w := range waits {
		failed := s.inTx(ctx, func(tx *sqlx.Tx) error {
			done, err := waitTo(ctx, tx, w.ID, StillWaiting, WaitEnded, s.clock())
			if err != nil || !done {
				return err
			}
			if f, ok := s.follow.(WaitlistFollower); ok {
				return f.WaitEnded(ctx, tx, w)
			}
			return nil
		})
		err = errors.Join(err, failed)
	}
	return err
}
