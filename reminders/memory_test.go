package reminders_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"guahao/bots"
	"guahao/reminders"
)

// scale is a platform that weighs what lives in this process while a broadcast is being sent.
type scale struct {
	mu    sync.Mutex
	every int // a weighing for so many messages
	got   int
	most  uint64 // bytes
	hoard int    // bytes to keep of each message: for the negative control
	kept  [][]byte
}

func (s *scale) Send(context.Context, bots.Account, bots.Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hoard > 0 {
		s.kept = append(s.kept, make([]byte, s.hoard))
	}
	if s.got++; s.got%s.every == 0 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		s.most = max(s.most, m.HeapAlloc)
	}
	return nil
}

// TestABroadcastTakesNoMoreMemoryForMore sends to some and to ten times as many, and weighs what lives meanwhile. It is not parallel: what others keep in
// this process would be weighed as well.
func TestABroadcastTakesNoMoreMemoryForMore(t *testing.T) {
	const few, many, weighings = 300, 3000, 5
	const room = (many - few) * 500 // bytes
	w := newWorld(t, "Asia/Shanghai")
	var added, sent int
	send := func(people, hoard int) uint64 {
		values := "('telegram', ?, 'zh', 0, ?, ?)"
		var args []any
		for ; added < people; added++ {
			args = append(args, added, start, start)
		}
		if len(args) > 0 {
			w.insert("INSERT INTO chat_accounts (platform, external_id, lang, user_id, last_seen_at, created_at) VALUES "+
				values+strings.Repeat(", "+values, len(args)/3-1), args...)
			w.insert("UPDATE chat_accounts SET user_id = id")
		}
		sent++
		s := &scale{every: people / weighings, hoard: hoard}
		store := w.telling(map[bots.Platform]bots.Sender{bots.Telegram: s})
		id, err := store.StartBroadcast(t.Context(), reminders.Draft{Staff: 1, AllFollowers: true, AtNight: true, Text: "东门关闭"}, fmt.Sprint(sent))
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r, err := store.Report(t.Context(), id); err != nil || !r.Finished || r.Sent != people || s.got != people {
			t.Fatalf("%+v, %v, %d got it", r, err, s.got)
		}
		return s.most
	}
	send(few, 0) // what is made once
	small := send(few, 0)
	large := send(many, 0)
	hoarded := send(many, 1000)
	t.Logf("at most %d bytes live for %d, %d for %d, %d when something is kept of each", small, few, large, many, hoarded)
	if large > small+room {
		t.Errorf("%d bytes live for %d, %d for %d", small, few, large, many)
	}
	if hoarded <= small+room {
		t.Error("negative control: what is kept of each is not seen")
	}
}
