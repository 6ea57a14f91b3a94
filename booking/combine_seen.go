package booking

import "sync"

// freePlaces remembers places as they were last seen, while one of them was free. They need not be read before their locks are had: all is read
// again under these. Whoever comes for a place that was full when it was last seen has it read, so that nobody is refused by memory.
type freePlaces struct {
	mu     sync.Mutex
	bySlot map[SlotID]placeRow
}

// freeRemembered is how many there are at most: then the memory starts anew.
const freeRemembered = 1 << 13

// prepare fills in what is remembered of a request's place; false where it has to be read.
func (f *freePlaces) prepare(h *hold) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, known := f.bySlot[h.Slot]
	if known {
		h.schedule, h.slot = p.Schedule, p.Slot
	}
	return known
}

// see remembers a place, or forgets it when nothing of it is free.
func (f *freePlaces) see(c Schedule, slot Slot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slot.Free() == 0 || c.Status != Open {
		delete(f.bySlot, slot.ID)
		return
	}
	if f.bySlot == nil || len(f.bySlot) >= freeRemembered {
		f.bySlot = map[SlotID]placeRow{}
	}
	f.bySlot[slot.ID] = placeRow{c, slot}
}
