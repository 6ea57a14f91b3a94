package paymentstest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/mysql"
	"guahao/payments"
)

const (
	fee   = payments.Fen(5000)
	payer = "2088000000000077"
)

// world is a provider, a database, and one replica of the program.
type world struct {
	t        *testing.T
	ctx      context.Context
	dsn      string
	db       *sqlx.DB
	provider Provider
	gateway  payments.Gateway
	store    *payments.Store
	notices  http.Handler

	mu sync.Mutex
	at time.Time
}

func newWorld(t *testing.T, open func(*testing.T, func() time.Time) Provider) *world {
	t.Helper()
	w := &world{t: t, ctx: t.Context(), dsn: mariadbtest.DSN(t), at: time.Now().UTC()}
	w.db = mariadbtest.Open(t, w.dsn)
	for _, ddl := range []string{
		`CREATE TABLE conform_visits (ref VARCHAR(64) PRIMARY KEY, gone BOOLEAN NOT NULL)`,
		`CREATE TABLE conform_effects (id BIGINT AUTO_INCREMENT PRIMARY KEY, ref VARCHAR(64) NOT NULL, effect VARCHAR(16) NOT NULL)`,
	} {
		_, err := w.db.Exec(ddl)
		must(t, err)
	}
	w.provider = open(t, w.now)
	api := httptest.NewServer(w.provider)
	t.Cleanup(api.Close)
	api.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.notices.ServeHTTP(rw, r) }))
	t.Cleanup(app.Close)
	w.gateway = w.provider.Gateway(t, api.URL, app.URL+"/notify")
	w.store = w.storeOn(w.db)
	w.notices = w.provider.Notices(w.gateway, w.store)
	t.Cleanup(func() {
		if violations := w.provider.Violations(); len(violations) > 0 && !t.Failed() {
			t.Errorf("the provider was used wrongly: %q", violations)
		}
	})
	return w
}

func (w *world) storeOn(db *sqlx.DB) *payments.Store {
	return payments.New(db, w.gateway, w.now, w, nil)
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// Paid and RefundDone are a small domain that follows payments.
func (w *world) Paid(ctx context.Context, tx *sqlx.Tx, c payments.Charge) (bool, error) {
	var gone bool
	if err := tx.GetContext(ctx, &gone, "SELECT gone FROM conform_visits WHERE ref = ? FOR UPDATE", c.Ref); err != nil {
		return false, err
	}
	return !gone, w.effect(ctx, tx, c.Ref, "paid")
}

func (w *world) RefundDone(ctx context.Context, tx *sqlx.Tx, c payments.Charge, _ payments.Refund) error {
	return w.effect(ctx, tx, c.Ref, "refunded")
}

func (w *world) effect(ctx context.Context, tx *sqlx.Tx, ref, effect string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO conform_effects (ref, effect) VALUES (?, ?)", ref, effect)
	return err
}

// charge makes a charge of 50 yuan that can be paid for 15 minutes.
func (w *world) charge(ref string) payments.Charge {
	w.t.Helper()
	var c payments.Charge
	must(w.t, mysql.InTx(w.ctx, w.db, func(tx *sqlx.Tx) (err error) {
		if _, err := tx.ExecContext(w.ctx, "INSERT INTO conform_visits (ref, gone) VALUES (?, FALSE)", ref); err != nil {
			return err
		}
		c, err = w.store.CreateTx(w.ctx, tx, payments.NewCharge{Ref: ref, Payee: "hospital:1", Amount: fee, Subject: "挂号费 · 心血管内科", ExpiresAt: w.now().Add(15 * time.Minute)})
		return err
	}))
	return c
}

func (w *world) giveUp(ref string) {
	w.t.Helper()
	must(w.t, mysql.InTx(w.ctx, w.db, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(w.ctx, "UPDATE conform_visits SET gone = TRUE WHERE ref = ?", ref); err != nil {
			return err
		}
		return w.store.CloseTx(w.ctx, tx, ref)
	}))
}

func (w *world) refund(ref string, amount payments.Fen) {
	w.t.Helper()
	must(w.t, mysql.InTx(w.ctx, w.db, func(tx *sqlx.Tx) error { return w.store.RefundTx(w.ctx, tx, ref, amount, "患者取消预约") }))
}

func (w *world) code(c payments.Charge) string {
	w.t.Helper()
	code, err := w.store.CodeURL(w.ctx, c.Token)
	must(w.t, err)
	return code
}

func (w *world) paid(ref string) payments.Charge {
	w.t.Helper()
	c := w.charge(ref)
	must(w.t, w.provider.Pay(w.code(c), payer))
	must(w.t, w.provider.Deliver(w.ctx))
	w.want(c, payments.Paid, 1, 0)
	return w.read(c)
}

func (w *world) read(c payments.Charge) payments.Charge {
	w.t.Helper()
	c, err := w.store.ByToken(w.ctx, c.Token)
	must(w.t, err)
	return c
}

// want checks where a charge stands, and how often what follows from a payment and from a refund has happened.
func (w *world) want(c payments.Charge, status payments.ChargeStatus, paid, refunded int) {
	w.t.Helper()
	if got := w.read(c); got.Status != status {
		w.t.Fatalf("the charge is %s, want %s", got.Status, status)
	}
	for effect, want := range map[string]int{"paid": paid, "refunded": refunded} {
		var got int
		must(w.t, w.db.Get(&got, "SELECT COUNT(id) FROM conform_effects WHERE ref = ? AND effect = ?", c.Ref, effect))
		if got != want {
			w.t.Fatalf("%q happened %d times, want %d", effect, got, want)
		}
	}
}

// incidents are the kinds of the recorded ones, newest first.
func (w *world) incidents() string {
	w.t.Helper()
	list, err := w.store.Incidents(w.ctx, 100)
	must(w.t, err)
	kinds := []string{}
	for _, incident := range list {
		kinds = append(kinds, incident.Kind)
	}
	return fmt.Sprint(kinds)
}

// workUntil lets time pass and the job work until the charge is where it should be.
func (w *world) workUntil(c payments.Charge, status payments.ChargeStatus) {
	w.t.Helper()
	for range 20 {
		_ = w.store.Work(w.ctx) // what fails is tried again
		must(w.t, w.provider.Deliver(w.ctx))
		if w.read(c).Status == status {
			return
		}
		w.pass(2 * time.Minute)
	}
	w.t.Fatalf("after 40 minutes the charge is %s, want %s", w.read(c).Status, status)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
