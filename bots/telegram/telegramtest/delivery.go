package telegramtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// delivery is one update on its way.
type delivery struct {
	id    int64
	from  int64 // the person in whose queue it is
	kind  string
	body  []byte
	query *query // for a press
}

// queue holds one person's updates in order. Its goroutine runs while there is a webhook and something to deliver.
type queue struct {
	updates []*delivery
	running bool
}

const (
	longestPause = time.Minute
	givenUpAfter = 24 * 60 // attempts at most a minute apart: about a day

	// as getWebhookInfo words them
	wrongResponse    = "Wrong response from the webhook"
	connectionFailed = "Connection failed"
)

func platformRetry(attempt int) (time.Duration, bool) {
	pause := longestPause
	if attempt < 7 {
		pause = min(pause, time.Second<<(attempt-1))
	}
	return pause, attempt < givenUpAfter
}

// Inject queues an update of any kind, for what the people of this package cannot do: a group's message, a channel's post.
// from decides whose queue it joins.
func (s *Server) Inject(from int64, kind string, object any) {
	s.mu.Lock()
	defer s.unlock()
	s.enqueue(from, kind, object)
}

// enqueue gives the update its id and queues it; it returns nil when the webhook does not want its kind. The lock is held.
func (s *Server) enqueue(from int64, kind string, object any) *delivery {
	allowed := defaultUpdates
	if s.webhook != nil && len(s.webhook.allowed) > 0 {
		allowed = s.webhook.allowed
	}
	if !slices.Contains(allowed, kind) {
		return nil
	}
	s.lastUpdate++
	body, err := json.Marshal(map[string]any{"update_id": s.lastUpdate, kind: object})
	if err != nil {
		panic(fmt.Sprintf("an update that is no JSON: %v", err)) // the test's own mistake, from Inject
	}
	d := &delivery{id: s.lastUpdate, from: from, kind: kind, body: body}
	q := s.queues[from]
	if q == nil {
		q = &queue{}
		s.queues[from] = q
	}
	q.updates = append(q.updates, d)
	s.pending++
	s.touch(0)
	s.startQueue(from, q)
	return d
}

func (s *Server) startQueues() {
	for from, q := range s.queues {
		s.startQueue(from, q)
	}
}

// startQueue starts the queue's goroutine unless it runs or has nowhere to deliver to; the lock is held.
func (s *Server) startQueue(from int64, q *queue) {
	if q.running || s.webhook == nil || s.ctx.Err() != nil {
		return
	}
	q.running = true
	s.workers.Go(func() { s.runQueue(from, q) })
}

func (s *Server) runQueue(from int64, q *queue) {
	for attempt := 1; ; attempt++ {
		s.mu.Lock()
		hook := s.webhook
		if len(q.updates) == 0 || hook == nil || s.ctx.Err() != nil {
			q.running = false
			if len(q.updates) == 0 && s.queues[from] == q {
				delete(s.queues, from)
			}
			s.mu.Unlock()
			return
		}
		d := q.updates[0]
		s.mu.Unlock()

		answer, err := s.deliver(hook, d)
		if err == nil && s.Faults.take(&s.Faults.updates, "") != nil {
			err = fmt.Errorf("the acknowledgement of %d got lost", d.id)
		}
		if err == nil {
			s.CallBack(answer)
			s.finish(from, d.id, true)
			attempt = 0
			continue
		}
		s.failed(hook, d, err)
		wait, again := s.options.Retry(attempt)
		if !again {
			s.finish(from, d.id, false)
			attempt = 0
			continue
		}
		pause(s.ctx, wait)
	}
}

type senderKey struct{}

// SenderOf tells an Options.Client in whose queue the update is that a request delivers; 0 for any other request.
func SenderOf(r *http.Request) int64 {
	from, _ := r.Context().Value(senderKey{}).(int64)
	return from
}

// deliver posts one update to the webhook and gives the response's body.
func (s *Server) deliver(hook *webhook, d *delivery) ([]byte, error) {
	select {
	case hook.connections <- struct{}{}:
		defer func() { <-hook.connections }()
	case <-s.ctx.Done():
		return nil, s.ctx.Err()
	}
	ctx := context.WithValue(s.ctx, senderKey{}, d.from)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.url, bytes.NewReader(d.body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if hook.secret != "" {
		request.Header.Set("X-Telegram-Bot-Api-Secret-Token", hook.secret)
	}
	response, err := s.options.Client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", connectionFailed, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", connectionFailed, err)
	}
	if response.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s: %s", wrongResponse, response.Status)
	}
	return answer, nil
}

// CallBack makes the call that came in the response to an update, if one did: a JSON object with the method's name beside its parameters. The program does
// not hear what becomes of it.
func (s *Server) CallBack(answer []byte) {
	if len(answer) == 0 || answer[0] != '{' {
		return
	}
	p := &params{values: map[string]string{}, files: map[string][]byte{}}
	err := p.addJSON(answer)
	name := p.values["method"]
	if err != nil || name == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.violate("the response to an update is an object, and no call of a method")
		return
	}
	delete(p.values, "method")
	if f := s.Faults.take(&s.Faults.answers, name); f != nil {
		return
	}
	result, err := s.do(s.ctx, name, p, nil)
	if s.options.CalledBack != nil {
		s.options.CalledBack(name, result, err)
	}
}

func (s *Server) failed(hook *webhook, d *delivery, err error) {
	s.mu.Lock()
	defer s.unlock()
	hook.lastError, hook.lastErrorAt = err.Error(), s.options.Now().Unix()
	s.options.Log.Info("an update was not taken", "update", d.id, "kind", d.kind, "error", err)
	s.touch(0)
}

// finish takes an update out of its queue: acknowledged, or given up.
func (s *Server) finish(from, id int64, acknowledged bool) {
	s.mu.Lock()
	defer s.unlock()
	s.remove(from, id, acknowledged)
	s.touch(0)
}

func (s *Server) remove(from, id int64, acknowledged bool) {
	q := s.queues[from]
	if q == nil {
		return
	}
	for i, d := range q.updates {
		if d.id != id {
			continue
		}
		q.updates = slices.Delete(q.updates, i, i+1)
		s.pending--
		if !acknowledged {
			s.lost = append(s.lost, id)
		} else if d.query != nil {
			d.query.acknowledged = true
		}
		break
	}
	if len(q.updates) == 0 && !q.running {
		delete(s.queues, from)
	}
}

func (s *Server) dropPending() {
	for from, q := range s.queues {
		s.pending -= len(q.updates)
		q.updates = nil
		if !q.running {
			delete(s.queues, from)
		}
	}
}

// Flush waits until every update is acknowledged or given up. Without a webhook that is when the program has polled them and
// polled again.
func (s *Server) Flush(ctx context.Context) error {
	return s.wait(ctx, func() bool { return s.pending == 0 })
}

// Pending is how many updates are not acknowledged yet.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending
}

// wait waits until a condition, which is asked under the lock, holds.
func (s *Server) wait(ctx context.Context, holds func() bool) error {
	for {
		s.mu.Lock()
		done, wake := holds(), s.wake
		s.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the program to take its updates: %w", ctx.Err())
		}
	}
}
