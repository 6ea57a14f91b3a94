package recommend

import (
	"cmp"
	"slices"
)

// Visit is one of a person's own visits: past ones took place.
type Visit struct {
	ID         int64
	Doctor     int64
	Department int64
	Patient    int64
	Day        int // counted from any day
	ToCome     bool
}

// Due is a visit after which the next one is usual about now.
type Due struct {
	Visit      // the last one
	Every int  // days
	In    int  // days until it is due; less than 0: it was
	Own   bool // the person has kept to this interval; else it is the department's
}

const (
	leastGap = 5   // days: what is nearer belongs to the same complaint
	mostGap  = 400 // days
	gapsKept = 5   // the latest of them are looked at
	leastOwn = 2   // gaps, before one may speak of a habit
	ahead    = 14  // days before it is due, but not before half of the interval is over
	after    = 60  // days for which it is still spoken of, but not longer than the interval
)

// Next finds whose next visit is due about today, the most overdue first; false where nobody's is. every gives the departments' own
// intervals in days. Whoever has a visit to come in the department is left out.
func Next(visits []Visit, today int, every map[int64]int) (Due, bool) {
	var best *Due
	for _, days := range courses(visits) {
		last := days[len(days)-1]
		if slices.ContainsFunc(visits, func(v Visit) bool { return v.ToCome && v.Patient == last.Patient && v.Department == last.Department }) {
			continue
		}
		due := Due{Visit: last}
		if due.Every, due.Own = habit(days); !due.Own {
			due.Every = every[last.Department]
		}
		if due.Every < 1 || due.Every > mostGap {
			continue
		}
		due.In = last.Day + due.Every - today
		if due.In > min(ahead, due.Every/2) || due.In < -min(after, due.Every) || last.Day > today {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(due.In, best.In), cmp.Compare(due.ID, best.ID)) < 0 {
			best = &due
		}
	}
	if best == nil {
		return Due{}, false
	}
	return *best, true
}

// courses are the past visits of each patient to each doctor by their days, if that is where the patient went last within the department.
func courses(visits []Visit) [][]Visit {
	past := slices.DeleteFunc(slices.Clone(visits), func(v Visit) bool { return v.ToCome })
	slices.SortFunc(past, func(a, b Visit) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.ID, b.ID)) })
	type where struct{ patient, department int64 }
	latest, with := map[where]Visit{}, map[[2]int64][]Visit{}
	for _, v := range past {
		latest[where{v.Patient, v.Department}] = v
		with[[2]int64{v.Patient, v.Doctor}] = append(with[[2]int64{v.Patient, v.Doctor}], v)
	}
	var list [][]Visit
	for _, v := range latest {
		list = append(list, with[[2]int64{v.Patient, v.Doctor}])
	}
	return list
}

// habit is the median of the latest gaps between visits, where they are alike: none is longer than twice the median, nor shorter than half.
func habit(days []Visit) (int, bool) {
	var gaps []int
	for i := 1; i < len(days); i++ {
		if gap := days[i].Day - days[i-1].Day; gap >= leastGap {
			gaps = append(gaps, gap)
		}
	}
	gaps = gaps[max(0, len(gaps)-gapsKept):]
	if len(gaps) < leastOwn {
		return 0, false
	}
	slices.Sort(gaps)
	median := gaps[len(gaps)/2]
	return median, gaps[0]*2 >= median && gaps[len(gaps)-1] <= 2*median
}
