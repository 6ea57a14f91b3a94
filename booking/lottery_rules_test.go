package booking_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/booking/allocation"
	"guahao/booking/bookingtest"
)

// What somebody's lots are for is what they are shown, and what the draw uses; staff's word counts, and is written down.
func TestWeightedLots(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	w.rules(func(p *booking.Policy) {
		p.CheckIn.Self = true
		p.NoShows = booking.NoShowRule{Count: 3, Days: 90, SuspendDays: []int{30}}
		p.Lottery.Weights = allocation.Weights{Base: 10, Credit: 2, Referral: 3, Urgent: 20, LostVisit: 7, MostLost: 2}
	})
	lost, slots := w.clinic(0, 1, 1)
	w.mustHold(slots[0].ID, 1)
	_, err := w.StopSchedule(ctx, 1, lost.ID, "")
	must(t, err)
	c := w.drawn(3, booking.ByWeights, 5000, 2)
	one := bookingtest.Patient(t, w.Store, 1, 1)
	state := func(ground allocation.Ground, until booking.Date, why string) error {
		_, err := w.StatePriority(ctx, booking.NewPriority{Staff: 7, Patient: one.ID, Department: w.dept, Ground: ground, Until: until, Why: why})
		return err
	}
	for name, err := range map[string]error{
		"another ground": state(allocation.ForCredit, c.Date, "x"), "no reason": state(allocation.ForUrgency, c.Date, ""),
		"in the past": state(allocation.ForUrgency, today.Add(-1), "x"), "for ever": state(allocation.ForUrgency, today.Add(1000), "x"),
	} {
		if !booking.IsRefusal(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, state(allocation.ForUrgency, c.Date.Add(-1), "too short for this half-day"))
	must(t, state(allocation.ForUrgency, c.Date, "胸痛待查"))
	must(t, state(allocation.ForReferral, c.Date, "转诊单 12"))
	stated, err := w.Priorities(ctx, one.ID)
	must(t, err)
	must(t, w.WithdrawPriority(ctx, one.ID, stated[2].ID, "转诊单无效"))

	got, err := w.Prospect(ctx, booking.ApplyRequest{Schedule: c.ID, Patient: one.ID, User: 1})
	must(t, err)
	want := booking.Reasons{{For: allocation.ForEverybody, Lots: 10}, {For: allocation.ForCredit, Lots: 4}, {For: allocation.ForUrgency, Lots: 20}, {For: allocation.ForLostVisit, Lots: 7}}
	if diff := cmp.Diff(want, got.Reasons); diff != "" || got.Lots != 41 || got.Chance != 1 {
		t.Errorf("the lots (-want +got):\n%s\nin all %d, chance %v", diff, got.Lots, got.Chance)
	}
	a, err := w.apply(c, 1)
	must(t, err)
	if diff := cmp.Diff(want, a.Reasons); diff != "" {
		t.Errorf("the application (-want +got):\n%s", diff)
	}
	w.mustApply(c, 2, 3)
	two, err := w.Prospect(ctx, booking.ApplyRequest{Schedule: c.ID, Patient: bookingtest.Patient(t, w.Store, 4, 4).ID, User: 4})
	must(t, err)
	exact, err := allocation.Chance(14, map[int]int{41: 1, 14: 2}, 2)
	must(t, err)
	if two.Chance != exact {
		t.Errorf("the chance is %v, want %v", two.Chance, exact)
	}
}

// Which half-days are drawn is the policy's to say, or staff's, before they are released.
func TestWhatIsDrawn(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	w.rules(func(p *booking.Policy) {
		p.Lottery = booking.LotteryRule{WindowMinutes: 30, For: []booking.LotteryClinics{{Kind: booking.Expert, By: booking.ByWeights}}}
	})
	session := booking.Session{Period: booking.Evening, Kind: booking.Expert, Fee: 0, Room: "1", StartMinute: 18 * 60, SlotMinutes: 15, Slots: 2, PerSlot: 1}
	expert, err := w.AddSchedule(ctx, w.doctor, today.Add(8), session)
	must(t, err)
	session.Kind = booking.General
	general, err := w.AddSchedule(ctx, w.doctor, today.Add(9), session)
	must(t, err)
	if expert.Allocation != booking.ByWeights || general.Allocation != booking.FirstCome {
		t.Errorf("places are given %s and %s", expert.Allocation, general.Allocation)
	}
	if _, err := w.Lottery(ctx, general.ID); !errors.Is(err, booking.ErrNotByLot) {
		t.Errorf("a draw for what is not drawn: %v", err)
	}
	if _, err := w.apply(general, 1); !errors.Is(err, booking.ErrNotByLot) {
		t.Errorf("applying for what is not drawn: %v", err)
	}

	l, err := w.Lottery(ctx, expert.ID) // released tomorrow at seven: announced, and not open
	must(t, err)
	opens := time.Date(2026, 3, 3, 7, 0, 0, 0, shanghai)
	if !l.OpensAt.Equal(opens) || !l.ClosesAt.Equal(opens.Add(30*time.Minute)) || l.Commitment == "" {
		t.Errorf("the draw is %+v", l)
	}
	_, err = w.apply(expert, 1)
	var early *booking.Error
	if !errors.As(err, &early) || early.Code != booking.CodeNotYet || !strings.Contains(early.Message.ZH, "2026-03-03 07:00") {
		t.Errorf("applying before the window: %v", err)
	}
	must(t, w.Allocate(ctx, 7, expert.ID, booking.FirstCome))
	must(t, w.Allocate(ctx, 7, expert.ID, booking.FirstCome))
	must(t, w.Allocate(ctx, 7, general.ID, booking.ByLottery))
	must(t, w.Allocate(ctx, 7, expert.ID, booking.ByLottery))
	again, err := w.Lottery(ctx, expert.ID)
	must(t, err)
	if again.Mode != booking.ByLottery || again.Commitment == l.Commitment {
		t.Error("a draw that was taken back came back with its seed")
	}
	w.clock.set(opens)
	if err := w.Allocate(ctx, 7, expert.ID, booking.FirstCome); !errors.Is(err, booking.ErrDrawBegun) {
		t.Errorf("changed after the release: %v", err)
	}
	released, _ := w.clinic(0, 1, 1)
	if err := w.Allocate(ctx, 7, released.ID, booking.ByLottery); !errors.Is(err, booking.ErrDrawBegun) {
		t.Errorf("drawn after the release: %v", err)
	}
	wantErr(t, w.Allocate(ctx, 7, 999999, booking.ByLottery), booking.ErrNotFound)
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Who is drawn and may not have the place by now is told so, and it goes to the next. A stopped clinic draws nothing; a wait for another wish gets no place that is drawn; who is
// forgotten leaves no trace but a number.
func TestWhatStandsAgainstADraw(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	barred, stopped, forgotten := w.drawn(3, booking.ByLottery, 0, 2), w.drawn(4, booking.ByLottery, 0, 1), w.drawn(5, booking.ByLottery, 0, 1)
	w.mustApply(barred, 1, 2)
	w.mustApply(stopped, 1, 2)
	w.mustApply(forgotten, 3, 3)
	if _, err := w.joinFor(barred, 9); !errors.Is(err, booking.ErrByLot) {
		t.Errorf("waiting for a place that is drawn: %v", err)
	}
	_, err := w.db.Exec("UPDATE patients SET active = NULL WHERE user_id = 2")
	must(t, err)
	w.rules(func(p *booking.Policy) { p.Limits.Open = 1 })
	_, slots := w.clinic(0, 1, 1)
	w.mustHold(slots[0].ID, 1)
	wantErr(t, errOf(w.apply(w.drawn(6, booking.ByLottery, 0, 1), 1)), booking.ErrLimit)
	_, err = w.StopSchedule(ctx, 7, stopped.ID, "")
	must(t, err)
	if _, err := w.apply(stopped, 4); !errors.Is(err, booking.ErrScheduleStopped) {
		t.Errorf("applying for a stopped clinic: %v", err)
	}
	must(t, w.WorkLotteries(ctx))
	l, err := w.Lottery(ctx, stopped.ID)
	must(t, err)
	if l.State != booking.LotteryVoid || l.Seed != "" {
		t.Errorf("the draw of a stopped clinic is %s", l.State)
	}
	w.clock.add(time.Hour)
	must(t, w.ForgetUser(ctx, 3, "forget"))
	must(t, w.WorkLotteries(ctx))
	told := map[booking.ApplicationStatus]int{}
	for _, e := range w.follow.ended {
		told[e.Status]++
	}
	if diff := cmp.Diff(map[booking.ApplicationStatus]int{booking.Barred: 1, booking.Void: 2}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	record, l, err := w.LotteryRecord(ctx, forgotten.ID)
	must(t, err)
	if err := record.Verify(); err != nil || l.State != booking.LotterySettled || len(record.Applications) != 1 {
		t.Errorf("after somebody was forgotten: %v, %+v", err, record)
	}
	var traces int
	must(t, w.db.Get(&traces, "SELECT COUNT(id) FROM lottery_applications WHERE user_id = 3 AND (secret <> '' OR person <> ?)", make([]byte, 32)))
	if traces != 0 {
		t.Error("who was forgotten left a secret or a digest")
	}
	if c, err := w.Schedule(ctx, barred.ID); err != nil || c.Free() != 2 {
		t.Errorf("places that nobody could have are not free: %+v %v", c, err)
	}
	w.mustHold(w.slotsOf(barred.ID)[0], 5) // and open to everybody
	check(t, w.db)
}

func errOf[T any](_ T, err error) error { return err }
