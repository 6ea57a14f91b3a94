package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/audit"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/vault/vaulttest"
)

// The rules of a hospital are changed from a file, and refused with sentences where they make no sense.
func TestPolicyCommand(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	keys, dsn := vaulttest.Keys(t), mariadbtest.DSN(t)
	keyFile := filepath.Join(dir, "keys")
	if err := keys.Save(keyFile); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GUAHAO_DSN", dsn)
	t.Setenv("GUAHAO_KEY_FILE", keyFile)
	store := booking.New(mariadbtest.Open(t, dsn), keys, time.Now, nil)
	if err := store.Seed(ctx); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "policy.json")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hospitals, err := store.Hospitals(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := run(ctx, []string{"policy", "show", "LC03"}); err != nil {
		t.Error(err)
	}
	write(`{"days_ahead": 3, "release_at": "08:00", "close": {"days_before": 4, "at": "16:00"}, "hold_minutes": -5, "patients_per_user": 4}`)
	err = run(ctx, []string{"policy", "set", "LC03", "-f", file})
	if err == nil || !strings.Contains(err.Error(), "hold_minutes") || !strings.Contains(err.Error(), "close before it opens") || !strings.Contains(err.Error(), "规则没有保存") {
		t.Errorf("a contradictory policy: %v", err)
	}
	write(`{"days_ahead": 3, "release_at": "08:00", "hold_minutes": 25, "patients_per_user": 4}`)
	if err := run(ctx, []string{"policy", "set", "-f", file, "LC03"}); err != nil {
		t.Error(err)
	}
	log := audit.New(mariadbtest.Open(t, dsn), keys, time.Now)
	if list, _, err := log.List(ctx, audit.Filter{Action: "policy.set"}); err != nil || len(list) != 1 || list[0].Actor.Via != audit.Command {
		t.Errorf("in the audit log is %+v, %v", list, err)
	}
	p, err := store.Policy(ctx, hospitals[2].ID)
	if err != nil || p.Version != 2 || p.HoldMinutes != 25 || p.Waitlist != booking.UsualWaitlist() {
		t.Errorf("in force: %+v, %v", p, err)
	}
	if err := run(ctx, []string{"policy", "show", "XX"}); err == nil {
		t.Error("a hospital that is not there was shown")
	}
	for _, list := range []string{"appeals", "missed"} {
		if err := run(ctx, []string{"record", list}); err != nil {
			t.Error(err)
		}
	}
	for _, args := range [][]string{{"grant", "77"}, {"undo", "77"}, {"lift", "LC03", "77"}, {"grant"}, {"what"}} {
		if err := run(ctx, append([]string{"record"}, args...)); err == nil {
			t.Errorf("record %v was done", args)
		}
	}
}
