package sandbox

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	// hop is how far the clock moves before the jobs run again: a reminder falls due on its way, not only at its end.
	hop = 15 * time.Minute
	// maxHops bounds the work of one move; a longer one has longer hops.
	maxHops = 64
	// farthest is how far one move may go.
	farthest = 31 * 24 * time.Hour
)

// timelapse lets one move of the clock happen at a time.
type timelapse struct {
	mu     sync.Mutex // held while the clock moves
	state  sync.Mutex
	moving bool
	visit  time.Time
}

func (l *timelapse) setVisit(at time.Time) {
	l.state.Lock()
	defer l.state.Unlock()
	l.visit = at
}

// move asks for the clock to be moved: forward by minutes, to an instant, or to a named one.
type move struct {
	Minutes int       `json:"minutes"`
	To      time.Time `json:"to"`
	Named   string    `json:"named"` // next_day_18, eve_18, before_visit
}

// clockView is the clock bar: the page lets it run on by itself.
type clockView struct {
	Now    time.Time `json:"now"`
	Visit  time.Time `json:"visit,omitzero"` // the next visit that is booked
	Moving bool      `json:"moving"`
}

func (s *Sandbox) clockRoutes(mux *http.ServeMux) {
	mux.Handle("POST /api/clock", action(s, s.move))
	mux.HandleFunc("GET /api/clock", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		answer(w, http.StatusOK, s.clockView())
	})
}

// shanghai is where the demo's hospitals are.
func shanghai() *time.Location {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return time.FixedZone("CST", 8*60*60)
	}
	return zone
}

// target is the instant that a move leads to.
func (s *Sandbox) target(ctx context.Context, m move) (time.Time, error) {
	now := s.cfg.Clock.Now()
	local := now.In(shanghai())
	visit := s.progress(ctx).Visit
	if visit.IsZero() && (m.Named == "eve_18" || m.Named == "before_visit") {
		return now, &problem{Status: http.StatusConflict, Code: "no_visit", Text: "no visit is booked"}
	}
	to := m.To
	switch m.Named {
	case "next_day_18":
		to = time.Date(local.Year(), local.Month(), local.Day()+1, 18, 0, 0, 0, local.Location())
	case "eve_18":
		day := visit.In(shanghai())
		to = time.Date(day.Year(), day.Month(), day.Day()-1, 18, 0, 0, 0, day.Location())
	case "before_visit":
		to = visit.Add(-2 * time.Hour)
	}
	if to.IsZero() {
		to = now.Add(time.Duration(m.Minutes) * time.Minute)
	}
	switch {
	case !to.After(now):
		return now, &problem{Status: http.StatusConflict, Code: "past", Text: "the clock only goes forward"}
	case to.Sub(now) > farthest:
		return now, &problem{Status: http.StatusConflict, Code: "too_far", Text: "a move is 31 days at most"}
	}
	return to, nil
}

// move takes the clock to its target in hops and runs the program's jobs at each.
func (s *Sandbox) move(ctx context.Context, m move) (clockView, error) {
	if !s.lapse.mu.TryLock() {
		return clockView{}, &problem{Status: http.StatusConflict, Code: "moving", Text: "the clock is being moved already"}
	}
	defer s.lapse.mu.Unlock()
	to, err := s.target(ctx, m)
	if err != nil {
		return clockView{}, err
	}
	s.setMoving(true)
	failed := s.travel(context.WithoutCancel(ctx), to) // a page that is closed leaves no clock standing halfway
	s.setMoving(false)
	if failed != nil {
		return s.clockView(), &problem{Status: http.StatusInternalServerError, Code: "jobs_failed", Text: "a job of the program failed, see its log"}
	}
	return s.clockView(), nil
}

// travel moves the clock; jobs that fail on the way stop it not.
func (s *Sandbox) travel(ctx context.Context, to time.Time) error {
	now := s.cfg.Clock.Now()
	step := max(hop, to.Sub(now)/maxHops)
	var failed error
	for next := now; next.Before(to); {
		if next = next.Add(step); next.After(to) {
			next = to
		}
		s.cfg.Clock.AdvanceTo(next)
		if err := s.cfg.Tick(ctx); err != nil {
			s.cfg.Log.Warn("demo: jobs failed while the clock was moved", slog.Any("error", err))
			failed = err
		}
		s.publishClock()
	}
	return errors.Join(failed, s.settle(ctx))
}

// settle waits, not for long, until the platforms have delivered what the move has caused, and lets the program follow up.
func (s *Sandbox) settle(ctx context.Context) error {
	if err := s.cfg.Pay.Deliver(ctx); err != nil {
		s.cfg.Log.Info("demo: a payment notice was not taken yet", slog.Any("error", err))
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := errors.Join(s.cfg.Telegram.Flush(ctx), s.cfg.WeChat.Flush(ctx))
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // the platform goes on trying by itself
	}
	return errors.Join(err, s.cfg.Tick(ctx))
}

func (s *Sandbox) clockView() clockView {
	s.lapse.state.Lock()
	defer s.lapse.state.Unlock()
	return clockView{Now: s.cfg.Clock.Now(), Visit: s.lapse.visit, Moving: s.lapse.moving}
}

func (s *Sandbox) setMoving(moving bool) {
	s.lapse.state.Lock()
	s.lapse.moving = moving
	s.lapse.state.Unlock()
	s.publishClock()
}

func (s *Sandbox) publishClock() { s.live.publish("clock", s.clockView()) }
