package desk

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"guahao/booking"
	"guahao/internal/audit"
	"guahao/internal/hisapi"
	"guahao/internal/staff"
	"guahao/payments"
	"guahao/reminders"
)

const (
	idleTimeout = 30 * time.Minute
	lifetime    = 12 * time.Hour
	confirmed   = 5 * time.Minute // for how long a password that was entered again counts
	maxBody     = 1 << 20         // bytes of a form
)

// Config is what the console is made of.
type Config struct {
	Booking   *booking.Store
	Payments  *payments.Store
	Reminders *reminders.Store
	Staff     *staff.Store
	Audit     *audit.Log
	Tokens    *hisapi.Tokens // of the programs that may use the interface
	Handovers Handovers      // nil: nobody talks with patients here

	Payee     func(booking.HospitalID) string                 // how payments names a hospital
	ChargeRef func(booking.AppointmentID) string              // how payments names an appointment
	VisitOf   func(ref string) (booking.AppointmentID, error) // and back

	PublicURL string         // https: cookies are sent over TLS only
	Proxies   []netip.Prefix // whose X-Forwarded-For is believed
	Now       func() time.Time
	Log       *slog.Logger // nil: none
}

//go:embed page
var files embed.FS

// Desk serves the console.
type Desk struct {
	Config
	html     *template.Template
	words    words
	sessions *scs.SessionManager
	pages    []page
	stopping chan struct{} // closed when streams shall end
	stopOnce sync.Once
	handler  http.Handler
}

// New makes the console. It panics on a page without a permission: that is a mistake in the program.
func New(cfg Config) *Desk {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	d := &Desk{Config: cfg, words: mustWords(files), sessions: newSessions(cfg), stopping: make(chan struct{})}
	d.html = template.Must(template.New("").Funcs(template.FuncMap{"T": func(string, ...any) string { return "" }}).ParseFS(files, "page/*.html"))
	d.pages = pages()
	mux := http.NewServeMux()
	d.entrance(mux)
	for _, p := range d.pages {
		d.mount(mux, p)
	}
	mux.HandleFunc("/console/", d.unknown)
	d.handler = d.harden(http.NewCrossOriginProtection().Handler(d.sessions.LoadAndSave(mux)))
	return d
}

func newSessions(cfg Config) *scs.SessionManager {
	m := scs.New()
	m.Store = cfg.Staff.Sessions()
	m.IdleTimeout, m.Lifetime = idleTimeout, lifetime
	m.Cookie.Name, m.Cookie.Path, m.Cookie.HttpOnly = "guahao_staff", "/console/", true
	m.Cookie.SameSite, m.Cookie.Secure, m.Cookie.Persist = http.SameSiteLaxMode, strings.HasPrefix(cfg.PublicURL, "https://"), false
	m.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) {
		cfg.Log.Error("console: the session", slog.Any("error", err))
		http.Error(w, "系统暂时无法使用，请稍后再试。 The console is not available just now.", http.StatusServiceUnavailable)
	}
	return m
}

// ServeHTTP serves everything below /console/.
func (d *Desk) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }

// mount puts a page and its actions on the mux, each behind its permission.
func (d *Desk) mount(mux *http.ServeMux, p page) {
	mux.Handle("GET /console/"+p.path, d.guard(p.needs, func(r *request) error { return d.showPage(r, p) }))
	if p.path == "" {
		panic("desk: a page without a path")
	}
	if p.list != nil {
		mux.Handle("POST /console/"+p.path+"/export", d.guard(staff.ExportLists, func(r *request) error { return d.export(r, p) }))
	}
	if p.picture != nil {
		mux.Handle("GET /console/"+p.path+"/{picture}", d.guard(p.needs, p.picture))
	}
	if p.live != nil {
		d.mountLive(mux, p)
	}
	for _, a := range p.acts {
		mux.Handle("POST /console/"+p.path+"/"+a.name, d.guard(a.needs, func(r *request) error { return d.act(r, p, a) }))
	}
}

// guard lets in who is signed in and has the permission. A permission that the table does not have lets nobody in, and stops the program from
// starting.
func (d *Desk) guard(needs staff.Permission, serve func(*request) error) http.Handler {
	if !staff.Admin.Allows(needs) {
		panic(fmt.Sprintf("desk: %q is no permission", needs))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		r, ok := d.signedIn(w, hr)
		if !ok {
			return
		}
		r.reach = r.member.Reach(needs)
		if r.reach.Nowhere() {
			r.fail(http.StatusForbidden, "forbidden")
			return
		}
		if err := serve(r); err != nil {
			r.oops(err)
		}
	})
}

// unknown answers every other address: for who is not signed in none is unknown.
func (d *Desk) unknown(w http.ResponseWriter, hr *http.Request) {
	r, ok := d.signedIn(w, hr)
	switch {
	case !ok:
	case hr.URL.Path == "/console/":
		http.Redirect(w, hr, d.home(r.member), http.StatusSeeOther)
	default:
		r.fail(http.StatusNotFound, "unknown")
	}
}

// home is the first page that a member may see.
func (d *Desk) home(m staff.Member) string {
	for _, p := range d.pages {
		if p.nav != "" && m.May(p.needs) {
			return "/console/" + p.path
		}
	}
	return "/console/account"
}

// harden sets the headers that every answer carries, and bounds what is posted.
func (d *Desk) harden(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		limit := int64(maxBody)
		if r.URL.Path == at(importPath+"/read") {
			limit = maxUpload
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

// asset serves one embedded file. It may be kept for a short while only, because its address does not change with it.
func asset(name, kind string) http.Handler {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		panic(err) // the file is embedded: it can only be missing from the build
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=300")
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(content)
	})
}
