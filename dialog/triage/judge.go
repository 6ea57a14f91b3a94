package triage

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
)

// Patient is who has the complaint, as far as it is known.
type Patient struct {
	Sex      Sex
	Age      int // years
	AgeKnown bool
}

// childAge is the age in years below which a children's department is asked for, and grownUp from which none treats.
const (
	childAge = 15
	grownUp  = 18
)

// Answer is what a person said to a question.
type Answer string

// The answers. [Unsure] says nothing, but is not asked again.
const (
	Yes    Answer = "yes"
	No     Answer = "no"
	Unsure Answer = "unsure"
)

// Answers are what was answered to questions so far, by the id of the question.
type Answers map[string]Answer

// Reason is why a department is suggested.
type Reason struct {
	Words string // the patient's own; "" for an answer to a question
	Why   Text
}

// Suggestion is a department that may help.
type Suggestion struct {
	Department Department
	Chance     float64 // of this one among all, 0 to 1
	Reasons    []Reason
}

// Question is worth asking: its answer is expected to settle the most.
type Question struct {
	ID   string // for [Answers]
	Text Text
}

// Advice is what triage has to say.
type Advice struct {
	Patient     Patient      // with what the words told about age and sex
	Suggestions []Suggestion // the likeliest first, at most three; empty when nothing was understood
	Question    *Question    // nil when enough is known
}

const (
	maxSuggestions = 3
	maxQuestions   = 3
	leastChance    = 0.01 // below it a department is not worth a line
	enoughChance   = 0.75 // above it nothing is asked
	leastBits      = 0.08 // a question that settles less is not asked
	telling        = 3    // a weight from which on a symptom is worth asking for a department
	denial         = 0.6  // how much of a weight counts against what is denied: few patients of a department have all that leads there
	floor          = 0.05 // the chance of a symptom that does not belong to a department: people also say what has nothing to do with it
)

// Ask says which departments see what a text complains of. It never fails: what it does not understand gives no suggestions.
func (k *Knowledge) Ask(text string, who Patient, answers Answers) Advice {
	list := tokens(text)
	symptoms, who := k.hear(text, list, who)
	c := k.chances(symptoms, answers, who)
	advice := Advice{Patient: who}
	if !slices.ContainsFunc(symptoms, func(f found) bool { return !f.denied }) && !anyYes(answers) {
		return advice
	}
	advice.Suggestions = k.suggest(c, text, list, symptoms, answers, who)
	if len(answers) < maxQuestions && len(advice.Suggestions) > 0 && advice.Suggestions[0].Chance < enoughChance {
		advice.Question = k.question(c, symptoms, answers, who)
	}
	return advice
}

// hear finds the symptoms of a text that the patient may have, and completes what is known of the patient.
func (k *Knowledge) hear(text string, list []token, who Patient) ([]found, Patient) {
	k.mark(list)
	symptoms := k.read(list)
	who = implied(symptoms, heard(text, list, symptoms, who))
	return slices.DeleteFunc(symptoms, func(f found) bool { return !f.symptom.fits(who) }), who
}

func anyYes(answers Answers) bool {
	for _, answer := range answers {
		if answer == Yes {
			return true
		}
	}
	return false
}

// implied completes what is known by the symptoms that only one sex or only children have.
func implied(symptoms []found, who Patient) Patient {
	for _, f := range symptoms {
		if f.denied {
			continue
		}
		if who.Sex == "" {
			who.Sex = f.symptom.sex
		}
		if !who.AgeKnown && !f.symptom.known && f.symptom.to > 0 && f.symptom.to < 18 {
			who.Age, who.AgeKnown = f.symptom.to/2, true
		}
	}
	return who
}

// chance is how often patients of a department would say a symptom.
func (s *symptom) chance(code Code) float64 { return weigh(s.weights[code]) }

// weigh turns a weight of the table, 0 to 5, into a chance.
func weigh(weight int) float64 { return floor + (0.87-floor)/5*float64(weight) }

// chances gives each department's share after all that is known. Departments that do not treat the patient have none; those
// with one for children hand over to it.
func (k *Knowledge) chances(symptoms []found, answers Answers, who Patient) map[Code]float64 {
	raw := map[Code]float64{}
	for _, d := range k.departments {
		score := d.prior
		for _, f := range symptoms {
			if p := f.symptom.chance(d.Code); f.denied {
				score *= 1 - denial*p
			} else {
				score *= math.Pow(p, f.strength*f.symptom.tells)
			}
		}
		for _, id := range slices.Sorted(maps.Keys(answers)) { // in order, so that products come out alike each time
			s := k.bySymptom[id]
			switch answer := answers[id]; {
			case s == nil:
			case answer == Yes:
				score *= s.chance(d.Code)
			case answer == No:
				score *= 1 - denial*s.chance(d.Code)
			}
		}
		raw[d.Code] = score
	}
	return k.assigned(raw, who)
}

// assigned gives the shares to the departments that treat this patient, and makes them add up to one. Of several that hand their children over
// to one department the likeliest counts: that there are many surgeons for adults does not make surgery likelier for a child.
func (k *Knowledge) assigned(raw map[Code]float64, who Patient) map[Code]float64 {
	shares, sum := map[Code]float64{}, 0.0
	for _, d := range k.departments {
		code := d.Code
		if who.AgeKnown && who.Age < childAge && d.child != "" {
			code = d.child
		}
		if k.byCode[code].fits(who) && !(code == d.Code && k.forChildren(d) && (!who.AgeKnown || who.Age >= grownUp)) {
			shares[code] = max(shares[code], raw[d.Code])
		}
	}
	for _, d := range k.departments { // in order, so that sums of floats come out alike each time
		sum += shares[d.Code]
	}
	for code := range shares {
		shares[code] /= sum
	}
	return shares
}

// forChildren tells whether a department treats nobody else.
func (k *Knowledge) forChildren(d Department) bool { return d.to > 0 && d.to < 18 }

// suggest lists the likeliest departments with what speaks for each.
func (k *Knowledge) suggest(shares map[Code]float64, text string, list []token, symptoms []found, answers Answers, who Patient) []Suggestion {
	var all []Suggestion
	for _, d := range k.departments {
		share := shares[d.Code]
		if share < leastChance {
			continue
		}
		s := Suggestion{Department: d, Chance: share}
		for _, f := range symptoms {
			if said := words(text, list, f.places); !f.denied && k.speaksFor(f.symptom, d, who) && !repeats(s.Reasons, said) {
				s.Reasons = append(s.Reasons, Reason{Words: said, Why: f.symptom.why})
			}
		}
		for _, id := range slices.Sorted(maps.Keys(answers)) {
			if q := k.bySymptom[id]; answers[id] == Yes && q != nil && k.speaksFor(q, d, who) {
				s.Reasons = append(s.Reasons, Reason{Why: q.why})
			}
		}
		if len(s.Reasons) > 0 {
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b Suggestion) int { return cmp.Compare(b.Chance, a.Chance) })
	return all[:min(len(all), maxSuggestions)]
}

// repeats tells whether words are a part of those of a reason, or hold them.
func repeats(reasons []Reason, words string) bool {
	return slices.ContainsFunc(reasons, func(r Reason) bool {
		return r.Words != "" && (strings.Contains(r.Words, words) || strings.Contains(words, r.Words))
	})
}

// speaksFor tells whether a symptom leads to a department, or to one that hands its children over to it.
func (k *Knowledge) speaksFor(s *symptom, d Department, who Patient) bool {
	if s.weights[d.Code] > 0 {
		return true
	}
	for code := range s.weights {
		if who.AgeKnown && who.Age < childAge && k.byCode[code].child == d.Code {
			return true
		}
	}
	return false
}

// question chooses what to ask: the symptom whose answer is expected to take the most uncertainty away, among those that are
// worth asking after what was said.
func (k *Knowledge) question(shares map[Code]float64, symptoms []found, answers Answers, who Patient) *Question {
	var best *symptom
	most := leastBits
	for i := range k.symptoms {
		s := &k.symptoms[i]
		if !s.fits(who) || (s.sex != "" && s.sex != who.Sex) || !s.askable(symptoms, answers) {
			continue
		}
		if bits := k.gain(shares, s, who); bits > most {
			best, most = s, bits
		}
	}
	if best == nil {
		return nil
	}
	return &Question{ID: best.id, Text: best.ask}
}

// askable tells whether a symptom is worth asking after: it follows one that was said, and is not known itself.
func (s *symptom) askable(symptoms []found, answers Answers) bool {
	if _, answered := answers[s.id]; answered {
		return false
	}
	follows := false
	for _, f := range symptoms {
		if f.symptom == s {
			return false
		}
		follows = follows || (!f.denied && slices.Contains(s.after, f.symptom.id))
	}
	return follows
}

// gain is how many bits an answer is expected to settle.
func (k *Knowledge) gain(shares map[Code]float64, s *symptom, who Patient) float64 {
	var now, yes, no []float64
	var pYes float64
	for _, d := range k.departments { // in order, so that sums of floats come out alike each time
		share, p := shares[d.Code], k.chanceFor(s, d.Code, who)
		now, yes, no = append(now, share), append(yes, share*denial*p), append(no, share*(1-denial*p))
		pYes += share * denial * p
	}
	return entropy(now, 1) - pYes*entropy(yes, pYes) - (1-pYes)*entropy(no, 1-pYes)
}

// chanceFor is a symptom's chance in a department, or in the one that hands its children over to it.
func (k *Knowledge) chanceFor(s *symptom, code Code, who Patient) float64 {
	p := s.chance(code)
	if who.AgeKnown && who.Age < childAge {
		for from := range s.weights {
			if k.byCode[from].child == code {
				p = max(p, s.chance(from))
			}
		}
	}
	return p
}

// entropy of shares that add up to sum, in bits.
func entropy(shares []float64, sum float64) float64 {
	h := 0.0
	for _, share := range shares {
		if p := share / sum; p > 0 {
			h -= p * math.Log2(p)
		}
	}
	return h
}
