package dialog

import "guahao/booking"

// WishIn is what the tests see of how a wish is read.
func WishIn(line string, there booking.Wish, today booking.Date) (booking.Wish, bool) {
	return wishIn(line, there, today)
}
