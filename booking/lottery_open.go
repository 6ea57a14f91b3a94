package booking

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking/allocation"
	"guahao/internal/audit"
	"guahao/internal/mysql"
)

// Beacon gives public random values that nobody can know or choose before their times.
type Beacon interface {
	// Source says, when a window opens, which value will be mixed in: the first one of an instant or later.
	Source(at time.Time) string
	// Value reads it. ErrBeaconEarly when it is not known yet.
	Value(ctx context.Context, source string) (string, error)
}

// ErrBeaconEarly says that a beacon's value is still to come.
var ErrBeaconEarly = errors.New("the beacon's value is not known yet")

// lotteryColumns are those of a draw (l).
const lotteryColumns = `l.id, l.schedule_id AS schedule, l.hospital_id AS hospital, l.name, l.mode, l.state, l.policy_version AS policy, l.opens_at AS opensat,
	l.closes_at AS closesat, l.commitment, l.beacon_source AS beaconsource, l.places, l.list, l.beacon, l.seed`

// Allocate says how the places of a half-day are given, before they are released: later it is refused with ErrDrawBegun.
func (s *Store) Allocate(ctx context.Context, by StaffID, id ScheduleID, mode Allocation) error {
	if !mode.known() {
		return fmt.Errorf("places cannot be given by %q", mode)
	}
	d, err := s.directory(ctx)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		var c Schedule
		if err := tx.GetContext(ctx, &c, `SELECT `+scheduleColumns+`, c.capacity, c.taken FROM schedules c WHERE c.id = ? FOR UPDATE`, id); err != nil {
			return notFound(err, "lock the schedule")
		}
		if c.Allocation == mode {
			return nil
		}
		if err := s.dropLottery(ctx, tx, d, c); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE schedules SET allocation = ? WHERE id = ?", mode, id); err != nil {
			return fmt.Errorf("set how places are given: %w", err)
		}
		return audit.Write(ctx, s.Audit, tx, audit.Entry{
			Action: "clinic.allocate", Subject: fmt.Sprintf("schedule:%d", id), Hospital: int64(c.Hospital),
			Before: map[string]any{"allocation": c.Allocation}, After: map[string]any{"allocation": mode, "staff": by},
		})
	})
}

// dropLottery takes back a draw that was announced and has not opened yet. A half-day that was released, or of which somebody has a place, keeps its ways.
func (s *Store) dropLottery(ctx context.Context, tx *sqlx.Tx, d *directory, c Schedule) error {
	now, zone := s.clock(), d.zone(c.Hospital)
	released := c.Date <= d.window(c.Hospital, now).Last
	var open int
	err := tx.GetContext(ctx, &open, "SELECT COUNT(id) FROM lotteries WHERE schedule_id = ? AND (state <> 'open' OR opens_at <= ?)", c.ID, now)
	switch {
	case err != nil:
		return fmt.Errorf("look for a draw that has begun: %w", err)
	case c.Status != Open:
		return ErrScheduleStopped
	case open > 0, released, c.Taken > 0, !c.Date.In(zone).After(now):
		return ErrDrawBegun
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM lotteries WHERE schedule_id = ? AND state = 'open' AND opens_at > ?", c.ID, now); err != nil {
		return fmt.Errorf("take a draw back: %w", err)
	}
	return nil
}

// announce makes the draws of the half-days whose places are given by lot: from then on their commitments can be read. A half-day for
// which it is too late is given to whoever comes first.
func (s *Store) announce(ctx context.Context) error {
	var ids []ScheduleID
	err := s.db.SelectContext(ctx, &ids, `SELECT c.id FROM schedules c WHERE c.allocation IN ('lottery', 'weighted') AND c.visit_date >= ? AND c.status = 'open'
		AND NOT EXISTS (SELECT l.id FROM lotteries l WHERE l.schedule_id = c.id) ORDER BY c.id LIMIT 500`, DateOf(s.clock(), time.UTC).Add(-1))
	if err != nil {
		return fmt.Errorf("read what is to be drawn: %w", err)
	}
	for _, id := range ids {
		if failed := s.announceOne(ctx, id); failed != nil {
			err = errors.Join(err, fmt.Errorf("announce the draw for schedule %d: %w", id, failed))
		}
	}
	return err
}

func (s *Store) announceOne(ctx context.Context, id ScheduleID) error {
	d, err := s.directory(ctx)
	if err != nil {
		return err
	}
	seed, err := allocation.NewSeed(s.random())
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		var c Schedule
		if err := tx.GetContext(ctx, &c, `SELECT `+scheduleColumns+`, c.capacity, c.taken FROM schedules c WHERE c.id = ? FOR UPDATE`, id); err != nil {
			return notFound(err, "lock the schedule")
		}
		if !c.Allocation.ByLot() || c.Status != Open {
			return nil
		}
		var first time.Time
		if err := tx.GetContext(ctx, &first, "SELECT MIN(starts_at) FROM slots WHERE schedule_id = ?", id); err != nil {
			return fmt.Errorf("read when the half-day begins: %w", err)
		}
		opens, closes, ok := d.current[c.Hospital].lotteryWindow(c.Date, first, s.clock(), d.zone(c.Hospital))
		if !ok {
			return firstCome(ctx, tx, id)
		}
		return s.insertLottery(ctx, tx, Lottery{
			Schedule: id, Hospital: c.Hospital, Name: fmt.Sprintf("%d %s %s %s", id, d.doctor[c.Doctor].Code, c.Date, c.Period), Mode: c.Allocation,
			State: LotteryOpen, Policy: d.current[c.Hospital].Version, OpensAt: opens, ClosesAt: closes, Seed: seed,
		})
	})
	if mysql.IsDuplicate(err, "uk_lotteries_schedule") {
		return nil // another replica was faster
	}
	return err
}

func (s *Store) insertLottery(ctx context.Context, tx *sqlx.Tx, l Lottery) error {
	commitment, err := l.Seed.Commit()
	if err != nil {
		return err
	}
	sealed, err := s.keys.Seal([]byte(string(l.Seed)), seedAt(commitment))
	if err != nil {
		return fmt.Errorf("seal the seed: %w", err)
	}
	source := allocation.ClosingSource
	if s.Beacon != nil {
		source = s.Beacon.Source(l.ClosesAt)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO lotteries (schedule_id, hospital_id, name, mode, state, policy_version, opens_at, closes_at, commitment, sealed_seed, beacon_source)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, l.Schedule, l.Hospital, l.Name, l.Mode, l.State, l.Policy, l.OpensAt, l.ClosesAt, commitment, sealed, source)
	if err != nil {
		return fmt.Errorf("write the draw: %w", err)
	}
	return nil
}

// seedAt names the place of a sealed seed.
func seedAt(commitment allocation.Digest) string {
	return "lotteries.sealed_seed:" + string(commitment)
}

// firstCome gives a half-day's places to whoever comes first from now on.
func firstCome(ctx context.Context, tx *sqlx.Tx, id ScheduleID) error {
	if _, err := tx.ExecContext(ctx, "UPDATE schedules SET allocation = ? WHERE id = ?", FirstCome, id); err != nil {
		return fmt.Errorf("open the half-day to everybody: %w", err)
	}
	return nil
}

// random is where seeds and secrets come from.
func (s *Store) random() io.Reader {
	if s.Random != nil {
		return s.Random
	}
	return rand.Reader
}

// Lottery gives the draw of a half-day as it stands. ErrNotByLot where none is or was.
func (s *Store) Lottery(ctx context.Context, schedule ScheduleID) (Lottery, error) {
	l, err := s.readLottery(ctx, schedule)
	if !errors.Is(err, ErrNotFound) {
		return l, err
	}
	c, err := s.Schedule(ctx, schedule)
	if err != nil {
		return Lottery{}, err
	}
	if !c.Allocation.ByLot() {
		return Lottery{}, ErrNotByLot
	}
	if err := s.announceOne(ctx, schedule); err != nil { // it was not the job's turn yet
		return Lottery{}, err
	}
	if l, err = s.readLottery(ctx, schedule); errors.Is(err, ErrNotFound) {
		return l, ErrNotByLot
	}
	return l, err
}

func (s *Store) readLottery(ctx context.Context, schedule ScheduleID) (Lottery, error) {
	var l Lottery
	if err := s.db.GetContext(ctx, &l, "SELECT "+lotteryColumns+" FROM lotteries l WHERE l.schedule_id = ?", schedule); err != nil {
		return l, notFound(err, "read the draw")
	}
	var rows []struct{ Lots, People int }
	err := s.db.SelectContext(ctx, &rows, "SELECT lots, COUNT(id) AS people FROM lottery_applications WHERE lottery_id = ? AND status <> 'withdrawn' GROUP BY lots", l.ID)
	if err != nil {
		return l, fmt.Errorf("count who has applied: %w", err)
	}
	l.Lots = make(map[int]int, len(rows))
	for _, row := range rows {
		l.Lots[row.Lots] = row.People
	}
	if l.State == LotteryOpen {
		l.Places, err = placesToDraw(ctx, s.db, schedule)
	}
	return l, err
}

// placesToDraw counts the places of a half-day that nobody has, without those that staff have added.
func placesToDraw(ctx context.Context, q queryer, schedule ScheduleID) (int, error) {
	var n int
	err := q.GetContext(ctx, &n, "SELECT COALESCE(SUM(s.capacity - s.taken), 0) FROM slots s WHERE s.schedule_id = ? AND s.first_seq < ?", schedule, extraSeq)
	if err != nil {
		return 0, fmt.Errorf("count the places: %w", err)
	}
	return n, nil
}
