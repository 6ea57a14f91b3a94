package wechatpaytest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// notice is one event on its way to the merchant. Its body is the same in each delivery; the signature is made anew.
type notice struct {
	id         string
	outTradeNo string
	url        string
	body       []byte
	repeat     bool      // deliver it twice, although it is acknowledged
	notBefore  time.Time // a fault holds it back until then
	due        time.Time
	tries      int
}

// platformRetries is WeChat Pay's schedule: 15 deliveries over about 24 hours.
func platformRetries() []time.Duration {
	const s, m, h = time.Second, time.Minute, time.Hour
	return []time.Duration{15 * s, 15 * s, 30 * s, 3 * m, 10 * m, 20 * m, 30 * m, 30 * m, 30 * m, 60 * m, 3 * h, 3 * h, 3 * h, 6 * h, 6 * h}
}

// queueLocked encrypts an event and queues it.
func (s *Server) queueLocked(outTradeNo, url, event, summary, kind string, content any) {
	lost, repeat, delay := s.Faults.notice()
	if lost {
		return
	}
	due := s.now().Add(s.options.NotifyDelay + delay)
	n := &notice{id: s.numberLocked("EV-"), outTradeNo: outTradeNo, url: url, repeat: repeat, due: due}
	if delay > 0 {
		n.notBefore = due
	}
	n.body = s.envelope(n.id, event, summary, kind, content)
	s.queue = append(s.queue, n)
}

// envelope is a notice's body: the content encrypted with the APIv3 key.
func (s *Server) envelope(id, event, summary, kind string, content any) []byte {
	plain, err := json.Marshal(content)
	if err != nil {
		panic(fmt.Sprintf("encode a notice: %v", err))
	}
	nonce := rand.Text()[:12]
	return s.wrap(id, event, summary, map[string]any{
		"original_type": kind, "algorithm": "AEAD_AES_256_GCM", "associated_data": kind, "nonce": nonce,
		"ciphertext": s.encrypt(s.apiKey, plain, nonce, kind),
	})
}

func (s *Server) wrap(id, event, summary string, resource any) []byte {
	body := map[string]any{
		"id": id, "create_time": s.now().In(shanghai()).Format(time.RFC3339), "resource_type": "encrypt-resource",
		"event_type": event, "summary": summary,
	}
	if resource != nil {
		body["resource"] = resource
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("encode a notice: %v", err))
	}
	return encoded
}

func (s *Server) encrypt(key string, plain []byte, nonce, associated string) string {
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		panic(fmt.Sprintf("the APIv3 key must have 32 bytes: %v", err))
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(fmt.Sprintf("AES-GCM: %v", err))
	}
	return base64.StdEncoding.EncodeToString(gcm.Seal(nil, []byte(nonce), plain, []byte(associated)))
}

// Start delivers notices and ends refunds as they become due, until Close.
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
		s.finish(false)
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

// Deliver ends all refunds in progress and delivers every queued notice once, whatever its schedule (except those that a fault
// delays). The error tells which were not accepted; they stay in the queue.
func (s *Server) Deliver(ctx context.Context) error {
	s.finish(true)
	return s.send(ctx, true)
}

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
			errs = append(errs, fmt.Errorf("notice %s about %s: %w", n.id, n.outTradeNo, err))
		}
		s.settle(n, err == nil)
	}
	return errors.Join(errs...)
}

func (s *Server) deliver(ctx context.Context, n *notice) error {
	status, err := s.post(ctx, n.url, n.body, s.platform, nil)
	if err == nil && status != http.StatusOK && status != http.StatusNoContent {
		err = fmt.Errorf("the merchant answered %d", status)
	}
	return err
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
	if s.Faults.reordered() {
		slices.Reverse(due)
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

// post sends a signed notice and gives the merchant's status.
func (s *Server) post(ctx context.Context, url string, body []byte, key *rsa.PrivateKey, tamper func(http.Header)) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Mozilla/4.0")
	s.sign(request.Header, key, body)
	if tamper != nil {
		tamper(request.Header)
	}
	answer, err := s.options.Client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
	return answer.StatusCode, err
}
