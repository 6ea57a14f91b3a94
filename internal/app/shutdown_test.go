package app_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/app"
)

// gate is the way to the platforms. While it is closed, what comes into chats waits, whatever its context says.
type gate struct {
	mu      sync.RWMutex
	waiting atomic.Int64
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/sendMessage") || strings.HasSuffix(r.URL.Path, "/editMessageText") {
		g.waiting.Add(1)
		g.mu.RLock()
		defer g.mu.RUnlock()
		g.waiting.Add(-1)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// deliverPress delivers a press of the nth person to the webhook and gives the answer's status, 0 when there is none.
func (w *world) deliverPress(address string, n int) int {
	body := fmt.Sprintf(`{"update_id":%d,"callback_query":{"id":"1","from":{"id":%[1]d,"is_bot":false,"first_name":"A"},"chat_instance":"1","data":"c:menu",`+
		`"message":{"message_id":5,"date":1795395600,"chat":{"id":%[1]d,"type":"private"},"text":"x"}}}`, n)
	request, err := http.NewRequest(http.MethodPost, address+"/telegram/webhook", strings.NewReader(body))
	if err != nil {
		return 0
	}
	request.Header.Set("X-Telegram-Bot-Api-Secret-Token", w.cfg.Telegram.Secret)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// Told to stop with twenty updates, a payment's notice and a job in its hands, the program loses none of them.
func TestAShutdownUnderLoad(t *testing.T) {
	t.Parallel()
	w, way := newWorld(t, 1), &gate{}
	w.cfg.Client = &http.Client{Transport: way}
	address, stop, ended := w.run()
	w.until("it serves", func() bool { return strings.Contains(w.logs.String(), "serving") })
	p, q := w.person("telegram", 1), w.person("telegram", 2)
	toPay(w, p)
	pay(w, p)
	for _, said := range []string{paidDoctor, tomorrow, "1", "1", "本人", "李小红", "110101199003071233", somebody.phone} {
		q.say(said)
	}
	q.tap("保存")
	q.tap("确认预约")
	expect(w, q, "号已为您留到")
	w.must(w.platforms.Pay.Deliver(w.ctx))

	way.mu.Lock()
	open := sync.OnceFunc(way.mu.Unlock)
	defer open()
	w.clock.Advance(10 * time.Second)
	w.until("the job sends the card", func() bool { return way.waiting.Load() == 1 })
	const people = 20
	answers := make(chan int, people)
	for n := range people {
		go func() { answers <- w.deliverPress(address, 9000+n) }()
	}
	w.until("all are in hand", func() bool { return way.waiting.Load() == 1+people })
	pay(w, q)
	delivered := make(chan struct{})
	go func() {
		defer close(delivered)
		_ = w.platforms.Pay.Deliver(w.ctx) // it may come too late, then it is sent again
	}()
	stop()
	open()

	for range people {
		if status := <-answers; status != http.StatusOK {
			t.Errorf("an update that was in hand is answered with %d", status)
		}
	}
	w.must(<-ended)
	<-delivered
	if n := told(w, p, "预约成功"); n != 1 {
		t.Errorf("the card that the job was sending came %d times", n)
	}
	next := w.start()
	w.clock.Advance(time.Minute)
	w.must(next.Tick(w.ctx)) // asks about the payment if its notice came too late
	w.must(w.platforms.Telegram.Flush(w.ctx))
	if got := w.statuses(); len(got) != 2 || got[0] != booking.Booked || got[1] != booking.Booked || told(w, q, "预约成功") != 1 || told(w, p, "预约成功") != 1 {
		t.Errorf("the appointments are %v; they were told %d and %d times", got, told(w, p, "预约成功"), told(w, q, "预约成功"))
	}
}

// Requests that take too long are cut off, but Run does not return, and the database is not closed, while they run.
func TestAShutdownThatTakesTooLong(t *testing.T) {
	t.Parallel()
	w, way := newWorld(t, 1), &gate{}
	w.cfg.Client = &http.Client{Transport: way}
	a, err := app.New(w.ctx, w.cfg)
	w.must(err)
	a.StopWithin(50 * time.Millisecond)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	left := make(chan int64, 1)
	go func() {
		if err := a.Run(ctx, listener); err == nil {
			t.Error("Run does not say that requests were cut off")
		}
		left <- way.waiting.Load()
	}()
	way.mu.Lock()
	open := sync.OnceFunc(way.mu.Unlock)
	defer open()
	go w.deliverPress("http://"+listener.Addr().String(), 9000)
	w.until("the update is in hand", func() bool { return way.waiting.Load() == 1 })
	stop()
	w.until("it is cut off", func() bool { return strings.Contains(w.logs.String(), "are cut off") })
	time.AfterFunc(300*time.Millisecond, open)
	if n := <-left; n != 0 {
		t.Errorf("Run returned with %d requests in hand", n)
	}
	w.must(a.Close())
}
