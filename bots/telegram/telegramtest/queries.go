package telegramtest

import (
	"context"
	"strconv"
	"time"
	"unicode/utf8"
)

// query is one press of a button, to be answered once and soon.
type query struct {
	user         *User
	data         string
	at           time.Time
	acknowledged bool // the program took the update
	answered     bool
}

// press queues a callback query; the lock is held.
func (s *Server) press(u *User, m *message, data string) { s.pressIn(u, u, m, data) }

func (s *Server) pressIn(u, owner *User, m *message, data string) {
	s.lastQuery++
	id := strconv.FormatInt(s.lastQuery, 10)
	q := &query{user: u, data: data, at: s.options.Now()}
	s.queries[id] = q
	d := s.enqueue(u.ID, "callback_query", map[string]any{
		"id": id, "from": u.json(), "message": s.json(owner, m), "chat_instance": strconv.FormatInt(owner.ID*7919, 10), "data": data,
	})
	if d != nil {
		d.query = q
	}
}

func (s *Server) answerCallbackQuery(_ context.Context, p *params) (any, error) {
	text := p.values["text"]
	if utf8.RuneCountInString(text) > maxToast {
		return nil, refuse("MESSAGE_TOO_LONG")
	}
	s.mu.Lock()
	defer s.unlock()
	q := s.queries[p.values["callback_query_id"]]
	tooOld := unable("query is too old and response timeout expired or query ID is invalid")
	switch {
	case q == nil:
		return nil, tooOld
	case q.answered:
		s.violate("answerCallbackQuery: called twice for one press")
		return nil, tooOld
	case s.options.Now().Sub(q.at) > s.options.QueryLife:
		q.answered = true // the app has stopped waiting
		return nil, tooOld
	}
	q.answered = true
	if text != "" {
		q.user.toasts = append(q.user.toasts, Toast{Text: text, Alert: p.boolean("show_alert"), At: s.options.Now()})
		s.touch(q.user.ID)
	}
	return true, nil
}
