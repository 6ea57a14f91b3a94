package bots_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"guahao/bots"
)

func TestLanesKeepTheOrderOfArrival(t *testing.T) {
	t.Parallel()
	var lanes bots.Lanes
	leave, err := lanes.Enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var order []int
	var group sync.WaitGroup
	for n := range 20 {
		group.Go(func() {
			leave, err := lanes.Enter(t.Context(), "a")
			if err != nil {
				t.Error(err)
				return
			}
			defer leave()
			mu.Lock()
			defer mu.Unlock()
			order = append(order, n)
		})
		eventually(t, "it waits", func() bool { return lanes.Waiting("a") == n+1 })
	}
	other, err := lanes.Enter(t.Context(), "b") // another lane is free
	if err != nil {
		t.Fatal(err)
	}
	other()
	leave()
	leave() // is harmless
	group.Wait()
	if !slices.IsSorted(order) || len(order) != 20 {
		t.Errorf("they came in the order %v", order)
	}
	if lanes.Len() != 0 {
		t.Errorf("%d lanes are left over", lanes.Len())
	}
}

func TestLanesGiveWay(t *testing.T) {
	t.Parallel()
	var lanes bots.Lanes
	leave, err := lanes.Enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lanes.Enter(ctx, "a"); err == nil {
		t.Error("two are in one lane")
	}
	leave()
	if lanes.Len() != 0 {
		t.Errorf("%d lanes are left over", lanes.Len())
	}
}
