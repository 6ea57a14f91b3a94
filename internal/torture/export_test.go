package torture

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/internal/mysql"
)

// carelessVariable says in the environment of a replica which guard it does without.
const carelessVariable = "GUAHAO_TORTURE_CARELESS"

// The guards that a test can turn off.
const (
	WithoutLocks = "without locks"
	WithoutKeys  = "without unique keys"
	WithoutIdem  = "without idempotency"
)

// Careless is a run against a program without one of its guards: nothing is killed, but some answers are lost. Everybody
// wants the same slot.
func (o Options) Careless(guard string) Options {
	o.calm, o.env = true, []string{carelessVariable + "=" + guard}
	o.prepared = func(w *world) error {
		w.rounds = [][]place{w.rounds[0][:1]}
		if guard != WithoutKeys {
			return nil
		}
		_, err := w.db.Exec("ALTER TABLE appointments DROP KEY uk_appointments_seq, DROP KEY uk_appointments_schedule_seq, DROP KEY uk_appointments_patient")
		return err
	}
	return o
}

// RunTestReplica is RunReplica without the guard that the environment names.
func RunTestReplica(ctx context.Context) error {
	return runReplica(ctx, func(r *replica) error {
		switch os.Getenv(carelessVariable) {
		case WithoutLocks, WithoutKeys:
			db, err := mysql.Open(ctx, r.dsn)
			r.hold = careless{r, db, make(chan bool)}.hold
			return err
		case WithoutIdem:
			r.hold = func(ctx context.Context, q booking.HoldRequest) (booking.Visit, error) {
				q.Key += rand.Text()
				return r.Booking.Hold(ctx, q)
			}
		}
		return nil
	})
}

// careless holds places as one would who has never heard of anybody else: read, decide, write.
type careless struct {
	*replica
	db   *sqlx.DB
	meet chan bool // two who have decided go on at the same moment
}

func (c careless) hold(ctx context.Context, q booking.HoldRequest) (v booking.Visit, err error) {
	var earlier []booking.AppointmentID
	if err := c.db.SelectContext(ctx, &earlier, "SELECT id FROM appointments WHERE user_id = ? AND request_key = ?", q.User, q.Key); err != nil {
		return v, err
	}
	if len(earlier) > 0 {
		return c.Booking.Visit(ctx, earlier[0])
	}
	err = mysql.InTx(ctx, c.db, func(tx *sqlx.Tx) error {
		v, err = c.take(ctx, tx, q)
		return err
	})
	switch {
	case mysql.IsDuplicate(err, "uk_appointments_patient"):
		err = booking.ErrDuplicate
	case mysql.IsDuplicate(err, ""):
		err = booking.ErrSlotFull
	}
	return v, err
}

func (c careless) take(ctx context.Context, tx *sqlx.Tx, q booking.HoldRequest) (v booking.Visit, err error) {
	slot, err := c.Booking.Slot(ctx, q.Slot)
	if err != nil {
		return v, err
	}
	half, err := c.Booking.Schedule(ctx, slot.Schedule)
	if err != nil {
		return v, err
	}
	seq, err := decide(ctx, tx, slot, q.Patient)
	if err != nil {
		return v, err
	}
	alone := time.NewTimer(50 * time.Millisecond)
	defer alone.Stop()
	select {
	case c.meet <- true:
	case <-c.meet:
	case <-alone.C:
	}
	now := c.clock.now()
	result, err := tx.ExecContext(ctx, `INSERT INTO appointments (hospital_id, department_id, doctor_id, schedule_id, slot_id, patient_id, user_id, account_id, request_key,
		visit_date, period, starts_at, seq, status, active, version, fee, policy_version, hold_until, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'booked', 1, 1, 0, 1, ?, ?)`,
		half.Hospital, half.Department, half.Doctor, half.ID, q.Slot, q.Patient, q.User, q.Account, q.Key, half.Date, half.Period, slot.StartsAt, seq, now, now)
	if err != nil {
		return v, err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return v, err
	}
	v.Appointment = booking.Appointment{ID: booking.AppointmentID(id), Seq: seq, Version: 1}
	return v, c.write(ctx, tx, v.Appointment, q, seq-slot.FirstSeq+1, now)
}

// write counts the place and leaves a trail.
func (c careless) write(ctx context.Context, tx *sqlx.Tx, a booking.Appointment, q booking.HoldRequest, issued int, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO appointment_events (appointment_id, version, from_status, to_status, reason, seq, refund, note, request_key, at)
		VALUES (?, 1, '', 'booked', 'patient', ?, 0, '', ?, ?)`, a.ID, a.Seq, q.Key, now)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE schedules c JOIN slots s ON s.schedule_id = c.id
		SET c.taken = c.taken + 1, s.taken = s.taken + 1, s.issued = GREATEST(s.issued, ?) WHERE s.id = ?`, issued, q.Slot)
	return err
}

// decide reads who has places and chooses a number.
func decide(ctx context.Context, tx *sqlx.Tx, slot booking.Slot, patient booking.PatientID) (int, error) {
	var rows []struct {
		Patient booking.PatientID
		Seq     int
	}
	if err := tx.SelectContext(ctx, &rows, "SELECT patient_id AS patient, seq FROM appointments WHERE slot_id = ? AND active = 1", slot.ID); err != nil {
		return 0, err
	}
	used := map[int]bool{}
	for _, row := range rows {
		used[row.Seq] = true
		if row.Patient == patient {
			return 0, booking.ErrDuplicate
		}
	}
	seq := slot.FirstSeq
	for used[seq] {
		seq++
	}
	if seq >= slot.FirstSeq+slot.Capacity {
		return 0, booking.ErrSlotFull
	}
	return seq, nil
}

// Step is one operation of a history for the tests of the model.
type Step struct {
	Start, End                 int64
	What                       string
	Slot, Patient, Appointment int64
	Seq, Taken                 int
	Holders                    []int64 // appointment, patient, slot, seq, and so on
	From                       int64
}

func (s Step) operation() porcupine.Operation {
	made := step{
		Kind: kind(s.What), Slot: booking.SlotID(s.Slot), Patient: booking.PatientID(s.Patient), Appointment: booking.AppointmentID(s.Appointment), Seq: s.Seq,
		From: booking.AppointmentID(s.From),
	}
	if made.Kind == looked {
		made.Taken = map[booking.SlotID]int{made.Slot: s.Taken}
	}
	for i := 0; i+3 < len(s.Holders); i += 4 {
		x := s.Holders[i:]
		made.Holders = append(made.Holders, holder{booking.AppointmentID(x[0]), booking.PatientID(x[1]), booking.SlotID(x[2]), int(x[3])})
	}
	return porcupine.Operation{Input: made, Call: s.Start, Return: s.End}
}

// theSlots are two slots of a schedule: 1 with the numbers 1 and 2, and 2 with the numbers 3 and 4.
func theSlots() map[booking.SlotID]booking.Slot {
	return map[booking.SlotID]booking.Slot{1: {ID: 1, FirstSeq: 1, Capacity: 2}, 2: {ID: 2, FirstSeq: 3, Capacity: 2}}
}

func operationsOf(steps []Step) []porcupine.Operation {
	list := make([]porcupine.Operation, len(steps))
	for i, s := range steps {
		list[i] = s.operation()
	}
	return list
}

// Explained tells whether an order of the steps explains them.
func Explained(steps []Step) bool {
	return porcupine.CheckOperations(model(theSlots()), operationsOf(steps))
}

// Shrunk is what is left of a wrong history, in words.
func Shrunk(steps []Step) (words []string) {
	for _, o := range shrink(model(theSlots()), operationsOf(steps)) {
		words = append(words, o.Input.(step).String())
	}
	return words
}

// Cuts are the places in which a Proxy cuts a COMMIT off.
func Cuts() []string { return []string{string(cutBefore), string(cutDuring), string(cutAfter)} }

// Proxy is a proxy that cuts the next COMMIT.
func Proxy(dsn string, where string) (through string, closeIt func(), err error) {
	w := &world{}
	if err := w.startProxy(dsn); err != nil {
		return "", nil, err
	}
	if where != "" {
		w.proxy.arm(cut(where))
	}
	through, err = w.through(dsn)
	return through, w.proxy.close, errors.Join(err)
}
