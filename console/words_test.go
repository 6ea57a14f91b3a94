package console_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWordsAreCompleteInBothLanguages(t *testing.T) {
	t.Parallel()
	words := map[string]map[string]string{}
	for _, lang := range []string{"zh", "en"} {
		raw, err := os.ReadFile("page/words." + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]string{}
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		words[lang] = m
	}
	keys := func(lang string) []string { return slices.Sorted(maps.Keys(words[lang])) }
	if diff := cmp.Diff(keys("zh"), keys("en")); diff != "" {
		t.Errorf("zh and en differ:\n%s", diff)
	}
	verbs := regexp.MustCompile(`%[a-z]`) // numbered ones may come in any order
	for key, zh := range words["zh"] {
		if diff := cmp.Diff(verbs.FindAllString(zh, -1), verbs.FindAllString(words["en"][key], -1)); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	used := regexp.MustCompile(`\.(?:T|Say) "([a-z_0-9]+)"`)
	prefix := map[string]string{"page/lottery.html": "draw_"}
	for _, file := range []string{"page/pay.html", "page/error.html", "page/parts.html", "page/receipt.html", "page/lottery.html"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range used.FindAllStringSubmatch(string(raw), -1) {
			if _, ok := words["zh"][prefix[file]+m[1]]; !ok {
				t.Errorf("%s: there is no %q", file, m[1])
			}
		}
	}
}
