package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/allocation"
	"guahao/booking/bookingtest"
	"guahao/console"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/vault/vaulttest"
)

func TestLotteryCommand(t *testing.T) {
	c := cli{t}
	dir := t.TempDir()
	write := func(name string, what any) string {
		t.Helper()
		text, err := json.Marshal(what)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	seed := allocation.Seed(strings.Repeat("2a", 32))
	commitment, err := seed.Commit()
	if err != nil {
		t.Fatal(err)
	}
	record := allocation.Record{Schedule: "clinic 7", Places: 2, Commitment: commitment, BeaconSource: "the first number after the closing", Beacon: "123456", Seed: seed}
	var slips []allocation.Slip
	for n := 1; n <= 5; n++ {
		slip, err := allocation.NewSlip("clinic 7", n, 1, time.Date(2026, 11, 25, 8, 0, n, 0, time.UTC), fmt.Sprintf("%032x", n))
		if err != nil {
			t.Fatal(err)
		}
		slips = append(slips, slip)
		record.Applications = append(record.Applications, allocation.Application{Number: n, Receipt: slip.Receipt(), Lots: 1})
	}
	open := write("open.json", record)
	var drawn allocation.Record
	if err := json.Unmarshal([]byte(c.must(`"order":[`, "lottery", "draw", open)), &drawn); err != nil {
		t.Fatal(err)
	}
	published := write("published.json", drawn)
	c.must("The draw for clinic 7 is right: 5 applications, 2 places", "lottery", "verify", published)
	winner, loser := drawn.Order[0], drawn.Order[4]
	c.must("rank 1 of 5, and has a place", "lottery", "verify", published, "--slip", write("winner.json", slips[winner-1]))
	c.must("rank 5 of 5, and waits", "lottery", "verify", "--slip", write("loser.json", slips[loser-1]), published)

	drawn.Order[0], drawn.Order[4] = drawn.Order[4], drawn.Order[0]
	c.refused("at rank 1", "lottery", "verify", write("swapped.json", drawn))
	slips[0].Lots = 9
	c.refused("not in the list as the slip says", "lottery", "verify", published, "--slip", write("forged.json", slips[0]))
	c.refused("not finished", "lottery", "verify", open)
	c.refused("cannot be read", "lottery", "verify", write("odd.json", "odd"))
	c.refused("no such file", "lottery", "verify", filepath.Join(dir, "missing.json"))
	c.refused("say what to do", "lottery")
	c.refused("say what to do", "lottery", "verify")
	c.refused("nothing to do called", "lottery", "win")

	_, even := c.object("lottery", "chance", "--places", "10", "--others", "33")
	c.near("the chance", even["chance"], 10.0/34, 1e-12)
	_, weighted := c.object("lottery", "chance", "--places", "1", "--own", "3", "--others", "1:2,5:1")
	c.near("the weighted chance", weighted["chance"], 0.3, 1e-12)
	c.refused("says nothing about others", "lottery", "chance", "--places", "1", "--others", "many")
	c.refused("needs --places", "lottery", "chance", "--others", "3")
}

// A draw is checked from the database by the number of its half-day, and from its public page; how places are given is set here too.
func TestLotteryCommandOnADraw(t *testing.T) {
	c, ctx, dir := cli{t}, t.Context(), t.TempDir()
	keys, dsn := vaulttest.Keys(t), mariadbtest.DSN(t)
	keyFile := filepath.Join(dir, "keys")
	if err := keys.Save(keyFile); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GUAHAO_DSN", dsn)
	t.Setenv("GUAHAO_KEY_FILE", keyFile)
	now := time.Now()
	store := booking.New(mariadbtest.Open(t, dsn), keys, func() time.Time { return now }, nil)
	if err := store.Seed(ctx); err != nil {
		t.Fatal(err)
	}
	found, err := store.Directory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	h, err := store.Hospital(ctx, found.Doctors[0].Hospital)
	if err != nil {
		t.Fatal(err)
	}
	half, err := store.AddSchedule(ctx, found.Doctors[0].ID, booking.DateOf(now, h.Location()).Add(3), booking.Session{
		Period: booking.Evening, Kind: booking.General, Room: "1", StartMinute: 18 * 60, SlotMinutes: 15, Slots: 1, PerSlot: 1, Allocation: booking.ByLottery,
	})
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprint(half.ID)
	var applied booking.Application
	for n := 1; n <= 3; n++ {
		p := bookingtest.Patient(t, store, booking.UserID(n), n)
		if applied, err = store.Apply(ctx, booking.ApplyRequest{Schedule: half.ID, Patient: p.ID, User: p.User, Account: 1, Key: id}); err != nil {
			t.Fatal(err)
		}
	}
	c.refused("not finished", "lottery", "verify", id)
	c.refused("have been released", "lottery", "allocate", id, "first_come")
	c.refused("not \"luck\"", "lottery", "allocate", id, "luck")
	c.refused("say what to do", "lottery", "allocate", id)
	now = now.Add(time.Hour)
	if err := store.WorkLotteries(ctx); err != nil {
		t.Fatal(err)
	}
	c.must("is right: 3 applications, 1 places", "lottery", "verify", id)
	c.must("of 3, and", "lottery", "verify", id, "--slip", "https://example.org/lottery/7?slip="+applied.Slip().Short())
	c.refused("no file, and no slip", "lottery", "verify", id, "--slip", "1-2-3")
	page := httptest.NewServer(console.DrawPage(store, time.Now, nil))
	t.Cleanup(page.Close)
	c.must("is right: 3 applications, 1 places", "lottery", "verify", page.URL+"/lottery/"+id+"?lang=en")
	c.refused("is it the address of a draw", "lottery", "verify", page.URL+"/lottery/999999")
}
