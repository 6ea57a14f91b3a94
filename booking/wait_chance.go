package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guahao/booking/allocation"
)

const (
	// waitWeeks is how far back waits tell what becomes of the next.
	waitWeeks = 8
	// mostWaits bounds how many of a department are looked at.
	mostWaits = 1500
)

// WaitOutlook is what a wish of the waitlist can hope for.
type WaitOutlook struct {
	allocation.WaitEstimate
	Position int // of who joins now
	Weeks    int // that the estimate looks back
}

// WaitChance tells whoever thinks of joining the waitlist at which position they would be, and how many of those who waited from about there were
// offered a place within the last weeks. Who left by themselves before an offer came says nothing and is not counted. known is false where too
// few have waited to say a chance.
func (s *Store) WaitChance(ctx context.Context, wish Wish) (outlook WaitOutlook, known bool, err error) {
	if wish.Halves == 0 {
		wish.Halves = AnyHalf
	}
	outlook = WaitOutlook{Weeks: waitWeeks}
	err = s.db.GetContext(ctx, &outlook.Position, "SELECT 1 + COUNT(e.id) FROM waitlist_entries e WHERE e.department_id = ? AND e.status IN ('waiting', 'offered') AND "+overlaps,
		append([]any{wish.Department}, overlapping(wish)...)...)
	if err != nil {
		return outlook, false, fmt.Errorf("count who waits: %w", err)
	}
	waits, err := s.waited.get(wish.Department, string(DateOf(s.clock(), time.UTC)), func() ([]pastWait, error) { return s.pastWaits(ctx, wish.Department) })
	if err != nil {
		return outlook, false, err
	}
	list := make([]allocation.Waited, len(waits))
	for i, w := range waits {
		list[i] = allocation.Waited{Position: w.position, Offered: w.offered, Same: wish.Doctor != 0 && w.doctor == wish.Doctor}
	}
	outlook.WaitEstimate, err = allocation.WaitChance(list, outlook.Position)
	if errors.Is(err, allocation.ErrUnknown) {
		return outlook, false, nil
	}
	return outlook, err == nil, err
}

// pastWait is a wait that is over.
type pastWait struct {
	doctor   DoctorID // 0: any
	position int      // when it began
	offered  bool
}

// pastWaits reads a department's waits of the last weeks, and reckons at which position each began.
func (s *Store) pastWaits(ctx context.Context, department DepartmentID) ([]pastWait, error) {
	var rows []struct {
		Waiting
		Offered bool
		EndedAt *time.Time
	}
	since := s.clock().AddDate(0, 0, -7*waitWeeks)
	err := s.db.SelectContext(ctx, &rows, `SELECT `+waitColumns+`, e.ended_at AS endedat,
		EXISTS (SELECT o.id FROM waitlist_offers o WHERE o.entry_id = e.id AND o.answer <> 'withdrawn') AS offered FROM waitlist_entries e
		WHERE e.department_id = ? AND (e.active = 1 OR e.ended_at >= ?) ORDER BY e.id DESC LIMIT ?`, department, since, mostWaits)
	if err != nil {
		return nil, fmt.Errorf("read the past waits of a department: %w", err)
	}
	var list []pastWait
	for _, w := range rows {
		if w.EndedAt == nil || w.Status == WaitLeft && !w.Offered {
			continue
		}
		position := 1
		for _, other := range rows {
			if other.before(w.Waiting) && !other.CreatedAt.After(w.CreatedAt) && (other.EndedAt == nil || other.EndedAt.After(w.CreatedAt)) {
				position++
			}
		}
		list = append(list, pastWait{doctor: w.Doctor, position: position, offered: w.Offered})
	}
	return list, nil
}

// before tells whether one of two goes first to a half-day that both wait for, as [Store.place] counts it.
func (w Waiting) before(other Waiting) bool {
	return (w.Priority > other.Priority || w.Priority == other.Priority && w.ID < other.ID) && w.First <= other.Last && w.Last >= other.First && w.Halves&other.Halves != 0 &&
		(w.Doctor == 0 || other.Doctor == 0 || w.Doctor == other.Doctor) && (w.Title == "" || other.Title == "" || w.Title == other.Title) &&
		(w.Kind == "" || other.Kind == "" || w.Kind == other.Kind)
}
