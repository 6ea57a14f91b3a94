package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// mostShown is how many complaints are printed in full.
const mostShown = 10

// complaints count what went wrong, and print the first of it.
type complaints struct {
	options Options

	mu     sync.Mutex
	count  int
	hushed bool
}

func (c *complaints) add(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hushed {
		return
	}
	if c.count++; c.count <= mostShown {
		c.options.say("ERROR "+format, args...)
	}
}

// hush ends the complaints: what breaks when a bench is interrupted is no news.
func (c *complaints) hush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hushed = true
}

// total is how many there were.
func (c *complaints) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

// programLog is the program's log: written as in production, to nowhere, except that errors are complaints as well.
type programLog struct {
	slog.Handler
	complaints *complaints
}

func newLog(c *complaints) *slog.Logger {
	return slog.New(programLog{slog.NewJSONHandler(io.Discard, nil), c})
}

// Handle implements slog.Handler.
func (l programLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		line := r.Message
		r.Attrs(func(a slog.Attr) bool {
			line += fmt.Sprintf(" %s=%v", a.Key, a.Value)
			return true
		})
		l.complaints.add("the program: %s", line)
	}
	return l.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (l programLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return programLog{l.Handler.WithAttrs(attrs), l.complaints}
}

// WithGroup implements slog.Handler.
func (l programLog) WithGroup(name string) slog.Handler {
	return programLog{l.Handler.WithGroup(name), l.complaints}
}
