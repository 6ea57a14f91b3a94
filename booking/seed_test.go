package booking_test

import (
	"context"
	"os"
	"testing"
	"time"

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
	start := time.Now()
	must(t, s.Seed(ctx))
	t.Logf("seeded in %v", time.Since(start))
	first := counts(t, db)
	start = time.Now()
	must(t, booking.New(db, vaulttest.Keys(t), now.now, nil).Seed(ctx))
	t.Logf("seeded again in %v: %v", time.Since(start), first)
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

// The files of a city that make no sense are refused with the place of the mistake.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.Load(context.Background(), os.DirFS(t.TempDir())); err == nil {
		t.Error("an empty directory was loaded")
	}
}
