package telegramtest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

const longestPoll = 50 * time.Second

// getUpdates returns what is pending, oldest first, and waits for something up to its timeout. Asking for an offset confirms
// everything before it.
func (s *Server) getUpdates(ctx context.Context, p *params) (any, error) {
	limit := int(p.integer("limit"))
	if limit < 1 || limit > 100 {
		limit = 100
	}
	timeout := min(longestPoll, time.Duration(p.integer("timeout"))*time.Second)
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()

	s.mu.Lock()
	s.confirmBefore(p.integer("offset"))
	s.polling++
	mine := s.polling
	s.touch(0)
	s.unlock()
	for {
		s.mu.Lock()
		hooked, replaced := s.webhook != nil, s.polling != mine
		found, wake := s.oldest(p.integer("offset"), limit), s.wake
		s.mu.Unlock()
		switch {
		case hooked:
			return nil, conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
		case replaced:
			return nil, conflict("terminated by other getUpdates request; make sure that only one bot instance is running")
		case len(found) > 0 || timeout == 0:
			return found, nil
		}
		select {
		case <-wake:
		case <-deadline.C:
			timeout = 0
		case <-ctx.Done():
			return []any{}, nil
		case <-s.ctx.Done():
			return []any{}, nil
		}
	}
}

func conflict(description string) error {
	return &apiError{code: http.StatusConflict, description: "Conflict: " + description}
}

// confirmBefore ends the updates with ids below offset; the lock is held.
func (s *Server) confirmBefore(offset int64) {
	for from, q := range s.queues {
		for _, d := range slices.Clone(q.updates) {
			if d.id < offset {
				s.remove(from, d.id, true)
			}
		}
	}
}

// oldest are the first pending updates from offset on; the lock is held.
func (s *Server) oldest(offset int64, limit int) []json.RawMessage {
	var list []*delivery
	for _, q := range s.queues {
		for _, d := range q.updates {
			if d.id >= offset {
				list = append(list, d)
			}
		}
	}
	slices.SortFunc(list, func(a, b *delivery) int { return int(a.id - b.id) })
	bodies := []json.RawMessage{}
	for _, d := range list[:min(limit, len(list))] {
		bodies = append(bodies, d.body)
	}
	return bodies
}
