package console

import (
	"sync"
	"time"
)

// refreshEvery is how often WeChat Pay is asked about one charge because somebody looks at its page, and
// refreshAllPerSecond how often about all of them together by this process.
const (
	refreshEvery        = 3 * time.Second
	refreshAllPerSecond = 20
)

// limiter remembers when each charge was last asked about. It is safe for concurrent use.
type limiter struct {
	now    func() time.Time
	mu     sync.Mutex
	last   map[string]time.Time
	second time.Time // the second that count belongs to
	count  int
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, last: map[string]time.Time{}}
}

// allow tells whether the charge may be asked about now, and if so notes that it was.
func (l *limiter) allow(token string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if now.Sub(l.last[token]) < refreshEvery {
		return false
	}
	if s := now.Truncate(time.Second); s != l.second {
		l.second, l.count = s, 0
	}
	if l.count >= refreshAllPerSecond {
		return false
	}
	l.count++
	if len(l.last) > 60*refreshAllPerSecond {
		for k, at := range l.last {
			if now.Sub(at) >= refreshEvery {
				delete(l.last, k)
			}
		}
	}
	l.last[token] = now
	return true
}
