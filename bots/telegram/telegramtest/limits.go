package telegramtest

import (
	"math"
	"time"
)

// Lengths and counts of the Bot API.
const (
	maxText        = 4096 // UTF-16 units
	maxCaption     = 1024
	maxData        = 64 // bytes
	maxToast       = 200
	maxButtons     = 100
	maxRow         = 8
	maxPhotoBytes  = 10 << 20
	maxFileBytes   = 50 << 20 // of a document
	maxPhotoSides  = 10000    // width + height
	maxPhotoRatio  = 20
	maxCommands    = 100
	maxConnections = 40 // where setWebhook does not say
)

// Limits are the rates of new messages (edits and answers to presses are free). Telegram says "about 30 a second, one a second
// per chat, short bursts are possible"; zero values mean that. They follow the real clock.
type Limits struct {
	Off         bool
	PerSecond   float64 // messages a second to all chats; 30 when 0
	Burst       int     // 30 when 0
	ChatPerSec  float64 // messages a second to one chat; 1 when 0
	ChatBurst   int     // 5 when 0
	RetryAfter  int     // seconds that a refused program is told to wait; 1 when 0
	MaxPatience int     // sends before retry_after is over that are tolerated without a violation; 0
}

type limiter struct {
	Limits
	all   bucket
	chats map[int64]*bucket
}

// bucket is a token bucket: it holds at most burst tokens and gains rate a second.
type bucket struct {
	tokens float64
	at     time.Time
	until  time.Time // the program was told to wait until then
	early  int       // sends before that
}

func newLimiter(l Limits) limiter {
	if l.PerSecond == 0 {
		l.PerSecond = 30
	}
	if l.Burst == 0 {
		l.Burst = 30
	}
	if l.ChatPerSec == 0 {
		l.ChatPerSec = 1
	}
	if l.ChatBurst == 0 {
		l.ChatBurst = 5
	}
	if l.RetryAfter == 0 {
		l.RetryAfter = 1
	}
	return limiter{Limits: l, chats: map[int64]*bucket{}}
}

// take counts one message to a chat. When it is too many, wait is the retry_after in seconds; early tells that the program did
// not wait for an earlier one.
func (l *limiter) take(chat int64, now time.Time) (wait int, early bool) {
	if l.Off {
		return 0, false
	}
	c := l.chats[chat]
	if c == nil {
		c = &bucket{tokens: float64(l.ChatBurst), at: now}
		l.chats[chat] = c
	}
	if l.all.at.IsZero() {
		l.all = bucket{tokens: float64(l.Burst), at: now}
	}
	for _, b := range []*bucket{c, &l.all} {
		if now.Before(b.until) {
			b.early++
			return int(math.Ceil(b.until.Sub(now).Seconds())), b.early > l.MaxPatience
		}
	}
	c.refill(l.ChatPerSec, l.ChatBurst, now)
	l.all.refill(l.PerSecond, l.Burst, now)
	for _, b := range []*bucket{c, &l.all} {
		if b.tokens < 1 {
			b.until, b.early = now.Add(time.Duration(l.RetryAfter)*time.Second), 0
			return l.RetryAfter, false
		}
	}
	c.tokens--
	l.all.tokens--
	return 0, false
}

func (b *bucket) refill(rate float64, burst int, now time.Time) {
	b.tokens = min(float64(burst), b.tokens+rate*now.Sub(b.at).Seconds())
	b.at = now
}
