package board

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"guahao/booking"
)

// Queues is what a board reads; *booking.Store is one.
type Queues interface {
	Board(ctx context.Context, id booking.DepartmentID) (booking.Board, error)
	// BoardMark changes when what a board shows may have changed.
	BoardMark(ctx context.Context, id booking.DepartmentID) (string, error)
}

// Config is what boards are made of.
type Config struct {
	Queues Queues
	Now    func() time.Time
	Every  time.Duration // how often a stream looks for news; 0: each second
	Log    *slog.Logger  // nil: none
}

// mostStreams bounds how many screens one replica serves with news at a time; others ask by themselves.
const mostStreams = 500

//go:embed page
var files embed.FS

// Boards serves /board/.
type Boards struct {
	http.Handler
	Config
	html    *template.Template
	looks   looks
	streams chan struct{} // a place for each
	done    chan struct{} // closed when the program ends
	end     sync.Once
}

// New makes the boards.
func New(cfg Config) *Boards {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Every == 0 {
		cfg.Every = time.Second
	}
	b := &Boards{Config: cfg, html: template.Must(template.ParseFS(files, "page/*.html")), streams: make(chan struct{}, mostStreams), done: make(chan struct{})}
	b.looks.of = map[look]seen{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /board/{department}", b.show)
	mux.HandleFunc("GET /board/{department}/state", b.state)
	mux.HandleFunc("GET /board/{department}/events", b.events)
	mux.Handle("GET /board/assets/board.css", asset("page/board.css", "text/css; charset=utf-8"))
	mux.Handle("GET /board/assets/board.js", asset("page/board.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("/board/", func(w http.ResponseWriter, r *http.Request) { b.fail(w, r, booking.ErrNotFound) })
	b.Handler = harden(mux)
	return b
}

// Close ends the streams, so that a program that ends need not wait for televisions.
func (b *Boards) Close() { b.end.Do(func() { close(b.done) }) }

// department reads whose board an address is.
func department(r *http.Request) (booking.DepartmentID, error) {
	n, err := strconv.ParseInt(r.PathValue("department"), 10, 64)
	if err != nil || n <= 0 {
		return 0, booking.ErrNotFound
	}
	return booking.DepartmentID(n), nil
}

func (b *Boards) show(w http.ResponseWriter, r *http.Request) {
	id, err := department(r)
	var board booking.Board
	if err == nil {
		board, err = b.Queues.Board(r.Context(), id)
	}
	if err != nil {
		b.fail(w, r, err)
		return
	}
	b.render(w, http.StatusOK, "board.html", viewOf(board, langOf(r), b.Now()))
}

// fail shows an error as a page: a department that is none, or a failure of ours with a reference for the log.
func (b *Boards) fail(w http.ResponseWriter, r *http.Request, err error) {
	v, status := problem{Lang: langOf(r), Words: words[langOf(r)]}, http.StatusNotFound
	if !errors.Is(err, booking.ErrNotFound) {
		v.Reference, status = rand.Text()[:8], http.StatusServiceUnavailable
		b.Log.Error("board failed", slog.String("reference", v.Reference), slog.Any("error", err))
	}
	b.render(w, status, "problem.html", v)
}

func (b *Boards) render(w http.ResponseWriter, status int, name string, v any) {
	var out bytes.Buffer
	if err := b.html.ExecuteTemplate(&out, name, v); err != nil {
		b.Log.Error("board: template", slog.Any("error", err))
		http.Error(w, "暂时无法显示。 The board cannot be shown just now.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

func langOf(r *http.Request) string {
	if r.URL.Query().Get("lang") == "en" {
		return "en"
	}
	return "zh"
}

// harden sets the headers that every answer carries. A board may stand in a frame: hospitals' screens are made of such.
func harden(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// asset serves one embedded file, which may be kept for a short while only, because its address does not change with it.
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
