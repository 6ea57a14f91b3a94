package bench

import (
	"context"
	"fmt"

	"guahao/booking"
)

// write fills the database by statements that the server works off by itself. The appointments are those of the coming days, each as
// booking leaves it, and each with the two reminders that it leaves in the outbox.
func (w *evening) write(ctx context.Context) error {
	for _, step := range []func(context.Context) error{w.hospital, w.patients, w.clinics, w.appointments, w.notices} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("fill the bench's database: %w", err)
		}
	}
	_, err := w.database.ExecContext(ctx, "ANALYZE TABLE notices, appointments")
	return err
}

func (w *evening) exec(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := w.database.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// numbers is a table of n numbers from 0 on, as a query.
func numbers(n int) string {
	const digits = "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
	return fmt.Sprintf(`(SELECT n FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d AS n
		FROM %[1]s a, %[1]s b, %[1]s c, %[1]s e, %[1]s f, %[1]s g) all_numbers WHERE n < %[2]d ORDER BY n)`, digits, n)
}

func (w *evening) hospital(ctx context.Context) error {
	err := w.exec(ctx,
		`INSERT INTO hospitals (id, code, name_zh, name_en, short_zh, short_en, level_zh, level_en, address_zh, address_en, phone, zone, lat, lng, aliases)
			VALUES (1, 'bench', '测试医院', 'Bench Hospital', '测试', 'Bench', '', '', '', '', '', 'Asia/Shanghai', 0, 0, '[]')`,
		`INSERT INTO departments (id, hospital_id, parent_id, code, name_zh, name_en, floor_zh, floor_en, leaf, aliases) VALUES (1, 1, 0, 'all', '内科', 'Medicine', '', '', 1, '[]')`,
		`INSERT INTO doctors (id, hospital_id, department_id, code, name_zh, name_en, title, speciality_zh, speciality_en)
			SELECT n + 1, 1, 1, CONCAT('d', n), CONCAT('医生', n), CONCAT('Doctor ', n), 'chief', '', '' FROM `+numbers(w.doctors)+` doctors`,
		"INSERT INTO directory_revisions (id, revision) VALUES (1, 1) ON DUPLICATE KEY UPDATE revision = revision + 1",
	)
	if err != nil {
		return err
	}
	_, err = booking.New(w.database.DB, w.keys, w.clock, nil).SetPolicy(ctx, 1, booking.Policy{
		DaysAhead: 60, ReleaseAt: "00:00", HoldMinutes: 15, PatientsPerUser: 10, Cancel: booking.Deadline{Days: 1, At: "17:00"},
	})
	return err
}

// patients are as many as a half-day has places; chat accounts as many as tomorrow has visits, so that each is reminded of one.
func (w *evening) patients(ctx context.Context) error {
	store := booking.New(w.database.DB, w.keys, w.clock, nil)
	for n := range halfDay {
		p := inventPerson(n)
		_, err := store.AddPatient(ctx, booking.UserID(n+1), booking.NewPatient{
			Name: p.name, Document: booking.ResidentID, Number: p.document, Phone: p.phone, Relation: booking.Self,
			Guardian: booking.Guardian{Name: p.name, Phone: p.phone},
		}, "bench")
		if err != nil {
			return err
		}
	}
	return w.exec(ctx, `INSERT INTO chat_accounts (id, user_id, platform, external_id, lang, last_seen_at, created_at)
		SELECT n + 1, n + 1, 'wechat', CONCAT('bench', n), 'zh', '2026-06-30', '2026-06-01' FROM `+numbers(w.doctors*perDoctor)+` people`)
}

// clinics are a morning and an afternoon of each doctor on each day from tomorrow on, with one slot each. They are numbered by day.
func (w *evening) clinics(ctx context.Context) error {
	return w.exec(ctx, fmt.Sprintf(`INSERT INTO schedules (id, hospital_id, department_id, doctor_id, visit_date, period, kind, fee, room, status, capacity, taken)
		SELECT n + 1, 1, 1, n DIV 2 %% %[1]d + 1, DATE('2026-07-02') + INTERVAL n DIV (2 * %[1]d) DAY, IF(n %% 2 = 0, 'morning', 'afternoon'), 'expert', 5000, '305', 'open', %[2]d, %[2]d
		FROM %[3]s clinics`, w.doctors, halfDay, numbers(2*w.doctors*w.days)),
		fmt.Sprintf(`INSERT INTO slots (id, schedule_id, starts_at, ends_at, first_seq, capacity, taken, issued)
		SELECT id, id, visit_date + INTERVAL IF(period = 'morning', 0, 6) HOUR, visit_date + INTERVAL IF(period = 'morning', 3, 9) HOUR, 1, %[1]d, %[1]d, %[1]d FROM schedules`, halfDay))
}

// appointments: each patient is in each clinic, booked from the account of that place on the day.
func (w *evening) appointments(ctx context.Context) error {
	return w.exec(ctx, fmt.Sprintf(`INSERT INTO appointments (hospital_id, department_id, doctor_id, schedule_id, slot_id, patient_id, user_id, account_id, request_key,
			visit_date, period, starts_at, seq, status, active, version, fee, policy_version, hold_until, created_at)
		SELECT 1, 1, s.doctor_id, s.id, s.id, p.n + 1, (s.id - 1) %% %[1]d * %[2]d + p.n + 1, (s.id - 1) %% %[1]d * %[2]d + p.n + 1, CONCAT('bench', s.id),
			s.visit_date, s.period, t.starts_at, p.n + 1, 'booked', 1, 2, 5000, 1, '2026-06-02', '2026-06-02'
		FROM schedules s JOIN slots t ON t.schedule_id = s.id JOIN %[3]s p ORDER BY s.id, p.n`, 2*w.doctors, halfDay, numbers(halfDay)))
}

// notices are the reminders, at six of the evening before (10:00 in UTC) and two hours before.
func (w *evening) notices(ctx context.Context) error {
	const insert = `INSERT INTO notices (kind, appointment_id, version, account_id, bulk, status, due_at, next_attempt_at, created_at)
		SELECT '%s', id, version, account_id, 0, 'queued', %[2]s, %[2]s, created_at FROM appointments ORDER BY id`
	return w.exec(ctx,
		fmt.Sprintf(insert, "reminder_day", "DATE(starts_at) - INTERVAL 1 DAY + INTERVAL 10 HOUR"),
		fmt.Sprintf(insert, "reminder_soon", "starts_at - INTERVAL 2 HOUR"))
}
