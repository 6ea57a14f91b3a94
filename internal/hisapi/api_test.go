package hisapi_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"guahao/internal/audit"
	"guahao/internal/hisapi"
)

func TestInterface(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	master := w.token(hisapi.Token{Writes: true})
	reader := w.token(hisapi.Token{})
	secret := w.token(hisapi.Token{Personal: true})
	v := w.visit("赵玉兰")

	t.Run("tokens", func(t *testing.T) {
		w := w.in(t)
		w.want(w.ask("", "GET", "/openapi.json", "", ""), 200, `"openapi": "3.1.0"`)
		for _, bad := range []string{"", "x", "ghs_", "ghs_1_", "ghs_1_" + strings.Repeat("0", 64), "ghs_999_" + strings.Repeat("0", 64), reader[:len(reader)-1], reader + "0", strings.TrimPrefix(reader, "ghs_")} {
			a := w.ask(bad, "GET", "/directory", "", "")
			w.want(a, 401, "no_token")
			if a.header.Get("WWW-Authenticate") == "" {
				t.Error("it does not say how to sign in")
			}
		}
		w.want(w.ask(reader, "PUT", "/directory", "k", `{}`), 403, "read_only")
		w.want(w.ask(reader, "POST", "/schedules", "k", `{}`), 403, "read_only")
		w.want(w.ask(reader, "GET", "/nothing", "", ""), 404)
		w.want(w.ask(reader, "GET", "/appointments?datum=2026-11-23", "", ""), 400, "datum")
		gone := w.token(hisapi.Token{})
		list, err := w.app.Tokens().List(t.Context())
		w.must(err)
		ctx := audit.As(t.Context(), audit.Actor{Via: audit.Command})
		w.must(w.app.Tokens().Revoke(ctx, list[len(list)-1].ID))
		w.want(w.ask(gone, "GET", "/directory", "", ""), 401)
		if err := w.app.Tokens().Revoke(ctx, list[len(list)-1].ID); err == nil {
			t.Error("a token is revoked twice")
		}
		var kept int
		w.must(w.db.Get(&kept, "SELECT COUNT(1) FROM audit_log WHERE action IN ('api_token.make', 'api_token.revoke')"))
		if kept != 5 {
			t.Errorf("%d rows of the audit log are of tokens", kept)
		}
	})

	t.Run("directory", func(t *testing.T) { directory(w.in(t), master, reader, v) })
	t.Run("schedules", func(t *testing.T) { schedules(w.in(t), master, v) })
	t.Run("appointments", func(t *testing.T) { appointments(w.in(t), reader, secret, v) })
	t.Run("pace", func(t *testing.T) { pace(w.in(t), reader, secret) })

	t.Run("at once", func(t *testing.T) {
		w := w.in(t)
		body := fmt.Sprintf(`{"changes":[{"action":"open","doctor":%q,"date":"2026-12-06","period":"evening","start":"18:00","slot_minutes":20,"slots":3,"per_slot":2}]}`, v.Doctor.Code)
		var wait sync.WaitGroup
		answers := make([]answer, 8)
		for i := range answers {
			wait.Go(func() { answers[i] = w.send(master, "POST", "/schedules", "same", body) })
		}
		wait.Wait()
		for _, a := range answers {
			w.want(a, 200, `"status":"applied"`)
			if a.body != answers[0].body {
				t.Errorf("the same request makes %s and %s", a.body, answers[0].body)
			}
		}
	})

	t.Run("a stop", func(t *testing.T) {
		w := w.in(t)
		body := fmt.Sprintf(`{"note":"医生外出","changes":[{"action":"stop","doctor":%q,"date":%q,"period":%q}]}`, v.Doctor.Code, v.Schedule.Date, v.Schedule.Period)
		a := w.ask(master, "POST", "/schedules", "stop", body)
		w.want(a, 200, `"status":"applied"`)
		if strings.Contains(a.body, `"patients_affected":0`) {
			t.Errorf("nobody is affected: %s", a.body)
		}
		now, err := w.app.Booking.Visit(t.Context(), v.Appointment.ID)
		w.must(err)
		if now.Appointment.Status.Active() {
			t.Errorf("the appointment is %s when its clinic is stopped", now.Appointment.Status)
		}
	})

	t.Run("leaving", func(t *testing.T) { leaving(w.in(t), master, reader) })

	t.Run("old keys", func(t *testing.T) {
		w := w.in(t)
		api := hisapi.New(hisapi.Config{DB: w.db, Booking: w.app.Booking, Audit: w.app.Audit, Now: w.clock.Now, Log: slog.New(slog.DiscardHandler)})
		w.must(api.Prune(t.Context()))
		w.want(w.ask(master, "PUT", "/directory", "d1", `{}`), 422, "key_used")
		w.clock.Advance(31 * 24 * time.Hour)
		w.must(api.Prune(t.Context()))
		w.want(w.ask(master, "PUT", "/directory", "d1", `{}`), 200, `"changed":0`)
	})

	for _, token := range []string{master, reader, secret} {
		if strings.Contains(w.log.String(), token) || strings.Contains(w.log.String(), token[len(token)-64:]) {
			t.Error("a token is in the log")
		}
	}
}
