package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/mysql"
	"guahao/internal/vault/vaulttest"
)

// Staff read what a patient has said about a visit, let it through, and hide it; the patient was checked in by the code of the slip.
func TestReviewsAndCheckIn(t *testing.T) {
	c := cli{t}
	keys, dsn := vaulttest.Keys(t), mariadbtest.DSN(t)
	keyFile := filepath.Join(t.TempDir(), "keys")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(keys.Save(keyFile))
	t.Setenv("GUAHAO_DSN", dsn)
	t.Setenv("GUAHAO_KEY_FILE", keyFile)
	db, moment := mariadbtest.Open(t, dsn), time.Now()
	store := booking.New(db, keys, func() time.Time { return moment }, nil)
	must(store.Seed(t.Context()))
	_, slots := bookingtest.Clinic(t, store, bookingtest.Called(t, store, "李思敏").Doctor, booking.DateOf(moment, time.FixedZone("CST", 8*3600)).Add(1), 0, 1, 1)
	p := bookingtest.Patient(t, store, 1, 1)
	v, err := store.Hold(t.Context(), booking.HoldRequest{Slot: slots[0].ID, Patient: p.ID, User: 1, Account: 1, Key: "k"})
	must(err)
	must(mysql.InTx(t.Context(), db, func(tx *sqlx.Tx) error {
		_, err := store.ConfirmTx(t.Context(), tx, v.Appointment.ID, booking.ByPayment)
		return err
	}))
	code := store.CheckInCode(v.Appointment.ID)
	c.refused("还没到签到时间", "check-in", code) // the program's own clock is a day behind the visit
	c.refused("不是本系统的签到码", "check-in", "GH1ABC")
	c.refused("which code", "check-in")
	moment = slots[0].StartsAt
	_, err = store.CheckInByCode(t.Context(), 0, code)
	must(err)
	if _, err := store.Review(t.Context(), 1, v.Appointment.ID, 5, "很耐心"); err != nil {
		t.Fatal(err)
	}

	c.must(`"很耐心"`, "reviews", "list")
	c.must("1.1", "reviews", "list", "waiting")
	c.refused("写明原因", "reviews", "hide", "1.1")
	c.must("Review 1 is shown", "reviews", "show", "1.1")
	c.refused("刚刚有变化", "reviews", "hide", "1.1", "迟了一步")
	c.must("Review 1 is hidden", "reviews", "hide", "1.2", "与就诊无关")
	if out := c.must("与就诊无关", "reviews", "list", "hidden"); !strings.Contains(out, "李思敏") {
		t.Errorf("the list names no doctor: %s", out)
	}
	for _, args := range [][]string{{}, {"what"}, {"show"}, {"show", "1"}, {"show", "1.2.3"}, {"list", "all"}} {
		c.refused("guahao reviews", append([]string{"reviews"}, args...)...)
	}
}
