package booking

import (
	"context"
	"errors"
	"fmt"
)

// FinishChanges stops the half-days with patients of applied change sets that were cut short. Any number of replicas may call it at once.
func (s *Store) FinishChanges(ctx context.Context) error {
	var ids []ChangeSetID
	if err := s.db.SelectContext(ctx, &ids, "SELECT DISTINCT e.change_set_id FROM change_effects e JOIN change_sets c ON c.id = e.change_set_id WHERE e.to_stop = 1 AND c.status = 'applied'"); err != nil {
		return fmt.Errorf("read the change sets that were cut short: %w", err)
	}
	var failures []error
	for _, id := range ids {
		set, err := readChangeSet(ctx, s.db, id, "")
		if err == nil {
			err = s.finishSet(ctx, set)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("finish change set %d: %w", id, err))
		}
	}
	return errors.Join(failures...)
}

// finishSet stops what a set leaves to be stopped. A half-day that is over by now is left as it was.
func (s *Store) finishSet(ctx context.Context, set ChangeSet) error {
	var left []struct {
		Line     int
		Schedule ScheduleID
	}
	err := s.db.SelectContext(ctx, &left, "SELECT line, subject_id AS schedule FROM change_effects WHERE change_set_id = ? AND to_stop = 1 ORDER BY line", set.ID)
	if err != nil {
		return fmt.Errorf("read what is to be stopped: %w", err)
	}
	for _, e := range left {
		if _, err := s.StopSchedule(ctx, set.Applied.By, e.Schedule, set.Note); err != nil && !errors.Is(err, ErrTooLate) {
			return err
		}
		if _, err := s.db.ExecContext(ctx, "UPDATE change_effects SET to_stop = 2 WHERE change_set_id = ? AND line = ?", set.ID, e.Line); err != nil {
			return fmt.Errorf("note what was stopped: %w", err)
		}
	}
	return nil
}
