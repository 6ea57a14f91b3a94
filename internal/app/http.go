package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"guahao/console"
	"guahao/internal/hisapi"
	"guahao/migrations"
)

const readyTimeout = 2 * time.Second

// routes are the paths of the public contract (DESIGN §8).
func (a *App) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	if a.telegram != nil {
		mux.Handle("POST /telegram/webhook", a.telegram.Handler(a.inbox))
	}
	if a.wechat != nil {
		mux.Handle("/wechat/webhook", a.wechat.Handler(a.inbox))
	}
	if a.gateway != nil {
		mux.Handle("POST /payments/wechatpay/notify", a.gateway.Handler(a.Payments))
	}
	if a.alipay != nil {
		mux.Handle("POST /payments/alipay/notify", a.alipay.Handler(a.Payments))
	}
	if a.texts != nil && a.cfg.SMS.Receipts != "" {
		mux.Handle("POST /sms/receipts/{secret}", a.receipts())
	}
	mux.HandleFunc("GET /files/{token}/{name}", a.filePage)
	mux.Handle("/console/", a.desk)
	mux.Handle("/board/", a.boards)
	mux.Handle("/api/v1/", a.api)
	mux.Handle("/lottery/", console.DrawPage(a.Booking, a.cfg.Now, a.cfg.Log))
	if a.Payments.On() {
		mux.Handle("/pay/", a.pay)
	}
	return mux
}

// Tokens are those of programs that use /api/v1.
func (a *App) Tokens() *hisapi.Tokens { return a.api.Tokens() }

// ready says whether this replica can serve: the database answers and is at this program's version.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	pending, err := migrations.Pending(ctx, a.db)
	switch {
	case err != nil:
		http.Error(w, "no: the database does not answer", http.StatusServiceUnavailable)
	case pending > 0:
		http.Error(w, fmt.Sprintf("no: %d migrations are not applied", pending), http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, "yes")
	}
}
