package dialog

import (
	"strings"

	"guahao/booking"
)

// titleWords are what people call titles, longer ones first: 副主任 has 主任 in it.
var titleWords = []struct {
	word  string
	title booking.Title
}{
	{"副主任", booking.AssociateChief}, {"副高", booking.AssociateChief}, {"associate", booking.AssociateChief},
	{"主任", booking.Chief}, {"正高", booking.Chief}, {"chief", booking.Chief},
	{"主治", booking.Attending}, {"attending", booking.Attending},
	{"住院医", booking.Resident}, {"resident", booking.Resident},
}

// kindWords are what people call kinds of clinics.
var kindWords = []struct {
	word string
	kind booking.ClinicKind
}{
	{"专家", booking.Expert}, {"expert", booking.Expert}, {"特需", booking.Special}, {"special", booking.Special},
	{"普通", booking.General}, {"general", booking.General},
}

// anyWords say that it need not be the doctor who was full.
var anyWords = []string{"任何", "任意", "随便", "哪位", "哪个", "都行", "都可以", "any"}

// rangeWords stand between the first and the last day.
var rangeWords = []string{"到", "至", "–", "—", "~", "～", " to ", " until ", "-"}

// wishIn reads a wish in words, 主治医师周二到周四上午, any attending doctor, Tue–Thu mornings. What is not said is taken from
// the wish that is there; false means that nothing was said.
func wishIn(line string, there booking.Wish, today booking.Date) (booking.Wish, bool) {
	s := strings.ToLower(narrow(clean(line)))
	w, said := there, false
	for _, word := range anyWords {
		if strings.Contains(s, word) {
			w.Doctor, w.Title, said = 0, "", true
			break
		}
	}
	for _, t := range titleWords {
		if strings.Contains(s, t.word) {
			w.Doctor, w.Title, said = 0, t.title, true
			break
		}
	}
	for _, k := range kindWords {
		if strings.Contains(s, k.word) {
			w.Kind, said = k.kind, true
			break
		}
	}
	if first, last, ok := daysIn(s, today); ok {
		w.First, w.Last, said = first, last, true
	}
	if halves := halvesIn(s); halves != 0 {
		w.Halves, said = halves, true
	}
	return w, said
}

// daysIn finds a day or a range of days in a folded line.
func daysIn(s string, today booking.Date) (first, last booking.Date, ok bool) {
	for _, between := range rangeWords {
		for at := 0; ; {
			i := strings.Index(s[at:], between)
			if i < 0 {
				break
			}
			at += i
			first, last = dayIn(s[:at], today), dayIn(s[at+len(between):], today)
			if first != "" && last != "" {
				if last < first && first.Add(7) > last {
					last = last.Add(7)
				}
				return first, last, last >= first
			}
			at += len(between)
		}
	}
	day := dayIn(s, today)
	return day, day, day != ""
}

func halvesIn(s string) booking.Halves {
	var h booking.Halves
	for _, p := range periodWords {
		if strings.Contains(s, p.word) {
			h |= booking.HalvesOf(p.period)
		}
	}
	if strings.Contains(s, "全天") || strings.Contains(s, "all day") {
		return booking.AnyHalf
	}
	return h
}

// wishTyped takes a wish in words.
func wishTyped(t *turn, line string) (bool, error) {
	h, err := t.hospital(t.m.Draft.Hospital)
	if err != nil {
		return false, err
	}
	if _, isNumber := numberIn(line); isNumber {
		return false, nil
	}
	w, ok := wishIn(line, t.m.Draft.Wish, t.today(h))
	if !ok {
		return false, nil
	}
	t.m.Draft.Wish = w
	return true, t.move(stateWaitPatient)
}
