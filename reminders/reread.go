package reminders

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// reread has the audience of a broadcast read again in which recipients wait who are on no lane: a replica of before migration 45 has read it, beside us while
// replicas are replaced one by one, and has noted neither their platform nor their visit. They are struck out and come again; whoever was written to, or is
// being written to, is kept by the unique key. It tells whether there were any.
func (s *Store) reread(ctx context.Context) (any bool, err error) {
	list, err := s.underWay(ctx, expanding, sending)
	if err != nil {
		return false, err
	}
	for _, b := range list {
		for b.Schedule == 0 {
			some, err := s.strikeOut(ctx, b.ID)
			if err != nil {
				return any, fmt.Errorf("have the audience of broadcast %d read again: %w", b.ID, err)
			}
			if !some {
				break
			}
			any = true
		}
	}
	return any, nil
}

// strikeOut removes a page of those who are on no lane, and begins the audience anew in the same transaction. It finds them before it locks them, as
// requeue does.
func (s *Store) strikeOut(ctx context.Context, id BroadcastID) (some bool, err error) {
	var ids []int64
	const find = "SELECT id FROM notices WHERE broadcast_id = ? AND status = 'queued' AND platform IS NULL ORDER BY id LIMIT ?"
	if err := s.db.SelectContext(ctx, &ids, find, id, withdrawPage); err != nil || len(ids) == 0 {
		return false, err
	}
	statement, args, err := sqlx.In("DELETE FROM notices WHERE id IN (?) AND status = 'queued' AND platform IS NULL", ids)
	if err != nil {
		return false, err
	}
	return true, mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		const anew = "UPDATE broadcasts SET state = ?, last_seen = 0 WHERE id = ? AND state IN (?, ?)"
		if _, err := tx.ExecContext(ctx, anew, expanding, id, expanding, sending); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, statement, args...)
		return err
	})
}
