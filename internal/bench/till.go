package bench

import (
	"net/http"
	"sync"
	"time"

	"guahao/payments/wechatpay/wechatpaytest"
)

// till is where people pay. It sees when the program has taken the notice of a payment: notices go out one by one, in the
// order of the payments.
type till struct {
	wechat *wechatpaytest.Server
	road   http.Transport // to where the program takes notices

	mu      sync.Mutex
	waiting []chan struct{}
}

// pay pays a code. The channel is closed when the program has taken the notice.
func (t *till) pay(code, payer string) (<-chan struct{}, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.wechat.ScanPay(code, payer); err != nil {
		return nil, err
	}
	told := make(chan struct{})
	t.waiting = append(t.waiting, told)
	return told, nil
}

// client delivers the notices.
func (t *till) client() *http.Client { return &http.Client{Timeout: 5 * time.Second, Transport: t} }

// RoundTrip implements http.RoundTripper.
func (t *till) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.road.RoundTrip(r)
	if err != nil || answer.StatusCode/100 != 2 {
		return answer, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) > 0 {
		close(t.waiting[0])
		t.waiting = t.waiting[1:]
	}
	return answer, nil
}
