package hisapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"guahao/internal/hisapi"
)

// pace: a token that asks too often is told when to come again, and others do not notice.
func pace(w *world, busy, other string) {
	now := w.clock.Now()
	api := hisapi.New(hisapi.Config{DB: w.db, Booking: w.app.Booking, Audit: w.app.Audit, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	ask := func(token string) answer {
		r := httptest.NewRequestWithContext(w.Context(), http.MethodGet, "/api/v1/directory", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		got := httptest.NewRecorder()
		api.ServeHTTP(got, r)
		return answer{got.Code, got.Header(), got.Body.String()}
	}
	served := 0
	for range 230 {
		a := ask(busy)
		if a.status == http.StatusOK {
			served++
			continue
		}
		w.want(a, http.StatusTooManyRequests, "too_many")
		w.spec.check(w.T, http.MethodGet, "/directory", a)
		if a.header.Get("Retry-After") != "1" {
			w.Errorf("come again after %q", a.header.Get("Retry-After"))
		}
	}
	if served != 200 {
		w.Errorf("%d requests at once are served", served)
	}
	w.want(ask(other), http.StatusOK)
	now = now.Add(time.Second)
	for range 20 {
		w.want(ask(busy), http.StatusOK)
	}
	w.want(ask(busy), http.StatusTooManyRequests)
}
