package booking_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guahao/booking"
	"guahao/booking/queue"
)

// Whatever nurses, patients and restarts do to the stored queue: who is called is who was first, nobody is called twice without having come back, nobody
// is lost, what is refused changes nothing, and at the end everybody who waits is called.
func TestAnyEveningOfTheQueue(t *testing.T) {
	t.Parallel()
	h := newHall(t, 6, 4)
	all := slices.Concat(h.visits...)
	rapid.Check(t, func(rt *rapid.T) {
		h.reset()
		called := map[booking.AppointmentID]int{}
		for range rapid.IntRange(4, 14).Draw(rt, "steps") {
			room, id := rapid.IntRange(0, 1).Draw(rt, "room"), rapid.SampledFrom(all).Draw(rt, "who")
			before := h.room(room)
			var err error
			switch what := rapid.SampledFrom([]string{"arrive", "arrive", "call", "call", "again", "pass", "done", "pause", "send", "back", "away", "class", "time", "restart"}).Draw(rt, "what"); what {
			case "arrive":
				_, err = h.CheckIn(h.ctx, 1, id)
			case "call":
				err = h.callFirst(rt, room, before, called)
			case "again":
				err = h.CallAgain(h.ctx, h.seen(room))
			case "pass":
				err = h.PassOver(h.ctx, h.seen(room))
			case "done":
				err = h.FinishVisit(h.ctx, h.seen(room))
			case "pause":
				if err = h.PauseCalling(h.ctx, 7, h.rooms[room].ID); before.Paused {
					err = h.ResumeCalling(h.ctx, 7, h.rooms[room].ID)
				}
			case "send":
				to := rapid.SampledFrom([]booking.ScheduleID{0, h.rooms[0].ID, h.rooms[1].ID}).Draw(rt, "to")
				if err = h.SendTo(h.ctx, 7, id, to); err == nil {
					called[id] = 0
				}
			case "back":
				if err = h.BringBack(h.ctx, 7, id); err == nil {
					called[id] = 0
				}
			case "away":
				err = h.SendAway(h.ctx, 7, id)
			case "class":
				err = h.Classify(h.ctx, 7, id, rapid.SampledFrom(queue.Usual().Classes).Draw(rt, "class"))
			case "time":
				h.clock.add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "minutes")) * time.Minute)
			case "restart":
				h.Store = booking.New(h.db, h.keys, h.clock.now, h.news)
			}
			if err != nil && (!booking.IsRefusal(err) || h.room(room).Version != before.Version) {
				rt.Fatalf("%v, and the queue went from %d to %d", err, before.Version, h.room(room).Version)
			}
		}
		h.consistent(rt)
		h.emptyOut(rt, called)
	})
}

// callFirst calls to a room, and looks who it is.
func (h *hall) callFirst(t *rapid.T, room int, before booking.QueueRoom, called map[booking.AppointmentID]int) error {
	id, err := h.CallNext(h.ctx, h.seen(room))
	if err != nil || id == 0 {
		return err
	}
	if first := before.Waiting[0].Visit.Appointment.ID; id != first {
		t.Fatalf("%d is called, and %d is first", id, first)
	}
	if called[id]++; called[id] > 1 {
		t.Fatalf("%d is called twice", id)
	}
	return nil
}

// emptyOut calls until nobody waits: nobody is left behind.
func (h *hall) emptyOut(t *rapid.T, called map[booking.AppointmentID]int) {
	for i := range h.rooms {
		must(h.t, h.ResumeCalling(h.ctx, 7, h.rooms[i].ID))
		for n := 0; len(h.room(i).Waiting) > 0; n++ {
			if err := h.callFirst(t, i, h.room(i), called); err != nil && !errors.Is(err, booking.ErrQueueEmpty) || n > 20 {
				t.Fatalf("after %d calls %d still wait: %v", n, len(h.room(i).Waiting), err)
			}
		}
	}
}

// reset takes everybody out of the queue and gives them their booking back.
func (h *hall) reset() {
	for _, statement := range []string{"DELETE FROM queue_entries", "DELETE FROM queue_calls", "DELETE FROM queue_events", "DELETE FROM queue_rooms", "UPDATE queues SET version = 0",
		"UPDATE appointments SET status = 'booked'"} {
		h.db.MustExec(statement)
	}
	h.clock.set(evening)
}
