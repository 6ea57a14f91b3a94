package booking

import (
	"fmt"
	"strconv"
)

// lowestFree gives the lowest number of a slot that is not taken: a number that was returned is sold again before a new one.
// taken is in ascending order; numbers outside of the slot's range are ignored.
func lowestFree(slot Slot, taken []int) (int, bool) {
	next := slot.FirstSeq
	for _, seq := range taken {
		if seq > next {
			break
		}
		if seq == next {
			next++
		}
	}
	return next, next < slot.FirstSeq+slot.Capacity
}

// pick gives the number of a slot that is sold next, by the rule for returned places. issued is how many of the slot's numbers, from the
// first on, were ever given; unavailable are those that are taken or cooling, in ascending order.
func (r ReturnRule) pick(slot Slot, issued int, unavailable []int) (int, bool) {
	if r.Enter == AtTail && issued < slot.Capacity {
		return slot.FirstSeq + issued, true
	}
	return lowestFree(slot, unavailable)
}

// extraSeq is the first number of places beyond a schedule's own (加号): their range is apart from all others.
const extraSeq = 1_000_001

// Extra tells whether a slot has the places that staff added beyond the schedule's own. Patients cannot book in it.
func (s Slot) Extra() bool { return s.FirstSeq >= extraSeq }

// Extra tells whether an appointment was added by staff beyond the schedule's own places (加号).
func (a Appointment) Extra() bool { return a.Seq >= extraSeq }

// Number is the number as people say it: 加 1 is the first one that was added.
func (a Appointment) Number() Text {
	if a.Extra() {
		n := a.Seq - extraSeq + 1
		return Text{ZH: fmt.Sprintf("加%d", n), EN: fmt.Sprintf("extra %d", n)}
	}
	n := strconv.Itoa(a.Seq)
	return Text{ZH: n, EN: n}
}
