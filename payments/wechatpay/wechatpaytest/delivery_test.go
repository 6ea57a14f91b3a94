package wechatpaytest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"guahao/payments/wechatpay/wechatpaytest"
)

// Notices are delivered by themselves, again after each pause of the schedule, until they are accepted.
func TestDelivery(t *testing.T) {
	t.Parallel()
	m := newMerchant(t, wechatpaytest.Options{})
	var mu sync.Mutex
	ids := []string{}
	arrived := make(chan struct{}, 100)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		m.verify(r.Header, body)
		var notice struct{ ID string }
		_ = json.Unmarshal(body, &notice)
		mu.Lock()
		defer mu.Unlock()
		ids = append(ids, notice.ID)
		if len(ids) < 4 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		arrived <- struct{}{}
	}))
	t.Cleanup(app.Close)
	m.sim.Start()
	t.Cleanup(m.sim.Close)
	changes := make(chan string, 10)
	cancel := m.sim.Subscribe(func(number string) { changes <- number })
	defer cancel()
	if err := m.sim.ScanPay(m.order(map[string]any{"notify_url": app.URL}), "oPatient"); err != nil {
		t.Fatal(err)
	}
	patience := time.After(90 * time.Second)
	for n := 0; n < 4; {
		select {
		case <-arrived:
			n++
		case <-time.After(50 * time.Millisecond):
			m.add(10 * time.Second)
		case <-patience:
			t.Fatal("the notice did not come")
		}
	}
	for m.sim.Pending() != 0 {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-patience:
			t.Fatal("the notice was accepted and stays in the queue")
		}
	}
	m.sim.Close()
	if slices.Sort(ids); len(slices.Compact(ids)) != 1 {
		t.Errorf("the notice changed its id: %q", ids)
	}
	if got := <-changes; got != "ORDER00001" {
		t.Errorf("the change was about %q", got)
	}
}

func TestGivesUpAtTheEndOfTheSchedule(t *testing.T) {
	t.Parallel()
	m := newMerchant(t, wechatpaytest.Options{Retries: []time.Duration{time.Second, time.Second}})
	app := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(app.Close)
	if err := m.sim.ScanPay(m.order(map[string]any{"notify_url": app.URL}), "oPatient"); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if m.sim.Pending() != 1 {
			t.Fatalf("given up after %d tries", i)
		}
		if m.sim.Deliver(context.Background()) == nil {
			t.Fatal("404 was taken for an acceptance")
		}
	}
	if m.sim.Pending() != 0 {
		t.Error("it is tried for ever")
	}
}
