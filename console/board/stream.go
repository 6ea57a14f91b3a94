package board

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"guahao/booking"
)

const (
	beat       = 15 * time.Second // after which a stream without news says the time, so that the page knows that it is there
	writeLimit = 10 * time.Second // for one piece of news

	lookPatience = 10 * time.Second
)

// news is what a page is told: its rooms as HTML, and the calls, of which it says the new ones.
type news struct {
	Time  string `json:"time"`
	HTML  string `json:"html"`
	Calls []call `json:"calls"`
}

// call is somebody who is called. Key is another one for each time.
type call struct {
	Key  string `json:"key"`
	Show string `json:"show"`
	Say  string `json:"say"`
}

// newsOf gives the news of a board as JSON, but for the time.
func (b *Boards) newsOf(board booking.Board, lang string) (news, error) {
	v := viewOf(board, lang, b.Now())
	var html bytes.Buffer
	if err := b.html.ExecuteTemplate(&html, "rooms", v); err != nil {
		return news{}, fmt.Errorf("draw the rooms: %w", err)
	}
	return news{Time: v.Time, HTML: html.String(), Calls: v.calls()}, nil
}

// look is what several screens look at together.
type look struct {
	id   booking.DepartmentID
	lang string
}

// seen is what was read for a look.
type seen struct {
	at   time.Time // when the mark was asked for
	mark string
	news news
	zone *time.Location // of the hospital
}

// looks share what is read. It is safe for concurrent use.
type looks struct {
	mu     sync.Mutex
	of     map[look]seen
	flight singleflight.Group
}

func (l *looks) get(at look) (seen, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, known := l.of[at]
	return s, known
}

func (l *looks) put(at look, s seen) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of[at] = s
}

// latest is a department's news, at most one look old. Those who look at the same moment look together.
func (b *Boards) latest(ctx context.Context, l look) (seen, error) {
	if s, known := b.looks.get(l); known && time.Since(s.at) < b.Every/2 {
		return s, nil
	}
	found, err, _ := b.looks.flight.Do(fmt.Sprint(l.id, l.lang), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookPatience) // the others wait for it, too
		defer cancel()
		return b.lookAgain(ctx, l)
	})
	if err != nil {
		return seen{}, err
	}
	return found.(seen), nil
}

// lookAgain reads the mark, and the board where that has changed.
func (b *Boards) lookAgain(ctx context.Context, l look) (seen, error) {
	s, known := b.looks.get(l)
	asked := time.Now()
	mark, err := b.Queues.BoardMark(ctx, l.id)
	if err != nil {
		return s, err
	}
	if !known || mark != s.mark {
		board, err := b.Queues.Board(ctx, l.id)
		if err != nil {
			return s, err
		}
		if s.news, err = b.newsOf(board, l.lang); err != nil {
			return s, err
		}
		s.zone = board.Hospital.Location()
	}
	s.at, s.mark = asked, mark
	b.looks.put(l, s)
	return s, nil
}

// now is the news with the time of the hospital.
func (s seen) now(at time.Time) news {
	s.news.Time = at.In(s.zone).Format("15:04")
	return s.news
}

// state answers with the news once.
func (b *Boards) state(w http.ResponseWriter, r *http.Request) {
	id, err := department(r)
	var s seen
	if err == nil {
		s, err = b.latest(r.Context(), look{id, langOf(r)})
	}
	if err != nil {
		b.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(s.now(b.Now()))
}

// events streams the news until the screen is off or the program ends. It holds no connection to the database meanwhile.
func (b *Boards) events(w http.ResponseWriter, r *http.Request) {
	id, err := department(r)
	if err != nil {
		b.fail(w, r, err)
		return
	}
	select {
	case b.streams <- struct{}{}:
		defer func() { <-b.streams }()
	default:
		w.Header().Set("Retry-After", "60")
		http.Error(w, "too many screens", http.StatusServiceUnavailable)
		return
	}
	l := look{id, langOf(r)}
	s, err := b.latest(r.Context(), l)
	if err != nil {
		b.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep it back
	out := &stream{w: w, control: http.NewResponseController(w)}
	ticks := time.NewTicker(b.Every)
	defer ticks.Stop()
	var told string
	var last time.Time
	for {
		if s.mark != told || time.Since(last) >= beat {
			if !out.send(s.now(b.Now())) {
				return
			}
			told, last = s.mark, time.Now()
		}
		select {
		case <-r.Context().Done():
			return
		case <-b.done:
			return
		case <-ticks.C:
		}
		if next, err := b.latest(r.Context(), l); err == nil { // else the database is away for a moment: the screen keeps what it has
			s = next
		}
	}
}

// stream writes events to a screen.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// send writes one, and tells whether the screen is still there.
func (s *stream) send(n news) bool {
	data, err := json.Marshal(n)
	if err != nil {
		return false
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(writeLimit + beat)) // the server's own is for ordinary answers
	if _, err := fmt.Fprintf(s.w, "retry: 2000\nevent: board\ndata: %s\n\n", data); err != nil {
		return false
	}
	return s.control.Flush() == nil
}
