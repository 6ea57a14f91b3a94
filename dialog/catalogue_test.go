package dialog_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/bots"
)

var placeholder = regexp.MustCompile(`\{\w+\}`)

func messages(t *testing.T, lang string) map[string]string {
	t.Helper()
	files, err := fs.Glob(os.DirFS("catalogue/"+lang), "*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no messages in %s: %v", lang, err)
	}
	m := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile("catalogue/" + lang + "/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func places(message string) []string {
	found := placeholder.FindAllString(message, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestLanguagesHaveTheSameMessages(t *testing.T) {
	t.Parallel()
	zh, en := messages(t, "zh"), messages(t, "en")
	for k := range zh {
		if _, ok := en[k]; !ok {
			t.Errorf("%q is missing in English", k)
		}
	}
	for k := range en {
		if _, ok := zh[k]; !ok {
			t.Errorf("%q is missing in Chinese", k)
			continue
		}
		if zh[k] == "" || en[k] == "" {
			t.Errorf("%q says nothing", k)
		}
		// English titles and counts do not fit a button: the next step tells them.
		shorter := strings.HasPrefix(k, "doctor.item")
		want := slices.DeleteFunc(places(zh[k]), func(p string) bool { return shorter && (p == "{title}" || p == "{free}") })
		if diff := cmp.Diff(want, places(en[k])); diff != "" && !strings.HasPrefix(k, "list.") {
			t.Errorf("%q has other places (-zh +en):\n%s", k, diff)
		}
	}
}

// source is what the code asks of the catalogue.
type source struct {
	literals map[string]bool     // every string in the code
	families map[string]bool     // of named(family, …)
	asked    map[string][]string // keys of say(key, …) with a literal, and the places that are filled
}

// readSource looks through the code for messages.
func readSource(t *testing.T) source {
	t.Helper()
	s := source{literals: map[string]bool{}, families: map[string]bool{}, asked: map[string][]string{}}
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, s.visit)
	}
	return s
}

func (s source) visit(n ast.Node) bool {
	if literal, ok := text(n); ok {
		s.literals[literal] = true
	}
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return true
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return true
	}
	first, isText := text(call.Args[0])
	switch {
	case method.Sel.Name == "named" && isText:
		s.families[first] = true
	case (method.Sel.Name == "say" || method.Sel.Name == "note") && isText && first != "en":
		var filled []string
		for i := 1; i < len(call.Args); i += 2 {
			if name, ok := text(call.Args[i]); ok {
				filled = append(filled, "{"+name+"}")
			}
		}
		s.asked[first] = append(s.asked[first], filled...)
	}
	return true
}

func text(n ast.Node) (string, bool) {
	literal, ok := n.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(literal.Value)
	return s, err == nil
}

func TestEveryMessageIsUsedAndThere(t *testing.T) {
	t.Parallel()
	zh, code := messages(t, "zh"), readSource(t)
	if len(code.asked) < 50 {
		t.Fatalf("only %d messages were found in the code: the search is broken", len(code.asked))
	}
	for k := range zh {
		family, _, _ := strings.Cut(k, ".")
		if !code.literals[k] && !code.families[family] && family != "number" {
			t.Errorf("nobody says %q", k)
		}
	}
	for k, filled := range code.asked {
		message, ok := zh[k]
		if !ok {
			t.Errorf("the code says %q, which is not in the catalogue", k)
			continue
		}
		for _, place := range places(message) {
			if !slices.Contains(filled, place) {
				t.Errorf("%q has a place %s that the code does not fill", k, place)
			}
		}
	}
}

func TestFamiliesAreComplete(t *testing.T) {
	t.Parallel()
	zh := messages(t, "zh")
	families := map[string][]string{
		"title":          strs(booking.Chief, booking.AssociateChief, booking.Attending, booking.Resident),
		"kind":           strs(booking.General, booking.Expert, booking.Special),
		"period":         strs(booking.Morning, booking.Afternoon, booking.Evening),
		"status":         strs(booking.Statuses()...),
		"relation":       strs(booking.Self, booking.Spouse, booking.Child, booking.Parent, booking.Relative),
		"relation_names": strs(booking.Self, booking.Spouse, booking.Child, booking.Parent, booking.Relative),
		"whose":          strs(booking.Self, booking.Spouse, booking.Child, booking.Parent, booking.Relative),
		"document":       strs(booking.ResidentID, booking.Passport, booking.HKMacauPermit, booking.TaiwanPermit),
		"document_names": strs(booking.ResidentID, booking.Passport, booking.HKMacauPermit, booking.TaiwanPermit),
		"number":         strs(booking.ResidentID, booking.Passport, booking.HKMacauPermit, booking.TaiwanPermit),
		"sex":            strs(booking.Male, booking.Female),
		"stray":          strs(bots.Speech, bots.Photo, bots.Other),
		"emergency":      {"body", "mind"},
		"review_state":   strs(booking.ReviewWaiting, booking.ReviewShown, booking.ReviewHidden),
		"rating_words":   {"1", "2", "3", "4", "5"},
		"rating_names":   {"1", "2", "3", "4", "5"},
	}
	for family, members := range families {
		for _, member := range members {
			if zh[family+"."+member] == "" {
				t.Errorf("there is no message for %s.%s", family, member)
			}
		}
	}
}

func strs[S ~string](values ...S) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}
