package dialog

import (
	"fmt"
	"regexp"
	"strings"
)

// danger is what an emergency word points to; each has an answer of its own in the catalogue.
type danger string

// The dangers.
const (
	noDanger   danger = ""
	lifeAtRisk danger = "body" // call 120
	selfHarm   danger = "mind" // 120, and somebody to talk to
)

// alarms are the words of catalogue/emergency.txt, which clinicians review.
type alarms struct {
	chinese map[string]danger
	english map[danger]*regexp.Regexp
}

// loadAlarms reads the embedded list: "[body]" or "[mind]" begins a part, "#" a comment, every other line is a word.
func loadAlarms() (alarms, error) {
	data, err := catalogueFiles.ReadFile("catalogue/emergency.txt")
	if err != nil {
		return alarms{}, err
	}
	a := alarms{chinese: map[string]danger{}, english: map[danger]*regexp.Regexp{}}
	phrases := map[danger][]string{}
	part := noDanger
	for number, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case line == "[body]":
			part = lifeAtRisk
		case line == "[mind]":
			part = selfHarm
		case part == noDanger:
			return alarms{}, fmt.Errorf("dialog: emergency.txt line %d stands before [body] and [mind]", number+1)
		case line[0] < 0x80:
			phrases[part] = append(phrases[part], strings.ReplaceAll(regexp.QuoteMeta(line), " ", `\s+`))
		default:
			a.chinese[tight(line)] = part
		}
	}
	for part, list := range phrases {
		a.english[part] = regexp.MustCompile(`\b(?:` + strings.Join(list, "|") + `)\b`)
	}
	return a, nil
}

// in tells what danger a line speaks of. A negation is not looked for: an answer too many harms nobody.
func (a alarms) in(line string) danger {
	compact, spaced := tight(line), fold(line)
	for word, part := range a.chinese {
		if part == lifeAtRisk && strings.Contains(compact, word) {
			return part
		}
	}
	if re := a.english[lifeAtRisk]; re != nil && re.MatchString(spaced) {
		return lifeAtRisk
	}
	for word, part := range a.chinese {
		if strings.Contains(compact, word) {
			return part
		}
	}
	if re := a.english[selfHarm]; re != nil && re.MatchString(spaced) {
		return selfHarm
	}
	return noDanger
}
