package torture

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"guahao/booking"
)

// history is what happened to one schedule.
type history struct {
	schedule   booking.ScheduleID
	operations []porcupine.Operation
}

// dirty is how long before a kill of the database others may have seen a commit that was lost: about as long as making one
// durable takes at the worst.
const dirty = time.Second

// historian makes histories of records and trails.
type historian struct {
	*torment
	events  []event
	created map[string]int // request key → index of events
	ended   map[endKey]int
	claimed map[int]bool // events that a request explains
	of      map[booking.ScheduleID]*history
}

type endKey struct {
	appointment booking.AppointmentID
	key         string
}

// histories are those of all schedules that something happened to, in order.
func (t *torment) histories(ctx context.Context) ([]*history, error) {
	events, err := t.trail(ctx)
	if err != nil {
		return nil, err
	}
	h := &historian{
		torment: t, events: events, created: map[string]int{}, ended: map[endKey]int{}, claimed: map[int]bool{},
		of: map[booking.ScheduleID]*history{},
	}
	within := map[booking.AppointmentID]bool{}
	for i, e := range events {
		if e.within() {
			within[e.Moves] = true
		}
		switch {
		case e.takes() && e.From == "":
			h.created[e.Key] = i
		case e.leaves() && e.Key != "":
			h.ended[endKey{e.Appointment, e.Key}] = i
		}
	}
	for _, asked := range t.byKey() {
		h.explain(asked)
	}
	for i, e := range events {
		if !h.claimed[i] && e.spontaneous() && !(within[e.Appointment] && e.Reason == booking.ByMove) {
			t.itself[string(e.Reason)]++
			h.add(e.Schedule, t.o.Clients, t.when(e), e.step(fmt.Sprintf("%s, by replica %d", e.Reason, markOf(e.At))))
		}
	}
	if err := h.lookAtTheEnd(ctx); err != nil {
		return nil, err
	}
	list := make([]*history, 0, len(h.of))
	for _, one := range h.of {
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b *history) int { return cmp.Compare(a.schedule, b.schedule) })
	return list, nil
}

// byKey groups the records of each request: it may have been made again after its answer.
func (t *torment) byKey() [][]Record {
	index := map[string]int{}
	var groups [][]Record
	for _, r := range t.records {
		key := r.Request.Key
		at, known := index[key]
		if !known {
			at = len(groups)
			index[key] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], r)
	}
	return groups
}

func (h *historian) add(schedule booking.ScheduleID, client int, when span, s step) {
	one := h.of[schedule]
	if one == nil {
		one = &history{schedule: schedule}
		h.of[schedule] = one
	}
	one.operations = append(one.operations, porcupine.Operation{ClientId: client, Input: s, Call: int64(when.start), Return: int64(max(when.start, when.end))})
}

// explain puts a request into the history of its schedule.
func (h *historian) explain(asked []Record) {
	first, last := asked[0], asked[len(asked)-1]
	done := -1 // the first record with success
	for i, r := range asked {
		if h.certain(r, i > 0) && r.Answer.Code == "" && done < 0 {
			done = i
		}
	}
	at, found := h.effect(first.Request)
	if found {
		h.claimed[at] = true
	}
	if done >= 0 && last.Answered && (found || promises(first.Request.Op)) &&
		(last.Answer.Code != "" || last.Answer.Appointment != asked[done].Answer.Appointment) {
		h.tell(last, step{Kind: impossible})
	}
	for i, r := range asked {
		if h.certain(r, i > 0) && !h.nearKill(r) {
			h.told(r)
		}
	}
	switch {
	case done >= 0 && found:
		h.add(first.Request.Schedule, first.Client, span{first.Start, asked[done].End}, h.events[at].step(first.Request.Key))
	case done >= 0:
		h.promised(asked[done])
	case found: // nobody was told, but it happened
		h.add(first.Request.Schedule, first.Client, span{first.Start, max(last.End, h.when(h.events[at]).end)}, h.events[at].step(first.Request.Key))
	}
}

// promises tells whether success always means that the request has had its effect, and so is answered the same ever after.
// What is free already need not be given back.
func promises(op string) bool { return op == opHold || op == opCancel || op == opMove }

// effect finds the event that the request has caused.
func (h *historian) effect(q request) (int, bool) {
	if q.Op == opHold || q.Op == opMove {
		at, found := h.created[q.Key]
		return at, found
	}
	at, found := h.ended[endKey{q.Appointment, q.Key}]
	return at, found
}

// acceptedVersion is that of an appointment whose offer was just accepted; by the next one it may have lost its place again.
const acceptedVersion = 2

// promised puts in what was answered and has no trail. Where that is wrong, the end will contradict it.
func (h *historian) promised(r Record) {
	switch q := r.Request; q.Op {
	case opHold, opMove:
		h.tell(r, step{Kind: took, Slot: q.Slot, Patient: q.Patient, Appointment: r.Answer.Appointment, Seq: r.Answer.Seq})
	case opCancel:
		h.tell(r, step{Kind: left, Appointment: q.Appointment})
	}
}

// told puts in what an answer says about the schedule without changing it.
func (h *historian) told(r Record) {
	q, code := r.Request, r.Answer.Code
	switch {
	case (q.Op == opHold || q.Op == opMove) && code == booking.CodeSlotFull:
		h.tell(r, step{Kind: full, Slot: q.Slot})
	case q.Op == opHold && code == booking.CodeDuplicate:
		h.tell(r, step{Kind: twice, Patient: q.Patient})
	case q.Op == opCancel && code == booking.CodeWrongStatus:
		h.tell(r, step{Kind: notThere, Appointment: q.Appointment})
	case q.Op == opGiveBack && code == booking.CodeWrongStatus:
		h.tell(r, step{Kind: there, Appointment: q.Appointment})
	case q.Op == opAccept && code == "" && r.Attempts == 1 && r.Answer.Version == acceptedVersion:
		h.tell(r, step{Kind: there, Appointment: q.Appointment})
	case q.Op == opAccept && code == booking.CodeOfferOver:
		h.tell(r, step{Kind: notThere, Appointment: q.Appointment})
	case (q.Op == opGiveBack || q.Op == opDecline) && code == "":
		if _, found := h.effect(q); !found {
			h.tell(r, step{Kind: notThere, Appointment: q.Appointment})
		}
	case q.Op == opLook && code == "":
		h.tell(r, step{Kind: looked, Taken: r.Answer.Taken})
	}
}

func (h *historian) tell(r Record, s step) {
	s.By = r.Request.Key
	h.add(r.Request.Schedule, r.Client, span{r.Start, r.End}, s)
}

// certain tells whether a record's answer binds. One that only repeats what an earlier try has done is read from a row; just
// before the database is killed it may be of a commit that is lost.
func (h *historian) certain(r Record, again bool) bool {
	return r.Answered && !((again || r.Attempts > 1) && h.nearKill(r))
}

func (h *historian) nearKill(r Record) bool {
	return slices.ContainsFunc(h.kills, func(kill time.Duration) bool { return r.Start <= kill && r.End >= kill-dirty })
}

// lookAtTheEnd puts in who holds places when all is over.
func (h *historian) lookAtTheEnd(ctx context.Context) error {
	var rows []struct {
		Schedule booking.ScheduleID `db:"schedule"`
		holder
	}
	err := h.world.db.SelectContext(ctx, &rows, `SELECT schedule_id AS schedule, id AS appointment, patient_id AS patient, slot_id AS slot, seq
		FROM appointments WHERE status NOT IN ('expired', 'cancelled') ORDER BY id`)
	if err != nil {
		return fmt.Errorf("read who holds places: %w", err)
	}
	at := map[booking.ScheduleID][]holder{}
	for _, row := range rows {
		at[row.Schedule] = append(at[row.Schedule], row.holder)
		if h.of[row.Schedule] == nil {
			h.of[row.Schedule] = &history{schedule: row.Schedule}
		}
	}
	for schedule := range h.of {
		h.add(schedule, h.o.Clients, span{h.settled, h.settled}, step{Kind: final, By: "the rows", Holders: at[schedule]})
	}
	return nil
}
