package telegram

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"guahao/bots"
)

// PerSecond is how many messages a second all chats together get where nothing else is said: a little less than Telegram's "about 30".
const PerSecond = 29

const (
	burst     = 8           // at least; else what comes in a quarter of a second
	chatPause = time.Second // between two messages to one chat
	patience  = 2 * time.Second
	mostChats = 5000
	doubts    = time.Minute // after a refusal, no message goes whose refusal nobody would hear of
	manyChats = 3           // so many chats told to wait one after the other: it is about all of them
)

// pace keeps Telegram's rates. It follows the real clock, since Telegram does. Safe for concurrent use.
type pace struct {
	all *rate.Limiter

	mu     sync.Mutex
	chats  map[int64]*chatPace
	pause  time.Time          // nothing is sent before then
	doubt  time.Time          // until then every refusal is to be heard
	waited map[int64]struct{} // chats that were told to wait since the last success
}

type chatPace struct {
	limit *rate.Limiter
	pause time.Time
	used  time.Time
}

func newPace(limit float64) *pace {
	if limit == 0 {
		limit = PerSecond
	}
	return &pace{all: rate.NewLimiter(rate.Limit(limit), max(burst, int(limit/4))), chats: map[int64]*chatPace{}, waited: map[int64]struct{}{}}
}

// wait waits for a notice's turn.
func (p *pace) wait(ctx context.Context, chat int64) error {
	if err := p.paused(ctx, chat); err != nil {
		return err
	}
	if err := p.of(chat).limit.Wait(ctx); err != nil {
		return outOfTime(ctx, err)
	}
	return outOfTime(ctx, p.all.Wait(ctx))
}

// outOfTime makes the limiter's refusal (it knows beforehand that the deadline will not do) a deadline's end.
func outOfTime(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return context.DeadlineExceeded
}

// count counts a reply, which goes at once unless Telegram has told to wait: notices make room for it.
func (p *pace) count(ctx context.Context, chat int64) error {
	if err := p.paused(ctx, chat); err != nil {
		return err
	}
	p.of(chat).limit.Allow()
	p.all.Allow()
	return nil
}

// free tells whether a message may go now and will be taken beyond doubt, and counts it if so. Other replicas send, too: whether they are at the limit
// shows when one of this one's calls is refused.
func (p *pace) free(chat int64) bool {
	c, now := p.of(chat), time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.doubt) {
		return false
	}
	return c.limit.Tokens() >= 1 && p.all.Tokens() >= 1 && c.limit.Allow() && p.all.Allow()
}

// paused waits for the end of a pause that Telegram asked for, if it is short.
func (p *pace) paused(ctx context.Context, chat int64) error {
	p.mu.Lock()
	left := time.Duration(0)
	if c := p.chats[chat]; c != nil {
		left = time.Until(c.pause)
	}
	all := time.Until(p.pause)
	p.mu.Unlock()
	if max(left, all) <= 0 {
		return nil
	}
	if max(left, all) > patience {
		return &bots.RetryError{After: max(left, all), All: all >= left}
	}
	return sleep(ctx, max(left, all))
}

// told notes that Telegram asked to wait, and returns the error for it.
func (p *pace) told(chat int64, after time.Duration) *bots.RetryError {
	c := p.of(chat)
	p.mu.Lock()
	defer p.mu.Unlock()
	until := time.Now().Add(after)
	c.pause, p.doubt = until, until.Add(doubts)
	p.waited[chat] = struct{}{}
	all := len(p.waited) >= manyChats
	if all {
		p.pause = until
		clear(p.waited)
	}
	return &bots.RetryError{After: after, All: all}
}

// went notes a success.
func (p *pace) went() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.waited)
}

func (p *pace) of(chat int64) *chatPace {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	c := p.chats[chat]
	if c == nil {
		if len(p.chats) >= mostChats {
			p.forget(now)
		}
		c = &chatPace{limit: rate.NewLimiter(rate.Every(chatPause), 1)}
		p.chats[chat] = c
	}
	c.used = now
	return c
}

// forget drops the chats that may be written to at once anyway; a flood of others drops all that have no pause.
func (p *pace) forget(now time.Time) {
	for id, c := range p.chats {
		if now.Sub(c.used) > 2*chatPause && now.After(c.pause) {
			delete(p.chats, id)
		}
	}
	if len(p.chats) < mostChats {
		return
	}
	for id, c := range p.chats {
		if now.After(c.pause) {
			delete(p.chats, id)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
