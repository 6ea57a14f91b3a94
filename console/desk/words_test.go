package desk_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestWordsAreThere reads the source for keys of the catalogue: each is in it, in both languages.
func TestWordsAreThere(t *testing.T) {
	t.Parallel()
	words := map[string][2]string{}
	names, err := filepath.Glob("page/words/*.json")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(text, &words)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for key, both := range words {
		if both[0] == "" || both[1] == "" || verbs(both[0]) != verbs(both[1]) {
			t.Errorf("%s says %q and %q", key, both[0], both[1])
		}
	}
	sources, _ := filepath.Glob("*.go")
	found := 0
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for pattern, prefix := range map[string]string{
			`(?:say|refuse|notice|stay)\("([a-z_.]+[a-z])"`: "", `(?:Label|Empty):\s+"([a-z_.]+)"`: "", `\{Key: "([a-z_]+)"`: "col.", `path: "([a-z]+)", needs: [^,]+, nav`: "page.",
		} {
			for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
				found++
				if _, ok := words[prefix+m[1]]; !ok {
					t.Errorf("%s: nothing is said for %q", source, prefix+m[1])
				}
			}
		}
	}
	if found < 300 {
		t.Errorf("only %d keys were found: do the patterns still fit?", found)
	}
}

// verbs are the places of a sentence that are filled in.
func verbs(text string) (all string) {
	for _, v := range regexp.MustCompile(`%[sd]`).FindAllString(text, -1) {
		all += v
	}
	return all
}
