package booking_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"guahao/booking"
)

// Whoever asks while a query is under way shares the next one, each gets what was asked for, and one whose key fails fails alone.
func TestWhoAsksMeanwhileSharesAQuery(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked [][]int
	begun, go1 := make(chan struct{}, 100), make(chan struct{})
	g := booking.NewGather(func(_ context.Context, keys []int) (map[int]string, error) {
		mu.Lock()
		asked = append(asked, keys)
		mu.Unlock()
		begun <- struct{}{}
		if keys[0] == 0 {
			<-go1
		}
		values := map[int]string{}
		for _, k := range keys {
			if k == 13 {
				return nil, errors.New("unlucky")
			}
			if k != 7 {
				values[k] = fmt.Sprint(k)
			}
		}
		return values, nil
	})
	var group sync.WaitGroup
	ask := func(ctx context.Context, key int, want string, fails bool) {
		group.Go(func() {
			if got, err := g.Get(ctx, key); got != want || (err != nil) != fails {
				t.Errorf("%d is %q, %v", key, got, err)
			}
		})
	}
	ask(t.Context(), 0, "0", false)
	<-begun
	gone, leave := context.WithCancel(t.Context())
	ask(t.Context(), 1, "1", false)
	ask(t.Context(), 2, "2", false)
	ask(t.Context(), 2, "2", false)
	ask(t.Context(), 7, "", false) // is not there
	ask(gone, 3, "", true)
	ask(t.Context(), 13, "", true)
	for g.Waiting() < 6 {
	}
	leave()
	close(go1)
	group.Wait()
	mu.Lock()
	defer mu.Unlock()
	if len(asked) < 3 || len(asked[0]) != 1 || len(asked[1]) != 5 {
		t.Errorf("the queries were for %v", asked)
	}
}
