package console

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
)

// catalogue is the page's words: language, then key.
type catalogue map[string]map[string]string

// mustCatalogue reads the embedded words.
func mustCatalogue(files fs.FS) catalogue {
	c := catalogue{}
	for _, lang := range []string{"zh", "en"} {
		raw, err := fs.ReadFile(files, "page/words."+lang+".json")
		if err != nil {
			panic(err)
		}
		words := map[string]string{}
		if err := json.Unmarshal(raw, &words); err != nil {
			panic(fmt.Errorf("page/words.%s.json: %w", lang, err))
		}
		c[lang] = words
	}
	return c
}

// say gives one sentence; its key where there is none, which a test rules out.
func (c catalogue) say(lang, key string) string {
	if s, ok := c[lang][key]; ok {
		return s
	}
	return key
}

// langOf gives the language to answer in: what the link asks for, else that of the chat which it came from, else what the
// browser likes best, else Chinese.
func langOf(r *http.Request, chat string) string {
	for _, lang := range []string{r.URL.Query().Get("lang"), chat} {
		if lang == "zh" || lang == "en" {
			return lang
		}
	}
	best, weight := "zh", 0.0
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			parsed, err := strconv.ParseFloat(v, 64)
			if err != nil {
				continue
			}
			q = parsed
		}
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if (primary == "zh" || primary == "en") && q > weight {
			best, weight = primary, q
		}
	}
	return best
}
