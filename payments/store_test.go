package payments_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/mysql"
	"guahao/migrations"
	"guahao/payments"
	"guahao/payments/wechatpay/wechatpaytest"
)

func TestPaymentsOff(t *testing.T) {
	t.Parallel()
	db := mariadbtest.DB(t)
	store := payments.New(db, nil, time.Now, nil, nil)
	err := mysql.InTx(t.Context(), db, func(tx *sqlx.Tx) error {
		_, err := store.CreateTx(t.Context(), tx, payments.NewCharge{Ref: "visit:1", Amount: fee, Subject: "挂号费", ExpiresAt: time.Now().Add(time.Hour)})
		return err
	})
	if !errors.Is(err, payments.ErrOff) || store.On() {
		t.Errorf("a charge without a provider: %v", err)
	}
	if _, err := store.CodeURL(t.Context(), "any"); !errors.Is(err, payments.ErrOff) {
		t.Errorf("a code without a provider: %v", err)
	}
	must(t, store.Work(t.Context()))
}

func TestImpossibleCharges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	soon := w.clock.now().Add(time.Minute)
	tests := map[string]payments.NewCharge{
		"nothing to pay":   {Ref: "visit:1", Subject: "挂号费", ExpiresAt: soon},
		"a negative":       {Ref: "visit:1", Subject: "挂号费", ExpiresAt: soon, Amount: -1},
		"for nothing":      {Subject: "挂号费", ExpiresAt: soon, Amount: 1},
		"without a name":   {Ref: "visit:1", ExpiresAt: soon, Amount: 1},
		"too late":         {Ref: "visit:1", Subject: "挂号费", ExpiresAt: w.clock.now(), Amount: 1},
		"a long reference": {Ref: strings.Repeat("v", 65), Subject: "挂号费", ExpiresAt: soon, Amount: 1},
	}
	for name, charge := range tests {
		err := mysql.InTx(w.ctx, w.db, func(tx *sqlx.Tx) error {
			_, err := w.store.CreateTx(w.ctx, tx, charge)
			return err
		})
		if err == nil {
			t.Errorf("a charge %s was made", name)
		}
	}
}

func TestFindingCharges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	byRef, err := w.store.ByRef(w.ctx, "visit:1")
	must(t, err)
	if byRef.ID != c.ID || byRef.Token != c.Token || len(c.Token) < 26 {
		t.Errorf("by reference: %+v", byRef)
	}
	for _, token := range []string{"", strings.ToLower(c.Token), c.Token + "x", "' OR 1=1 --"} {
		if _, err := w.store.ByToken(w.ctx, token); !errors.Is(err, payments.ErrNotFound) {
			t.Errorf("token %q: %v", token, err)
		}
	}
	if text := fmt.Sprint(c.LogValue()); strings.Contains(text, c.Token) {
		t.Errorf("the token would be logged: %s", text)
	}
}

func TestSettlingIsStrict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var noticed []string
	w.store.Noticed = func(i payments.Incident) { noticed = append(noticed, i.Kind) }
	c := w.charge("visit:1")
	trade := payments.Trade{
		Provider: "wechatpay", OutTradeNo: c.OutTradeNo, TransactionID: "4200", Merchant: c.Merchant, State: payments.TradePaid, Amount: fee, Currency: "CNY",
	}
	if err := w.store.Settle(w.ctx, trade); !errors.Is(err, payments.ErrMismatch) {
		t.Errorf("paid before the provider was asked: %v", err)
	}
	w.codeURL(c)
	refunded := trade
	refunded.State = payments.TradeRefunded
	if err := w.store.Settle(w.ctx, refunded); !errors.Is(err, payments.ErrMismatch) {
		t.Errorf("paid and refunded without us: %v", err)
	}
	must(t, w.store.Settle(w.ctx, trade))
	must(t, w.store.Settle(w.ctx, trade))
	must(t, w.store.Settle(w.ctx, refunded)) // what a query says after our refund
	trade.TransactionID = "4201"
	if err := w.store.Settle(w.ctx, trade); !errors.Is(err, payments.ErrMismatch) {
		t.Errorf("a second payment: %v", err)
	}
	trade.OutTradeNo += "-2"
	if err := w.store.Settle(w.ctx, trade); !errors.Is(err, payments.ErrUnknownOrder) {
		t.Errorf("an unknown number: %v", err)
	}
	w.wantEffects(c.Ref, 1, 0)
	w.wantIncidents("unknown_order", "second_payment", "refunded_elsewhere", "impossible_payment")
	if want := "[impossible_payment refunded_elsewhere second_payment unknown_order]"; fmt.Sprint(noticed) != want {
		t.Errorf("incidents were reported as %v, want %s", noticed, want)
	}
}

// A follower that fails undoes the payment's row too; the next notice brings both.
func TestWhatFollowsIsInTheSameTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	must(t, w.sim.ScanPay(w.codeURL(c), patient))
	_, err := w.db.Exec("RENAME TABLE test_effects TO test_away")
	must(t, err)
	if w.sim.Deliver(w.ctx) == nil {
		t.Error("the notice was accepted although nothing could follow from it")
	}
	w.wantStatus(c, payments.Pending)
	_, err = w.db.Exec("RENAME TABLE test_away TO test_effects")
	must(t, err)
	must(t, w.sim.Deliver(w.ctx))
	w.wantStatus(c, payments.Paid)
	w.wantEffects(c.Ref, 1, 0)
}

// The database dies: the notice is answered with 5xx, and its redelivery heals.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	server := mariadbtest.Server(t)
	must(t, server.CreateDatabase(t.Context(), "guahao"))
	dsn := server.DSN("guahao")
	must(t, migrations.Up(t.Context(), mariadbtest.Open(t, dsn)))
	w := newWorldOn(t, dsn)
	c := w.charge("visit:1")
	must(t, w.sim.ScanPay(w.codeURL(c), patient))
	must(t, server.Kill())
	if err := w.sim.Deliver(w.ctx); err == nil || !strings.Contains(err.Error(), "answered 500") {
		t.Errorf("without a database the notice is answered: %v", err)
	}
	must(t, server.Restart(w.ctx))
	waitFor(t, "the redelivery", func() bool { return w.sim.Deliver(w.ctx) == nil })
	w.wantStatus(c, payments.Paid)
	w.wantEffects(c.Ref, 1, 0)
}

func TestStats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.codeURL(w.charge("visit:1"))
	c := w.paid("visit:2")
	must(t, w.refund(c.Ref, fee))
	stats, err := w.store.Stats(w.ctx)
	must(t, err)
	got := map[string]int{}
	for _, s := range stats {
		got[s.Kind+" "+s.Status] = s.Count
	}
	if fmt.Sprint(got) != "map[charge pending:1 charge refunding:1 refund requested:1]" {
		t.Errorf("stats: %v", got)
	}
}

func TestNextQuery(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	end := start.Add(15 * time.Minute)
	var asked []time.Duration
	atEnd := false
	for now, tries := start.Add(10*time.Second), 0; now.Sub(start) < time.Hour; tries++ {
		now = payments.NextQuery(now, end, tries)
		asked = append(asked, now.Sub(start).Round(time.Second))
		atEnd = atEnd || now.Equal(end.Add(time.Second))
	}
	if asked[0] > 65*time.Second || !atEnd || len(asked) > 9 {
		t.Errorf("after the first query at 10s it is asked at %v", asked)
	}
}

var update = flag.Bool("update", false, "write docs/payment-states.md")

func TestDiagrams(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "docs", "payment-states.md")
	if *update {
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(payments.Diagrams()), 0o644))
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != payments.Diagrams() {
		t.Errorf("docs/payment-states.md is out of date: run go test ./payments -run TestDiagrams -update (%v)", err)
	}
}

func TestManyLookAtOnePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	other := w.replica()
	codes := make(chan string, 16)
	for i := range 16 {
		store := []*payments.Store{w.store, other}[i%2]
		go func() {
			code, err := store.CodeURL(w.ctx, c.Token)
			if err != nil {
				t.Error(err)
			}
			codes <- code
		}()
	}
	first := <-codes
	for range 15 {
		if code := <-codes; code != first {
			t.Errorf("two codes: %s and %s", first, code)
		}
	}
	if n := len(w.sim.Orders()); n != 1 {
		t.Errorf("%d orders", n)
	}
	must(t, w.sim.ScanPay(first, patient))
	w.clock.add(time.Minute)
	workTogether(t, w.store, other)
	w.wantEffects(c.Ref, 1, 0)
	if w.requests(wechatpaytest.Query) != 1 {
		t.Errorf("%d queries", w.requests(wechatpaytest.Query))
	}
}
