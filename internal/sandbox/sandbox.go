package sandbox

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"guahao/bots/telegram/telegramtest"
	"guahao/bots/wechat/wechattest"
	"guahao/payments/wechatpay/wechatpaytest"
)

// Who the people of the demo are.
const (
	PatientOpenID   = "oDemoPatientWeChat0000000001" // the patient with the WeChat phone
	PayerOpenID     = "oDemoPayerScanning0000000002" // whose WeChat scans the codes that the Telegram phones show
	PatientTelegram = int64(880000001)
	StaffTelegram   = int64(880000002)
)

// Who signs in to the demo's console. The demo listens on this machine only, and its page tells everybody.
const (
	ConsoleLogin    = "demo"
	ConsolePassword = "open the console"
)

// Config is what the demo is made of. All fields are needed but those that say otherwise.
type Config struct {
	Telegram *telegramtest.Server
	WeChat   *wechattest.Server
	Pay      *wechatpaytest.Server
	Alipay   string // the address of the simulated Alipay's gateway; "": there is none
	Clock    *Clock

	Tick      func(ctx context.Context) error             // runs the program's jobs that are due by the clock
	StaffCode func(ctx context.Context) (string, error)   // a new code that makes its sender a staff member
	Progress  func(ctx context.Context) (Progress, error) // what the program knows of the people of the demo; nil: nothing

	AppURL string   // where the program serves its pages; links to it open inside the phones
	Hosts  []string // host names besides the loopback's under which the page may be asked for; usually none
	Log    *slog.Logger
}

//go:embed page
var page embed.FS

// Sandbox serves the page. Close ends its streams and its goroutine.
type Sandbox struct {
	cfg      Config
	app      *url.URL
	live     *live
	handler  http.Handler
	wechat   *wechatPhone
	telegram map[string]*telegramPhone // "telegram" and "staff"
	lapse    timelapse
	code     staffCode

	dirty  chan struct{} // something has changed; holds one
	stop   context.CancelFunc
	worker sync.WaitGroup
	undo   []func() // subscriptions
}

// New makes the sandbox. It panics on an AppURL that is none.
func New(cfg Config) *Sandbox {
	app, err := url.Parse(cfg.AppURL)
	if err != nil || app.Host == "" {
		panic("sandbox: AppURL must be the address of the program")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Sandbox{
		cfg: cfg, app: app, live: newLive(), dirty: make(chan struct{}, 1),
		wechat: &wechatPhone{sim: cfg.WeChat, user: cfg.WeChat.User(PatientOpenID)},
		telegram: map[string]*telegramPhone{
			"telegram": {sim: cfg.Telegram, id: PatientTelegram},
			"staff":    {sim: cfg.Telegram, id: StaffTelegram},
		},
	}
	s.handler = guard(cfg.Hosts, s.routes())
	s.undo = []func(){
		cfg.Telegram.Subscribe(func(int64) { s.touch() }),
		cfg.WeChat.Subscribe(func(string) { s.touch() }),
		cfg.Pay.Subscribe(func(string) { s.touch() }),
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.refresh(ctx)
	s.worker.Go(func() { s.watch(ctx) })
	return s
}

// Close ends the streams, so that the server can shut down.
func (s *Sandbox) Close() {
	for _, undo := range s.undo {
		undo()
	}
	s.live.close()
	s.stop()
	s.worker.Wait()
}

// ServeHTTP serves the page and its endpoints.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Sandbox) routes() http.Handler {
	mux := http.NewServeMux()
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // the folder is embedded
	}
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(files)))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "index.html") })
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "icon.svg") })
	mux.HandleFunc("GET /console", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, s.cfg.AppURL+"/console/", http.StatusSeeOther)
	})
	mux.Handle("GET /events", s.live)
	s.wechatRoutes(mux)
	s.telegramRoutes(mux)
	s.moneyRoutes(mux)
	s.clockRoutes(mux)
	mux.Handle("POST /api/staff/code", action(s, s.staffCode))
	mux.Handle("/wechat-browser/", s.browser("wechat"))
	mux.Handle("/telegram-browser/", s.browser("telegram"))
	mux.Handle("/staff-browser/", s.browser("staff"))
	return mux
}

// touch says that something has changed.
func (s *Sandbox) touch() {
	select {
	case s.dirty <- struct{}{}:
	default:
	}
}

// watch publishes what has changed, and now and then what changes without telling, such as what the program did by itself.
func (s *Sandbox) watch(ctx context.Context) {
	pulse := time.NewTicker(2 * time.Second)
	defer pulse.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.dirty:
		case <-pulse.C:
		}
		s.refresh(ctx)
	}
}

func (s *Sandbox) refresh(ctx context.Context) {
	s.live.publish("wechat", s.wechat.view())
	for name, phone := range s.telegram {
		s.live.publish(name, phone.view())
	}
	s.publishGuide(ctx)
	s.publishClock()
}

// problem is an error that the page shows: Code picks the sentence, Text is shown where the page has none.
type problem struct {
	Status int    `json:"-"`
	Code   string `json:"code"`
	Text   string `json:"text"`
}

func (p *problem) Error() string { return p.Text }

// maxBody bounds what the page posts, in bytes: a text of 5,000 characters fits well.
const maxBody = 64 << 10

// action is one thing that can be done on the page: a JSON body in, a JSON answer out.
func action[In, Out any](s *Sandbox, do func(context.Context, In) (Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in In
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&in); err != nil {
			answer(w, http.StatusBadRequest, &problem{Code: "bad_request", Text: "the request is no JSON that the page sends"})
			return
		}
		out, err := do(r.Context(), in)
		var known *problem
		switch {
		case errors.As(err, &known):
			answer(w, known.Status, known)
		case err != nil:
			s.cfg.Log.Error("demo: an action failed", slog.String("path", r.URL.Path), slog.Any("error", err))
			answer(w, http.StatusInternalServerError, &problem{Code: "failed", Text: err.Error()})
		default:
			answer(w, http.StatusOK, out)
		}
		s.touch()
	})
}

func answer(w http.ResponseWriter, status int, value any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// done is the answer of an action that has nothing to say: what it did shows on the stream.
type done struct{}
