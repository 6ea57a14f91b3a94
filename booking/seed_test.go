package booking_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"guahao/booking"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/vault/vaulttest"
)

func counts(t *testing.T, w interface {
	Get(any, string, ...any) error
}) map[string]int {
	t.Helper()
	got := map[string]int{}
	for _, table := range []string{"hospitals", "departments", "doctors", "schedule_templates", "policies", "schedules", "slots"} {
		var n int
		must(t, w.Get(&n, "SELECT COUNT(1) FROM "+table))
		got[table] = n
	}
	return got
}

func TestSeed(t *testing.T) {
	t.Parallel()
	db, ctx := mariadbtest.DB(t), context.Background()
	now := &clock{t: morning}
	s := booking.New(db, vaulttest.Keys(t), now.now, nil)
	must(t, s.Seed(ctx))
	first := counts(t, db)
	together(2, func(int) { must(t, booking.New(db, vaulttest.Keys(t), now.now, nil).Seed(ctx)) })
	for table, n := range counts(t, db) {
		if n != first[table] {
			t.Errorf("seeding again changed the rows of %s from %d to %d", table, first[table], n)
		}
	}
	if first["hospitals"] != 3 || first["doctors"] < 80 {
		t.Errorf("the city is too small: %v", first)
	}
	hospitals, err := s.Hospitals(ctx)
	must(t, err)
	leaves := 0
	for _, h := range hospitals {
		tops, err := s.Departments(ctx, h.ID, 0)
		must(t, err)
		for _, top := range tops {
			below, err := s.Departments(ctx, h.ID, top.ID)
			must(t, err)
			for _, department := range below {
				leaves++
				checkDepartment(t, s, department)
			}
		}
	}
	if leaves < 25 {
		t.Errorf("%d departments with doctors, want 25 or more", leaves)
	}
}

// checkDepartment expects doctors, and that somebody of them can be booked.
func checkDepartment(t *testing.T, s *booking.Store, department booking.Department) {
	t.Helper()
	doctors, err := s.Doctors(context.Background(), department.ID)
	must(t, err)
	free := 0
	for _, d := range doctors {
		free += d.Free
		days, err := s.Days(context.Background(), d.Doctor.ID)
		must(t, err)
		sum := 0
		for _, day := range days {
			sum += day.Free
		}
		if sum != d.Free {
			t.Errorf("%s: the summary has %d free, the days %d", d.Doctor.Name.ZH, d.Free, sum)
		}
	}
	if len(doctors) < 2 || free == 0 || department.Floor.ZH == "" || !department.Leaf {
		t.Errorf("department %s has %d doctors and %d free places", department.Name.ZH, len(doctors), free)
	}
}

// Every day of two weeks has open places in every hospital, weekends too.
func TestSeedHasPlacesEveryDay(t *testing.T) {
	t.Parallel()
	db, ctx := mariadbtest.DB(t), context.Background()
	s := booking.New(db, vaulttest.Keys(t), (&clock{t: morning}).now, nil)
	must(t, s.Seed(ctx))
	var thin []string
	must(t, db.Select(&thin, `SELECT CONCAT(h.code, ' ', d.day) FROM hospitals h JOIN (SELECT DISTINCT visit_date AS day FROM schedules) d
		LEFT JOIN schedules c ON c.hospital_id = h.id AND c.visit_date = d.day GROUP BY h.id, d.day HAVING COUNT(c.id) < 4`))
	if len(thin) > 0 {
		t.Errorf("days with fewer than four clinics: %v", thin)
	}
}

// The files of a city that make no sense are refused with the place of the mistake, and nothing of them is loaded.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const sessions = "hospital,doctor,weekdays,period,kind,fee_yuan,room,start,slot_minutes,slots,per_slot\n"
	for _, c := range []struct{ file, text, want string }{
		{"hospitals.json", `[{"kode": "X"}]`, "hospitals.json: "},
		{"hospitals.json", strings.Replace(smallHospital, "Asia/Shanghai", "Asia/Atlantis", 1), "IANA"},
		{"hospitals.json", strings.Replace(smallHospital, `"hold_minutes": 15`, `"hold_minutes": 0`, 1), "hold_minutes"},
		{"doctors.csv", strings.Replace(smallDoctors, "T1,A1,D3", "T1,A,D3", 1), "doctors.csv: row 4: "},
		{"doctors.csv", strings.Replace(smallDoctors, "attending", "wizard", 1), "title"},
		{"doctors.csv", "", "first line"},
		{"sessions.csv", sessions + "T1,D9,Mon,morning,general,10,1,08:00,30,4,2\n", "no doctor D9"},
		{"sessions.csv", sessions + "T1,D1,Mo,morning,general,10,1,08:00,30,4,2\n", "row 2: \"Mo\""},
		{"sessions.csv", sessions + "T1,D1,Mon,morning,general,1.005,1,08:00,30,4,2\n", "1.005"},
		{"sessions.csv", sessions + "T1,D1,Mon,morning,general,10,1,23:00,30,4,2\n", "one day"},
		{"sessions.csv", sessions + "T1,D1,Mon,morning,general,,1,08:00,30,4,2\n", "no fee"},
		{"sessions.csv", sessions + "T1,D1,Mon,night,general,10,1,08:00,30,4,2\n", "night"},
	} {
		files := fstest.MapFS{"hospitals.json": {Data: []byte(smallHospital)}, "doctors.csv": {Data: []byte(smallDoctors)}, "sessions.csv": {Data: []byte(sessions)}}
		files[c.file] = &fstest.MapFile{Data: []byte(c.text)}
		if err := w.Load(context.Background(), files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.file, err, c.want)
		}
	}
}

// Loading again with a change: the names and the week are new, the policy and what is booked stay.
func TestLoadAgain(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 1, 1)
	v := w.mustHold(slots[0].ID, 1)
	p := policy()
	p.HoldMinutes = 20
	_, err := w.SetPolicy(ctx, w.hosp, p)
	must(t, err)
	must(t, w.Load(ctx, fstest.MapFS{
		"hospitals.json": {Data: []byte(smallHospital)},
		"doctors.csv":    {Data: []byte(strings.Replace(smallDoctors, "曾一", "曾壹", 1))},
		"sessions.csv":   {Data: []byte("hospital,doctor,weekdays,period,kind,fee_yuan,room,start,slot_minutes,slots,per_slot\nT1,D1,Tue Wed,evening,general,20,2,17:00,30,2,2\n")},
	}))
	again, err := w.Visit(ctx, v.Appointment.ID)
	must(t, err)
	if again.Doctor.Name.ZH != "曾壹" || again.Schedule != v.Schedule {
		t.Errorf("after loading again: %v, %+v", again.Doctor.Name, again.Schedule)
	}
	if now, err := w.Policy(ctx, w.hosp); err != nil || now.HoldMinutes != 20 {
		t.Errorf("the policy is %+v, %v", now, err)
	}
	all, err := w.Schedules(ctx, w.doctor, today)
	must(t, err)
	var list []string
	for _, c := range all {
		list = append(list, string(c.Date)+" "+c.Fee.String())
	}
	if got := strings.Join(list, ", "); got != "2026-03-03 50.00, 2026-03-04 20.00, 2026-03-10 20.00" {
		t.Errorf("the schedules are %s", got)
	}
	if _, err := w.AddSchedule(ctx, w.doctor, "2026-03-04", booking.Session{Period: booking.Evening, Kind: booking.General, SlotMinutes: 10, Slots: 1, PerSlot: 1}); !errors.Is(err, booking.ErrConflict) {
		t.Errorf("a second one in the same half-day: %v", err)
	}
}
