package bench

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/internal/mysql"
)

// naive books as one would without a thought of a release: lock, check, insert, update, commit, one request after the other. It is
// written as well as that can be: prepared statements, the same tables, keys and rules, everything that needs no lock before
// the row that all want, the rules in memory, and nothing read back for the answer.
type naive struct {
	db     *sqlx.DB
	policy booking.Policy
	zone   *time.Location

	lockPerson, others, returns, lockPlace, cooling, appointment, count, event, charge *sql.Stmt
}

func newNaive(ctx context.Context, p *program, policy booking.Policy) (n *naive, err error) {
	n = &naive{db: p.database.DB, policy: policy, zone: zone()}
	for _, s := range []struct {
		to    **sql.Stmt
		query string
	}{
		{&n.lockPerson, `SELECT id FROM patients WHERE number_digest = (SELECT number_digest FROM patients WHERE id = ? AND user_id = ? AND active = 1) ORDER BY id FOR UPDATE`},
		{&n.others, `SELECT hospital_id, department_id, doctor_id, visit_date, period, status, starts_at, request_key, user_id FROM appointments
			WHERE patient_id = ? AND active = 1 UNION ALL SELECT hospital_id, department_id, doctor_id, visit_date, period, status, starts_at, request_key, user_id
			FROM appointments WHERE user_id = ? AND request_key = ?`},
		{&n.returns, `SELECT kind, returned_at FROM place_returns WHERE user_id = ? AND returned_at > ? AND hospital_id = ?`},
		{&n.lockPlace, `SELECT c.hospital_id, c.department_id, c.doctor_id, c.visit_date, c.period, c.fee, c.status, s.starts_at, s.first_seq, s.capacity, s.taken, s.issued
			FROM schedules c STRAIGHT_JOIN slots s ON s.schedule_id = c.id WHERE c.id = ? AND s.id = ? FOR UPDATE`},
		{&n.cooling, `SELECT r.seq FROM place_returns r LEFT JOIN appointments a ON a.slot_id = r.slot_id AND a.seq = r.seq AND a.active = 1
			WHERE r.slot_id = ? AND r.opens_at > ? AND a.id IS NULL GROUP BY r.seq`},
		{&n.appointment, `INSERT INTO appointments (hospital_id, department_id, doctor_id, schedule_id, slot_id, patient_id, user_id, account_id,
			request_key, visit_date, period, starts_at, seq, status, active, version, fee, policy_version, hold_until, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'held', 1, 1, ?, ?, ?, ?)`},
		{&n.count, `UPDATE schedules c JOIN slots s ON s.schedule_id = c.id SET c.taken = c.taken + 1, s.taken = s.taken + 1, s.issued = s.issued + 1
			WHERE c.id = ? AND s.id = ?`},
		{&n.event, `INSERT INTO appointment_events (appointment_id, version, from_status, to_status, reason, seq, refund, note, request_key, at)
			VALUES (?, 1, '', 'held', 'patient', ?, 0, '', ?, ?)`},
		{&n.charge, `INSERT INTO charges (out_trade_no, token, ref, subject, amount, provider, mch_id, app_id, status, expires_at, created_at, lease_until)
			VALUES (?, ?, CONCAT('appointment:', ?), '门诊挂号费', ?, 'wechatpay', '1900000001', 'wx0000000000000001', 'created', ?, ?, ?)`},
	} {
		if *s.to, err = p.database.PrepareContext(ctx, s.query); err != nil {
			return nil, errors.Join(fmt.Errorf("prepare the naive statements: %w", err), n.close())
		}
	}
	return n, nil
}

func (n *naive) close() error {
	var errs []error
	for _, s := range []*sql.Stmt{n.lockPerson, n.others, n.returns, n.lockPlace, n.cooling, n.appointment, n.count, n.event, n.charge} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

func (n *naive) take(ctx context.Context, w wish) (got seat, err error) {
	err = mysql.InTx(ctx, n.db, func(tx *sqlx.Tx) error {
		got, err = n.book(ctx, tx, w)
		return err
	})
	return got, err
}

func (n *naive) book(ctx context.Context, tx *sqlx.Tx, w wish) (seat, error) {
	claim := booking.Claim{Now: time.Now().UTC().Truncate(time.Microsecond), Zone: n.zone}
	if err := tx.StmtContext(ctx, n.lockPerson).QueryRowContext(ctx, w.Patient, w.User).Scan(new(int64)); err != nil {
		return seat{}, fmt.Errorf("lock the patient: %w", err)
	}
	if err := n.learn(ctx, tx, w, &claim); err != nil {
		return seat{}, err
	}
	issued, err := n.lock(ctx, tx, w, &claim)
	if err != nil {
		return seat{}, err
	}
	if err := n.policy.CheckHold(claim); err != nil {
		return seat{}, err
	}
	// No place is ever returned in the bench: the next number is the one after the last.
	return n.write(ctx, tx, w, claim, claim.Slot.FirstSeq+issued)
}

// learn reads what the rules look at.
func (n *naive) learn(ctx context.Context, tx *sqlx.Tx, w wish, claim *booking.Claim) error {
	rows, err := tx.StmtContext(ctx, n.others).QueryContext(ctx, w.Patient, w.User, w.Key)
	if err != nil {
		return fmt.Errorf("read the appointments: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a booking.Appointment
		var key string
		if err := rows.Scan(&a.Hospital, &a.Department, &a.Doctor, &a.Date, &a.Period, &a.Status, &a.StartsAt, &key, &a.User); err != nil {
			return fmt.Errorf("read the appointments: %w", err)
		}
		if key == w.Key && a.User == w.User {
			return booking.ErrConflict // the bench makes no request twice
		}
		claim.Others = append(claim.Others, a)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the appointments: %w", err)
	}
	back, err := tx.StmtContext(ctx, n.returns).QueryContext(ctx, w.User, claim.Now.AddDate(0, 0, -n.policy.Slowdown.Days), n.policy.Hospital)
	if err != nil {
		return fmt.Errorf("read the returned places: %w", err)
	}
	defer func() { _ = back.Close() }()
	for back.Next() {
		var r booking.Return
		if err := back.Scan(&r.Kind, &r.At); err != nil {
			return fmt.Errorf("read the returned places: %w", err)
		}
		claim.Returns = append(claim.Returns, r)
	}
	return back.Err()
}

// lock locks the schedule and the slot, and tells how many numbers were given.
func (n *naive) lock(ctx context.Context, tx *sqlx.Tx, w wish, claim *booking.Claim) (issued int, err error) {
	c, s := &claim.Schedule, &claim.Slot
	c.ID, s.ID = w.schedule, w.Slot
	err = tx.StmtContext(ctx, n.lockPlace).QueryRowContext(ctx, c.ID, s.ID).Scan(&c.Hospital, &c.Department, &c.Doctor, &c.Date, &c.Period, &c.Fee, &c.Status,
		&s.StartsAt, &s.FirstSeq, &s.Capacity, &s.Taken, &issued)
	if err != nil {
		return 0, fmt.Errorf("lock the slot: %w", err)
	}
	rows, err := tx.StmtContext(ctx, n.cooling).QueryContext(ctx, s.ID, claim.Now)
	if err != nil {
		return 0, fmt.Errorf("read the cooling places: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var back booking.Cooled
		if err := rows.Scan(&back.Seq); err != nil {
			return 0, fmt.Errorf("read the cooling places: %w", err)
		}
		claim.Cooling = append(claim.Cooling, back)
	}
	return issued, rows.Err()
}

func (n *naive) write(ctx context.Context, tx *sqlx.Tx, w wish, claim booking.Claim, seq int) (seat, error) {
	c, s, now := claim.Schedule, claim.Slot, claim.Now
	until := n.policy.HoldUntil(now)
	result, err := tx.StmtContext(ctx, n.appointment).ExecContext(ctx, c.Hospital, c.Department, c.Doctor, c.ID, s.ID, w.Patient, w.User, w.Account,
		w.Key, c.Date, c.Period, s.StartsAt, seq, c.Fee, n.policy.Version, until, now)
	if err != nil {
		return seat{}, fmt.Errorf("write the appointment: %w", err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		return seat{}, err
	}
	if _, err := tx.StmtContext(ctx, n.count).ExecContext(ctx, c.ID, s.ID); err != nil {
		return seat{}, fmt.Errorf("count the place: %w", err)
	}
	if _, err := tx.StmtContext(ctx, n.event).ExecContext(ctx, id, seq, w.Key, now); err != nil {
		return seat{}, fmt.Errorf("write the event: %w", err)
	}
	_, err = tx.StmtContext(ctx, n.charge).ExecContext(ctx, now.Format("20060102")+rand.Text()[:14], rand.Text(), id, c.Fee, until, now, now)
	if err != nil {
		return seat{}, fmt.Errorf("write the charge: %w", err)
	}
	return seat{ID: booking.AppointmentID(id), Patient: w.Patient, Slot: w.Slot, Seq: seq}, nil
}
