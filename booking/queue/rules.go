package queue

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrRules says that settings make no sense.
var ErrRules = errors.New("these rules of a queue make no sense")

// Class is why somebody is called before others.
type Class string

// The usual classes. A department may have others.
const (
	Emergency Class = "emergency" // 急症
	Severe    Class = "severe"    // 重症
	Over80    Class = "over_80"   // 八十岁以上
	Disabled  Class = "disabled"  // 残疾人
	Results   Class = "results"   // 回诊: comes back the same day with results
	Regular   Class = "regular"   // everybody else
)

// Rules are a department's settings.
type Rules struct {
	Classes    []Class `json:"classes"`     // the most urgent first
	Urgent     int     `json:"urgent"`      // how many of the first are urgent: always first, whatever others have waited
	AgeMinutes int     `json:"age_minutes"` // after so long a wait somebody rises by one class
	Behind     int     `json:"behind"`      // how many places behind who is late or was skipped joins
	MostSkips  int     `json:"most_skips"`  // how often somebody may be skipped and return; then the desk decides
}

// Usual are rules to begin with.
func Usual() Rules {
	return Rules{Classes: []Class{Emergency, Severe, Over80, Disabled, Results, Regular}, Urgent: 1, AgeMinutes: 20, Behind: 3, MostSkips: 3}
}

// Check refuses rules that contradict themselves or would let somebody starve.
func (r Rules) Check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrRules, fmt.Sprintf(format, args...))
	}
	for i, c := range r.Classes {
		if c == "" || slices.Contains(r.Classes[:i], c) {
			return bad("class %q is empty or there twice", c)
		}
	}
	switch {
	case len(r.Classes) == 0 || len(r.Classes) > 50:
		return bad("%d classes; there are between 1 and 50", len(r.Classes))
	case r.Urgent < 0 || r.Urgent >= len(r.Classes):
		return bad("%d of %d classes are urgent; at least one is not", r.Urgent, len(r.Classes))
	case r.AgeMinutes < 1 || r.AgeMinutes > 24*60:
		return bad("people rise after %d minutes; it is between 1 and 1440, so that nobody waits for ever", r.AgeMinutes)
	case r.Behind < 0 || r.Behind > 100 || r.MostSkips < 0 || r.MostSkips > 100:
		return bad("%d places behind, %d times; both are between 0 and 100", r.Behind, r.MostSkips)
	}
	return nil
}

// urgent tells whether a class always goes first.
func (r Rules) urgent(c Class) bool { return slices.Index(r.Classes, c) < r.Urgent }

// level is the class in which an entry stands after its wait: 0 is called first.
func (r Rules) level(e Entry, now time.Time) int {
	level := slices.Index(r.Classes, e.Class)
	if level < r.Urgent {
		return level
	}
	risen := int(max(0, now.Sub(e.Since)) / (time.Duration(r.AgeMinutes) * time.Minute))
	return max(r.Urgent, level-risen)
}
