package main

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"guahao/internal/app"
	"guahao/internal/mariadb/mariadbtest"
)

// A department whose past two years are in the database.
func TestForeseeCommand(t *testing.T) {
	c := cli{t}
	cfg := app.Config{DSN: mariadbtest.EmptyDSN(t), KeyFile: filepath.Join(t.TempDir(), "keys.json"), Addr: freeAddress(t)}
	environment(t, cfg)
	t.Setenv("GUAHAO_WECHAT_CERTIFIED", "")
	c.must("Made", "keys", cfg.KeyFile)
	c.must("up to date", "migrate")
	c.must("loaded", "seed")
	db, err := sqlx.Connect("mysql", cfg.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var doctor, department, hospital int64
	if err := db.QueryRow("SELECT id, department_id, hospital_id FROM doctors ORDER BY id LIMIT 1").Scan(&doctor, &department, &hospital); err != nil {
		t.Fatal(err)
	}
	named := func(id int64) string { return strconv.FormatInt(id, 10) }
	c.refused("days are known", "foresee", "demand", named(department))
	for i := 1; i <= 720; i++ {
		date := time.Now().AddDate(0, 0, -i)
		taken := []int{5, 39, 33, 30, 30, 28, 12}[date.Weekday()]
		if _, err := db.Exec(`INSERT INTO schedules (hospital_id, department_id, doctor_id, visit_date, period, kind, fee, room, status, capacity, taken)
			VALUES (?, ?, ?, ?, 'evening', 'general', 0, '1', 'open', 40, ?)`, hospital, department, doctor, date.Format(time.DateOnly), taken); err != nil {
			t.Fatal(err)
		}
	}
	out := c.must("WILL COME", "foresee", "demand", named(department))
	if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 1+foreseenDays+2 || !strings.Contains(out, "on the past it was off by") {
		t.Errorf("%d lines:\n%s", len(lines), out)
	}
	out = c.must("CHANCE OF A PLACE", "foresee", "places", named(doctor))
	if !strings.Contains(out, "evening  1 min") || !strings.Contains(out, "40 clinics") {
		t.Errorf("the chances are\n%s", out)
	}
	c.refused("say what to foresee", "foresee")
	c.refused("say what to foresee", "foresee", "demand")
	c.refused("is no id", "foresee", "demand", "dermatology")
	c.refused("Not found", "foresee", "demand", "99999")
	c.refused("Not found", "foresee", "places", "99999")
}
