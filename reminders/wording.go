package reminders

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"guahao/booking"
	"guahao/bots"
)

// MaxText is how long the text of a broadcast may be, in characters: it fits into one message on every platform. A placeholder counts
// as what it may stand for.
const MaxText = 600

const placeholderRoom = 16 // characters that a placeholder counts as

var (
	// ErrText is returned for a broadcast without text or with more than MaxText characters.
	ErrText = fmt.Errorf("the text of a broadcast has 1 to %d characters", MaxText)
	// ErrMarkup is returned for HTML: a chat would show it as it is written.
	ErrMarkup = errors.New("a broadcast is plain text and has no HTML")
	// ErrNoVisit is returned for a placeholder in a message to followers, who may have no visit.
	ErrNoVisit = errors.New("who follows the bot may have no visit that a placeholder could name")
)

// PlaceholderError is returned for a placeholder that nobody knows.
type PlaceholderError struct{ Name string }

func (e *PlaceholderError) Error() string { return fmt.Sprintf("there is no placeholder {%s}", e.Name) }

// placeholder is a part of a text that each recipient reads with what is theirs.
type placeholder struct {
	names []string // Chinese, English
	fill  func(w words, v booking.Visit, to bots.Account) string
}

// placeholders are all that there are. What leaves the country names neither patient nor department, and neither does what is told of a department
// that is kept quiet.
func placeholders() []placeholder {
	return []placeholder{
		{[]string{"姓名", "name"}, func(w words, v booking.Visit, to bots.Account) string {
			return w.unless(to.Platform == bots.Telegram || v.Quiet, to.Lang, "somebody", booking.MaskName(v.Patient.Name))
		}},
		{[]string{"医院", "hospital"}, func(_ words, v booking.Visit, to bots.Account) string { return v.Hospital.Name.In(to.Lang) }},
		{[]string{"科室", "department"}, func(w words, v booking.Visit, to bots.Account) string {
			return w.unless(to.Platform == bots.Telegram || v.Quiet, to.Lang, "some_department", v.Department.Name.In(to.Lang))
		}},
		{[]string{"医生", "doctor"}, func(_ words, v booking.Visit, to bots.Account) string { return v.Doctor.Name.In(to.Lang) }},
		{[]string{"日期", "date"}, func(_ words, v booking.Visit, to bots.Account) string {
			return date(to.Lang, v.Appointment.StartsAt.In(v.Hospital.Location()))
		}},
		{[]string{"时间", "time"}, func(_ words, v booking.Visit, _ bots.Account) string {
			return v.Appointment.StartsAt.In(v.Hospital.Location()).Format("15:04")
		}},
	}
}

// unless gives a word of the catalogue in place of what must not be said.
func (w words) unless(hidden bool, lang, word, what string) string {
	if !hidden {
		return what
	}
	text, err := w.say(lang, word, nil)
	if err != nil {
		return ""
	}
	return text
}

// Placeholders names them, for who writes a text.
func Placeholders(lang string) []string {
	var names []string
	for _, p := range placeholders() {
		name := p.names[0]
		if lang == "en" {
			name = p.names[1]
		}
		names = append(names, "{"+name+"}")
	}
	return names
}

var (
	braces = regexp.MustCompile(`[{｛]\s*([^{}｛｝\n]{1,20}?)\s*[}｝]`)
	markup = regexp.MustCompile(`(?i)<(/?[a-z][^<>]*|!--.*)>|&(#\d+|#x[0-9a-f]+|nbsp|lt|gt|amp|quot);`)
)

// wording is a text with the places of its placeholders.
type wording struct {
	text  string
	asked []placeholder // in the order of the text
}

// parseWording reads a text as staff have written it, and refuses what would not arrive as it is meant.
func parseWording(text string) (wording, error) {
	w := wording{text: strings.TrimSpace(text)}
	if !utf8.ValidString(w.text) {
		return w, ErrText
	}
	if markup.MatchString(w.text) {
		return w, ErrMarkup
	}
	for _, found := range braces.FindAllStringSubmatch(w.text, -1) {
		p, ok := placeholderOf(found[1])
		if !ok {
			return w, &PlaceholderError{Name: found[1]}
		}
		w.asked = append(w.asked, p)
	}
	plain := braces.ReplaceAllString(w.text, "")
	if n := utf8.RuneCountInString(plain) + placeholderRoom*len(w.asked); n == 0 || n > MaxText {
		return w, ErrText
	}
	return w, nil
}

func placeholderOf(name string) (placeholder, bool) {
	for _, p := range placeholders() {
		for _, known := range p.names {
			if strings.EqualFold(name, known) {
				return p, true
			}
		}
	}
	return placeholder{}, false
}

// fill gives the text as one recipient reads it.
func (w wording) fill(say words, v booking.Visit, to bots.Account) string {
	next := 0
	return braces.ReplaceAllStringFunc(w.text, func(string) string {
		next++
		return w.asked[next-1].fill(say, v, to)
	})
}
