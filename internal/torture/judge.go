package torture

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
	"golang.org/x/sync/errgroup"
)

// judge checks the run, and leaves what shows a violation.
func (t *torment) judge(ctx context.Context) (Result, error) {
	r := Result{
		Torture: true, Seconds: t.o.Seconds, Clients: t.o.Clients, Replicas: t.o.Replicas, Seed: t.o.Seed, Faults: t.faults, ByKind: map[string]int{}, ByItself: t.itself,
		Operations: len(t.records), Captured: t.captured(), Found: t.found,
	}
	for _, record := range t.records {
		r.ByKind[record.Request.Op]++
		if !record.Answered {
			r.Unknown++
		}
	}
	found, err := t.audit(ctx)
	if err != nil {
		return r, err
	}
	r.Found = append(r.Found, found...)
	histories, err := t.histories(ctx)
	if err != nil {
		return r, err
	}
	t.o.say("Looking for an order of %d operations on %d schedules that explains every answer …", r.Operations, len(histories))
	illegal, undecided := t.check(histories)
	r.Histories, r.Undecided = len(histories), undecided
	for _, h := range illegal {
		r.Found = append(r.Found, fmt.Sprintf("no order of what happened to schedule %d explains the answers", h.schedule))
	}
	r.Violations = len(r.Found)
	if r.Violations > 0 {
		r.Left, err = t.leave(illegal, r.Found)
	}
	return r, err
}

// check tells which histories have no explanation, and for how many the time was not enough to say.
func (t *torment) check(histories []*history) (illegal []*history, undecided int) {
	m := model(t.world.slots)
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(2)
	for _, h := range histories {
		group.Go(func() error {
			result := porcupine.CheckOperationsTimeout(m, h.operations, checkTime)
			mu.Lock()
			defer mu.Unlock()
			switch result {
			case porcupine.Illegal:
				illegal = append(illegal, h)
			case porcupine.Unknown:
				undecided++
			}
			return nil
		})
	}
	_ = group.Wait()
	slices.SortFunc(illegal, func(a, b *history) int { return cmp.Compare(len(a.operations), len(b.operations)) })
	return illegal, undecided
}

// leave writes what a violation leaves into the directory: the smallest history, drawn and as JSON, and the violations in words.
func (t *torment) leave(illegal []*history, found []string) (files []string, err error) {
	if t.o.Out == "" {
		return nil, nil
	}
	if err := os.MkdirAll(t.o.Out, 0o755); err != nil {
		return nil, err
	}
	write := func(name string, value any) {
		file := filepath.Join(t.o.Out, name)
		text, failed := json.MarshalIndent(value, "", "  ")
		if failed == nil {
			failed = os.WriteFile(file, text, 0o644)
		}
		err = errors.Join(err, failed)
		files = append(files, file)
	}
	write("violations.json", found)
	write("operations.json", t.records)
	if len(illegal) == 0 {
		return files, err
	}
	m := model(t.world.slots)
	smallest := inLanes(smallestOf(m, illegal), t.o.Clients)
	write("history.json", drawn(smallest))
	_, info := porcupine.CheckOperationsVerbose(m, smallest, checkTime)
	page := filepath.Join(t.o.Out, "history.html")
	return append(files, page), errors.Join(err, porcupine.VisualizePath(m, info, page))
}

// smallestOf shrinks the shortest few of the histories.
func smallestOf(m porcupine.Model, illegal []*history) []porcupine.Operation {
	const few = 3
	var best []porcupine.Operation
	for _, h := range illegal[:min(few, len(illegal))] {
		if small := shrink(m, h.operations); best == nil || len(small) < len(best) {
			best = small
		}
	}
	return best
}

// inLanes numbers the clients anew, without gaps. What the program (which has the number itself) did, has a lane for each.
func inLanes(operations []porcupine.Operation, itself int) []porcupine.Operation {
	lanes, next := map[int]int{}, 0
	for i, o := range operations {
		lane, known := lanes[o.ClientId]
		if !known || o.ClientId == itself {
			lane = next
			lanes[o.ClientId] = lane
			next++
		}
		operations[i].ClientId = lane
	}
	return operations
}

// operationJSON is one operation of a history, in real time since the start.
type operationJSON struct {
	Lane  int           `json:"lane"` // in the drawing
	Start time.Duration `json:"start_ns"`
	End   time.Duration `json:"end_ns"`
	Step  step          `json:"step"`
	Words string        `json:"words"`
}

func drawn(operations []porcupine.Operation) []operationJSON {
	list := make([]operationJSON, len(operations))
	for i, o := range operations {
		s := o.Input.(step)
		list[i] = operationJSON{o.ClientId, time.Duration(o.Call), time.Duration(o.Return), s, s.String()}
	}
	return list
}
