package booking_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/allocation"
	"guahao/booking/bookingtest"
)

// ended is what a follower was told of an application without a place.
type ended struct {
	booking.Application
	place int
}

func (f *follower) ApplicationEnded(_ context.Context, _ *sqlx.Tx, a booking.Application, place int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = append(f.ended, ended{a, place})
	return nil
}

// drawn opens a half-day in the evening, days from today, whose places are given by lot: applications are taken for an hour.
func (w *world) drawn(days int, by booking.Allocation, fee, places int) booking.Schedule {
	w.t.Helper()
	c, err := w.AddSchedule(context.Background(), w.doctor, today.Add(days), booking.Session{
		Period: booking.Evening, Kind: booking.General, Fee: 5000, Room: "1", StartMinute: 18 * 60, SlotMinutes: 15, Slots: places, PerSlot: 1, Allocation: by,
	})
	must(w.t, err)
	if fee == 0 {
		_, err := w.db.Exec("UPDATE schedules SET fee = 0 WHERE id = ?", c.ID)
		must(w.t, err)
	}
	return c
}

func (w *world) apply(c booking.Schedule, n int) (booking.Application, error) {
	w.t.Helper()
	p := bookingtest.Patient(w.t, w.Store, booking.UserID(n), n)
	return w.Apply(context.Background(), booking.ApplyRequest{
		Schedule: c.ID, Patient: p.ID, User: p.User, Account: booking.AccountID(n) + 1000, Key: fmt.Sprintf("apply-%d-%d", c.ID, n),
	})
}

func (w *world) mustApply(c booking.Schedule, from, to int) {
	w.t.Helper()
	for n := from; n <= to; n++ {
		_, err := w.apply(c, n)
		must(w.t, err)
	}
}

// wrongDraw tells what is wrong with a draw that is said to be settled: who has no place and should, who has two, who waits in another order.
func (w *world) wrongDraw(c booking.Schedule) error {
	w.t.Helper()
	ctx := context.Background()
	record, l, err := w.LotteryRecord(ctx, c.ID)
	must(w.t, err)
	if l.State != booking.LotterySettled {
		return fmt.Errorf("the draw is %s", l.State)
	}
	if err := record.Verify(); err != nil {
		return err
	}
	list, err := w.ApplicationsFor(ctx, c.ID)
	must(w.t, err)
	slices.SortFunc(list, func(a, b booking.Application) int { return a.Position - b.Position })
	var waited []booking.WaitID
	for _, a := range list {
		if a.Status == booking.Withdrawn {
			continue
		}
		var places, waits int
		must(w.t, w.db.Get(&places, "SELECT COUNT(id) FROM appointments WHERE schedule_id = ? AND patient_id = ? AND active = 1", c.ID, a.Patient))
		must(w.t, w.db.Get(&waits, "SELECT COUNT(id) FROM waitlist_entries WHERE patient_id = ? AND first_date = ? AND active = 1", a.Patient, c.Date))
		won := record.Won(record.Rank(a.Number))
		if want := map[bool][2]int{true: {1, 0}, false: {0, 1}}[won]; want != [2]int{places, waits} {
			return fmt.Errorf("application %d of position %d (%s) has %d places and waits %d times", a.Number, a.Position, a.Status, places, waits)
		}
		if !won {
			waited = append(waited, a.Wait)
		}
	}
	if !slices.IsSorted(waited) {
		return fmt.Errorf("they wait as %v", waited)
	}
	return nil
}

func TestADrawFromItsWindowToItsPlaces(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	c := w.drawn(3, booking.ByLottery, 5000, 2)
	must(t, w.WorkLotteries(ctx))
	before, l, err := w.LotteryRecord(ctx, c.ID)
	must(t, err)
	if before.Commitment == "" || before.Seed != "" || len(before.Applications) != 0 || !l.Takes(w.clock.now()) {
		t.Fatalf("before anybody applies: %+v", before)
	}
	slots := w.slotsOf(c.ID)
	if _, err := w.hold(slots[0], 1); !errors.Is(err, booking.ErrByLot) {
		t.Errorf("a place was booked while applications are taken: %v", err)
	}
	w.mustApply(c, 1, 5)
	again, err := w.apply(c, 5)
	must(t, err)
	if again.Number != 5 || again.Slip().Receipt() != again.Receipt {
		t.Errorf("the same request again gives %+v", again)
	}
	five := bookingtest.Patient(t, w.Store, 5, 5)
	_, err = w.Apply(ctx, booking.ApplyRequest{Schedule: c.ID, Patient: five.ID, User: 5, Account: 1005, Key: "twice"})
	other := w.patientOf(99, 5) // the same document in another list
	_, err2 := w.Apply(ctx, booking.ApplyRequest{Schedule: c.ID, Patient: other.ID, User: 99, Account: 1099, Key: "by another"})
	if !errors.Is(err, booking.ErrApplied) || !errors.Is(err2, booking.ErrApplied) {
		t.Errorf("a second application: %v, %v", err, err2)
	}
	if err := w.Withdraw(ctx, 4, again.ID); !errors.Is(err, booking.ErrNotYours) {
		t.Errorf("a stranger withdraws: %v", err)
	}
	must(t, w.Withdraw(ctx, 5, again.ID))
	must(t, w.Withdraw(ctx, 5, again.ID))
	prospect, err := w.Prospect(ctx, booking.ApplyRequest{Schedule: c.ID, Patient: five.ID, User: 5})
	must(t, err)
	if prospect.Chance != 0.4 || prospect.Lots != 1 {
		t.Errorf("beside 4 others, with 2 places, the chance is %v", prospect.Chance)
	}

	w.clock.add(time.Hour)
	if _, err := w.apply(c, 6); !errors.Is(err, booking.ErrClosed) {
		t.Errorf("an application after the window: %v", err)
	}
	if err := w.Withdraw(ctx, 1, w.applicationOf(c, 1).ID); !errors.Is(err, booking.ErrClosed) {
		t.Errorf("withdrawn after the window: %v", err)
	}
	if _, err := w.hold(slots[0], 1); !errors.Is(err, booking.ErrByLot) {
		t.Errorf("a place was booked before the draw was settled: %v", err)
	}
	must(t, w.WorkLotteries(ctx))
	must(t, w.WorkLotteries(ctx))
	must(t, w.wrongDraw(c))
	after, _, err := w.LotteryRecord(ctx, c.ID)
	must(t, err)
	if after.Commitment != before.Commitment || len(after.Order) != 4 {
		t.Errorf("after the draw: %+v", after)
	}
	for n := 1; n <= 4; n++ {
		must(t, after.VerifySlip(w.applicationOf(c, n).Slip()))
	}
	if len(w.follow.ended) != 2 || w.follow.ended[0].place != 1 || w.follow.ended[1].place != 2 {
		t.Errorf("who lost was told %+v", w.follow.ended)
	}
	w.payOrLapse(c, after)
	check(t, w.db)
}

// payOrLapse lets the first winner pay and the second let it be: that place goes to the first who lost.
func (w *world) payOrLapse(c booking.Schedule, r allocation.Record) {
	w.t.Helper()
	ctx := w.t.Context()
	all, err := w.ApplicationsFor(ctx, c.ID)
	must(w.t, err)
	at := func(rank int) booking.Application {
		return all[slices.IndexFunc(all, func(a booking.Application) bool { return a.Number == r.Order[rank-1] })]
	}
	first, err := w.Visit(ctx, at(1).Appointment)
	must(w.t, err)
	if want := w.clock.now().Add(2 * time.Hour); first.Appointment.Status != booking.Held || !first.Appointment.HoldUntil.Equal(want) {
		w.t.Errorf("the winner's place is %s until %s, want %s", first.Appointment.Status, first.Appointment.HoldUntil, want)
	}
	_, err = w.confirm(first.Appointment.ID)
	must(w.t, err)
	w.clock.add(2*time.Hour + 2*time.Minute)
	_, err = w.ExpireHolds(ctx)
	must(w.t, err)
	if w.offerOf(int(at(3).User)) == 0 || w.offerOf(int(at(4).User)) != 0 {
		w.t.Error("the place that was not paid did not go to the first who lost")
	}
	if _, err := w.hold(w.slotsOf(c.ID)[1], 50); !errors.Is(err, booking.ErrSlotFull) {
		w.t.Errorf("somebody who came by got a place that was offered: %v", err)
	}
}

func (w *world) slotsOf(id booking.ScheduleID) []booking.SlotID {
	w.t.Helper()
	var list []booking.SlotID
	must(w.t, w.db.Select(&list, "SELECT id FROM slots WHERE schedule_id = ? ORDER BY starts_at", id))
	return list
}

func (w *world) applicationOf(c booking.Schedule, n int) booking.Application {
	w.t.Helper()
	list, err := w.Applications(context.Background(), booking.UserID(n))
	must(w.t, err)
	at := slices.IndexFunc(list, func(a booking.Application) bool { return a.Schedule == c.ID })
	if at < 0 {
		w.t.Fatalf("person %d has not applied", n)
	}
	return list[at]
}

var errKilled = errors.New("killed")

// The program dies after the draw, at each of the steps that follow. Whoever takes over gives everybody what is theirs, once.
func TestADrawSurvivesItsProgram(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	c := w.drawn(3, booking.ByLottery, 5000, 3)
	w.mustApply(c, 1, 6)
	w.clock.add(time.Hour)
	for at := range 4 {
		seen := 0
		w.follow.fail = func(booking.Change) error {
			if seen++; seen > 1 || at == 3 {
				return nil
			}
			return errKilled // before the commit of what the change belongs to
		}
		err := w.WorkLotteries(ctx)
		if at < 3 && !errors.Is(err, errKilled) {
			t.Fatalf("killed at winner %d: %v", at+1, err)
		}
		w.Store = booking.New(w.db, w.keys, w.clock.now, w.follow) // the next process
	}
	must(t, w.WorkLotteries(ctx))
	must(t, w.wrongDraw(c))
	check(t, w.db)
}

// Many replicas at once: the same.
func TestADrawByManyAtOnce(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	c := w.drawn(3, booking.ByLottery, 5000, 4)
	w.mustApply(c, 1, 9)
	w.clock.add(time.Hour)
	var wait sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wait.Go(func() { errs[i] = booking.New(w.db, w.keys, w.clock.now, w.follow).WorkLotteries(ctx) })
	}
	wait.Wait()
	must(t, errors.Join(errs...))
	must(t, w.WorkLotteries(ctx))
	must(t, w.wrongDraw(c))
	check(t, w.db)
}

// The negative controls: with the decision and the place apart, a crash between them costs somebody their place, and the check sees it; and
// what is decided twice is refused by the unique keys that stand behind the locks.
func TestWithoutOneTransactionAWinnerIsLost(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	c, d := w.drawn(3, booking.ByLottery, 5000, 2), w.drawn(4, booking.ByLottery, 5000, 2)
	w.mustApply(c, 1, 4)
	w.mustApply(d, 1, 4)
	w.clock.add(time.Hour)
	must(t, w.Draw(ctx, c.ID))
	all, err := w.ApplicationsFor(ctx, c.ID)
	must(t, err)
	first := all[slices.IndexFunc(all, func(a booking.Application) bool { return a.Position == 1 })]
	must(t, w.DecideOnly(ctx, first))
	must(t, w.WorkLotteries(ctx))
	if err := w.wrongDraw(c); err == nil {
		t.Error("a winner without a place was not noticed")
	}

	must(t, w.wrongDraw(d))
	_, err = w.db.Exec(`UPDATE lottery_applications p JOIN lotteries l ON l.id = p.lottery_id SET p.status = 'applied', p.active = 1, l.state = 'drawn'
		WHERE l.schedule_id = ?`, d.ID)
	must(t, err)
	_, err = w.db.Exec("UPDATE schedules SET allocation = 'lottery' WHERE id = ?", d.ID)
	must(t, err)
	if err := w.WorkLotteries(ctx); err == nil {
		t.Error("everything was decided again")
	}
	var places int
	must(t, w.db.Get(&places, "SELECT COUNT(id) FROM appointments WHERE schedule_id = ? AND active = 1", d.ID))
	if places != 2 {
		t.Errorf("deciding again gave %d places", places)
	}
}

// tower is a public beacon whose number appears when it is lit.
type tower struct {
	lit  bool
	gone error
}

func (b *tower) Source(at time.Time) string {
	return "the tower after " + at.UTC().Format(time.RFC3339)
}

func (b *tower) Value(_ context.Context, source string) (string, error) {
	if !b.lit || b.gone != nil {
		return "", errors.Join(b.gone, map[bool]error{true: booking.ErrBeaconEarly}[b.gone == nil])
	}
	return "lit: " + source, nil
}

// A public beacon is announced before anybody applies, and waited for: until its number is there nothing is revealed, and nobody gets a place.
func TestADrawWaitsForItsBeacon(t *testing.T) {
	t.Parallel()
	w, ctx, beacon := newWorld(t), t.Context(), &tower{}
	w.Beacon = beacon
	c := w.drawn(3, booking.ByLottery, 5000, 1)
	w.mustApply(c, 1, 3)
	l, err := w.Lottery(ctx, c.ID)
	must(t, err)
	if want := "the tower after " + l.ClosesAt.UTC().Format(time.RFC3339); l.BeaconSource != want {
		t.Errorf("announced is %q, want %q", l.BeaconSource, want)
	}
	w.clock.add(time.Hour)
	must(t, w.WorkLotteries(ctx))
	beacon.gone = errors.New("out of order")
	if err := w.WorkLotteries(ctx); !errors.Is(err, beacon.gone) {
		t.Errorf("a beacon that is out of order: %v", err)
	}
	record, l, err := w.LotteryRecord(ctx, c.ID)
	must(t, err)
	if l.State != booking.LotteryClosed || record.Seed != "" || record.List == "" || len(record.Applications) != 3 || len(record.Order) != 0 {
		t.Errorf("before the beacon: %+v", record)
	}
	if _, err := w.hold(w.slotsOf(c.ID)[0], 9); !errors.Is(err, booking.ErrByLot) {
		t.Errorf("booked before the beacon: %v", err)
	}
	beacon.gone, beacon.lit = nil, true
	must(t, w.WorkLotteries(ctx))
	must(t, w.wrongDraw(c))
	record, _, err = w.LotteryRecord(ctx, c.ID)
	must(t, err)
	another := false
	for n := range 100 { // of three applications one in six orders is the same by chance
		record.Beacon = fmt.Sprint("another ", n)
		another = another || record.Verify() != nil
	}
	if !another {
		t.Error("whatever the number of the beacon, the order is the same")
	}
	check(t, w.db)
}
