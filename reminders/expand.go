package reminders

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/mysql"
)

// audiencePage is how many of an audience are read and queued at once.
const audiencePage = 500

// expandAll queues one page of recipients for each broadcast whose audience is still being read.
func (s *Store) expandAll(ctx context.Context) (any bool, err error) {
	ids, err := s.inState(ctx, expanding)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if err := s.expand(ctx, id); err != nil {
			return false, fmt.Errorf("read the audience of broadcast %d: %w", id, err)
		}
	}
	return len(ids) > 0, nil
}

func (s *Store) inState(ctx context.Context, state string) ([]BroadcastID, error) {
	var ids []BroadcastID
	if err := s.db.SelectContext(ctx, &ids, "SELECT id FROM broadcasts WHERE state = ? ORDER BY id", state); err != nil {
		return nil, fmt.Errorf("read the broadcasts: %w", err)
	}
	return ids, nil
}

// expand queues the next page. How far the audience has been read moves in the same transaction, by compare-and-swap: a crash
// repeats or loses nobody, and of two replicas one goes on.
func (s *Store) expand(ctx context.Context, id BroadcastID) error {
	b, err := s.readBroadcast(ctx, id)
	if err != nil || b.State != expanding {
		return err
	}
	accounts, last, err := s.page(ctx, b)
	if err != nil {
		return err
	}
	next := expanding
	if len(accounts) == 0 {
		next, last = sending, b.LastSeen
	}
	return mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		const move = "UPDATE broadcasts SET state = ?, last_seen = ? WHERE id = ? AND state = ? AND last_seen = ?"
		moved, err := affected(tx.ExecContext(ctx, move, next, last, id, expanding, b.LastSeen))
		if err != nil || !moved {
			return err
		}
		return s.insert(ctx, tx, recipients(id, accounts, s))
	})
}

// page reads who comes next, and where to go on after them.
func (s *Store) page(ctx context.Context, b broadcast) (accounts []bots.AccountID, last int64, err error) {
	if b.audience.All {
		accounts, err = s.accounts.Followers(ctx, bots.AccountID(b.LastSeen), audiencePage)
		if len(accounts) > 0 {
			last = int64(accounts[len(accounts)-1])
		}
		return accounts, last, err
	}
	members, err := s.bookings.Audience(ctx, b.audience.Filter, booking.AppointmentID(b.LastSeen), audiencePage)
	for _, m := range members {
		accounts = append(accounts, bots.AccountID(m.Account))
		last = max(last, int64(m.Appointment))
	}
	return accounts, last, err
}

// recipients makes one entry for each account. One with several appointments comes several times; the unique key keeps the first.
func recipients(id BroadcastID, accounts []bots.AccountID, s *Store) []entry {
	due := s.now()
	entries := make([]entry, 0, len(accounts))
	for _, a := range accounts {
		entries = append(entries, entry{kind: Broadcast, broadcast: id, account: a, bulk: true, due: due})
	}
	return entries
}

// finishAll ends the broadcasts whose recipients have all reached an end, and queues the report to their authors.
func (s *Store) finishAll(ctx context.Context) (any bool, err error) {
	ids, err := s.inState(ctx, sending)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		done, err := s.finish(ctx, id)
		if err != nil {
			return false, fmt.Errorf("finish broadcast %d: %w", id, err)
		}
		any = any || done
	}
	return any, nil
}

func (s *Store) finish(ctx context.Context, id BroadcastID) (done bool, err error) {
	b, err := s.readBroadcast(ctx, id)
	if err != nil {
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
			obsolete = ?, finished_at = ? WHERE id = ? AND state = ?`,
			finished, r.Sent, r.Blocked, r.Unreachable, r.Failed, r.Obsolete, s.now(), id, sending))
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
		default:
			r.Pending += c.N
		}
	}
	return r, nil
}
