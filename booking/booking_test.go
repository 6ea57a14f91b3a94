package booking_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/money"
	"guahao/internal/vault"
	"guahao/internal/vault/vaulttest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

// clock is a clock that the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

func (c *clock) add(d time.Duration) { c.set(c.now().Add(d)) }

var shanghai = func() *time.Location {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err)
	}
	return zone
}()

// morning is a Monday in Shanghai, after the release of every hospital.
var morning = time.Date(2026, 3, 2, 9, 0, 0, 0, shanghai)

const today = booking.Date("2026-03-02")

// world is a small hospital with one doctor, a store on it, and a clock.
type world struct {
	*booking.Store
	t      *testing.T
	db     *sqlx.DB
	keys   *vault.Keys
	clock  *clock
	doctor booking.DoctorID
	hosp   booking.HospitalID
	dept   booking.DepartmentID
	follow *follower
}

// policy is that of the small hospital.
func policy() booking.Policy {
	return booking.Policy{
		DaysAhead: 7, ReleaseAt: "07:00", HoldMinutes: 15, PatientsPerUser: 3,
		Cancel: booking.Deadline{Minutes: 60},
		Refund: []booking.RefundStep{{MinutesBefore: 24 * 60, Give: booking.RefundFull}, {MinutesBefore: 60, Give: booking.RefundLessFee, Fee: 500}},
		Limits: booking.Limits{PerDepartmentDay: 2, PerDay: 3, Open: 4},
	}
}

const smallHospital = `[{"code": "T1", "name": {"zh": "测试医院", "en": "Test Hospital"}, "short": {"zh": "测试", "en": "Test"}, "level": {"zh": "", "en": ""},
	"address": {"zh": "", "en": ""}, "phone": "", "zone": "Asia/Shanghai", "lat": 0, "lng": 0, "aliases": [],
	"policy": {"days_ahead": 7, "release_at": "07:00", "close": {}, "hold_minutes": 15, "cancel": {"minutes_before": 60},
		"refund": [{"minutes_before": 1440, "give": "full"}, {"minutes_before": 60, "give": "less_fee", "fee_fen": 500}],
		"limits": {"per_department_day": 2, "per_day": 3, "open": 4}, "patients_per_user": 3},
	"departments": [{"code": "A", "name": {"zh": "内科", "en": "Medicine"}, "floor": {"zh": "", "en": ""}, "aliases": [],
		"departments": [{"code": "A1", "name": {"zh": "心内科", "en": "Cardiology"}, "floor": {"zh": "3层", "en": "Floor 3"}, "aliases": ["心脏"]},
			{"code": "A2", "name": {"zh": "消化科", "en": "Gastroenterology"}, "floor": {"zh": "4层", "en": "Floor 4"}, "aliases": []}]}]}]`

const smallDoctors = `hospital,department,code,name_zh,name_en,title,speciality_zh,speciality_en
T1,A1,D1,曾一,Yi Zeng,chief,心脏,Hearts
T1,A1,D2,李二,Er Li,chief,心脏,Hearts
T1,A1,D3,王三,San Wang,attending,心脏,Hearts
T1,A2,D4,赵四,Si Zhao,chief,胃,Stomachs
`

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, mariadbtest.DB(t))
}

func newWorldOn(t *testing.T, db *sqlx.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, keys: vaulttest.Keys(t), clock: &clock{t: morning}, follow: &follower{}}
	w.Store = booking.New(w.db, w.keys, w.clock.now, w.follow)
	must(t, w.Load(context.Background(), fstest.MapFS{
		"hospitals.json": {Data: []byte(smallHospital)},
		"doctors.csv":    {Data: []byte(smallDoctors)},
		"sessions.csv":   {Data: []byte("hospital,doctor,weekdays,period,kind,fee_yuan,room,start,slot_minutes,slots,per_slot\n")},
	}))
	found := bookingtest.Called(t, w.Store, "曾一")
	w.doctor, w.dept, w.hosp = found.Doctor, found.Department, found.Hospital
	return w
}

// clinic opens one on the day after today.
func (w *world) clinic(fee money.Fen, slots, perSlot int) (booking.Schedule, []booking.Slot) {
	w.t.Helper()
	return bookingtest.Clinic(w.t, w.Store, w.doctor, today.Add(1), fee, slots, perSlot)
}

// hold takes a place for the nth person, who is a user of that number too.
func (w *world) hold(slot booking.SlotID, n int) (booking.Visit, error) {
	w.t.Helper()
	p := bookingtest.Patient(w.t, w.Store, booking.UserID(n), n)
	return w.holdFor(slot, p, fmt.Sprintf("hold-%d", n))
}

func (w *world) holdFor(slot booking.SlotID, p booking.Patient, key string) (booking.Visit, error) {
	return w.Hold(context.Background(), booking.HoldRequest{Slot: slot, Patient: p.ID, User: p.User, Account: booking.AccountID(p.User) + 1000, Key: key})
}

func (w *world) mustHold(slot booking.SlotID, n int) booking.Visit {
	w.t.Helper()
	v, err := w.hold(slot, n)
	must(w.t, err)
	return v
}

func (w *world) confirm(id booking.AppointmentID) (booking.Appointment, error) {
	return confirm(w.db, w.Store, id)
}

// follower remembers what it was told, and may fail.
type follower struct {
	mu      sync.Mutex
	rooms   []string // whom another room was told
	changes []booking.Change
	ended   []ended // of draws
	asked   []booking.StopNotice
	fail    func(booking.Change) error
}

func (f *follower) StopOffered(_ context.Context, _ *sqlx.Tx, n booking.StopNotice) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, n)
	return nil
}

func (f *follower) AppointmentChanged(_ context.Context, _ *sqlx.Tx, c booking.Change) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = append(f.changes, c)
	if f.fail != nil {
		return f.fail(c)
	}
	return nil
}

func (f *follower) RoomChanged(_ context.Context, _ *sqlx.Tx, a booking.Appointment, from string, version int, note string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rooms = append(f.rooms, fmt.Sprintf("%d from %s, version %d, %s", a.ID, from, version, note))
	return nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func steps(changes []booking.Change) string {
	var list []string
	for _, c := range changes {
		list = append(list, fmt.Sprintf("%s>%s by %s", c.From, c.Appointment.Status, c.Reason))
	}
	return strings.Join(list, ", ")
}
