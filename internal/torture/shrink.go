package torture

import (
	"cmp"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"guahao/booking"
)

// checkTime bounds one check of a history, shrinkTime all of those that make it smaller.
const (
	checkTime  = 20 * time.Second
	shrinkTime = 20 * time.Second
)

// shrink gives a smaller history that has no explanation either. Each cut keeps this: whatever explains the longer history
// also explains the shorter one.
func shrink(m porcupine.Model, operations []porcupine.Operation) []porcupine.Operation {
	end := time.Now().Add(shrinkTime)
	wrong := func(list []porcupine.Operation) bool {
		return time.Now().Before(end) && porcupine.CheckOperationsTimeout(m, list, time.Second) == porcupine.Illegal
	}
	operations = shortest(operations, wrong)
	operations = fewest(operations, wrong, func(s step) bool { return !s.effects() && s.Kind != final })
	return withoutPatients(operations, wrong)
}

// shortest cuts the end off: what had not ended by then may or may not have happened.
func shortest(operations []porcupine.Operation, wrong func([]porcupine.Operation) bool) []porcupine.Operation {
	ends := make([]int64, len(operations))
	for i, o := range operations {
		ends[i] = o.Return
	}
	slices.Sort(ends)
	at, _ := slices.BinarySearchFunc(ends, true, func(end int64, _ bool) int {
		if wrong(until(operations, end)) {
			return 0
		}
		return -1
	})
	if at == len(ends) {
		return operations
	}
	if short := until(operations, ends[at]); wrong(short) {
		return short
	}
	return operations
}

func until(operations []porcupine.Operation, end int64) []porcupine.Operation {
	var list []porcupine.Operation
	for _, o := range operations {
		if o.Call > end {
			continue
		}
		if s := o.Input.(step); o.Return > end {
			if !s.effects() {
				continue
			}
			s.Pending = true
			o.Input, o.Return = s, end+1 // nothing begins after the end
		}
		list = append(list, o)
	}
	return list
}

// fewest leaves out, one by one, what is not needed to show it.
func fewest(operations []porcupine.Operation, wrong func([]porcupine.Operation) bool, may func(step) bool) []porcupine.Operation {
	for i := len(operations) - 1; i >= 0; i-- {
		if !may(operations[i].Input.(step)) {
			continue
		}
		if less := slices.Concat(operations[:i], operations[i+1:]); wrong(less) {
			operations = less
		}
	}
	return operations
}

// withoutPatients leaves out whole patients. That is sound only where no step counts the patients of a slot.
func withoutPatients(operations []porcupine.Operation, wrong func([]porcupine.Operation) bool) []porcupine.Operation {
	counts := func(o porcupine.Operation) bool { k := o.Input.(step).Kind; return k == full || k == looked }
	if slices.ContainsFunc(operations, counts) {
		return operations
	}
	patients := map[booking.PatientID]bool{}
	for _, o := range operations {
		patients[o.Input.(step).Patient] = true
	}
	delete(patients, 0)
	for patient := range patients {
		if less := without(operations, patient); wrong(less) {
			operations = less
		}
	}
	slices.SortFunc(operations, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	return operations
}

// without is the history as the other patients had it.
func without(operations []porcupine.Operation, patient booking.PatientID) []porcupine.Operation {
	gone := map[booking.AppointmentID]bool{}
	for _, o := range operations {
		s := o.Input.(step)
		if s.Patient == patient && s.Appointment != 0 {
			gone[s.Appointment] = true
		}
		for _, x := range s.Holders {
			if x.Patient == patient {
				gone[x.Appointment] = true
			}
		}
	}
	var list []porcupine.Operation
	for _, o := range operations {
		s := o.Input.(step)
		if s.Patient == patient || gone[s.Appointment] {
			continue
		}
		s.Holders = slices.DeleteFunc(slices.Clone(s.Holders), func(x holder) bool { return x.Patient == patient })
		o.Input = s
		list = append(list, o)
	}
	return list
}
