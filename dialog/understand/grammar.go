package understand

import (
	"fmt"
	"strings"

	"guahao/booking"
	"guahao/dialog/hanzi"
	"guahao/dialog/triage"
)

// Reader reads sentences by the files in grammar/. It is never changed after it was made.
type Reader struct {
	words       Words
	phrases     map[string]span // the words that mean something among others, plain
	longest     int             // bytes of the longest of them
	doctors     []string        // what doctors are addressed as
	departments []concept
	complaints  []concept           // what people complain of, from the knowledge of triage
	tails       []string            // what may be left out at the end of a speciality
	dull        map[string]struct{} // parts of specialities that say nothing
	blurs       blurs               // days and halves of the day that may be misspelt
	sounds      map[string]string   // and such words by their pinyin
}

// concept is a line of departments.txt, or a complaint: words for what the directory has under one of the names.
type concept struct {
	names, words []string
	part         bool // of the body
}

// New reads the grammar.
func New() (*Reader, error) {
	r := &Reader{phrases: map[string]span{}, dull: map[string]struct{}{}, blurs: blurs{}, sounds: map[string]string{}}
	var err error
	if r.words, err = loadWords(); err != nil {
		return nil, err
	}
	if r.departments, err = loadConcepts("grammar/departments.txt"); err != nil {
		return nil, err
	}
	knowledge, err := triage.New()
	if err != nil {
		return nil, err
	}
	for _, c := range knowledge.Complaints() {
		r.complaints = append(r.complaints, concept{names: c.Names, words: []string{c.Words}, part: c.Part})
	}
	return r, r.loadPhrases()
}

func loadConcepts(name string) ([]concept, error) {
	data, err := grammarFiles.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var list []concept
	for n, line := range strings.Split(string(data), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		names, words, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("understand: %s line %d has no sign", name, n+1)
		}
		list = append(list, concept{names: listed(names), words: listed(words)})
	}
	return list, nil
}

func listed(s string) []string {
	var list []string
	for _, word := range strings.Split(s, ",") {
		list = append(list, strings.TrimSpace(word))
	}
	return list
}

// sentenceFile is grammar/sentence.json.
type sentenceFile struct {
	Halves  map[booking.Period][]string     `json:"halves"`
	AnyHalf []string                        `json:"any_half"`
	Kinds   map[booking.ClinicKind][]string `json:"kinds"`
	Titles  map[booking.Title][]string      `json:"titles"`
	Any     []string                        `json:"any_doctor"`
	Whom    []struct {
		Relation booking.Relation
		Sex      booking.Sex
		Grown    bool
		Words    []string
	} `json:"whom"`
	Doctors []string            `json:"doctors"`
	Intents map[Intent][]string `json:"intents"`
	Not     []string            `json:"not"`
	Between []string            `json:"between"`
	Else    []string            `json:"else"`
	Weak    []string            `json:"weak"`
	Fillers []string            `json:"fillers"`
	Tails   []string            `json:"topic_tails"`
	Dull    []string            `json:"topic_dull"`
}

// loadPhrases reads the words of sentences. What stands in the file first in this order is what a word means.
func (r *Reader) loadPhrases() error {
	var f sentenceFile
	if err := readJSON("grammar/sentence.json", &f); err != nil {
		return err
	}
	for half, words := range f.Halves {
		r.add(span{kind: isHalf, halves: booking.HalvesOf(half)}, words)
	}
	r.add(span{kind: isHalf, halves: booking.AnyHalf}, f.AnyHalf)
	for kind, words := range f.Kinds {
		r.add(span{kind: isClinic, clinic: kind}, words)
	}
	for title, words := range f.Titles {
		r.add(span{kind: isTitle, title: title}, words)
	}
	r.add(span{kind: isAny}, f.Any)
	for _, w := range f.Whom {
		r.add(span{kind: isWhom, whom: Whom{Relation: w.Relation, Sex: w.Sex, Grown: w.Grown || w.Relation == booking.Parent || w.Relation == booking.Spouse}}, w.Words)
	}
	for want, words := range f.Intents {
		r.add(span{kind: isIntent, intent: want}, words)
	}
	r.add(span{kind: isElse}, f.Else)
	r.add(span{kind: isNot}, f.Not)
	r.add(span{kind: isBetween}, f.Between)
	r.add(span{kind: isWeak}, f.Weak)
	r.add(span{kind: isFiller}, f.Fillers)
	for _, near := range nearDays {
		r.addWhen(near.word)
	}
	for word, s := range r.phrases {
		if s.kind == isHalf {
			r.addWhen(word)
		}
	}
	for _, day := range []string{"一", "二", "三", "四", "五", "六", "日", "天"} {
		for _, week := range []string{"周", "星期", "下周", "礼拜"} {
			r.addWhen(week + day)
		}
	}
	for _, word := range longWeekdays {
		r.blurs.add(word)
	}
	r.doctors, r.tails = f.Doctors, f.Tails
	for _, word := range f.Dull {
		r.dull[word] = struct{}{}
	}
	return nil
}

// addWhen lets a word for a day or a half of it be found with an error in it, and in pinyin.
func (r *Reader) addWhen(word string) {
	r.blurs.add(word)
	full, _ := sounds(word)
	for _, sound := range full {
		r.sounds[strings.ReplaceAll(sound, " ", "")] = word
	}
}

func (r *Reader) add(s span, words []string) {
	for _, word := range words {
		key := hanzi.Simplify(strings.ToLower(Narrow(word)))
		if _, ok := r.phrases[key]; ok {
			continue
		}
		r.phrases[key] = s
		r.longest = max(r.longest, len(key))
	}
}
