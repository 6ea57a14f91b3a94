package reminders

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/internal/mysql"
)

// insertPage is how many recipients are queued by one statement.
const insertPage = 250

// expandAll queues one page of recipients for each broadcast whose audience is still being read.
func (s *Store) expandAll(ctx context.Context) (any bool, err error) {
	list, err := s.underWay(ctx, expanding)
	if err != nil {
		return false, err
	}
	for _, b := range list {
		if !b.begun(s.now()) {
			continue
		}
		if err := s.expand(ctx, b.ID); err != nil {
			return any, fmt.Errorf("read the audience of broadcast %d: %w", b.ID, err)
		}
		any = true
	}
	return any, nil
}

// begun tells whether a broadcast may go on: its time has come, and nobody has paused it.
func (b broadcast) begun(now time.Time) bool {
	return !b.PausedAt.Valid && !b.StartAt.Time.After(now)
}

// underWay reads the broadcasts, and the watches over stopped clinics, that are in one of some states; without their texts.
func (s *Store) underWay(ctx context.Context, states ...string) ([]broadcast, error) {
	query, args, err := sqlx.In(`SELECT id, COALESCE(schedule_id, 0) AS schedule_id, audience, state, start_at, at_night, paused_at FROM broadcasts
		WHERE state IN (?) ORDER BY id`, states)
	if err != nil {
		return nil, fmt.Errorf("ask for the broadcasts: %w", err)
	}
	var list []broadcast
	if err := s.db.SelectContext(ctx, &list, query, args...); err != nil {
		return nil, fmt.Errorf("read the broadcasts: %w", err)
	}
	for i := range list {
		if err := json.Unmarshal(list[i].Audience, &list[i].audience); err != nil {
			return nil, fmt.Errorf("the audience of broadcast %d: %w", list[i].ID, err)
		}
	}
	return list, nil
}

// expand queues the next page. How far the audience has been read moves in the same transaction, by compare-and-swap: a crash
// repeats or loses nobody, and of two replicas one goes on.
func (s *Store) expand(ctx context.Context, id BroadcastID) error {
	b, err := s.readBroadcast(ctx, id)
	if err != nil || b.State != expanding {
		return err
	}
	list, last, _, more, err := s.page(ctx, b.audience, b.LastSeen, audiencePage)
	if err != nil {
		return err
	}
	next := expanding
	if !more {
		next = sending
	}
	return mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		const move = "UPDATE broadcasts SET state = ?, last_seen = ? WHERE id = ? AND state = ? AND last_seen = ?"
		moved, err := affected(tx.ExecContext(ctx, move, next, last, id, expanding, b.LastSeen))
		if err != nil || !moved {
			return err
		}
		for some := range slices.Chunk(list, insertPage) {
			if err := s.insertReaders(ctx, tx, id, some); err != nil {
				return err
			}
		}
		return nil
	})
}

// insertReaders queues recipients. One with several appointments may come several times; the unique key keeps the first.
func (s *Store) insertReaders(ctx context.Context, tx *sqlx.Tx, id BroadcastID, list []reader) error {
	const one = "(?, ?, ?, ?, ?, 1, 'queued', ?, ?, ?)"
	now := s.now()
	args := make([]any, 0, 8*len(list))
	for _, r := range list {
		args = append(args, Broadcast, id, r.account.ID, r.account.Platform, orNull(r.visit), now, now, now)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO notices (kind, broadcast_id, account_id, platform, visit_id, bulk, status, due_at, next_attempt_at, created_at)
		VALUES `+strings.Repeat(one+", ", len(list)-1)+one+" ON DUPLICATE KEY UPDATE id = id", args...)
	if err != nil {
		return fmt.Errorf("queue recipients: %w", err)
	}
	return nil
}

// finishAll ends the broadcasts whose recipients have all reached an end, and queues the report to their authors.
func (s *Store) finishAll(ctx context.Context) (any bool, err error) {
	list, err := s.underWay(ctx, sending, withdrawing)
	if err != nil {
		return false, err
	}
	for _, b := range list {
		done, err := s.finish(ctx, b.ID)
		if err != nil {
			return false, fmt.Errorf("finish broadcast %d: %w", b.ID, err)
		}
		any = any || done
	}
	return any, nil
}

func (s *Store) finish(ctx context.Context, id BroadcastID) (done bool, err error) {
	b, err := s.readBroadcast(ctx, id)
	if err != nil || b.State != sending && b.State != withdrawing { // another replica has finished it since it was listed
		return false, err
	}
	if open, err := s.hasPending(ctx, id, b.Schedule); err != nil || open {
		return false, err
	}
	err = mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		r, err := s.tally(ctx, tx, id, b.Schedule)
		if err != nil {
			return err
		}
		done, err = affected(tx.ExecContext(ctx, `UPDATE broadcasts SET state = ?, sent = ?, blocked = ?, unreachable = ?, failed = ?,
			obsolete = ?, declined = ?, withdrawn = ?, finished_at = ? WHERE id = ? AND state = ?`,
			finished, r.Sent, r.Blocked, r.Unreachable, r.Failed, r.Obsolete, r.Declined, r.Withdrawn, s.now(), id, b.State))
		if err != nil || !done {
			return err
		}
		if b.Account == 0 { // sent from the console, which shows by itself what became of it
			return nil
		}
		kind := StaffReport
		if b.Schedule != 0 {
			kind = StopReport
		}
		return s.insert(ctx, tx, []entry{{kind: kind, version: int64(id), account: b.Account, due: s.now()}})
	})
	return done, err
}

// of names the notices of a broadcast or of a stopped clinic.
func of(id BroadcastID, schedule booking.ScheduleID) (where string, arg any) {
	if schedule != 0 {
		return "schedule_id = ?", schedule
	}
	return "broadcast_id = ?", id
}

func (s *Store) hasPending(ctx context.Context, id BroadcastID, schedule booking.ScheduleID) (bool, error) {
	where, arg := of(id, schedule)
	var ids []int64
	query := "SELECT id FROM notices WHERE " + where + " AND status IN ('queued', 'claimed') LIMIT 1"
	if err := s.db.SelectContext(ctx, &ids, query, arg); err != nil {
		return false, fmt.Errorf("look for pending notices: %w", err)
	}
	return len(ids) > 0, nil
}

// tally counts how the notices stand.
func (s *Store) tally(ctx context.Context, q sqlx.QueryerContext, id BroadcastID, schedule booking.ScheduleID) (Report, error) {
	where, arg := of(id, schedule)
	var counts []struct {
		Status Status `db:"status"`
		N      int    `db:"n"`
	}
	query := "SELECT status, COUNT(id) AS n FROM notices WHERE " + where + " GROUP BY status"
	if err := sqlx.SelectContext(ctx, q, &counts, query, arg); err != nil {
		return Report{}, fmt.Errorf("count the notices of broadcast %d: %w", id, err)
	}
	var r Report
	for _, c := range counts {
		r.Total += c.N
		switch c.Status {
		case Sent:
			r.Sent = c.N
		case Blocked:
			r.Blocked = c.N
		case Unreachable:
			r.Unreachable = c.N
		case Failed:
			r.Failed = c.N
		case Obsolete:
			r.Obsolete = c.N
		case Declined:
			r.Declined = c.N
		case Withdrawn:
			r.Withdrawn = c.N
		default:
			r.Pending += c.N
		}
	}
	return r, nil
}
