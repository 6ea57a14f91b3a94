package dialog

import (
	"guahao/booking"
	"guahao/dialog/understand"
)

// wishFrom gives the wish that a sentence says, 主治医师周二到周四上午, any attending doctor, Tue–Thu mornings. What is not said is
// taken from the wish that is there; false means that nothing was said.
func wishFrom(m understand.Meaning, there booking.Wish) (booking.Wish, bool) {
	w, said := there, false
	if m.AnyDoctor {
		w.Doctor, w.Title, said = 0, "", true
	}
	if m.Title != "" {
		w.Doctor, w.Title, said = 0, m.Title, true
	}
	if m.Kind != "" {
		w.Kind, said = m.Kind, true
	}
	if m.First != "" {
		w.First, w.Last, said = m.First, m.Last, true
	}
	if m.Halves != 0 {
		w.Halves, said = m.Halves, true
	}
	return w, said
}

// wishTyped takes a wish in words.
func wishTyped(t *turn, line string) (bool, error) {
	if _, isNumber := understand.Number(line); isNumber {
		return false, nil
	}
	m, err := t.meaning(line)
	if err != nil {
		return false, err
	}
	w, ok := wishFrom(m, t.m.Draft.Wish)
	if !ok {
		return false, nil
	}
	t.m.Draft.Wish = w
	return true, t.move(stateWaitPatient)
}
