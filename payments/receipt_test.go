package payments_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"guahao/payments"
)

func TestReceipts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unpaid := w.charge("visit:0")
	if _, err := w.store.Receipt(w.ctx, unpaid.Token); !errors.Is(err, payments.ErrNoReceipt) {
		t.Errorf("a receipt for an unpaid charge: %v", err)
	}
	if _, err := w.store.Receipt(w.ctx, "nobody"); !errors.Is(err, payments.ErrNotFound) {
		t.Errorf("a receipt for nothing: %v", err)
	}
	first := w.paid("visit:1")
	r, err := w.store.Receipt(w.ctx, first.Token)
	must(t, err)
	if want := fmt.Sprintf("0-%d-000001", r.Year); r.No() != want || r.Charge.Amount != fee {
		t.Errorf("the receipt is %s, want %s", r.No(), want)
	}
	must(t, w.refund(first.Ref, fee))
	again, err := w.store.Receipt(w.ctx, first.Token)
	must(t, err)
	if again.Number != r.Number || len(again.Refunds) != 1 {
		t.Errorf("after a refund the receipt is %+v", again)
	}
	never := w.paid("visit:2")
	must(t, w.refund(never.Ref, fee))
	if _, err := w.store.Receipt(w.ctx, never.Token); !errors.Is(err, payments.ErrNoReceipt) {
		t.Errorf("a receipt for what is being given back: %v", err)
	}
}

// Many look at many receipts in the same moment, each from several places: the numbers have no gaps, and nobody gets two.
func TestReceiptsAreCountedWithoutGaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.replica()
	const charges, lookers = 6, 4
	var tokens []string
	for i := range charges {
		tokens = append(tokens, w.paid(fmt.Sprintf("visit:%d", i)).Token)
	}
	type seen struct {
		token  string
		number int64
	}
	got := make(chan seen, charges*lookers)
	for i := range charges * lookers {
		store := []*payments.Store{w.store, other}[i%2]
		go func() {
			token := tokens[i%charges]
			r, err := store.Receipt(w.ctx, token)
			if err != nil {
				t.Error(err)
			}
			got <- seen{token, r.Number}
		}()
	}
	numbers := map[string]int64{}
	for range charges * lookers {
		s := <-got
		if n, ok := numbers[s.token]; ok && n != s.number {
			t.Errorf("one charge has the receipts %d and %d", n, s.number)
		}
		numbers[s.token] = s.number
	}
	var all []int64
	for _, n := range numbers {
		all = append(all, n)
	}
	slices.Sort(all)
	if fmt.Sprint(all) != "[1 2 3 4 5 6]" {
		t.Errorf("the numbers are %v", all)
	}
}
