package booking_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/money"
	"guahao/internal/mysql"
)

// stopped is a clinic of tomorrow evening that is stopped, and what may be offered instead: the same doctor on the day after, and a
// doctor of the same title in the same half-day.
type stopped struct {
	*world
	clinic   booking.Schedule // not world.clinic, which opens one
	day      []booking.Slot
	doctor   []booking.Slot
	visits   []booking.Visit
	affected int
}

// newStop books the first people into the clinic. It is not stopped yet.
func newStop(t *testing.T, people int, dayFee, doctorFee money.Fen, places int) *stopped {
	t.Helper()
	w := newWorld(t)
	s := &stopped{world: w}
	var slots []booking.Slot
	s.clinic, slots = w.clinic(5000, 1, 20)
	s.day = w.later(2, dayFee, 1, places)
	_, s.doctor = bookingtest.Clinic(t, w.Store, w.other("李二"), today.Add(1), doctorFee, 1, places)
	bookingtest.Clinic(t, w.Store, w.other("王三"), today.Add(1), 5000, 1, 20) // another title
	for n := 1; n <= people; n++ {
		s.visits = append(s.visits, w.booked(slots[0].ID, n))
	}
	return s
}

func (s *stopped) stop() {
	s.t.Helper()
	n, err := s.StopSchedule(context.Background(), 3, s.clinic.ID, "医生出差")
	must(s.t, err)
	s.affected = n
}

// caseOf is the case of the nth person.
func (s *stopped) caseOf(n int) booking.StopCase {
	s.t.Helper()
	k, err := s.StopCaseOf(context.Background(), s.visits[n-1].Appointment.ID)
	must(s.t, err)
	return k
}

// take takes what is offered to the nth person.
func (s *stopped) take(n int, way booking.Way) (booking.Move, error) {
	s.t.Helper()
	for _, o := range s.caseOf(n).Offers {
		if o.Way == way {
			return s.TakeStopOffer(context.Background(), booking.UserID(n), 5, o.Visit.Appointment.ID, fmt.Sprintf("take-%d-%s", n, way))
		}
	}
	return booking.Move{}, fmt.Errorf("nothing is offered by way of %s", way)
}

func (s *stopped) serve() {
	s.t.Helper()
	must(s.t, s.ServeStops(context.Background()))
}

// end gives the last step of the nth person's visit.
func (s *stopped) end(n int) booking.Change {
	s.t.Helper()
	trail, err := s.Trail(context.Background(), s.visits[n-1].Appointment.ID)
	must(s.t, err)
	return trail[len(trail)-1]
}

// active counts the places that are taken in a clinic.
func (s *stopped) active(slot booking.Slot) int {
	s.t.Helper()
	var n int
	must(s.t, s.db.Get(&n, "SELECT taken FROM schedules WHERE id = ?", slot.Schedule))
	return n
}

// Everybody of a stopped clinic is asked once, with places held; each answers as they like, and the money follows.
func TestAStopOffersOtherPlaces(t *testing.T) {
	t.Parallel()
	s, ctx := newStop(t, 5, 6000, 3000, 10), context.Background()
	held := s.mustHold(func() booking.SlotID { v, _ := s.Slots(ctx, s.clinic.ID); return v[0].ID }(), 6)
	s.stop()
	if s.affected != 6 || len(s.follow.asked) != 5 || s.status(held.Appointment.ID) != booking.Cancelled {
		t.Fatalf("%d were affected, %d asked, the unpaid place is %s", s.affected, len(s.follow.asked), s.status(held.Appointment.ID))
	}
	for n := 1; n <= 5; n++ {
		k := s.caseOf(n)
		if k.State != booking.CaseOffered || k.Refund != 5000 || len(k.Offers) != 2 || k.Offers[0].Visit.Slot.ID != s.day[0].ID || k.Offers[1].Visit.Slot.ID != s.doctor[0].ID ||
			k.Offers[0].Difference != 1000 || k.Offers[1].Difference != -2000 || s.status(k.Visit.Appointment.ID) != booking.Booked {
			t.Fatalf("person %d is offered %+v", n, k)
		}
	}
	if s.active(s.day[0]) != 5 || s.active(s.doctor[0]) != 5 {
		t.Errorf("%d and %d places are held", s.active(s.day[0]), s.active(s.doctor[0]))
	}
	// The first takes the other doctor, and gets the difference back; said twice it is done once.
	for range 2 {
		m, err := s.take(1, booking.WayDoctor)
		if m.Visit.Appointment.ID == 0 { // the second time there is nothing offered any more
			m, err = s.TakeStopOffer(ctx, 1, 5, s.visitAt(1, s.doctor[0]), "again")
		}
		must(t, err)
		if m.Difference != -2000 || m.Visit.Appointment.Status != booking.Booked || !m.Visit.Paid {
			t.Errorf("the move is %+v", m)
		}
	}
	// The second takes the other day, which costs more, and pays.
	m, err := s.take(2, booking.WayDay)
	must(t, err)
	if m.Visit.Appointment.Status != booking.Held || s.status(m.From) != booking.Booked || s.caseOf(2).Paying == nil {
		t.Errorf("the dearer place is %+v", m.Visit.Appointment)
	}
	_, err = s.confirm(m.Visit.Appointment.ID)
	must(t, err)
	// The third takes it too, and does not pay. The fourth wants the money. The fifth says nothing.
	unpaid, err := s.take(3, booking.WayDay)
	must(t, err)
	for range 2 {
		if refund, err := s.RefundStopped(ctx, 4, s.visits[3].Appointment.ID, "refund"); err != nil || refund != 5000 {
			t.Errorf("the refund is %s, %v", refund, err)
		}
	}
	s.serve()
	s.clock.set(s.caseOf(5).Offers[0].Visit.Appointment.HoldUntil.Add(2 * time.Minute))
	_, err = s.ExpireHolds(ctx)
	must(t, err)
	s.serve()
	for n, want := range []struct {
		outcome booking.Outcome
		refund  money.Fen
		reason  booking.Reason
	}{
		{booking.OutcomeMoved, 0, booking.ByMove}, {booking.OutcomeMoved, 0, booking.ByMove}, {booking.OutcomeSilence, 5000, booking.ByClinic},
		{booking.OutcomeRefund, 5000, booking.ByClinic}, {booking.OutcomeSilence, 5000, booking.ByClinic},
	} {
		if k, end := s.caseOf(n+1), s.end(n+1); k.Outcome != want.outcome || end.Refund != want.refund || end.Reason != want.reason || end.Appointment.Status != booking.Cancelled {
			t.Errorf("person %d: %s, %+v; want %+v", n+1, k.Outcome, end, want)
		}
	}
	if s.status(unpaid.Visit.Appointment.ID) != booking.Expired || s.active(s.day[0]) != 1 || s.active(s.doctor[0]) != 1 {
		t.Errorf("the unpaid place is %s; %d and %d places are taken", s.status(unpaid.Visit.Appointment.ID), s.active(s.day[0]), s.active(s.doctor[0]))
	}
	r, err := s.StopReport(ctx, s.clinic.ID)
	must(t, err)
	if r.Affected != 6 || r.Moved != 2 || r.Refunded != 1 || r.Silent != 2 || r.Other != 1 || r.Choosing != 0 {
		t.Errorf("the report is %+v", r)
	}
	check(t, s.db)
}

// visitAt is the nth person's appointment in a slot.
func (s *stopped) visitAt(n int, slot booking.Slot) booking.AppointmentID {
	s.t.Helper()
	var id booking.AppointmentID
	must(s.t, s.db.Get(&id, "SELECT id FROM appointments WHERE user_id = ? AND slot_id = ? ORDER BY id LIMIT 1", n, slot.ID))
	return id
}

// A stop that ends anywhere in the middle goes on: everybody is asked, nobody twice, and no place is held for two.
func TestAStopIsCutAnywhere(t *testing.T) {
	t.Parallel()
	for _, cut := range []int{1, 2, 4, 5} {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			t.Parallel()
			s, ctx := newStop(t, 3, 5000, 5000, 10), context.Background()
			calls := 0
			s.follow.fail = func(booking.Change) error {
				if calls++; calls >= cut {
					return errors.New("the program ends here")
				}
				return nil
			}
			if _, err := s.StopSchedule(ctx, 3, s.clinic.ID, ""); err == nil {
				t.Fatal("the stop was not cut short")
			}
			s.follow.fail = nil
			s.follow.asked = s.follow.asked[:(cut-1)/2] // two places are held for each
			together(3, func(int) {
				if err := s.ServeStops(ctx); err != nil {
					t.Error(err)
				}
			})
			asked := map[booking.AppointmentID]bool{}
			for _, n := range s.follow.asked {
				asked[n.Appointment.ID] = true
			}
			if len(asked) != 3 || s.active(s.day[0]) != 3 || s.active(s.doctor[0]) != 3 {
				t.Errorf("%d were asked; %d and %d places are held", len(asked), s.active(s.day[0]), s.active(s.doctor[0]))
			}
			check(t, s.db)
		})
	}
}

// Two replicas that have both read a case as new ask once. Without the look at the case, and without the keys behind it, they would ask twice.
func TestACaseIsOpenedOnce(t *testing.T) {
	t.Parallel()
	for _, guarded := range []bool{true, false} {
		t.Run(fmt.Sprintf("guarded=%t", guarded), func(t *testing.T) {
			t.Parallel()
			s, ctx := newStop(t, 1, 5000, 5000, 10), context.Background()
			for _, key := range []string{"stop_offers DROP KEY uk_stop_offers", "appointments DROP KEY uk_appointments_request", "appointments DROP KEY uk_appointments_patient"} {
				_, err := s.db.Exec("ALTER TABLE " + key)
				must(t, err)
			}
			must(t, s.MarkStopped(ctx, 3, s.clinic.ID))
			want := 1
			if !guarded {
				s.LeaveOutCaseGuard()
				s.later(3, 5000, 1, 5) // what would be offered the second time
				want = 2
			}
			must(t, s.OpenCaseTwice(ctx, s.visits[0].Appointment.ID))
			if len(s.follow.asked) != want {
				t.Errorf("asked %d times, want %d", len(s.follow.asked), want)
			}
		})
	}
}

// An offered place is nobody else's: walk-ups that come at the moment of the stop and the offer never both have it.
func TestAnOfferAndAWalkUpNeverBothHaveAPlace(t *testing.T) {
	t.Parallel()
	s, ctx := newStop(t, 2, 5000, 5000, 2), context.Background()
	var walkUps []booking.Patient
	for n := 11; n <= 14; n++ {
		walkUps = append(walkUps, bookingtest.Patient(t, s.Store, booking.UserID(n), n))
	}
	together(5, func(i int) {
		if i == 4 {
			if _, err := s.StopSchedule(ctx, 3, s.clinic.ID, ""); err != nil {
				t.Error(err)
			}
			return
		}
		slot := s.day[0]
		if i%2 == 0 {
			slot = s.doctor[0]
		}
		if _, err := s.holdFor(slot.ID, walkUps[i], "walk"); err != nil && !errors.Is(err, booking.ErrSlotFull) {
			t.Error(err)
		}
	})
	if s.active(s.day[0]) > 2 || s.active(s.doctor[0]) > 2 {
		t.Errorf("%d and %d of 2 places are taken", s.active(s.day[0]), s.active(s.doctor[0]))
	}
	s.serve()
	for n := 1; n <= 2; n++ {
		if k := s.caseOf(n); k.State == booking.CaseNew || (len(k.Offers) == 0) != (k.Outcome == booking.OutcomeNone) {
			t.Errorf("person %d: %+v", n, k)
		}
	}
	check(t, s.db)
}

// Whoever takes both offers, wants the money and lapses at the same moment gets one of it.
func TestAnswersToAStopAtOnce(t *testing.T) {
	t.Parallel()
	s, ctx := newStop(t, 4, 5000, 5000, 10), context.Background()
	s.stop()
	together(4*4, func(i int) {
		n := i/4 + 1
		var err error
		switch i % 4 {
		case 0:
			_, err = s.TakeStopOffer(ctx, booking.UserID(n), 5, s.visitAt(n, s.day[0]), "a")
		case 1:
			_, err = s.TakeStopOffer(ctx, booking.UserID(n), 5, s.visitAt(n, s.doctor[0]), "b")
		case 2:
			_, err = s.RefundStopped(ctx, booking.UserID(n), s.visits[n-1].Appointment.ID, "c")
		case 3:
			err = s.ServeStops(ctx)
		}
		if err != nil && !booking.IsRefusal(err) {
			t.Error(err)
		}
	})
	s.serve()
	for n := 1; n <= 4; n++ {
		var kept int
		must(t, s.db.Get(&kept, "SELECT COUNT(id) FROM appointments WHERE user_id = ? AND active = 1", n))
		k := s.caseOf(n)
		if want := map[booking.Outcome]int{booking.OutcomeMoved: 1, booking.OutcomeRefund: 0}[k.Outcome]; kept != want || k.State != booking.CaseDone {
			t.Errorf("person %d: %s, %d visits", n, k.Outcome, kept)
		}
	}
	check(t, s.db)
}

// A visit whose clinic is stopped never counts against anybody, and can be left for a place of one's own choice at any time; what cannot be done says so.
func TestAStoppedVisitMeanwhile(t *testing.T) {
	t.Parallel()
	s, ctx := newStop(t, 3, 5000, 5000, 10), context.Background()
	s.rules(func(p *booking.Policy) {
		p.NoShows = booking.NoShowRule{Count: 1, Days: 90, SuspendDays: []int{90}}
	})
	own := s.later(4, 5000, 1, 1)[0]
	s.clock.set(s.visits[0].Appointment.StartsAt.Add(-30 * time.Minute)) // too late to cancel by the rules
	s.stop()
	id := s.visits[0].Appointment.ID
	if _, _, err := s.Cancel(ctx, 1, id, "c"); err == nil {
		t.Error("it can be cancelled with a fee kept")
	}
	if _, err := s.CheckIn(ctx, 3, id); !errors.Is(err, booking.ErrScheduleStopped) {
		t.Errorf("checking in: %v", err)
	}
	if err := s.MayCheckIn(ctx, 1, id); !errors.Is(err, booking.ErrScheduleStopped) {
		t.Errorf("may check in: %v", err)
	}
	m, err := s.move(s.visits[0], own.ID, "own")
	must(t, err)
	if m.Visit.Appointment.Status != booking.Booked {
		t.Errorf("moved to %+v", m.Visit.Appointment)
	}
	s.serve()
	if k := s.caseOf(1); k.Outcome != booking.OutcomeMoved {
		t.Errorf("the case of who found a place alone is %+v", k)
	}
	s.clock.set(s.visits[0].Appointment.StartsAt.Add(6 * time.Hour))
	if n, err := s.MarkNoShows(ctx); err != nil || n != 0 {
		t.Errorf("%d were marked as missed, %v", n, err)
	}
	list, err := s.Visits(ctx, 2, booking.VisitFilter{Upcoming: true})
	must(t, err)
	if len(list) != 1 || list[0].Appointment.ID != s.visits[1].Appointment.ID {
		t.Errorf("the visits to come are %v", list)
	}
	if past, err := s.Visits(ctx, 2, booking.VisitFilter{Past: true}); err != nil || len(past) != 0 {
		t.Errorf("the visits that are over are %v, %v", past, err)
	}
	if _, err := s.TakeStopOffer(ctx, 3, 5, s.visitAt(2, s.day[0]), "x"); !errors.Is(err, booking.ErrNotYours) {
		t.Errorf("somebody else's offer: %v", err)
	}
	if _, err := s.TakeStopOffer(ctx, 2, 5, s.visits[1].Appointment.ID, "x"); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("no offer: %v", err)
	}
	check(t, s.db)
}

// Where the rules want it, or where there is nothing to offer, the money goes back at once; and where the clinic that was offered is stopped too.
func TestAStopRefundsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStop(t, 1, 5000, 5000, 10)
	s.rules(func(p *booking.Policy) { p.StopRefundsAtOnce = true })
	s.stop()
	if k := s.caseOf(1); k.Outcome != booking.OutcomeNone || s.end(1).Refund != 5000 || len(s.follow.asked) != 0 {
		t.Errorf("the case is %+v", k)
	}
	s = newStop(t, 1, 5000, 5000, 10)
	s.stop()
	for _, slot := range []booking.Slot{s.day[0], s.doctor[0]} {
		_, err := s.StopSchedule(context.Background(), 3, slot.Schedule, "")
		must(t, err)
	}
	s.serve()
	if k := s.caseOf(1); k.Outcome != booking.OutcomeNone || s.end(1).Refund != 5000 {
		t.Errorf("after the offered clinics were stopped the case is %+v", k)
	}
	check(t, s.db)
}

// Who is there already can take the other doctor; who pays at the hospital is asked for nothing.
func TestAStopOfWhoIsThere(t *testing.T) {
	t.Parallel()
	s, ctx := newStop(t, 1, 5000, 6000, 10), context.Background()
	slots, err := s.Slots(ctx, s.clinic.ID)
	must(t, err)
	v := s.mustHold(slots[0].ID, 2)
	must(t, mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		_, err := s.ConfirmTx(ctx, tx, v.Appointment.ID, booking.AtDesk)
		return err
	}))
	s.visits = append(s.visits, v)
	s.clock.set(s.visits[0].Appointment.StartsAt.Add(-2 * time.Hour))
	_, err = s.CheckIn(ctx, 3, s.visits[0].Appointment.ID)
	must(t, err)
	s.stop()
	dearer, err := s.take(1, booking.WayDoctor)
	must(t, err)
	_, err = s.confirm(dearer.Visit.Appointment.ID)
	must(t, err)
	desk, err := s.take(2, booking.WayDoctor)
	must(t, err)
	if s.status(dearer.Visit.Appointment.ID) != booking.Booked || s.status(dearer.From) != booking.Cancelled || desk.Visit.Appointment.Status != booking.Booked || desk.Visit.Paid {
		t.Errorf("who is there has %s, who pays at the hospital %+v", s.status(dearer.Visit.Appointment.ID), desk.Visit.Appointment)
	}
	check(t, s.db)
}

// Whom no message reaches is phoned; a click says so, and takes it back.
func TestWhoIsToBePhoned(t *testing.T) {
	t.Parallel()
	s, ctx := newStop(t, 2, 5000, 5000, 10), context.Background()
	s.stop()
	for n, reached := range []bool{true, false} {
		must(t, mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
			return s.StopToldTx(ctx, tx, s.visits[n].Appointment.ID, reached, "wechat")
		}))
	}
	everywhere := booking.Reach{{}}
	list, total, err := s.CasesToPhone(ctx, everywhere, 0, 10)
	must(t, err)
	if total != 1 || list[0].Visit.Appointment.ID != s.visits[1].Appointment.ID {
		t.Fatalf("to be phoned: %d, %+v", total, list)
	}
	id := list[0].ID
	for _, tt := range []struct {
		reached bool
		want    booking.Told
	}{{true, booking.ToldReached}, {true, booking.ToldReached}, {false, booking.ToldPhone}, {true, booking.ToldReached}} {
		must(t, s.MarkReached(ctx, 3, id, tt.reached))
		if k := s.caseOf(2); k.Told != tt.want {
			t.Errorf("told: %s, want %s", k.Told, tt.want)
		}
	}
	if err := s.MarkReached(ctx, 3, s.caseOf(1).ID, true); !errors.Is(err, booking.ErrWrongStatus) {
		t.Errorf("phoning who was told: %v", err)
	}
	r, err := s.StopReport(ctx, s.clinic.ID)
	must(t, err)
	if r.Told() != 2 || r.Sent != 1 || r.Reached != 1 || r.Phone != 0 || r.Choosing != 2 {
		t.Errorf("the report is %+v", r)
	}
	if stops, total, err := s.Stops(ctx, everywhere, morning.Add(-time.Hour), 0, 5); err != nil || total != 1 || stops[0].Affected != 2 {
		t.Errorf("the stops are %v, %v", stops, err)
	}
	if _, total, err := s.CasesToPhone(ctx, booking.Reach{{Hospital: 999}}, 0, 10); err != nil || total != 0 {
		t.Errorf("elsewhere %d are to be phoned, %v", total, err)
	}
}
