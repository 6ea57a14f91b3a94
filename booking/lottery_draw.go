package booking

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/booking/allocation"
)

// WorkLotteries does what is due: it announces draws, closes the windows that are over, draws, gives the places, and ends the draws of stopped clinics.
// Each step is a transaction that finds out by itself whether it was done before. So it may be called at any time, by any number of
// replicas, and a process that dies between two steps has lost nothing and done nothing twice.
func (s *Store) WorkLotteries(ctx context.Context) error {
	err := s.announce(ctx)
	var due []Lottery
	failed := s.db.SelectContext(ctx, &due, "SELECT "+lotteryColumns+` FROM lotteries l JOIN schedules c ON c.id = l.schedule_id
		WHERE (l.state = 'open' AND l.closes_at <= ?) OR l.state IN ('closed', 'drawn') OR (l.state = 'open' AND c.status = 'stopped') ORDER BY l.closes_at, l.id LIMIT 500`, s.clock())
	if failed != nil {
		return errors.Join(err, fmt.Errorf("read the draws that are due: %w", failed))
	}
	for _, l := range due {
		if failed := s.workLottery(ctx, l); failed != nil {
			err = errors.Join(err, fmt.Errorf("the draw for schedule %d: %w", l.Schedule, failed))
		}
	}
	return err
}

// workLottery takes one draw as far as it can get.
func (s *Store) workLottery(ctx context.Context, l Lottery) error {
	c, err := s.readSchedule(ctx, l.Schedule)
	if err != nil {
		return err
	}
	if c.Status == Stopped {
		return s.voidLottery(ctx, l)
	}
	if l.State == LotteryOpen {
		if err := s.inTx(ctx, func(tx *sqlx.Tx) error { return s.closeLottery(ctx, tx, l.ID) }); err != nil {
			return err
		}
	}
	if l.State != LotteryDrawn {
		if err := s.draw(ctx, l); err != nil {
			if errors.Is(err, ErrBeaconEarly) {
				return nil // it is the next tick's turn
			}
			return err
		}
	}
	return s.settle(ctx, l)
}

func (s *Store) readSchedule(ctx context.Context, id ScheduleID) (Schedule, error) {
	var c Schedule
	err := s.db.GetContext(ctx, &c, `SELECT `+scheduleColumns+`, c.capacity, c.taken FROM schedules c WHERE c.id = ?`, id)
	if err != nil {
		return c, notFound(err, "read the schedule")
	}
	return c, nil
}

func lockLottery(ctx context.Context, tx *sqlx.Tx, id LotteryID) (Lottery, error) {
	var l Lottery
	if err := tx.GetContext(ctx, &l, "SELECT "+lotteryColumns+" FROM lotteries l WHERE l.id = ? FOR UPDATE", id); err != nil {
		return l, notFound(err, "lock the draw")
	}
	return l, nil
}

// closeLottery fixes the list of the applications. Those who apply lock the draw too, so that none is half in it.
func (s *Store) closeLottery(ctx context.Context, tx *sqlx.Tx, id LotteryID) error {
	l, err := lockLottery(ctx, tx, id)
	if err != nil || l.State != LotteryOpen || s.clock().Before(l.ClosesAt) {
		return err
	}
	list, err := listed(ctx, tx, id)
	if err != nil {
		return err
	}
	places, err := placesToDraw(ctx, tx, l.Schedule)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE lotteries SET state = ?, list = ?, places = ?, closed_at = ? WHERE id = ?", LotteryClosed, allocation.ListDigest(list), places, s.clock(), id)
	if err != nil {
		return fmt.Errorf("close the draw: %w", err)
	}
	return nil
}

// listed reads the applications as they are published.
func listed(ctx context.Context, q queryer, id LotteryID) ([]allocation.Application, error) {
	list := []allocation.Application{}
	err := q.SelectContext(ctx, &list, "SELECT number, receipt, lots FROM lottery_applications WHERE lottery_id = ? AND status <> 'withdrawn' ORDER BY number", id)
	if err != nil {
		return nil, fmt.Errorf("read the applications of a draw: %w", err)
	}
	return list, nil
}

// draw reveals the seed of a closed draw and writes down the order that follows. The beacon is asked before anything is locked.
func (s *Store) draw(ctx context.Context, l Lottery) error {
	l, err := s.readLottery(ctx, l.Schedule)
	if err != nil || l.State != LotteryClosed {
		return err
	}
	beacon := allocation.ClosingBeacon(l.List)
	if l.BeaconSource != allocation.ClosingSource {
		if s.Beacon == nil {
			return fmt.Errorf("%q was announced as its beacon, and none is configured", l.BeaconSource)
		}
		if beacon, err = s.Beacon.Value(ctx, l.BeaconSource); err != nil {
			return fmt.Errorf("ask the beacon %q: %w", l.BeaconSource, err)
		}
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error { return s.drawWith(ctx, tx, l.ID, beacon) })
}

func (s *Store) drawWith(ctx context.Context, tx *sqlx.Tx, id LotteryID, beacon string) error {
	l, err := lockLottery(ctx, tx, id)
	if err != nil || l.State != LotteryClosed {
		return err
	}
	record, err := recordOf(ctx, tx, l)
	if err != nil {
		return err
	}
	var sealed []byte
	if err := tx.GetContext(ctx, &sealed, "SELECT sealed_seed FROM lotteries WHERE id = ?", id); err != nil {
		return fmt.Errorf("read the seed: %w", err)
	}
	seed, err := s.keys.Open(sealed, seedAt(l.Commitment))
	if err != nil {
		return fmt.Errorf("open the seed: %w", err)
	}
	record.Seed, record.Beacon = allocation.Seed(seed), beacon
	drawn, err := record.Draw()
	if err != nil {
		return err
	}
	if drawn.List != l.List {
		return fmt.Errorf("%w: the list has changed since it was closed", allocation.ErrWrong)
	}
	if err := writeOrder(ctx, tx, id, drawn.Order); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE lotteries SET state = ?, seed = ?, beacon = ?, drawn_at = ? WHERE id = ?", LotteryDrawn, string(seed), beacon, s.clock(), id)
	if err != nil {
		return fmt.Errorf("write the draw: %w", err)
	}
	return nil
}

// writeOrder writes the position of each application, many in a statement.
func writeOrder(ctx context.Context, tx *sqlx.Tx, id LotteryID, order []int) error {
	for start := 0; start < len(order); start += rowsPerStatement {
		positions := cases{column: "number"}
		for i, number := range order[start:min(start+rowsPerStatement, len(order))] {
			positions.add(int64(number), start+i+1)
		}
		query, args, err := sqlx.In("UPDATE lottery_applications SET position = "+positions.text()+" WHERE lottery_id = ? AND number IN (?)",
			append(positions.args(), id, positions.ids)...)
		if err != nil {
			return fmt.Errorf("write the order: %w", err)
		}
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("write the order: %w", err)
		}
	}
	return nil
}

// recordOf is a draw as it is published so far.
func recordOf(ctx context.Context, q queryer, l Lottery) (allocation.Record, error) {
	r := allocation.Record{
		Schedule: l.Name, Places: l.Places, Opens: l.OpensAt, Closes: l.ClosesAt, Commitment: l.Commitment, BeaconSource: l.BeaconSource,
		List: l.List, Beacon: l.Beacon, Seed: l.Seed,
	}
	if l.State == LotteryOpen || l.State == LotteryVoid {
		return r, nil
	}
	var err error
	if r.Applications, err = listed(ctx, q, l.ID); err != nil || l.State == LotteryClosed {
		return r, err
	}
	r.Order = []int{}
	err = q.SelectContext(ctx, &r.Order, "SELECT number FROM lottery_applications WHERE lottery_id = ? AND status <> 'withdrawn' ORDER BY position", l.ID)
	if err != nil {
		return r, fmt.Errorf("read the order: %w", err)
	}
	return r, nil
}

// LotteryRecord gives the draw of a half-day as it is published: nothing in it says who has applied.
func (s *Store) LotteryRecord(ctx context.Context, schedule ScheduleID) (allocation.Record, Lottery, error) {
	l, err := s.Lottery(ctx, schedule)
	if err != nil {
		return allocation.Record{}, l, err
	}
	r, err := recordOf(ctx, s.db, l)
	return r, l, err
}
