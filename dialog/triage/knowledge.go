package triage

import (
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed knowledge
var files embed.FS

// Text is a text in the languages that we speak.
type Text struct{ Zh, En string }

// In gives the text in a language, "zh" or "en".
func (t Text) In(lang string) string {
	if lang == "en" && t.En != "" {
		return t.En
	}
	return t.Zh
}

// Code names a department of the knowledge. It is no hospital's own code: [Knowledge.Names] says under which names hospitals have it.
type Code string

// Sex is the sex of a patient; "" is unknown.
type Sex string

// The sexes that a rule can ask for.
const (
	Female Sex = "female"
	Male   Sex = "male"
)

// treats says whom a department or a symptom is about.
type treats struct {
	sex      Sex
	from, to int  // years of age, both included; to 0 means no end
	known    bool // only where the age is known: 咳嗽 alone speaks of nobody's age
}

func (w treats) fits(p Patient) bool {
	if w.known && !p.AgeKnown {
		return false
	}
	if w.sex != "" && p.Sex != "" && w.sex != p.Sex {
		return false
	}
	return !p.AgeKnown || (p.Age >= w.from && (w.to == 0 || p.Age <= w.to))
}

// Department is one row of departments.tsv.
type Department struct {
	Code    Code
	Name    Text
	also    []string
	instead Code
	child   Code
	prior   float64 // how often people come to it, against the others
	treats
}

// symptom is one row of symptoms.tsv.
type symptom struct {
	id          string
	expressions []expression
	weights     map[Code]int
	broad       bool    // only the name of something that a department sees: it gives way to a symptom in the same words
	tells       float64 // how much it counts against other symptoms; 1 is usual
	treats
	why, ask Text
	after    []string // the symptoms after which it is worth asking
}

// expression is one way to say a symptom: every group must be there.
type expression [][]phrase

// phrase is a word or a few, as tokens.
type phrase []token

// Knowledge is what the tables say. It is never changed, and safe for concurrent use.
type Knowledge struct {
	departments []Department
	byCode      map[Code]*Department
	symptoms    []symptom
	bySymptom   map[string]*symptom

	parts    []phrase         // of the body
	wholes   []phrase         // words that hold a shorter one and mean something else
	written  map[string][]way // the ways to say symptoms by their first token
	sounding map[string][]way // and by what stays of it when it is typed wrongly
}

// New reads the embedded tables. An error names the file and the row.
func New() (*Knowledge, error) { return embedded() }

// embedded reads the files once in a process: they are a part of the program, what is made of them is never changed, and it takes a while.
var embedded = sync.OnceValues(load)

func load() (*Knowledge, error) {
	k := &Knowledge{byCode: map[Code]*Department{}, bySymptom: map[string]*symptom{}}
	if err := rows("departments.tsv", 9, k.addDepartment); err != nil {
		return nil, err
	}
	for i := range k.departments {
		k.byCode[k.departments[i].Code] = &k.departments[i]
	}
	for _, d := range k.departments {
		for _, other := range []Code{d.instead, d.child} {
			if other != "" && k.byCode[other] == nil {
				return nil, fmt.Errorf("triage: departments.tsv: %s refers to %s, which is not there", d.Code, other)
			}
		}
	}
	if err := rows("symptoms.tsv", 12, k.addSymptom); err != nil {
		return nil, err
	}
	if err := rows("words.tsv", 3, k.addWords); err != nil {
		return nil, err
	}
	for i := range k.symptoms {
		k.bySymptom[k.symptoms[i].id] = &k.symptoms[i]
	}
	k.index()
	for _, s := range k.symptoms {
		if (s.ask.Zh == "") != (len(s.after) == 0) {
			return nil, fmt.Errorf("triage: symptoms.tsv: %s has a question without a symptom to ask it after, or the other way round", s.id)
		}
		for _, other := range s.after {
			if k.bySymptom[other] == nil {
				return nil, fmt.Errorf("triage: symptoms.tsv: %s is asked after %s, which is not there", s.id, other)
			}
		}
	}
	return k, nil
}

// rows reads a table: a head line, then rows of so many columns.
func rows(name string, columns int, add func(row []string) error) error {
	file, err := files.Open("knowledge/" + name)
	if err != nil {
		return err
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = '\t', columns, true
	all, err := r.ReadAll()
	if err != nil {
		return fmt.Errorf("triage: %s: %w", name, err)
	}
	for i, row := range all[1:] {
		if err := add(row); err != nil {
			return fmt.Errorf("triage: %s: row %d: %w", name, i+2, err)
		}
	}
	return nil
}

func (k *Knowledge) addDepartment(row []string) error {
	who, err := readTreats(row[6], row[7])
	if err != nil {
		return err
	}
	prior, err := strconv.ParseFloat(row[8], 64)
	if err != nil || prior <= 0 || prior > 1 {
		return fmt.Errorf("%q is no share above 0 and up to 1", row[8])
	}
	k.departments = append(k.departments, Department{
		Code: Code(row[0]), Name: Text{row[1], row[2]}, also: strings.Fields(row[3]), instead: Code(row[4]), child: Code(row[5]), treats: who, prior: prior,
	})
	return nil
}

func (k *Knowledge) addSymptom(row []string) error {
	who, err := readTreats(row[5], row[6])
	if err != nil {
		return err
	}
	tells, err := strconv.ParseFloat(row[4], 64)
	if err != nil || tells < 0.1 || tells > 2 {
		return fmt.Errorf("%q is no number from 0.1 to 2 for how much a symptom tells", row[4])
	}
	s := symptom{id: row[0], broad: strings.HasPrefix(row[0], "broad_"), weights: map[Code]int{}, tells: tells, treats: who, why: Text{row[7], row[8]}, ask: Text{row[9], row[10]}, after: strings.Fields(row[11])}
	for pair := range strings.SplitSeq(row[3], ", ") {
		code, weight, _ := strings.Cut(pair, " ")
		w, err := strconv.Atoi(weight)
		if err != nil || w < 1 || w > 5 || k.byCode[Code(code)] == nil {
			return fmt.Errorf("%q is not a department with a weight of 1 to 5", pair)
		}
		s.weights[Code(code)] = w
	}
	for _, column := range []string{row[1], row[2]} {
		if strings.ContainsAny(column, "0123456789") {
			return fmt.Errorf("%s has an expression with a number, which is not read", s.id)
		}
		s.expressions = append(s.expressions, readExpressions(column)...)
	}
	if len(s.expressions) == 0 || s.why.Zh == "" || s.why.En == "" {
		return fmt.Errorf("%s has no expression, or no reason in both languages", s.id)
	}
	k.symptoms = append(k.symptoms, s)
	return nil
}

// addWords reads words for parts of the body, and words that hold a shorter one but mean something else.
func (k *Knowledge) addWords(row []string) error {
	list := append(phrases(row[1]), phrases(row[2])...)
	switch row[0] {
	case "part":
		k.parts = append(k.parts, list...)
	case "whole":
		k.wholes = append(k.wholes, list...)
	default:
		return fmt.Errorf("%q is no kind of words", row[0])
	}
	return nil
}

// readExpressions reads the ways to say a symptom. A plain alternative is an expression of its own; so the length of each counts.
func readExpressions(column string) []expression {
	var list []expression
	for way := range strings.SplitSeq(column, " / ") {
		var groups expression
		for group := range strings.SplitSeq(way, " + ") {
			groups = append(groups, phrases(group))
		}
		if len(groups) > 1 {
			list = append(list, groups)
			continue
		}
		for _, p := range groups[0] {
			list = append(list, expression{{p}})
		}
	}
	return list
}

// phrases reads alternatives.
func phrases(group string) []phrase {
	var list []phrase
	for text := range strings.SplitSeq(group, "|") {
		if p := phrase(tokens(text)); len(p) > 0 {
			list = append(list, p)
		}
	}
	return list
}

func readTreats(sex, age string) (treats, error) {
	who := treats{sex: Sex(sex)}
	if who.sex != "" && who.sex != Female && who.sex != Male {
		return who, fmt.Errorf("%q is neither female nor male", sex)
	}
	if age == "" {
		return who, nil
	}
	age, who.known = strings.CutSuffix(age, " known")
	from, to, ok := strings.Cut(age, "-")
	var err error
	if who.from, err = strconv.Atoi(from); err != nil || !ok {
		return who, fmt.Errorf("%q is no range of ages", age)
	}
	if to != "" {
		if who.to, err = strconv.Atoi(to); err != nil || who.to < who.from {
			return who, fmt.Errorf("%q is no range of ages", age)
		}
	}
	return who, nil
}

// Expressions counts the ways to say a symptom that the knowledge has.
func (k *Knowledge) Expressions() int {
	n := 0
	for _, s := range k.symptoms {
		n += len(s.expressions)
	}
	return n
}

// Department gives a department by its code.
func (k *Knowledge) Department(code Code) (Department, bool) {
	d := k.byCode[code]
	if d == nil {
		return Department{}, false
	}
	return *d, true
}

// Departments lists all departments of the knowledge.
func (k *Knowledge) Departments() []Department { return slices.Clone(k.departments) }

// Treats tells whether a department is for this patient, as far as age and sex are known.
func (d Department) Treats(p Patient) bool { return d.fits(p) }

// Names gives the names under which a hospital may have a department, the best first: its own, then those of what stands in
// for it where there is none.
func (k *Knowledge) Names(code Code) []string {
	var names []string
	seen := map[Code]bool{}
	for d := k.byCode[code]; d != nil && !seen[d.Code]; d = k.byCode[d.instead] {
		seen[d.Code] = true
		names = append(append(names, d.Name.Zh), d.also...)
	}
	return names
}
