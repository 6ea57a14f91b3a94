package understand

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"guahao/dialog/hanzi"
)

// Intent is what a line asks for: grammar/words.json has the words that mean it when they are the whole line,
// grammar/sentence.json those that mean it among others.
type Intent string

// The intents that sentences have beside days, places and people. The conversation knows more of them, by their names in the
// files.
const (
	Book   Intent = "book"
	Unbook Intent = "unbook" // cancel an appointment
	Cancel Intent = "cancel" // give up what was begun
	Move   Intent = "move"   // another time for an appointment
	Help   Intent = "help"
)

// Words are the words that mean something in every state, and what people wrap around a name.
type Words struct {
	intents map[string]Intent
	fillers struct{ before, after []string } // 我想挂…的号
}

func loadWords() (Words, error) {
	var file struct {
		Intents map[Intent][]string `json:"intents"`
		Fillers struct{ Before, After []string }
	}
	if err := readJSON("grammar/words.json", &file); err != nil {
		return Words{}, err
	}
	w := Words{intents: map[string]Intent{}}
	w.fillers.before, w.fillers.after = file.Fillers.Before, file.Fillers.After
	for _, list := range [][]string{w.fillers.before, w.fillers.after} {
		slices.SortStableFunc(list, func(a, b string) int { return len(b) - len(a) }) // 请问 before 请
	}
	for want, list := range file.Intents {
		for _, word := range list {
			word := hanzi.Simplify(Tight(word))
			if other, ok := w.intents[word]; ok && other != want {
				return Words{}, fmt.Errorf("understand: the word %q means both %s and %s", word, want, other)
			}
			w.intents[word] = want
		}
	}
	return w, nil
}

func readJSON(name string, into any) error {
	data, err := grammarFiles.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		return fmt.Errorf("understand: %s: %w", name, err)
	}
	return nil
}

// Word gives what a whole line asks for; "" if it is none of the words.
func (r *Reader) Word(line string) Intent {
	word := hanzi.Simplify(Tight(line))
	if word == "" {
		if strings.Contains(Narrow(line), "?") {
			return Help
		}
		return ""
	}
	if want, ok := r.words.intents[word]; ok {
		return want
	}
	return r.words.intents[strings.TrimRight(word, "吧啊呀呢了")]
}

// Name strips what people wrap around the name of what they look for.
func (r *Reader) Name(line string) string {
	s := Fold(line)
	for changed := true; changed; {
		changed = false
		for _, before := range r.words.fillers.before {
			if rest, ok := strings.CutPrefix(s, apart(before, "", " ")); ok && strings.TrimSpace(rest) != "" {
				s, changed = strings.TrimSpace(rest), true
			}
		}
		for _, after := range r.words.fillers.after {
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
