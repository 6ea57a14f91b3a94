package bench

import (
	"sync"
	"time"

	"guahao/bots/telegram/telegramtest"
)

// letterbox counts what each recipient's chat has got.
type letterbox struct {
	mu          sync.Mutex
	got         []int // by recipient
	flying      map[int]int
	reached     int // recipients with at least one
	first, last time.Time
	changed     chan struct{}
}

func newLetterbox(count int) *letterbox {
	return &letterbox{got: make([]int, count), flying: map[int]int{}, changed: make(chan struct{}, 1)}
}

// shown is told of each message by the simulated Telegram.
func (b *letterbox) shown(chat int64, m telegramtest.Message, _ bool) {
	i := int(chat - firstReader)
	if m.From != "bot" || i < 0 || i >= len(b.got) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = time.Now()
	if b.first.IsZero() {
		b.first = b.last
	}
	if b.got[i]++; b.got[i] == 1 {
		b.reached++
	}
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// count is how many recipients have the message.
func (b *letterbox) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reached
}

// inFlight notes who may get the message once more.
func (b *letterbox) inFlight(claimed []int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, account := range claimed {
		b.flying[int(account)-1]++
	}
}

// result is what came of it.
func (b *letterbox) result() BroadcastResult {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := BroadcastResult{Recipients: len(b.got), Sent: perSecond(b.reached-1, b.last.Sub(b.first))}
	for i, n := range b.got {
		switch {
		case n == 0:
			r.Missed++
		case n > 1 && n-1 <= b.flying[i]:
			r.InFlight++
		case n > 1:
			r.Twice++
		}
	}
	return r
}
