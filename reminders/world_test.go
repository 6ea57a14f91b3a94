package reminders_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/money"
	"guahao/internal/mysql"
	"guahao/internal/vault"
	"guahao/internal/vault/vaulttest"
	"guahao/reminders"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

// clock is moved by hand.
type clock struct{ nanos atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(0, c.nanos.Load()) }

func (c *clock) set(t time.Time) { c.nanos.Store(t.UnixNano()) }

func (c *clock) forward(d time.Duration) { c.nanos.Add(int64(d)) }

// phone is a platform that records what it is given.
type phone struct {
	mu     sync.Mutex
	got    []message
	answer func(to bots.Account, n bots.Notice) error // nil: takes everything
}

type message struct {
	to     bots.Account
	notice bots.Notice
}

func (p *phone) Send(_ context.Context, to bots.Account, n bots.Notice) error {
	p.mu.Lock()
	answer := p.answer
	p.mu.Unlock()
	if answer != nil {
		if err := answer(to, n); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, message{to, n})
	return nil
}

func (p *phone) says(answer func(to bots.Account, n bots.Notice) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

// kinds are the kinds of what an account got, in order.
func (p *phone) kinds(to bots.AccountID) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	kinds := []string{}
	for _, m := range p.got {
		if m.to.ID == to {
			kinds = append(kinds, m.notice.Kind)
		}
	}
	return kinds
}

// counts are how many messages of a kind each account got.
func (p *phone) counts(kind string) map[bots.AccountID]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	counts := map[bots.AccountID]int{}
	for _, m := range p.got {
		if m.notice.Kind == kind {
			counts[m.to.ID]++
		}
	}
	return counts
}

// last is the text of the last message to an account.
func (p *phone) last(to bots.AccountID) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.got) - 1; i >= 0; i-- {
		if p.got[i].to.ID == to {
			return p.got[i].notice.Text
		}
	}
	return ""
}

// world is a hospital with one doctor, the domain, and the outbox.
type world struct {
	t        *testing.T
	dsn      string
	db       *sqlx.DB
	keys     *vault.Keys
	clock    *clock
	phone    *phone
	bookings *booking.Store
	accounts *bots.Store
	store    *reminders.Store
	hospital booking.HospitalID
	doctor   booking.DoctorID
	made     int // patients, slots and requests are numbered
}

// follower queues notices as the program does.
type follower struct{ w *world }

func (f follower) AppointmentChanged(ctx context.Context, tx *sqlx.Tx, c booking.Change) error {
	return f.w.store.Appointment(ctx, tx, c)
}

func (f follower) StopOffered(ctx context.Context, tx *sqlx.Tx, n booking.StopNotice) error {
	return f.w.store.StopOffered(ctx, tx, n)
}

// start is a Wednesday, 09:00 in Shanghai.
var start = time.Date(2026, 7, 1, 1, 0, 0, 0, time.UTC)

func newWorld(t *testing.T, zone string) *world {
	t.Helper()
	w := &world{t: t, dsn: mariadbtest.DSN(t), keys: vaulttest.Keys(t), clock: &clock{}, phone: &phone{}}
	w.db = mariadbtest.Open(t, w.dsn)
	w.clock.set(start)
	w.bookings = booking.New(w.db, w.keys, w.clock.now, follower{w})
	w.accounts = bots.NewStore(w.db, w.keys, w.clock.now)
	w.store = w.replica()
	w.addHospital(zone)
	return w
}

// replica is another process of the program on the same database.
func (w *world) replica() *reminders.Store { return w.pacedReplica(nil) }

// telling is one with platforms of its own.
func (w *world) telling(senders map[bots.Platform]bots.Sender) *reminders.Store {
	w.t.Helper()
	return reminders.New(reminders.Config{
		DB: mariadbtest.Open(w.t, w.dsn), Keys: w.keys, Bookings: w.bookings, Stops: w.bookings, Accounts: w.accounts,
		Senders: senders, Now: w.clock.now, Log: slog.New(slog.DiscardHandler),
	})
}

// pacedReplica is one that knows how many messages a second the platforms take.
func (w *world) pacedReplica(pace map[bots.Platform]float64) *reminders.Store {
	w.t.Helper()
	return reminders.New(reminders.Config{
		DB: mariadbtest.Open(w.t, w.dsn), Keys: w.keys, Bookings: w.bookings, Stops: w.bookings, Accounts: w.accounts,
		Senders: map[bots.Platform]bots.Sender{bots.WeChat: w.phone, bots.Telegram: w.phone},
		Pace:    pace, Now: w.clock.now, Log: slog.New(slog.DiscardHandler),
	})
}

func (w *world) insert(statement string, args ...any) int64 {
	w.t.Helper()
	result, err := w.db.Exec(statement, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) addHospital(zone string) {
	w.t.Helper()
	hospital := w.insert(`INSERT INTO hospitals (code, name_zh, name_en, short_zh, short_en, level_zh, level_en, address_zh, address_en, phone,
		zone, lat, lng, aliases) VALUES ('renhe', '仁和医院', 'Renhe Hospital', '仁和', 'Renhe', '三级甲等', 'Grade 3A', '', '', '', ?, 0, 0, '[]')`, zone)
	department := w.insert(`INSERT INTO departments (hospital_id, parent_id, code, name_zh, name_en, floor_zh, floor_en, leaf, aliases)
		VALUES (?, 0, 'card', '心内科', 'Cardiology', '门诊楼3层A区', 'Outpatient building, floor 3, area A', 1, '[]')`, hospital)
	doctor := w.insert(`INSERT INTO doctors (hospital_id, department_id, code, name_zh, name_en, title, speciality_zh, speciality_en)
		VALUES (?, ?, 'd1', '林医生', 'Dr Lin', 'chief', '', '')`, hospital, department)
	w.insert("INSERT INTO directory_revisions (id, revision) VALUES (1, 1) ON DUPLICATE KEY UPDATE revision = revision + 1")
	w.hospital, w.doctor = booking.HospitalID(hospital), booking.DoctorID(doctor)
	_, err := w.bookings.SetPolicy(w.t.Context(), w.hospital, booking.Policy{
		DaysAhead: 60, ReleaseAt: "00:00", HoldMinutes: 15, PatientsPerUser: 10,
		Cancel: booking.Deadline{Days: 1, At: "17:00"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// account is a new chat identity.
func (w *world) account(platform bots.Platform, lang string) bots.AccountID {
	w.t.Helper()
	w.made++
	id := w.insert(`INSERT INTO chat_accounts (user_id, platform, external_id, lang, last_seen_at, created_at) VALUES (0, ?, ?, ?, ?, ?)`,
		platform, fmt.Sprint(w.made), lang, start, start)
	w.insert("UPDATE chat_accounts SET user_id = id WHERE id = ?", id)
	return bots.AccountID(id)
}

// session is a morning from 08:00 with slots of half an hour.
func (w *world) session(date booking.Date, slots, perSlot int, fee money.Fen) booking.Schedule {
	w.t.Helper()
	schedule, err := w.bookings.AddSchedule(w.t.Context(), w.doctor, date, booking.Session{
		Period: booking.Morning, Kind: booking.Expert, Fee: fee, Room: "305诊室", StartMinute: 8 * 60, SlotMinutes: 30, Slots: slots, PerSlot: perSlot,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return schedule
}

// extra lets staff add a place for a new patient of the account.
func (w *world) extra(account bots.AccountID, clinic booking.Schedule) booking.AppointmentID {
	w.t.Helper()
	ctx := w.t.Context()
	rules, err := w.bookings.Policy(ctx, clinic.Hospital)
	if err != nil {
		w.t.Fatal(err)
	}
	rules.ExtraPerHalf = 1
	if _, err := w.bookings.SetPolicy(ctx, clinic.Hospital, rules); err != nil {
		w.t.Fatal(err)
	}
	patient, err := w.bookings.AddPatient(ctx, booking.UserID(account), booking.NewPatient{
		Name: "张小三", Document: booking.Passport, Number: "E00000001", Phone: "13800138000", Relation: booking.Self,
	}, "patient")
	if err != nil {
		w.t.Fatal(err)
	}
	v, err := w.bookings.Overbook(ctx, booking.ExtraRequest{Staff: 1, Schedule: clinic.ID, Patient: patient.ID, Account: booking.AccountID(account), Key: "extra"})
	if err != nil {
		w.t.Fatal(err)
	}
	return v.Appointment.ID
}

// hold takes a place for a new patient of the account.
func (w *world) hold(account bots.AccountID, schedule booking.ScheduleID) booking.AppointmentID {
	w.t.Helper()
	w.made++
	user := booking.UserID(account)
	patient, err := w.bookings.AddPatient(w.t.Context(), user, booking.NewPatient{
		Name: "张小三", Document: booking.Passport, Number: fmt.Sprintf("E%08d", w.made), Phone: "13800138000", Relation: booking.Self,
	}, fmt.Sprint("patient ", w.made))
	if err != nil {
		w.t.Fatal(err)
	}
	slots, err := w.bookings.Slots(w.t.Context(), schedule)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, slot := range slots {
		if slot.Free() == 0 {
			continue
		}
		visit, err := w.bookings.Hold(w.t.Context(), booking.HoldRequest{
			Slot: slot.ID, Patient: patient.ID, User: user, Account: booking.AccountID(account), Key: fmt.Sprint("hold ", w.made),
		})
		if err != nil {
			w.t.Fatal(err)
		}
		return visit.Appointment.ID
	}
	w.t.Fatal("the schedule is full")
	return 0
}

// book is hold, paid.
func (w *world) book(account bots.AccountID, schedule booking.ScheduleID) booking.AppointmentID {
	w.t.Helper()
	id := w.hold(account, schedule)
	err := mysql.InTx(w.t.Context(), w.db, func(tx *sqlx.Tx) error {
		_, err := w.bookings.ConfirmTx(w.t.Context(), tx, id, booking.ByPayment)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) cancel(account bots.AccountID, id booking.AppointmentID) {
	w.t.Helper()
	if _, _, err := w.bookings.Cancel(w.t.Context(), booking.UserID(account), id, fmt.Sprint("cancel ", id)); err != nil {
		w.t.Fatal(err)
	}
}

// send runs Send on the first replica.
func (w *world) send() {
	w.t.Helper()
	if err := w.store.Send(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// statuses count the notices of a kind by status.
func (w *world) statuses(kind reminders.Kind) map[reminders.Status]int {
	w.t.Helper()
	var rows []struct {
		Status reminders.Status `db:"status"`
		N      int              `db:"n"`
	}
	if err := w.db.Select(&rows, "SELECT status, COUNT(id) AS n FROM notices WHERE kind = ? GROUP BY status", kind); err != nil {
		w.t.Fatal(err)
	}
	counts := map[reminders.Status]int{}
	for _, r := range rows {
		counts[r.Status] = r.N
	}
	return counts
}
