package recommend_test

import (
	"testing"

	"pgregory.net/rapid"

	"guahao/dialog/recommend"
)

const today = 1000

// visits of patient 1 to doctor 7 in department 3, so many days ago.
func visits(ago ...int) []recommend.Visit {
	var list []recommend.Visit
	for i, days := range ago {
		list = append(list, recommend.Visit{ID: int64(i + 1), Doctor: 7, Department: 3, Patient: 1, Day: today - days})
	}
	return list
}

func TestNext(t *testing.T) {
	t.Parallel()
	monthly := map[int64]int{3: 30}
	coming := recommend.Visit{ID: 90, Doctor: 8, Department: 3, Patient: 1, Day: today + 2, ToCome: true}
	elsewhere := recommend.Visit{ID: 91, Doctor: 8, Department: 3, Patient: 1, Day: today - 1}
	for _, c := range []struct {
		name   string
		visits []recommend.Visit
		every  map[int64]int
		due    bool
		in     int
		own    bool
	}{
		{"no history", nil, monthly, false, 0, false},
		{"one visit, and no interval", visits(18), nil, false, 0, false},
		{"the department's interval", visits(18), monthly, true, 12, false},
		{"too early", visits(10), monthly, false, 0, false},
		{"the day itself", visits(30), monthly, true, 0, false},
		{"overdue", visits(50), monthly, true, -20, false},
		{"long overdue", visits(70), monthly, false, 0, false},
		{"a habit", visits(96, 68, 40, 14), nil, true, 14, true},
		{"a habit goes before the department's interval", visits(96, 68, 40, 14), map[int64]int{3: 90}, true, 14, true},
		{"one gap is no habit", visits(40, 14), nil, false, 0, false},
		{"gaps that differ are none", visits(200, 190, 60, 14), nil, false, 0, false},
		{"visits of one complaint are none", visits(20, 18, 17, 15), nil, false, 0, false},
		{"is booked with a colleague", append(visits(18), coming), monthly, false, 0, false},
		{"went to a colleague since", append(visits(18), elsewhere), map[int64]int{3: 8}, false, 0, false},
		{"an interval of the policy that makes no sense", visits(18), map[int64]int{3: -5}, false, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			due, ok := recommend.Next(c.visits, today, c.every)
			if ok != c.due || due.In != c.in || due.Own != c.own {
				t.Errorf("due %v in %d days (own %v), want %v in %d (own %v)", ok, due.In, due.Own, c.due, c.in, c.own)
			}
		})
	}
}

// The most overdue of several is spoken of, whatever their order.
func TestNextIsTheMostOverdue(t *testing.T) {
	t.Parallel()
	list := append(visits(20), recommend.Visit{ID: 5, Doctor: 9, Department: 4, Patient: 2, Day: today - 33})
	rapid.Check(t, func(t *rapid.T) {
		due, ok := recommend.Next(rapid.Permutation(list).Draw(t, "order"), today, map[int64]int{3: 30, 4: 30})
		if !ok || due.ID != 5 || due.In != -3 {
			t.Fatalf("%+v, %v", due, ok)
		}
	})
}
