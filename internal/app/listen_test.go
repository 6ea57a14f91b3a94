package app_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"guahao/internal/app"
)

// run runs a program on a port of its own, to which Telegram delivers. The world's replicas get nothing any more. ended gives what
// Run returned; it is stopped with the test.
func (w *world) run() (address string, stop func(), ended <-chan error) {
	w.Helper()
	w.stopAll()
	w.mu.Lock()
	w.replicas = nil
	w.mu.Unlock()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	w.cfg.PublicURL = "http://" + listener.Addr().String()
	a, err := app.New(w.ctx, w.cfg)
	w.must(err)
	ctx, cancel := context.WithCancel(w.ctx)
	result, over := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(over)
		result <- a.Run(ctx, listener)
	}()
	w.Cleanup(func() {
		cancel()
		<-over
		w.must(a.Close())
	})
	return w.cfg.PublicURL, cancel, result
}

// A program that starts while Telegram is away serves all the same, and is heard on Telegram once that is back.
func TestTelegramIsAwayAtTheStart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		poll   bool
		method string
	}{
		"webhook":                     {false, "setWebhook"},
		"polling: the commands":       {true, "setMyCommands"},
		"polling: the old webhook":    {true, "deleteWebhook"},
		"polling: another one's poll": {true, "getUpdates"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.cfg.Telegram.Poll = tt.poll
			status := 502
			if tt.method == "getUpdates" {
				status = 409 // as after a rolling restart: the other replica has not stopped yet
			}
			w.platforms.Telegram.Faults.Fail(tt.method, status, 0, 1)
			_, _, ended := w.run()
			w.until("the failure is told", func() bool { return strings.Contains(w.logs.String(), "Telegram does not deliver") })
			p := w.telegram(1001)
			p.say("/start")
			expect(w, p, "预约挂号")
			select {
			case err := <-ended:
				t.Errorf("the program ended: %v", err)
			default:
			}
		})
	}
}

// A token that Telegram does not know is a mistake of who polls, and is told at once.
func TestPollingWithAnUnknownToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.cfg.Telegram.Poll, w.cfg.Telegram.Token = true, "1:unknown"
	_, _, ended := w.run()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "unknown to Telegram") {
		t.Errorf("the program ended with %v", err)
	}
}
