package console

import (
	"context"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"guahao/booking"
	"guahao/payments"
)

// Payments is what the page needs of the charges; *payments.Store is one.
type Payments interface {
	ByToken(ctx context.Context, token string) (payments.Charge, error)
	PaidFor(ctx context.Context, ref string) ([]payments.Charge, error)
	// Providers are whom payers may choose from; CodeURLBy takes "" for the one that the charge is with.
	Providers() []string
	CodeURLBy(ctx context.Context, token, provider string) (string, error)
	PageURL(ctx context.Context, token, provider, back string) (string, error)
	Receipt(ctx context.Context, token string) (payments.Receipt, error)
	Bridge(ctx context.Context, token, openID string) (payments.BridgeParams, error)
	Refresh(ctx context.Context, token string) (payments.Charge, error)
}

// PayView is what the page says about the thing that is bought. All of it may be shown to whoever holds the link.
type PayView struct {
	Hospital   booking.Text
	Department booking.Text
	Floor      booking.Text // where to go; may be empty
	Doctor     booking.Text
	Title      booking.Text
	Room       string
	StartsAt   time.Time
	EndsAt     time.Time      // may be zero
	Zone       *time.Location // of the hospital; nil means UTC
	Seq        int            // 序号; 0 while there is none
	Patient    string         // the name, masked
	OpenID     string         // of the WeChat account that booked; "" if it was booked elsewhere
	Lang       string         // "zh" or "en": the language of the account that booked; "" if not known
	Kept       bool           // the appointment is certain: a charge can be paid and the place be lost all the same
}

// OAuth tells who the WeChat user is that opened the page (snsapi_base, which asks the user nothing).
type OAuth struct {
	AuthorizeURL func(redirect, state string) string
	OpenID       func(ctx context.Context, code string) (string, error)
	// Seal and Open protect the OpenID in a cookie, so that any replica can read what another one wrote; *vault.Keys
	// has them.
	Seal func(plain []byte, where string) ([]byte, error)
	Open func(sealed []byte, where string) ([]byte, error)
}

// Config is what the page is made of.
type Config struct {
	Payments  Payments
	Visit     func(ctx context.Context, ref string) (PayView, error) // by the charge's reference
	OAuth     *OAuth                                                 // nil: inside WeChat only who booked there gets the payment sheet, others the QR code
	PublicURL string                                                 // where patients reach us, without a slash at the end
	Now       func() time.Time
	Log       *slog.Logger // nil: none
}

//go:embed page
var page embed.FS

type payPage struct {
	Config
	html   *template.Template
	words  catalogue
	gentle *limiter // how often WeChat Pay is asked about one charge
}

// Pay serves /pay/, and draws receipts for chats.
type Pay struct {
	http.Handler
	page *payPage
}

// PayPage makes the page.
func PayPage(cfg Config) *Pay {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.PublicURL = strings.TrimSuffix(cfg.PublicURL, "/")
	p := &payPage{
		Config: cfg,
		html:   template.Must(template.ParseFS(page, "page/*.html")),
		words:  mustCatalogue(page),
		gentle: newLimiter(cfg.Now),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pay/{token}", p.show)
	mux.HandleFunc("POST /pay/{token}/bridge", p.bridge)
	mux.HandleFunc("GET /pay/{token}/status", p.status)
	mux.HandleFunc("GET /pay/{token}/qr.png", p.qr)
	mux.HandleFunc("GET /pay/{token}/alipay", p.goToAlipay)
	mux.HandleFunc("GET /pay/{token}/receipt", p.receipt)
	mux.HandleFunc("GET /pay/{token}/receipt.png", p.receiptPicture)
	mux.Handle("GET /pay/assets/pay.css", asset("page/pay.css", "text/css; charset=utf-8"))
	mux.Handle("GET /pay/assets/receipt.css", asset("page/receipt.css", "text/css; charset=utf-8"))
	mux.Handle("GET /pay/assets/icon.svg", asset("page/icon.svg", "image/svg+xml"))
	mux.Handle("GET /pay/assets/pay.js", asset("page/pay.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("/pay/", p.unknown)
	return &Pay{harden(http.NewCrossOriginProtection().Handler(mux)), p}
}

// harden sets the headers that every answer carries.
func harden(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}
