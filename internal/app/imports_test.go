package app_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// mayImport says which of our packages each package's production code may import, beside itself and its own
// sub-packages' parents as listed. A name stands for the package and what lies below it; simulators and test helpers
// (…test) may import what the package that they serve may.
var mayImport = map[string][]string{
	"cmd":                   {"*"},
	"internal/app":          {"*"},
	"internal/bench":        {"*"},
	"internal/torture":      {"*"},
	"internal/sandbox":      {"bots", "dialog", "booking", "payments", "reminders", "internal/money"},
	"console":               {"internal/slip", "bots", "dialog", "booking", "booking/allocation", "payments", "reminders", "internal/money"},
	"console/desk":          {"bots", "booking", "booking/allocation", "booking/forecast", "booking/waiting", "payments", "reminders", "internal/audit", "internal/hisapi", "internal/money", "internal/slip", "internal/staff"},
	"bots":                  {"internal/mysql", "internal/vault"},
	"bots/wechat":           {"bots", "internal/mysql", "internal/vault"},
	"bots/telegram":         {"bots"},
	"payments":              {"internal/audit", "internal/mysql", "internal/money"},
	"payments/wechatpay":    {"payments", "internal/money"},
	"payments/alipay":       {"payments", "internal/money"},
	"payments/paymentstest": {"payments", "internal/mysql", "internal/mariadb/mariadbtest"},
	"dialog":                {"bots", "booking", "booking/allocation", "payments", "internal/money"},
	"dialog/understand":     {"booking", "dialog/triage", "dialog/hanzi"},
	"dialog/triage":         {"dialog/hanzi"},
	"dialog/hanzi":          {},
	"internal/llm":          {},
	"reminders":             {"bots", "booking", "internal/audit", "internal/mysql", "internal/money", "internal/vault"},
	"reminders/sms":         {"bots"},
	"reminders/email":       {"bots"},
	"internal/handout":      {"booking", "booking/allocation", "internal/slip"},
	"booking/bookingtest":   {"booking", "internal/money", "internal/mysql", "internal/vault", "internal/mariadb/mariadbtest"},
	"booking":               {"internal/audit", "internal/mysql", "internal/money", "internal/vault"},
	"internal/hisapi":       {"booking", "internal/audit", "internal/money", "internal/mysql"},
	"internal/staff":        {"bots", "booking", "internal/audit", "internal/mysql", "internal/vault"},
	"internal/drand":        {"booking"},
	"internal/audit":        {"internal/mysql", "internal/vault"},
	"internal/vault":        {},
	"internal/mysql":        {},
	"internal/money":        {},
	"internal/slip":         {},
	"internal/mariadb":      {"internal/mysql", "migrations"},
	"migrations":            {},
}

func TestImports(t *testing.T) {
	t.Parallel()
	for pkg, imports := range ourImports(t, "../..") {
		rule, ok := ruleFor(pkg)
		if !ok {
			t.Errorf("package %s has no line in the table of imports", pkg)
			continue
		}
		for _, imported := range imports {
			if !allowed(rule, imported) {
				t.Errorf("%s imports %s: DESIGN forbids it", pkg, imported)
			}
		}
	}
}

func TestImportsFindsAForbiddenOne(t *testing.T) {
	t.Parallel()
	rule, _ := ruleFor("dialog")
	if allowed(rule, "bots/telegram") {
		t.Error("the rule lets dialog import a platform")
	}
}

func ruleFor(pkg string) (string, bool) {
	for p := pkg; p != "." && p != "/"; p = path.Dir(p) {
		if _, ok := mayImport[p]; ok {
			return p, true
		}
	}
	return "", false
}

func allowed(rule, imported string) bool {
	if imported == rule || strings.HasPrefix(imported, rule+"/") {
		return true
	}
	for _, name := range mayImport[rule] {
		under := strings.HasPrefix(imported, name+"/") && rule == "internal/sandbox"
		if name == "*" || imported == name || under {
			return true
		}
	}
	return false
}

// ourImports reads, for each package folder, the imports of our own module in its non-test files.
func ourImports(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		pkg, _ := filepath.Rel(root, filepath.Dir(file))
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if ours, ok := strings.CutPrefix(imported, "guahao/"); ok {
				found[filepath.ToSlash(pkg)] = append(found[filepath.ToSlash(pkg)], ours)
			}
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("the imports cannot be read (%d packages): %v", len(found), err)
	}
	return found
}
