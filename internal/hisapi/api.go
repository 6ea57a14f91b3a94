package hisapi

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/internal/audit"
)

const (
	maxBody = 4 << 20 // bytes of a request
	prefix  = "/api/v1"
)

// Config is what the interface is made of.
type Config struct {
	DB      *sqlx.DB
	Booking *booking.Store
	Audit   *audit.Log
	Now     func() time.Time
	Log     *slog.Logger
}

// API serves everything below /api/v1/.
type API struct {
	Config
	tokens *Tokens
	pace   *pace
	mux    *http.ServeMux
}

// Route is an address and what a token needs for it.
type Route struct {
	Method, Path string // below /api/v1
	Writes       bool   // changes something: a token that may, and an Idempotency-Key
	Open         bool   // without a token
}

type endpoint struct {
	Route
	serve func(*API, *call) (any, error)
}

func endpoints() []endpoint {
	return []endpoint{
		{Route{Method: "GET", Path: "/directory"}, (*API).getDirectory},
		{Route{Method: "PUT", Path: "/directory", Writes: true}, (*API).putDirectory},
		{Route{Method: "POST", Path: "/schedules", Writes: true}, (*API).postSchedules},
		{Route{Method: "GET", Path: "/appointments"}, (*API).getAppointments},
		{Route{Method: "GET", Path: "/openapi.json", Open: true}, nil},
	}
}

// Routes lists the addresses that there are.
func Routes() []Route {
	var list []Route
	for _, e := range endpoints() {
		list = append(list, e.Route)
	}
	return list
}

//go:embed openapi.json
var document []byte

// New makes the interface.
func New(cfg Config) *API {
	a := &API{Config: cfg, tokens: NewTokens(cfg.DB, cfg.Audit, cfg.Now), pace: newPace(), mux: http.NewServeMux()}
	for _, e := range endpoints() {
		pattern := e.Method + " " + prefix + e.Path
		if e.Open {
			a.mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write(document)
			})
			continue
		}
		a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { a.answer(w, r, e) })
	}
	a.mux.HandleFunc(prefix+"/", func(w http.ResponseWriter, r *http.Request) {
		allowed := ""
		for _, e := range endpoints() {
			if prefix+e.Path == r.URL.Path {
				allowed += ", " + e.Method
			}
		}
		if allowed != "" {
			w.Header().Set("Allow", allowed[2:])
			write(w, failed(problem(http.StatusMethodNotAllowed, "method_not_allowed", "use "+allowed[2:])))
			return
		}
		write(w, failed(problem(http.StatusNotFound, "not_found", "there is nothing at this address; see "+prefix+"/openapi.json")))
	})
	return a
}

// Tokens are the tokens that it goes by.
func (a *API) Tokens() *Tokens { return a.tokens }

// ServeHTTP serves a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	a.mux.ServeHTTP(w, r)
}

// call is a request of a token.
type call struct {
	ctx   context.Context // in which the token acts
	token Token
	key   string // of a write
	query func(string) string
	body  []byte
}

// reply is an answer as it is sent and kept.
type reply struct {
	status  int
	kind    string
	content []byte
}

func write(w http.ResponseWriter, r reply) {
	w.Header().Set("Content-Type", r.kind)
	w.WriteHeader(r.status)
	_, _ = w.Write(r.content)
}

// answer asks for the token and the key, serves, and turns what comes of it into an answer.
func (a *API) answer(w http.ResponseWriter, r *http.Request, e endpoint) {
	ctx := r.Context()
	token, err := a.tokens.Find(ctx, bearer(r))
	if err == nil {
		if delay := a.pace.wait(token.ID, a.Now()); delay > 0 {
			err = tooMany(w, delay)
		}
	}
	if err == nil && e.Writes && !token.Writes {
		err = problem(http.StatusForbidden, "read_only", "this token may not change anything")
	}
	c := &call{ctx: audit.As(ctx, audit.Actor{Via: audit.API, Address: fmt.Sprintf("token:%d", token.ID)}), token: token, query: r.URL.Query().Get}
	if err == nil {
		err = known(r, e.Route)
	}
	if err == nil && e.Writes {
		c.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	}
	switch {
	case err != nil:
		if errors.Is(err, errToken) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="guahao"`)
		}
		write(w, a.failure(r, err))
	case e.Writes:
		got, replayed := a.once(c, r, func() reply { return a.serve(c, r, e) })
		if replayed {
			w.Header().Set("Idempotent-Replayed", "true")
		}
		write(w, got)
	default:
		write(w, a.serve(c, r, e))
	}
}

func bearer(r *http.Request) string {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return secret
}

// known refuses parameters that an address does not have: a misspelt one would change what is asked for without a word.
func known(r *http.Request, route Route) error {
	names := map[string][]string{"POST /schedules": {"preview"}, "GET /appointments": {"date", "after", "changed_since", "limit"}}[route.Method+" "+route.Path]
	for name := range r.URL.Query() {
		found := false
		for _, n := range names {
			found = found || n == name
		}
		if !found {
			return problem(http.StatusBadRequest, "unknown_parameter", fmt.Sprintf("there is no parameter %q", name))
		}
	}
	return nil
}

func (a *API) serve(c *call, r *http.Request, e endpoint) reply {
	result, err := e.serve(a, c)
	if err != nil {
		return a.failure(r, err)
	}
	content, err := json.Marshal(result)
	if err != nil {
		return a.failure(r, err)
	}
	return reply{http.StatusOK, "application/json", content}
}
