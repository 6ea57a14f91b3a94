package reminders

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"guahao/booking"
)

// Written is a broadcast as the hospital's people list it.
type Written struct {
	ID         BroadcastID
	Staff      booking.StaffID
	All        bool // to all followers
	Filter     booking.AudienceFilter
	Text       string
	State      string // expanding, sending, finished
	Report     Report
	CreatedAt  time.Time
	FinishedAt time.Time
}

// Browse lists broadcasts, the newest first, and tells how many there are. The watches over stopped clinics are not among them.
func (s *Store) Browse(ctx context.Context, offset, limit int) ([]Written, int, error) {
	var total int
	if err := s.db.GetContext(ctx, &total, "SELECT COUNT(id) FROM broadcasts WHERE schedule_id IS NULL"); err != nil {
		return nil, 0, fmt.Errorf("count the broadcasts: %w", err)
	}
	var rows []struct {
		ID         BroadcastID `db:"id"`
		CreatedAt  time.Time   `db:"created_at"`
		FinishedAt *time.Time  `db:"finished_at"`
	}
	err := s.db.SelectContext(ctx, &rows, "SELECT id, created_at, finished_at FROM broadcasts WHERE schedule_id IS NULL ORDER BY id DESC LIMIT ? OFFSET ?", limit, offset)
	if err != nil {
		return nil, 0, fmt.Errorf("list the broadcasts: %w", err)
	}
	list := make([]Written, len(rows))
	for i, row := range rows {
		if list[i], err = s.written(ctx, row.ID); err != nil {
			return nil, 0, err
		}
		list[i].CreatedAt = row.CreatedAt
		if row.FinishedAt != nil {
			list[i].FinishedAt = *row.FinishedAt
		}
	}
	return list, total, nil
}

func (s *Store) written(ctx context.Context, id BroadcastID) (Written, error) {
	b, err := s.readBroadcast(ctx, id)
	if err != nil {
		return Written{}, err
	}
	w := Written{ID: b.ID, Staff: b.Staff, Text: b.Text, State: b.State}
	var whom audience
	if err := json.Unmarshal(b.Audience, &whom); err != nil {
		return w, fmt.Errorf("the audience of broadcast %d: %w", id, err)
	}
	w.All, w.Filter = whom.All, whom.Filter
	w.Report, err = s.Report(ctx, id)
	return w, err
}
