package hisapi

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	requestsPerSecond = 20  // of a token, on each replica
	requestsAtOnce    = 200 // before that counts
	maxPaced          = 1000
	pacedFor          = requestsAtOnce / requestsPerSecond * time.Second // until an idle token has all its requests again
)

// pace bounds how often each token asks. It is safe for concurrent use, and remembers only tokens that are good and in use.
type pace struct {
	mu     sync.Mutex
	tokens map[int64]*paced
}

type paced struct {
	limiter *rate.Limiter
	last    time.Time
}

func newPace() *pace { return &pace{tokens: map[int64]*paced{}} }

// wait tells how long a token has to wait before its next request; 0: this one is served.
func (p *pace) wait(token int64, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tokens[token]
	if t == nil {
		if len(p.tokens) >= maxPaced {
			p.forget(now)
		}
		t = &paced{limiter: rate.NewLimiter(requestsPerSecond, requestsAtOnce)}
		p.tokens[token] = t
	}
	t.last = now
	r := t.limiter.ReserveN(now, 1)
	delay := r.DelayFrom(now)
	if delay > 0 {
		r.CancelAt(now)
	}
	return delay
}

// forget drops who has not asked for so long that nothing counts any more.
func (p *pace) forget(now time.Time) {
	for id, t := range p.tokens {
		if now.Sub(t.last) >= pacedFor {
			delete(p.tokens, id)
		}
	}
}

// tooMany refuses a request that came too soon, and says in whole seconds when to come again.
func tooMany(w http.ResponseWriter, delay time.Duration) error {
	seconds := strconv.Itoa(max(1, int(math.Ceil(delay.Seconds()))))
	w.Header().Set("Retry-After", seconds)
	return problem(http.StatusTooManyRequests, "too_many", "this token asks too often; nothing was done, send it again after "+seconds+" s")
}
