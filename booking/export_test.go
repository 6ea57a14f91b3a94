package booking

import "time"

// What the tests of this package see of its inside.

func LowestFree(slot Slot, taken []int) (int, bool) { return lowestFree(slot, taken) }

func (p Session) SlotsOn(date Date, zone *time.Location) []Slot { return p.slotsOn(date, zone) }
