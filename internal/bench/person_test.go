package bench_test

import (
	"testing"

	"guahao/booking"
	"guahao/internal/bench"
)

func TestInventedPeopleAreAcceptedAndDifferent(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, from := range []int{0, 29_200, 10_000_000, 29_190_000} {
		for n := from; n < from+2000; n++ {
			name, number, phone := bench.Invent(n)
			if _, err := booking.ParseName(name); err != nil {
				t.Fatalf("%d: the name %q: %v", n, name, err)
			}
			document, err := booking.ParseDocument(booking.ResidentID, number)
			if err != nil {
				t.Fatalf("%d: the document %s: %v", n, number, err)
			}
			if err := booking.CheckBirthDate(document.BirthDate, "2026-01-01"); err != nil {
				t.Fatalf("%d: born %s: %v", n, document.BirthDate, err)
			}
			if _, err := booking.ParsePhone(phone); err != nil {
				t.Fatalf("%d: the phone %s: %v", n, phone, err)
			}
			if other, ok := seen[number]; ok {
				t.Fatalf("%d and %d have the same document", n, other)
			}
			seen[number] = n
		}
	}
}
