package wechat

import (
	"context"
	"sync"
	"time"
)

// unsaved are windows that could not be written, because the database was away: it is then that an apology is owed, which needs
// them. They are this process's, as the debts of the inbox are, and bounded.
type unsaved struct {
	mu    sync.Mutex
	opens map[string]opening // by OpenID
}

// opening is what windows.open was asked for.
type opening struct {
	kind windowKind
	at   time.Time
	key  string
}

const mostUnsaved = 2000

func newUnsaved() *unsaved { return &unsaved{opens: map[string]opening{}} }

func (s *unsaved) keep(openID string, o opening) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.opens[openID]; known || len(s.opens) < mostUnsaved {
		s.opens[openID] = o
	}
}

func (s *unsaved) of(openID string) (opening, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.opens[openID]
	return o, ok
}

func (s *unsaved) forget(openID string, o opening) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opens[openID] == o {
		delete(s.opens, openID)
	}
}

// save writes what is kept of a person.
func (w windows) save(ctx context.Context, openID string) error {
	o, ok := w.unsaved.of(openID)
	if !ok {
		return nil
	}
	if err := w.open(ctx, openID, o.kind, o.at, o.key); err != nil {
		return err
	}
	w.unsaved.forget(openID, o)
	return nil
}
