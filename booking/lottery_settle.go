package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
)

// drawnFirst is the priority in the waitlist of who was drawn for a half-day and got no place: their wish is that half-day alone, and there they go before
// everybody who waits for it besides others.
const drawnFirst = 2

// errNotTheirTurn says that an application before this one is not decided yet: another process is at it, or was.
var errNotTheirTurn = errors.New("an earlier application is not decided yet")

// settle gives the places of a drawn half-day in the order drawn, and lets the others wait: each application in a transaction of its own, which decides it if
// and only if it is not decided yet. When none is left, the half-day is open to everybody.
func (s *Store) settle(ctx context.Context, l Lottery) error {
	d, err := s.directory(ctx)
	if err != nil {
		return err
	}
	for {
		pending, err := s.applications(ctx, "p.lottery_id = ? AND l.state = 'drawn' AND p.status = 'applied'", l.ID)
		if err != nil {
			return err
		}
		if len(pending) == 0 {
			return s.inTx(ctx, func(tx *sqlx.Tx) error { return s.endLottery(ctx, tx, l, LotterySettled) })
		}
		slices.SortFunc(pending, func(a, b Application) int { return a.Position - b.Position })
		for _, a := range pending {
			err := s.inTx(ctx, func(tx *sqlx.Tx) error { return s.settleOne(ctx, tx, d, a) })
			if errors.Is(err, errNotTheirTurn) {
				return nil // whoever is at it goes on, or the next tick does
			}
			if err != nil {
				return fmt.Errorf("application %d: %w", a.Number, refusal(err))
			}
		}
	}
}

// settleOne decides one application under the locks of a hold, in their order: the person, the half-day, its slot.
func (s *Store) settleOne(ctx context.Context, tx *sqlx.Tx, d *directory, a Application) error {
	var digest []byte
	if err := tx.GetContext(ctx, &digest, "SELECT person FROM lottery_applications WHERE id = ?", a.ID); err != nil {
		return fmt.Errorf("read whose application it is: %w", err)
	}
	persons, err := lockedPersons(ctx, tx, digest)
	if err != nil {
		return err
	}
	var c Schedule
	if err := tx.GetContext(ctx, &c, `SELECT `+scheduleColumns+`, c.capacity, c.taken FROM schedules c WHERE c.id = ? FOR UPDATE`, a.Schedule); err != nil {
		return notFound(err, "lock the schedule")
	}
	if c.Status != Open {
		return errNotTheirTurn // it was stopped meanwhile: the draw is void
	}
	mine, err := s.turnOf(ctx, tx, &a)
	if err != nil || !mine {
		return err
	}
	slot, seq, err := nextDrawn(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	if seq == 0 {
		return s.loses(ctx, tx, d, a, c)
	}
	c.Allocation = FirstCome // for the rules of a hold: this is the way in
	ask := asking{user: a.User, patient: a.Patient, digest: digest, persons: persons, schedule: c, slot: slot}
	ask.slot.Capacity, ask.slot.Taken = 1, 0 // the number that was drawn is free, whatever else is
	switch err := s.mayTake(ctx, tx, d, ask); {
	case errors.Is(err, ErrNotFound): // the patient was removed by who applied: nobody needs to be told
		return s.decided(ctx, tx, a, Void)
	case IsRefusal(err):
		return s.resolve(ctx, tx, a, Barred, 0)
	case err != nil:
		return err
	}
	return s.wins(ctx, tx, d, a, c, slot, seq)
}

// turnOf reads an application again under the lock of its half-day, and tells whether it is to be decided.
func (s *Store) turnOf(ctx context.Context, tx *sqlx.Tx, a *Application) (bool, error) {
	var now struct {
		Application
		Before int
	}
	err := tx.GetContext(ctx, &now, "SELECT "+applicationColumns+`, (SELECT COUNT(b.id) FROM lottery_applications b
		WHERE b.lottery_id = p.lottery_id AND b.status = 'applied' AND b.position < p.position) AS 'before'
		FROM lottery_applications p JOIN lotteries l ON l.id = p.lottery_id WHERE p.id = ? FOR UPDATE`, a.ID)
	if err != nil {
		return false, fmt.Errorf("read the application again: %w", err)
	}
	*a = now.Application // its user may have been linked to another meanwhile
	if now.Before > 0 {
		return false, errNotTheirTurn
	}
	return a.Status == InDraw, nil
}

// nextDrawn locks the earliest slot of a locked half-day that has a free number, and gives it; 0 when there is none.
func nextDrawn(ctx context.Context, tx *sqlx.Tx, schedule ScheduleID) (Slot, int, error) {
	var free []Slot
	err := tx.SelectContext(ctx, &free, `SELECT `+slotColumns+` FROM slots s WHERE s.schedule_id = ? AND s.taken < s.capacity AND s.first_seq < ?
		ORDER BY s.starts_at LIMIT 1`, schedule, extraSeq)
	if err != nil {
		return Slot{}, 0, fmt.Errorf("look for a free slot: %w", err)
	}
	if len(free) == 0 {
		return Slot{}, 0, nil
	}
	locked, err := lockPlace(ctx, tx, schedule, free[0].ID)
	if err != nil {
		return Slot{}, 0, err
	}
	seq, ok, err := locked.next(ctx, tx, ReturnRule{}, nil)
	if err == nil && !ok {
		err = fmt.Errorf("slot %d was taken from while its half-day was locked", free[0].ID)
	}
	return free[0], seq, err
}

// wins gives the place: held until it is paid, or booked where it costs nothing.
func (s *Store) wins(ctx context.Context, tx *sqlx.Tx, d *directory, a Application, c Schedule, slot Slot, seq int) error {
	now, zone, policy := s.clock(), d.zone(c.Hospital), d.current[c.Hospital]
	made := Appointment{
		Hospital: c.Hospital, Department: c.Department, Schedule: c.ID, Slot: slot.ID, Doctor: c.Doctor, Patient: a.Patient,
		User: a.User, Account: a.Account, Date: c.Date, Period: c.Period, Seq: seq, Status: Held, Version: 1, Fee: c.Fee,
		Policy: policy.Version, HoldUntil: policy.payUntil(now, zone).Truncate(time.Microsecond), StartsAt: slot.StartsAt, CreatedAt: now,
	}
	if closes := policy.Close.Of(c.Date, slot.StartsAt, zone).UTC(); closes.Before(made.HoldUntil) {
		made.HoldUntil = closes
	}
	if c.Fee == 0 {
		made.Status, made.HoldUntil = Booked, now
	}
	if err := insertMoved(ctx, tx, &made, fmt.Sprintf("lottery:%d", a.ID)); err != nil {
		return err
	}
	if err := takePlace(ctx, tx, made); err != nil {
		return err
	}
	a.Appointment = made.ID
	if err := s.decided(ctx, tx, a, Won); err != nil {
		return err
	}
	return s.record(ctx, tx, Change{Appointment: made, Reason: ByDraw, At: now}, "")
}

// loses lets the applicant wait for that half-day, behind those who were drawn before. When nobody waits for it any more, they are told only.
func (s *Store) loses(ctx context.Context, tx *sqlx.Tx, d *directory, a Application, c Schedule) error {
	now, leaves := s.clock(), d.current[c.Hospital].LeavesAt(c.Date, d.zone(c.Hospital))
	if !now.Before(leaves) {
		return s.resolve(ctx, tx, a, Lost, 0)
	}
	w := Wish{Department: c.Department, Doctor: c.Doctor, First: c.Date, Last: c.Date, Halves: HalvesOf(c.Period)}
	_, err := tx.ExecContext(ctx, `UPDATE waitlist_entries SET status = 'left', active = NULL, ended_at = ? WHERE patient_id = ? AND department_id = ? AND doctor_id = ?
		AND title = '' AND kind = '' AND first_date = ? AND last_date = ? AND halves = ? AND status = 'waiting'`,
		now, a.Patient, w.Department, w.Doctor, w.First, w.Last, w.Halves)
	if err != nil {
		return fmt.Errorf("end an earlier wait for the same: %w", err)
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO waitlist_entries (hospital_id, department_id, doctor_id, title, kind, first_date, last_date, halves, patient_id,
		user_id, account_id, priority, request_key, status, active, leaves_at, created_at) VALUES (?, ?, ?, '', '', ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`,
		c.Hospital, w.Department, w.Doctor, w.First, w.Last, w.Halves, a.Patient, a.User, a.Account, drawnFirst, fmt.Sprintf("lottery:%d", a.ID), StillWaiting, leaves, now)
	if err != nil {
		return fmt.Errorf("write the wait: %w", err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		return fmt.Errorf("write the wait: %w", err)
	}
	a.Wait = WaitID(id)
	var before int
	if err := tx.GetContext(ctx, &before, "SELECT COUNT(id) FROM lottery_applications WHERE lottery_id = ? AND status = 'lost' AND wait_id > 0", a.Lottery); err != nil {
		return fmt.Errorf("count who waits before: %w", err)
	}
	return s.resolve(ctx, tx, a, Lost, before+1)
}

// decided writes what became of an application that was found undecided under its lock.
func (s *Store) decided(ctx context.Context, tx *sqlx.Tx, a Application, to ApplicationStatus) error {
	done, err := endApplication(ctx, tx, a, to, s.clock())
	if err == nil && !done {
		err = fmt.Errorf("application %d changed under its lock", a.ID)
	}
	return err
}

// resolve ends an application without a place, and tells whose it is.
func (s *Store) resolve(ctx context.Context, tx *sqlx.Tx, a Application, to ApplicationStatus, place int) error {
	if err := s.decided(ctx, tx, a, to); err != nil {
		return err
	}
	a.Status = to
	if f, ok := s.follow.(LotteryFollower); ok {
		return f.ApplicationEnded(ctx, tx, a, place)
	}
	return nil
}

// endLottery ends a draw of which all applications are decided, and opens the half-day to everybody.
func (s *Store) endLottery(ctx context.Context, tx *sqlx.Tx, l Lottery, to LotteryState) error {
	var status ScheduleStatus
	if err := tx.GetContext(ctx, &status, "SELECT status FROM schedules WHERE id = ? FOR UPDATE", l.Schedule); err != nil {
		return notFound(err, "lock the schedule")
	}
	now, err := lockLottery(ctx, tx, l.ID)
	if err != nil {
		return err
	}
	var pending int
	if err := tx.GetContext(ctx, &pending, "SELECT COUNT(id) FROM lottery_applications WHERE lottery_id = ? AND status = 'applied'", l.ID); err != nil {
		return fmt.Errorf("count the applications that are left: %w", err)
	}
	over := now.State == LotterySettled || now.State == LotteryVoid
	if pending > 0 || over || (to == LotterySettled && now.State != LotteryDrawn) || (status == Stopped) != (to == LotteryVoid) {
		return nil // the next tick looks again
	}
	if _, err := tx.ExecContext(ctx, "UPDATE lotteries SET state = ?, settled_at = ? WHERE id = ?", to, s.clock(), l.ID); err != nil {
		return fmt.Errorf("end the draw: %w", err)
	}
	return firstCome(ctx, tx, l.Schedule)
}

// voidLottery ends the draw of a clinic that was stopped: whoever has applied is told. Who has won already is told by the stop.
func (s *Store) voidLottery(ctx context.Context, l Lottery) error {
	pending, err := s.applications(ctx, "p.lottery_id = ? AND p.status = 'applied'", l.ID)
	if err != nil {
		return err
	}
	for _, a := range pending {
		err := s.inTx(ctx, func(tx *sqlx.Tx) error {
			if _, err := lockLottery(ctx, tx, l.ID); err != nil {
				return err
			}
			done, err := endApplication(ctx, tx, a, Void, s.clock())
			if err != nil || !done {
				return err
			}
			a.Status = Void
			if f, ok := s.follow.(LotteryFollower); ok {
				return f.ApplicationEnded(ctx, tx, a, 0)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error { return s.endLottery(ctx, tx, l, LotteryVoid) })
}
