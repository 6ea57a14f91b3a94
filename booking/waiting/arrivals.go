package waiting

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Visit is one person's day. Times are minutes after the day opens.
type Visit struct {
	Number int     // in the order of Due; from 1
	Due    float64 // the time of the appointment; of who walks in, the moment of coming
	Came   float64
	Called float64 // when the consultation began
	Left   float64
	Doctor int // from 0
	Ahead  int // how many who were there on arrival were before this person in the line
	WalkIn bool
	need   float64 // minutes with a doctor of usual pace
	missed bool
}

// Wait is how long the person waited for the doctor: from coming, or from the day's opening for who comes before it.
func (v Visit) Wait() float64 { return v.Called - max(v.Came, 0) }

// arrivals draws who comes to a day, in the order of coming, and who does not. What each person needs is drawn with the person, so
// that the same people come, with the same needs, whatever the number of doctors: days are comparable.
func (c Clinic) arrivals(r *rand.Rand) (visits, absent []Visit) {
	if c.Every > 0 {
		for at := 0.0; at < c.Length; at += c.Every {
			for range c.Each {
				missed, came, need := r.Float64() < c.NoShow, at-c.Early+c.Spread*r.NormFloat64(), c.consultation(r)
				visits = append(visits, Visit{Due: at, Came: came, need: need, missed: missed})
			}
		}
	}
	if c.WalkIn > 0 {
		for at := r.ExpFloat64() * 60 / c.WalkIn; at < c.Length; at += r.ExpFloat64() * 60 / c.WalkIn {
			visits = append(visits, Visit{Due: at, Came: at, need: c.consultation(r), WalkIn: true})
		}
	}
	slices.SortStableFunc(visits, func(a, b Visit) int { return cmp.Compare(a.Due, b.Due) })
	for i := range visits {
		visits[i].Number = i + 1
	}
	for _, v := range visits {
		if v.missed {
			absent = append(absent, v)
		}
	}
	visits = slices.DeleteFunc(visits, func(v Visit) bool { return v.missed })
	slices.SortStableFunc(visits, func(a, b Visit) int { return cmp.Compare(a.Came, b.Came) })
	return visits, absent
}
