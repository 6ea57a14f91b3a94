package alipaytest

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// notice is one event on its way to the program. It is the same in each delivery.
type notice struct {
	outTradeNo string
	url        string
	form       url.Values
	repeat     bool      // deliver it twice, although it is acknowledged
	notBefore  time.Time // a fault holds it back until then
	due        time.Time
	tries      int
}

// platformRetries is Alipay's schedule: eight deliveries over 25 hours.
func platformRetries() []time.Duration {
	const m, h = time.Minute, time.Hour
	return []time.Duration{4 * m, 10 * m, 10 * m, h, 2 * h, 6 * h, 15 * h}
}

// noticeLocked is the form that tells how a trade stands.
func (s *Server) noticeLocked(order Order) url.Values {
	at := s.now().In(shanghai()).Format(timeForm)
	form := url.Values{}
	for name, value := range map[string]string{
		"notify_id": s.numberLocked("N"), "notify_type": "trade_status_sync", "notify_time": at, "charset": "utf-8", "version": "1.0",
		"app_id": s.options.AppID, "auth_app_id": s.options.AppID, "seller_id": s.options.SellerID,
		"out_trade_no": order.OutTradeNo, "trade_no": order.TradeNo, "trade_status": order.Status, "subject": order.Subject,
		"total_amount": order.Amount, "receipt_amount": order.Amount, "buyer_pay_amount": order.Amount, "buyer_id": order.Payer,
		"gmt_create": order.CreatedAt.In(shanghai()).Format(timeForm), "gmt_payment": order.PaidAt.In(shanghai()).Format(timeForm),
		"fund_bill_list": `[{"amount":"` + order.Amount + `","fundChannel":"ALIPAYACCOUNT"}]`,
	} {
		form.Set(name, value)
	}
	return form
}

// signed adds the signature to a form.
func signed(form url.Values, key *rsa.PrivateKey) url.Values {
	copied := url.Values{}
	for name, values := range form {
		copied[name] = slices.Clone(values)
	}
	copied.Set("sign_type", "RSA2")
	copied.Set("sign", sign(key, content(copied, "sign", "sign_type")))
	return copied
}

func (s *Server) queueLocked(order Order, form url.Values) {
	lost, repeat, delay := s.Faults.notice()
	if lost {
		return
	}
	due := s.now().Add(s.options.NotifyDelay + delay)
	n := &notice{outTradeNo: order.OutTradeNo, url: order.NotifyURL, form: form, repeat: repeat, due: due}
	if delay > 0 {
		n.notBefore = due
	}
	s.queue = append(s.queue, n)
}

// Start delivers notices as they become due, until Close.
func (s *Server) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		cancel()
		return
	}
	s.stop, s.stopped = cancel, make(chan struct{})
	go s.run(ctx, s.stopped)
}

// Close ends what Start began and waits for it.
func (s *Server) Close() {
	s.mu.Lock()
	stop, stopped := s.stop, s.stopped
	s.stop = nil
	s.mu.Unlock()
	if stop != nil {
		stop()
		<-stopped
	}
}

// run looks at the clock a few times a second, because business time may jump.
func (s *Server) run(ctx context.Context, stopped chan<- struct{}) {
	defer close(stopped)
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		if err := s.send(ctx, false); err != nil && ctx.Err() == nil {
			s.options.Log.Info("a payment notice was not accepted", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.wake:
		}
	}
}

func (s *Server) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Deliver delivers every queued notice once, whatever its schedule (except those that a fault delays). The error tells which were
// not accepted; they stay in the queue.
func (s *Server) Deliver(ctx context.Context) error { return s.send(ctx, true) }

// Pending is how many notices wait for delivery.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue)
}

func (s *Server) send(ctx context.Context, all bool) error {
	s.delivering.Lock()
	defer s.delivering.Unlock()
	var errs []error
	for _, n := range s.dueNotices(all) {
		err := s.deliver(ctx, n)
		if err == nil && n.repeat {
			err = s.deliver(ctx, n)
		}
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("a notice about %s: %w", n.outTradeNo, err))
		}
		s.settle(n, err == nil)
	}
	return errors.Join(errs...)
}

func (s *Server) dueNotices(all bool) []*notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []*notice
	for _, n := range s.queue {
		if now := s.now(); now.Before(n.notBefore) || !all && now.Before(n.due) {
			continue
		}
		due = append(due, n)
	}
	return due
}

// settle takes an accepted notice out of the queue, and schedules or gives up any other.
func (s *Server) settle(n *notice, accepted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n.tries++
	if !accepted && n.tries <= len(s.options.Retries) {
		n.due = s.now().Add(s.options.Retries[n.tries-1])
		return
	}
	s.queue = slices.DeleteFunc(s.queue, func(other *notice) bool { return other == n })
}

func (s *Server) deliver(ctx context.Context, n *notice) error {
	status, word, err := s.post(ctx, n.url, []byte(signed(n.form, s.platform).Encode()))
	if err == nil && word != "success" {
		err = fmt.Errorf("the program answered %d", status)
	}
	if err == nil && status != http.StatusOK {
		s.violate(fmt.Sprintf("success was answered with status %d", status))
	}
	return err
}

// post sends a notice and gives the program's status and word.
func (s *Server) post(ctx context.Context, address string, body []byte) (status int, word string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	request.Header.Set("User-Agent", "Mozilla/4.0")
	answer, err := s.options.Client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	return answer.StatusCode, string(text), err
}
