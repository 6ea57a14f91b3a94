package booking

import (
	"slices"

	"guahao/booking/queue"
)

// QueueRule is how a department calls its patients: the classes of who comes before others, the most urgent first, and how people grow older.
type QueueRule struct {
	Department string `json:"department,omitempty"` // the code of one, or of one that groups others; empty: of all that no other rule names
	queue.Rules
}

func (p Policy) checkQueues(f *findings) {
	seen := map[string]bool{}
	for _, r := range p.Queues {
		f.need(!seen[r.Department], "queues 每个科室只能写一次", "queues must name each department once")
		seen[r.Department] = true
		if err := r.Check(); err != nil {
			f.need(false, "queues 的设置不成立（"+err.Error()+"）", "queues: "+err.Error())
		}
	}
}

// queueRules are the rules by which a department calls.
func (d *directory) queueRules(department Department) queue.Rules {
	rules := d.current[department.Hospital].Queues
	for _, code := range []string{department.Code, d.department[department.Parent].Code, ""} {
		if i := slices.IndexFunc(rules, func(r QueueRule) bool { return r.Department == code }); i >= 0 {
			return rules[i].Rules
		}
	}
	return queue.Usual()
}

// over80 is the age from which people are called before others.
const over80 = 80

// classOf is the class in which a patient joins: what the document says counts, all else is for a nurse to see.
func classOf(rules queue.Rules, birth, day Date) queue.Class {
	if age, known := ageOn(birth, day); known && age >= over80 && slices.Contains(rules.Classes, queue.Over80) {
		return queue.Over80
	}
	return ordinary(rules)
}

// ordinary is the class of who has no claim to another.
func ordinary(rules queue.Rules) queue.Class {
	if slices.Contains(rules.Classes, queue.Regular) {
		return queue.Regular
	}
	return rules.Classes[len(rules.Classes)-1]
}
