package dialog

// The words that ask for the large type (大字版), and for the ordinary one again.
const (
	wantLarge  intent = "large"
	wantNormal intent = "normal"
)

// largeChoices is how many choices a message has at most in large type, ways to other pages included. The way back is no choice.
const largeChoices = 5

// doSlipLarge is the slip with everything on it in large letters.
const doSlipLarge = "slip_large"

// enlarge changes between large and ordinary type. The chat's own letters are the phone's to enlarge: what changes here is how much a message has
// in it. The step stays.
func (t *turn) enlarge(large bool) {
	t.m.Large, t.m.Page = large, 0
	if large {
		t.note("large.on")
		return
	}
	t.note("large.off")
}

// perPage is how many of a list's items stand on a page.
func (t *turn) perPage(l list) int {
	if !t.m.Large {
		return pageSize
	}
	room := largeChoices - len(l.extra)
	if len(l.items) <= room {
		return max(room, 1)
	}
	return max(room-2, 1) // the ways to the next page and the one before
}
