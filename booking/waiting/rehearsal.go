package waiting

import (
	"cmp"
	"math/rand/v2"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Rehearsal is a department whose promises are put to the test: doctors who differ, each with a line of their own.
type Rehearsal struct {
	Clinic   Clinic  // of each doctor; Doctors is taken for 1
	Doctors  int     // in the department
	DoctorCV float64 // how much their usual pace differs: standard deviation as a share of the mean
	Memory   int     // sessions that are remembered of each
}

// Department is a rehearsal with six doctors and three weeks of memory.
func Department(c Clinic) Rehearsal {
	return Rehearsal{Clinic: c, Doctors: 6, DoctorCV: 0.2, Memory: 15}
}

// Rehearse plays n days of each doctor after those of the memory. Whoever comes gets a promise from what the hospital can know at that
// moment, and it is compared with what came.
func (r Rehearsal) Rehearse(seed uint64, n int) (Calibration, error) {
	r.Clinic.Doctors = 1
	if err := r.Clinic.Check(); err != nil {
		return Calibration{}, err
	}
	if r.Doctors < 1 || r.Doctors > 100 || r.Memory < 0 || r.Memory > 1000 || n < 1 || float64(n)*r.Clinic.people()*float64(r.Doctors) > 1e6 {
		return Calibration{}, badf("%d doctors, %d remembered sessions, %d days: at most 100, 1000, and a million patients in all", r.Doctors, r.Memory, n)
	}
	if err := checkRange("the variation of doctors", r.DoctorCV, 0, 2); err != nil {
		return Calibration{}, err
	}
	doctors := r.doctors(seed)
	sessions := make([]History, r.Doctors)
	for d, c := range doctors {
		for day := range r.Memory + n {
			sessions[d] = append(sessions[d], c.play(seed+uint64(d)+1, uint64(day), nil).consultations())
		}
	}
	outcomes := make([][]Outcome, r.Doctors*n)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for d := range doctors {
		for day := range n {
			group.Go(func() (err error) {
				outcomes[d*n+day], err = r.promises(doctors[d], d, day, seed, sessions)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return Calibration{}, err
	}
	var all []Outcome
	for _, list := range outcomes {
		all = append(all, list...)
	}
	return Calibrate(all)
}

// doctors are clinics whose means differ.
func (r Rehearsal) doctors(seed uint64) []Clinic {
	random := rand.New(rand.NewPCG(seed, 0))
	list := make([]Clinic, r.Doctors)
	for d := range list {
		list[d] = r.Clinic
		list[d].Mean *= logNormal(random, r.DoctorCV)
	}
	return list
}

// promises plays one day of a doctor with what was known before it.
func (r Rehearsal) promises(c Clinic, doctor, day int, seed uint64, sessions []History) ([]Outcome, error) {
	known := make([]History, 0, len(sessions))
	for d, h := range sessions {
		if d != doctor {
			known = append(known, h[day:day+r.Memory])
		}
	}
	pace, err := NewPace(sessions[doctor][day:day+r.Memory], known)
	if err != nil {
		return nil, err
	}
	var list []Outcome
	var of []int // the patient of each
	var failed error
	watch := func(now float64, f *floor, v *Visit) {
		promise, err := pace.Promise(f.lineBefore(now, v))
		if err != nil {
			failed = err
			return
		}
		list = append(list, Outcome{Promise: promise, Ahead: v.Ahead, Day: doctor*1_000_000 + day})
		of = append(of, v.Number)
	}
	played := c.play(seed+uint64(doctor)+1, uint64(r.Memory+day), watch)
	waits := map[int]float64{}
	for _, v := range played.Visits {
		waits[v.Number] = v.Called - v.Came
	}
	for i := range list {
		list[i].Real = waits[of[i]]
	}
	return list, failed
}

// lineBefore is what the hospital can know when somebody comes: who is here, who should be, how long the doctor has been with whom. How late
// a doctor will be is known on average only.
func (f *floor) lineBefore(now float64, v *Visit) Line {
	l := Line{Ahead: v.Ahead, Chance: 1 - f.clinic.NoShow, Spread: f.clinic.Spread, Finished: f.done[0]}
	if now < f.opens[0] {
		l.Opens, l.Late = max(0, -now), f.clinic.Late
	}
	if f.with[0] != nobody {
		l.Busy, l.Elapsed = true, now-f.since[0]
	}
	if f.clinic.Calling == ByNumber {
		for _, list := range [][]Visit{f.visits, f.absent} {
			for _, other := range list {
				if other.Number < v.Number && !other.WalkIn && (other.missed || other.Came > now) {
					l.Coming = append(l.Coming, other.Due-f.clinic.Early-now)
				}
			}
		}
	}
	return l
}

// consultations are how long those of a day with one doctor took, in order.
func (d Day) consultations() Session {
	visits := slices.SortedFunc(slices.Values(d.Visits), func(a, b Visit) int { return cmp.Compare(a.Called, b.Called) })
	list := make(Session, len(visits))
	for i, v := range visits {
		list[i] = v.Left - v.Called
	}
	return list
}
