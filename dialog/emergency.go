package dialog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"guahao/booking"
	"guahao/bots"
	"guahao/dialog/hanzi"
	"guahao/dialog/understand"
)

// danger is what an emergency word points to; each has an answer of its own in the catalogue.
type danger string

// The dangers.
const (
	noDanger   danger = ""
	lifeAtRisk danger = "body"  // call 120
	selfHarm   danger = "mind"  // 120, and somebody to talk to
	suspected  danger = "signs" // 120 if it is new or gets worse: several words together tell of it
)

// alarms are the words of catalogue/emergency.txt, which clinicians review.
type alarms struct {
	chinese map[danger][]string
	english map[danger]*regexp.Regexp
	signs   []sign
	calm    struct {
		chinese []string
		english *regexp.Regexp
	}
}

// safe begins the part of the list that has what holds a word of danger and means none: 胸痛门诊.
const safe danger = "safe"

// loadAlarms reads the embedded list: "[body]", "[event]", "[mind]" or "[safe]" begins a part, "#" a comment, every other line is a word.
func loadAlarms() (alarms, error) {
	data, err := catalogueFiles.ReadFile("catalogue/emergency.txt")
	if err != nil {
		return alarms{}, err
	}
	chinese, english := map[danger][]string{}, map[danger][]string{}
	part := noDanger
	for number, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case line == "[body]" || line == "[event]" || line == "[mind]" || line == "[safe]":
			part = danger(strings.Trim(line, "[]"))
		case part == noDanger:
			return alarms{}, fmt.Errorf("dialog: emergency.txt line %d stands before [body], [event], [mind] and [safe]", number+1)
		case line[0] < 0x80:
			english[part] = append(english[part], strings.ReplaceAll(regexp.QuoteMeta(line), " ", `\s+`))
		default:
			chinese[part] = append(chinese[part], understand.Tight(hanzi.Simplify(line)))
		}
	}
	signs, err := loadSigns()
	if err != nil {
		return alarms{}, err
	}
	a := alarms{chinese: chinese, english: map[danger]*regexp.Regexp{}, signs: signs}
	for part, list := range english {
		a.english[part] = regexp.MustCompile(`\b(?:` + strings.Join(list, "|") + `)\b`)
	}
	// The longer phrase goes first, so that no rest of it stays.
	slices.SortFunc(chinese[safe], func(a, b string) int { return len(b) - len(a) })
	a.calm.chinese, a.calm.english = chinese[safe], a.english[safe]
	return a, nil
}

// in tells what danger a line speaks of. A danger to the body that is said not to be there is none (没有胸痛, no chest pain);
// of suicide nobody speaks without a reason, so there only the phrases of [safe] calm.
func (a alarms) in(line string) danger {
	line = hanzi.Simplify(line)
	compact, spaced := understand.Tight(line), understand.Fold(line)
	for _, phrase := range a.calm.chinese {
		compact = strings.ReplaceAll(compact, phrase, ";")
	}
	if !strings.ContainsFunc(spaced, func(r rune) bool { return r >= 'a' && r <= 'z' }) {
		spaced = "" // most lines are Chinese, and nothing English need be looked for in them
	}
	spaced = shortened.ReplaceAllString(strings.ReplaceAll(spaced, "’", "'"), "${1}n't")
	if a.calm.english != nil {
		spaced = a.calm.english.ReplaceAllString(spaced, ";")
	}
	if said(compact, a.chinese[lifeAtRisk]) || saidInEnglish(spaced, a.english[lifeAtRisk]) || a.happening(compact, spaced) {
		return lifeAtRisk
	}
	mentions := func(word string) bool { return strings.Contains(compact, word) }
	if re := a.english[selfHarm]; slices.ContainsFunc(a.chinese[selfHarm], mentions) || re != nil && re.MatchString(spaced) {
		return selfHarm
	}
	if a.signsIn(compact, spaced) {
		return suspected
	}
	return noDanger
}

// said tells whether one of the words stands in a tight line and is not denied there.
func said(line string, words []string) bool {
	for _, word := range words {
		for rest, at := line, 0; ; {
			i := strings.Index(rest, word)
			if i < 0 {
				break
			}
			if !denied(line[:at+i]) {
				return true
			}
			at += i + len(word)
			rest = line[at:]
		}
	}
	return false
}

var (
	// denial is what stands right before a word that is denied: 没有出现胸痛, 无明显胸痛.
	denial = regexp.MustCompile(`(没有过?|没|并无|无|未见|未|不是|不再|否认|也不|都不|并不|不|倒不)(再|有|出现|发生|感到|感觉|觉得|明显|任何|什么|过|出|流|见)*$`)
	// asking are the same letters where nothing is denied: 有没有胸痛, 是不是中风, 不是没有胸痛.
	asking = regexp.MustCompile(`(有没有|是不是|要不要|会不会|不是没有?|不是无|要不|能不能|并非没有|难道不是|从没|从未)(再|有|出现|发生|感到|感觉|觉得|明显|任何|什么|过|这么|那么)*$`)

	englishDenial = regexp.MustCompile(`\b(no|not|without|never|denies|denied|isn't|don't have|doesn't have|didn't have|haven't|hasn't)(\s+(any|a|an|the|have|having|had|got|been|real|more|longer|signs? of))*\s+$`)
)

// shortened are words as they are typed in haste: cant, wont.
var shortened = regexp.MustCompile(`\b(ca|wo|do|does|did|is|are|was|has|have|could)nt\b`)

func denied(before string) bool { return denial.MatchString(before) && !asking.MatchString(before) }

func saidInEnglish(line string, re *regexp.Regexp) bool {
	if re == nil || line == "" {
		return false
	}
	for _, at := range re.FindAllStringIndex(line, -1) {
		if !englishDenial.MatchString(line[:at[0]]) {
			return true
		}
	}
	return false
}

// alarmed answers words that speak of danger, before anything else. Where a danger is only suspected, the conversation goes on below.
func (t *turn) alarmed() bool {
	danger := t.d.alarms.in(t.in.Update.Text)
	if danger == noDanger {
		return false
	}
	t.m.Alarmed = true
	t.notes = append(t.notes, t.named("emergency", string(danger))+t.emergencyDepartments())
	return danger != suspected
}

const maxEmergency = 2 // how many emergency departments are named: the nearest may be one for children

// emergencyDepartments names where to go: the nearest, where the person said where they are; else first the hospital that was
// chosen. It says nothing where nothing is known, because the number of the ambulance matters more than a failing database.
func (t *turn) emergencyDepartments() string {
	hospitals, err := t.d.Booking.Hospitals(t.ctx)
	if err != nil {
		return ""
	}
	hospitals = slices.DeleteFunc(hospitals, func(h booking.Hospital) bool { return h.Emergency == (booking.Text{}) })
	if len(hospitals) == 0 {
		return ""
	}
	here := t.m.Place
	if t.in.Update.Kind == bots.Location {
		here = placeOf(t.in.Update)
	}
	title := key("emergency.nearest")
	if here.known() {
		here.sort(hospitals)
	} else {
		title = "emergency.places"
		chosen := t.m.Draft.Hospital
		slices.SortStableFunc(hospitals, func(a, b booking.Hospital) int { return first(a.ID == chosen) - first(b.ID == chosen) })
	}
	lines := "\n" + t.say(title)
	for _, h := range hospitals[:min(maxEmergency, len(hospitals))] {
		line, how := key("emergency.place"), t.distance(here, h)
		if how != "" {
			line = "emergency.place_near"
		}
		lines += "\n" + t.say(line, "hospital", h.Name, "where", h.Emergency, "address", h.Address, "phone", h.Phone, "distance", how)
	}
	if !here.known() {
		lines += "\n" + t.say("emergency.send_location")
	}
	return lines
}

// first sorts what is true before what is not.
func first(yes bool) int {
	if yes {
		return 0
	}
	return 1
}
