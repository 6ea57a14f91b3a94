package app_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/app"
	"guahao/internal/mariadb"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/mysql"
	"guahao/internal/sandbox"
	"guahao/migrations"
)

// ownServer gives a world a database server that can be killed.
func ownServer(t *testing.T) (*mariadb.Server, worldOption) {
	t.Helper()
	server := mariadbtest.Server(t)
	if err := server.CreateDatabase(t.Context(), "guahao"); err != nil {
		t.Fatal(err)
	}
	dsn := server.DSN("guahao")
	db, err := mysql.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := migrations.Up(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	return server, func(_ *sandbox.PlatformOptions, cfg *app.Config) { cfg.DSN = dsn }
}

func (w *world) get(path string) (status int, body string) {
	w.Helper()
	response, err := http.Get(w.cfg.PublicURL + path)
	w.must(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	w.must(err)
	return response.StatusCode, string(text)
}

// While the database is away platforms get 5xx, so Telegram delivers again when it is back; the payment too.
func TestTheDatabaseGoesAwayInTelegram(t *testing.T) {
	t.Parallel()
	server, own := ownServer(t)
	w := newWorld(t, 2, own)
	p := w.telegram(1001)
	reachConfirm(w, p, paidDoctor)
	if status, _ := w.get("/readyz"); status != http.StatusOK {
		t.Fatalf("/readyz says %d before the outage", status)
	}
	w.must(server.Kill())
	if status, _ := w.get("/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz says %d without a database", status)
	}
	if status, _ := w.get("/healthz"); status != http.StatusOK {
		t.Errorf("/healthz says %d: the process is alive", status)
	}
	m := p.Last()
	w.must(p.Press(m.ID, "确认预约"))
	w.until("the press is refused", func() bool { return strings.Contains(w.logs.String(), `"outcome":"failed"`) })
	w.must(server.Restart(w.ctx))
	w.must(p.WaitIdle(w.ctx))
	expect(w, p, "号已为您留到")
	only(w, booking.Held)

	w.must(server.Kill())
	w.must(w.platforms.Pay.ScanPay(codeOf(w, p), "oScanningPayer01"))
	if err := w.platforms.Pay.Deliver(w.ctx); err == nil {
		t.Error("the notice of the payment was accepted without a database")
	}
	w.must(server.Restart(w.ctx))
	w.outage = true // connections of before the outage may still fail a job
	w.advance(time.Minute)
	w.outage = false
	w.settle()
	bookedOnce(w, p)
}

// WeChat gives up after three tries within seconds: whoever wrote gets an apology once the database is back.
func TestTheDatabaseGoesAwayInWeChat(t *testing.T) {
	t.Parallel()
	server, own := ownServer(t)
	w := newWorld(t, 1, own)
	p := w.person("wechat", 1)
	p.say("预约挂号")
	w.must(server.Kill())
	p.say("1")
	w.must(server.Restart(w.ctx))
	for range 12 {
		w.advance(10 * time.Second)
		if told(w, p, "抱歉") > 0 {
			break
		}
	}
	expect(w, p, "抱歉")
	p.say("预约挂号")
	p.say("1")
	expect(w, p, "科室")
}

// until waits for something that another goroutine brings about.
func (w *world) until(what string, done func() bool) {
	w.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(90 * time.Second); !done(); {
		select {
		case <-deadline:
			w.Fatalf("it never happened that %s", what)
		case <-tick.C:
		}
	}
}
