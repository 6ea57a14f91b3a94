package dialog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"guahao/dialog/hanzi"
	"guahao/dialog/understand"
)

// sign is a danger that only several words together tell of: one of each part must be there.
type sign []signPart

// signPart is what one part may be said as.
type signPart struct {
	chinese []string
	latin   *regexp.Regexp // nil: none
}

// loadSigns reads the embedded list catalogue/emergency_signs.txt, which clinicians review.
func loadSigns() ([]sign, error) {
	data, err := catalogueFiles.ReadFile("catalogue/emergency_signs.txt")
	if err != nil {
		return nil, err
	}
	var signs []sign
	for number, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var s sign
		for part := range strings.SplitSeq(line, " + ") {
			p, err := readSignPart(part)
			if err != nil {
				return nil, fmt.Errorf("dialog: emergency_signs.txt line %d: %w", number+1, err)
			}
			s = append(s, p)
		}
		signs = append(signs, s)
	}
	return signs, nil
}

func readSignPart(part string) (signPart, error) {
	var p signPart
	var latin []string
	for word := range strings.SplitSeq(part, "|") {
		switch word = strings.TrimSpace(word); {
		case word == "":
			return p, fmt.Errorf("%q has an empty word", part)
		case word[0] >= 'a' && word[0] <= 'z':
			latin = append(latin, strings.ReplaceAll(regexp.QuoteMeta(word), " ", `\s+`))
		default:
			p.chinese = append(p.chinese, understand.Tight(hanzi.Simplify(word)))
		}
	}
	if len(latin) > 0 {
		re, err := regexp.Compile(`\b(?:` + strings.Join(latin, "|") + `)`)
		if err != nil {
			return p, err
		}
		p.latin = re
	}
	return p, nil
}

// nearby is how many clauses one after another the parts of a sign may lie in: people begin with who and how old, but in a long story every word stands somewhere.
const nearby = 4

// signsIn tells whether one of the signs stands in a few clauses of a line, and is neither long past nor being followed up.
func (a alarms) signsIn(tight, spaced string) bool {
	if calmed(tight, spaced) {
		return false
	}
	var near [][2]string // made only where a sign stands somewhere in the line, which is rare
	return slices.ContainsFunc(a.signs, func(s sign) bool {
		if !s.in(tight, spaced) {
			return false
		}
		if near == nil {
			near = windows(tight, spaced)
		}
		return slices.ContainsFunc(near, func(w [2]string) bool { return s.in(w[0], w[1]) })
	})
}

// windows gives every few clauses of a line, once for Chinese words and once for Latin ones.
func windows(tight, spaced string) [][2]string {
	chinese, latin := clauses.Split(tight, -1), clauses.Split(spaced, -1)
	var list [][2]string
	for i := 0; i == 0 || i+nearby <= max(len(chinese), len(latin)); i++ {
		list = append(list, [2]string{few(chinese, i), few(latin, i)})
	}
	return list
}

func few(list []string, from int) string {
	from = min(from, len(list))
	return strings.Join(list[from:min(from+nearby, len(list))], ",")
}

// in tells whether a sign stands in a line, which is given tight for Chinese and spaced for Latin words.
func (s sign) in(tight, spaced string) bool {
	for _, p := range s {
		if !said(tight, p.chinese) && !saidInEnglish(spaced, p.latin) {
			return false
		}
	}
	return true
}
