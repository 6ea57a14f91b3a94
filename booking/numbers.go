package booking

// lowestFree gives the lowest number of a slot that is not taken: a number that was returned is sold again before a new one.
// taken is in ascending order; numbers outside of the slot's range are ignored.
func lowestFree(slot Slot, taken []int) (int, bool) {
	next := slot.FirstSeq
	for _, seq := range taken {
		if seq > next {
			break
		}
		if seq == next {
			next++
		}
	}
	return next, next < slot.FirstSeq+slot.Capacity
}
