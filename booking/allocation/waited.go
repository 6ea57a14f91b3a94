package allocation

import "math/bits"

// LeastWaits is from how many waits of the past on a chance is told.
const LeastWaits = 10

// Waited is somebody's wait in a waitlist (候补) that is over, and was not given up by themselves.
type Waited struct {
	Position int  // when they joined; 1 is the next
	Same     bool // for the same doctor
	Offered  bool // a place was offered to them
}

// WaitEstimate is a chance to be offered a place, with what it comes from.
type WaitEstimate struct {
	Estimate      // Releases counts the waits
	Offered  int  // of these waits
	Same     bool // all were for the same doctor; else for the department
	Behind   bool // those farther behind are counted, too: the chance is at least this
}

// WaitChance estimates the chance of who joins at a position, from waits that began about there: at the next, the second and third, the fourth to seventh,
// and so on by doublings. It takes the narrowest of these that has [LeastWaits]: the doctor's from about there, the department's from about there, then the same
// with those who were farther behind. ErrUnknown where even these are too few.
func WaitChance(past []Waited, position int) (WaitEstimate, error) {
	if position < 1 {
		return WaitEstimate{}, badf("position %d", position)
	}
	about := bits.Len(uint(position))
	for _, group := range []WaitEstimate{{Same: true}, {}, {Same: true, Behind: true}, {Behind: true}} {
		for _, w := range past {
			there := bits.Len(uint(max(w.Position, 1)))
			if group.Same && !w.Same || there != about && !(group.Behind && there > about) {
				continue
			}
			group.Releases++
			if w.Offered {
				group.Offered++
			}
		}
		if group.Releases >= LeastWaits {
			group.Estimate = estimate(group.Offered, group.Releases)
			return group, nil
		}
	}
	return WaitEstimate{}, ErrUnknown
}
