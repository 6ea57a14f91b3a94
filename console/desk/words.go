package desk

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// words is the console's catalogue: key, then Chinese and English.
type words map[string][2]string

// mustWords reads the embedded words, a file for each topic.
func mustWords(files fs.FS) words {
	all := words{}
	names, err := fs.Glob(files, "page/words/*.json")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err)
		}
		some := words{}
		if err := json.Unmarshal(raw, &some); err != nil {
			panic(fmt.Errorf("%s: %w", path.Base(name), err))
		}
		for key, both := range some {
			if _, twice := all[key]; twice || both[0] == "" || both[1] == "" {
				panic(fmt.Sprintf("%s: %s stands twice or lacks a language", path.Base(name), key))
			}
			all[key] = both
		}
	}
	return all
}

// say gives one sentence, filled in. A key that the catalogue does not have is given as it is, which a test rules out.
func (w words) say(lang, key string, args ...any) string {
	both, ok := w[key]
	if !ok {
		return key
	}
	text := both[0]
	if lang == "en" {
		text = both[1]
	}
	if len(args) == 0 || !strings.Contains(text, "%") {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// langOf gives the language to answer in: what the link asks for, else what was asked for before, else what the browser says.
func (d *Desk) langOf(r *http.Request) string {
	if lang := r.URL.Query().Get("lang"); lang == "zh" || lang == "en" {
		d.sessions.Put(r.Context(), keyLang, lang)
		return lang
	}
	if lang := d.sessions.GetString(r.Context(), keyLang); lang != "" {
		return lang
	}
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(first)), "en") {
		return "en"
	}
	return "zh"
}
