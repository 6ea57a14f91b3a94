package dialog

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	"guahao/booking"
)

//go:embed catalogue
var catalogueFiles embed.FS

// key names a message of the catalogue.
type key string

// catalogue holds everything that people are told, by language and key. Messages have named places: {doctor}.
type catalogue map[string]map[key]string

// languages that we speak.
var languages = [...]string{"zh", "en"}

// loadCatalogue reads the embedded messages: the files of catalogue/zh and catalogue/en, one for each flow.
func loadCatalogue() (catalogue, error) {
	all := make(catalogue, len(languages))
	for _, lang := range languages {
		messages, err := loadLanguage(lang)
		if err != nil {
			return nil, fmt.Errorf("dialog: catalogue %s: %w", lang, err)
		}
		all[lang] = messages
	}
	return all, nil
}

func loadLanguage(lang string) (map[key]string, error) {
	files, err := fs.Glob(catalogueFiles, "catalogue/"+lang+"/*.json")
	if err != nil {
		return nil, err
	}
	messages := map[key]string{}
	for _, file := range files {
		data, err := catalogueFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		flow := map[key]string{}
		if err := json.Unmarshal(data, &flow); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for k, message := range flow {
			if _, twice := messages[k]; twice {
				return nil, fmt.Errorf("%s: the message %q stands in another file too", file, k)
			}
			messages[k] = message
		}
	}
	return messages, nil
}

// say gives a message in the person's language. args are names of places and what to put there, in turn.
func (t *turn) say(k key, args ...any) string { return t.d.messages.say(t.lang, k, args...) }

// named gives a message of a family whose members are named by a value: a status, a weekday, a code.
func (t *turn) named(family key, member string) string {
	return t.d.messages.say(t.lang, family+"."+key(member))
}

func (c catalogue) say(lang string, k key, args ...any) string {
	message, ok := c[lang][k]
	if !ok {
		if message, ok = c["zh"][k]; !ok {
			return string(k)
		}
	}
	if len(args) == 0 {
		return message
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, fmt.Sprintf("{%v}", args[i]), inWords(lang, args[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(message)
}

// inWords gives a value as it stands in a message.
func inWords(lang string, value any) string {
	if text, ok := value.(booking.Text); ok {
		return text.In(lang)
	}
	return fmt.Sprint(value)
}
