package booking

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
)

// WaitWithin gives a wish in the waitlist that lies within a reach, also one that is over.
func (s *Store) WaitWithin(ctx context.Context, reach Reach, id WaitID) (WaitLine, error) {
	where, args, err := s.within(ctx, reach, "e")
	if err != nil {
		return WaitLine{}, err
	}
	list, err := s.waits(ctx, "WHERE e.id = ? AND "+where, append([]any{id}, args...)...)
	if err != nil || len(list) == 0 {
		return WaitLine{}, orNotFound(err)
	}
	w := list[0]
	if err := s.place(ctx, &w); err != nil {
		return WaitLine{}, err
	}
	p, err := s.PatientWithin(ctx, Reach{{}}, w.Patient)
	return WaitLine{w, MaskName(p.Name)}, err
}

// errNoneFree refuses to offer what is not there.
var errNoneFree = refuse(CodeSlotFull, "现在没有符合条件的空号；有人退号时会按顺序提供。", "There is no free place that fits now. One that is returned will be offered in turn.")

// PutFirst lets a wish go before all others of its department, and says in the audit log why. Who goes first already stays so.
func (s *Store) PutFirst(ctx context.Context, id WaitID, note string) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		var w struct {
			Hospital   HospitalID
			Department DepartmentID
			Priority   int
			Status     WaitStatus
		}
		err := tx.GetContext(ctx, &w, "SELECT hospital_id AS hospital, department_id AS department, priority, status FROM waitlist_entries WHERE id = ? FOR UPDATE", id)
		switch {
		case err != nil:
			return notFound(err, "lock the wait")
		case w.Status != StillWaiting:
			return ErrWrongStatus
		}
		var most int
		err = tx.GetContext(ctx, &most, "SELECT COALESCE(MAX(priority), 0) FROM waitlist_entries WHERE department_id = ? AND status IN ('waiting', 'offered') AND id <> ?", w.Department, id)
		if err != nil {
			return fmt.Errorf("read who goes first: %w", err)
		}
		if w.Priority > most {
			return nil
		}
		if _, err := tx.ExecContext(ctx, "UPDATE waitlist_entries SET priority = ? WHERE id = ?", most+1, id); err != nil {
			return fmt.Errorf("raise a wait's priority: %w", err)
		}
		return audit.Write(ctx, s.Audit, tx, audit.Entry{
			Action: "waitlist.first", Subject: fmt.Sprintf("wait:%d", id), Hospital: int64(w.Hospital),
			Before: map[string]any{"priority": w.Priority}, After: map[string]any{"priority": most + 1}, Note: note,
		})
	})
}

// OfferNow offers somebody a free place that fits, before whoever else is in line, and tells whether there was one to offer by its refusal: slot_full.
// The rules of a hold apply.
func (s *Store) OfferNow(ctx context.Context, id WaitID, note string) error {
	list, err := s.waits(ctx, "WHERE e.id = ?", id)
	if err != nil || len(list) == 0 {
		return orNotFound(err)
	}
	if list[0].Status != StillWaiting {
		return ErrWrongStatus
	}
	var slots []Slot
	err = s.db.SelectContext(ctx, &slots, `SELECT `+slotColumns+` FROM waitlist_entries e JOIN schedules c ON c.department_id = e.department_id
		AND c.visit_date BETWEEN e.first_date AND e.last_date JOIN slots s ON s.schedule_id = c.id
		WHERE e.id = ? AND e.doctor_id IN (0, c.doctor_id) AND c.status = 'open' AND s.taken < s.capacity AND s.starts_at > ? ORDER BY s.starts_at LIMIT 50`, id, s.clock())
	if err != nil {
		return fmt.Errorf("look for free places: %w", err)
	}
	for _, slot := range slots {
		offered := false
		err := s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
			offered, err = s.offerTo(ctx, tx, list[0], slot, note)
			return err
		})
		if err != nil || offered {
			return err
		}
	}
	return errNoneFree
}

// offerTo is offerOne for one of the line.
func (s *Store) offerTo(ctx context.Context, tx *sqlx.Tx, w Waiting, slot Slot, note string) (bool, error) {
	l, err := s.lineFor(ctx, tx, slot.Schedule)
	if err != nil {
		return false, err
	}
	l.waits = slices.DeleteFunc(l.waits, func(other inLine) bool { return other.ID != w.ID })
	offered, err := s.offerFree(ctx, tx, l, slot)
	if err != nil || !offered {
		return false, err
	}
	return true, audit.Write(ctx, s.Audit, tx, audit.Entry{
		Action: "waitlist.offer", Subject: fmt.Sprintf("wait:%d", w.ID), Hospital: int64(w.Hospital), After: map[string]any{"schedule": slot.Schedule}, Note: note,
	})
}
