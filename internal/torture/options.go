package torture

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Options say how hard and how long.
type Options struct {
	Seconds  int
	Clients  int
	Replicas int
	Seed     uint64 // of what clients and the nemesis choose; what happens at the same moment is up to the machine
	Out      string // a directory for what a violation leaves; made when there is one

	Progress io.Writer // what is being done, in lines for people; nil: nothing

	env      []string             // more environment for the replicas: for the negative controls
	prepared func(w *world) error // called when the database is ready: for the negative controls
	calm     bool                 // no faults but lost answers: for the negative controls
}

const (
	maxReplicas = marks - 1
	maxClients  = 500
)

func (o Options) check() error {
	switch {
	case o.Seconds < 1 || o.Seconds > 24*3600:
		return errors.New("a torture lasts 1 to 86400 seconds")
	case o.Clients < 1 || o.Clients > maxClients:
		return fmt.Errorf("a torture has 1 to %d clients", maxClients)
	case o.Replicas < 1 || o.Replicas > maxReplicas:
		return fmt.Errorf("a torture has 1 to %d replicas", maxReplicas)
	}
	return nil
}

func (o Options) duration() time.Duration { return time.Duration(o.Seconds) * time.Second }

func (o Options) say(format string, args ...any) {
	if o.Progress != nil {
		fmt.Fprintf(o.Progress, format+"\n", args...)
	}
}

// Result is the line of `guahao torture`. Its keys are public: later ones are added, none is renamed.
type Result struct {
	Torture    bool           `json:"torture"` // always true
	Seconds    int            `json:"seconds"`
	Clients    int            `json:"clients"`
	Replicas   int            `json:"replicas"`
	Seed       uint64         `json:"seed"`
	Operations int            `json:"operations"` // of clients
	ByKind     map[string]int `json:"by_kind"`
	Unknown    int            `json:"unknown"` // operations without an answer
	Faults     map[string]int `json:"faults"`
	ByItself   map[string]int `json:"by_itself"` // changes of who holds a place that no client had asked for, by their reasons
	Captured   int            `json:"captured"`  // payments that WeChat Pay took
	Histories  int            `json:"histories"` // schedules that were checked
	Undecided  int            `json:"undecided"` // of them, those for which the checker's time was not enough
	Violations int            `json:"violations"`

	Found []string `json:"-"` // the violations in words
	Left  []string `json:"-"` // the files that they left
}
