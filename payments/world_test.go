package payments_test

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
	"guahao/payments/wechatpay"
	"guahao/payments/wechatpay/wechatpaytest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

const patient = "oPatient0000000000000000001"

// clock is the business time of a test.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// visits is a small domain that follows payments: a row per reference that can be taken or gone, and a row per effect, so that
// an effect that happened twice can be counted.
type visits struct{ db *sqlx.DB }

func newVisits(t *testing.T, db *sqlx.DB) visits {
	t.Helper()
	for _, ddl := range []string{
		`CREATE TABLE IF NOT EXISTS test_visits (ref VARCHAR(64) PRIMARY KEY, gone BOOLEAN NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS test_effects (id BIGINT AUTO_INCREMENT PRIMARY KEY, ref VARCHAR(64) NOT NULL, effect VARCHAR(16) NOT NULL, amount BIGINT NOT NULL)`,
	} {
		if _, err := db.Exec(ddl); err != nil {
			t.Fatal(err)
		}
	}
	return visits{db}
}

func (v visits) Paid(ctx context.Context, tx *sqlx.Tx, c payments.Charge) (bool, error) {
	var gone bool
	if err := tx.GetContext(ctx, &gone, "SELECT gone FROM test_visits WHERE ref = ? FOR UPDATE", c.Ref); err != nil {
		return false, err
	}
	return !gone, v.effect(ctx, tx, c.Ref, "paid", c.Amount)
}

func (v visits) RefundDone(ctx context.Context, tx *sqlx.Tx, c payments.Charge, r payments.Refund) error {
	return v.effect(ctx, tx, c.Ref, "refunded", r.Amount)
}

func (v visits) effect(ctx context.Context, tx *sqlx.Tx, ref, effect string, amount payments.Fen) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO test_effects (ref, effect, amount) VALUES (?, ?, ?)", ref, effect, amount)
	return err
}

// world is a merchant, WeChat Pay, a database, and one replica of the program.
type world struct {
	t       *testing.T
	ctx     context.Context
	dsn     string
	db      *sqlx.DB
	clock   *clock
	sim     *wechatpaytest.Server
	gateway *wechatpay.Gateway
	visits  visits
	store   *payments.Store
	stuck   chan payments.Refund
	handler http.Handler // of notices; set before the first of them
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, mariadbtest.DSN(t))
}

func newWorldOn(t *testing.T, dsn string) *world {
	t.Helper()
	db := mariadbtest.Open(t, dsn)
	w := &world{t: t, ctx: t.Context(), dsn: dsn, db: db, clock: &clock{t: time.Now().UTC()}, stuck: make(chan payments.Refund, 100), visits: newVisits(t, db)}
	w.sim = wechatpaytest.New(wechatpaytest.Options{Now: w.clock.now})
	api := httptest.NewServer(w.sim)
	t.Cleanup(api.Close)
	api.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.handler.ServeHTTP(rw, r)
	}))
	t.Cleanup(app.Close)
	credentials, err := w.sim.Credentials("")
	must(t, err)
	w.gateway, err = wechatpay.New(wechatpay.Config{
		MchID: credentials.MchID, Serial: credentials.Serial, PrivateKeyPEM: credentials.PrivateKeyPEM, APIv3Key: credentials.APIv3Key,
		PublicKeyID: credentials.PublicKeyID, PublicKeyPEM: credentials.PublicKeyPEM, AppID: credentials.AppID,
		NotifyURL: app.URL + "/payments/wechatpay/notify", API: api.URL,
	})
	must(t, err)
	w.store = w.storeOn(db)
	w.handler = w.gateway.Handler(w.store)
	t.Cleanup(func() {
		if violations := w.sim.Violations(); len(violations) > 0 && !t.Failed() {
			t.Errorf("WeChat Pay was used wrongly: %q", violations)
		}
	})
	return w
}

// replica is the store of another process of the program on the same database.
func (w *world) replica() *payments.Store { return w.storeOn(mariadbtest.Open(w.t, w.dsn)) }

func (w *world) storeOn(db *sqlx.DB) *payments.Store {
	store := payments.New(db, w.gateway, w.clock.now, w.visits, nil)
	store.Stuck = func(r payments.Refund) { w.stuck <- r }
	return store
}

const fee = payments.Fen(5000)

// charge makes a charge of 50 yuan that can be paid for 15 minutes.
func (w *world) charge(ref string) payments.Charge {
	w.t.Helper()
	var c payments.Charge
	must(w.t, mysql.InTx(w.ctx, w.db, func(tx *sqlx.Tx) (err error) {
		if _, err := tx.ExecContext(w.ctx, "INSERT INTO test_visits (ref, gone) VALUES (?, FALSE)", ref); err != nil {
			return err
		}
		c, err = w.store.CreateTx(w.ctx, tx, payments.NewCharge{Ref: ref, Amount: fee, Subject: "挂号费 · 心血管内科", ExpiresAt: w.clock.now().Add(15 * time.Minute)})
		return err
	}))
	return c
}

// expire is what the domain does when the hold runs out.
func (w *world) expire(ref string) {
	w.t.Helper()
	must(w.t, mysql.InTx(w.ctx, w.db, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(w.ctx, "UPDATE test_visits SET gone = TRUE WHERE ref = ?", ref); err != nil {
			return err
		}
		return w.store.CloseTx(w.ctx, tx, ref)
	}))
}

func (w *world) refund(ref string, amount payments.Fen) error {
	return mysql.InTx(w.ctx, w.db, func(tx *sqlx.Tx) error { return w.store.RefundTx(w.ctx, tx, ref, amount, "患者取消预约") })
}

// paid makes a charge and pays it by QR code; the notice is delivered.
func (w *world) paid(ref string) payments.Charge {
	w.t.Helper()
	c := w.charge(ref)
	must(w.t, w.sim.ScanPay(w.codeURL(c), patient))
	must(w.t, w.sim.Deliver(w.ctx))
	w.wantStatus(c, payments.Paid)
	return w.read(c)
}

func (w *world) codeURL(c payments.Charge) string {
	w.t.Helper()
	code, err := w.store.CodeURL(w.ctx, c.Token)
	must(w.t, err)
	return code
}

func (w *world) work() {
	w.t.Helper()
	must(w.t, w.store.Work(w.ctx))
}

func (w *world) read(c payments.Charge) payments.Charge {
	w.t.Helper()
	c, err := w.store.ByToken(w.ctx, c.Token)
	must(w.t, err)
	return c
}

func (w *world) wantStatus(c payments.Charge, want payments.ChargeStatus) {
	w.t.Helper()
	if got := w.read(c); got.Status != want {
		w.t.Fatalf("the charge is %s, want %s", got.Status, want)
	}
}

// wantEffects checks how often what follows from a payment, and from a refund, has happened.
func (w *world) wantEffects(ref string, paid, refunded int) {
	w.t.Helper()
	for effect, want := range map[string]int{"paid": paid, "refunded": refunded} {
		var got int
		must(w.t, w.db.Get(&got, "SELECT COUNT(id) FROM test_effects WHERE ref = ? AND effect = ?", ref, effect))
		if got != want {
			w.t.Fatalf("%s: %q happened %d times, want %d", ref, effect, got, want)
		}
	}
}

// wantIncidents checks the kinds of incidents, newest first.
func (w *world) wantIncidents(kinds ...string) {
	w.t.Helper()
	list, err := w.store.Incidents(w.ctx, 100)
	must(w.t, err)
	got := []string{}
	for _, incident := range list {
		got = append(got, incident.Kind)
	}
	if fmt.Sprint(got) != fmt.Sprint(kinds) {
		w.t.Fatalf("incidents are %q, want %q", got, kinds)
	}
}

// requests counts the calls of an operation that reached WeChat Pay.
func (w *world) requests(op wechatpaytest.Op) (n int) {
	for _, r := range w.sim.Requests() {
		if r.Op == op {
			n++
		}
	}
	return n
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
