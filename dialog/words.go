package dialog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// intent is what a word that works everywhere asks for.
type intent string

// The intents. catalogue/words.json says which words mean them.
const (
	wantBack      intent = "back"
	wantCancel    intent = "cancel"
	wantMenu      intent = "menu"
	wantHelp      intent = "help"
	wantHuman     intent = "human"
	wantChinese   intent = "chinese"
	wantEnglish   intent = "english"
	wantLanguage  intent = "language"
	wantProgress  intent = "progress"
	wantBook      intent = "book"
	wantVisits    intent = "visits"
	wantPeople    intent = "people"
	wantUnbook    intent = "unbook"
	wantWaits     intent = "waits"
	wantRecord    intent = "record"
	wantAppeal    intent = "appeal"
	wantTake      intent = "take"    // the place that is offered
	wantDecline   intent = "decline" // the same
	wantNext      intent = "next"
	wantPrevious  intent = "previous"
	wantYes       intent = "yes" // never to what costs money or a place: that takes its whole words
	wantNo        intent = "no"
	wantGreeting  intent = "greeting"
	wantThanks    intent = "thanks"
	wantBroadcast intent = "broadcast"
	wantStop      intent = "stop"
	wantStaff     intent = "staff"
)

// commands are the intents of the commands that a platform shows in its menus.
var commands = map[string]intent{
	"more": wantMore, "slip": wantSlip, "calendar": wantCalendar, "book": wantBook, "my": wantVisits, "patients": wantPeople, "menu": wantMenu, "help": wantHelp, "cancel": wantCancel,
	"waits": wantWaits, "record": wantRecord, "back": wantBack, "lang": wantLanguage, "human": wantHuman, "broadcast": wantBroadcast, "stop": wantStop, "staff": wantStaff,
}

// words are the words that mean something in every state, folded.
type words struct {
	intents map[string]intent
	fillers struct{ before, after []string } // what people wrap around a name: 我想挂…的号
}

// loadWords reads the embedded words.
func loadWords() (words, error) {
	var file struct {
		Intents map[intent][]string `json:"intents"`
		Fillers struct{ Before, After []string }
	}
	data, err := catalogueFiles.ReadFile("catalogue/words.json")
	if err != nil {
		return words{}, err
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return words{}, fmt.Errorf("dialog: words: %w", err)
	}
	w := words{intents: map[string]intent{}}
	w.fillers.before, w.fillers.after = file.Fillers.Before, file.Fillers.After
	for _, list := range [][]string{w.fillers.before, w.fillers.after} {
		slices.SortStableFunc(list, func(a, b string) int { return len(b) - len(a) }) // 请问 before 请
	}
	for want, list := range file.Intents {
		for _, word := range list {
			if other, ok := w.intents[tight(word)]; ok && other != want {
				return words{}, fmt.Errorf("dialog: the word %q means both %s and %s", word, want, other)
			}
			w.intents[tight(word)] = want
		}
	}
	return w, nil
}

// intent gives what a line asks for; "" if it is none of the words.
func (w words) intent(line string) intent {
	word := tight(line)
	if word == "" {
		if strings.Contains(narrow(line), "?") {
			return wantHelp
		}
		return ""
	}
	if want, ok := w.intents[word]; ok {
		return want
	}
	return w.intents[strings.TrimRight(word, "吧啊呀呢了")]
}

// name strips what people wrap around the name of what they look for.
func (w words) name(line string) string {
	s := fold(line)
	for changed := true; changed; {
		changed = false
		for _, before := range w.fillers.before {
			if rest, ok := strings.CutPrefix(s, apart(before, "", " ")); ok && strings.TrimSpace(rest) != "" {
				s, changed = strings.TrimSpace(rest), true
			}
		}
		for _, after := range w.fillers.after {
			if rest, ok := strings.CutSuffix(s, apart(after, " ", "")); ok && strings.TrimSpace(rest) != "" {
				s, changed = strings.TrimSpace(rest), true
			}
		}
	}
	return s
}

// apart puts a space between an English word and what stands beside it; Chinese needs none.
func apart(word, before, after string) string {
	if word[0] < 0x80 {
		return before + word + after
	}
	return word
}
