package staff

import (
	"fmt"
	"slices"
	"strings"
)

// PermissionsDocument is the page docs/permissions.md, made from the table.
func PermissionsDocument() string {
	var b strings.Builder
	b.WriteString("# Who may do what\n\n" +
		"Generated from the table in `internal/staff/permissions.go`; `go test ./internal/staff -run Document -update` writes it anew.\n" +
		"The console and the chat ask the same table. What is not in it is not possible. A role is given for all hospitals, one hospital, or (schedulers and nurses) one\n" +
		"department; what lies elsewhere does not exist for its holder.\n\n| permission |")
	for _, r := range Roles() {
		fmt.Fprintf(&b, " %s |", r)
	}
	b.WriteString("\n|---|" + strings.Repeat(":-:|", len(Roles())) + "\n")
	for _, l := range table() {
		fmt.Fprintf(&b, "| `%s` |", l.Permission)
		for _, r := range Roles() {
			mark := " "
			if slices.Contains(l.roles, r) {
				mark = " ✓ "
			}
			b.WriteString(mark + "|")
		}
		b.WriteString("\n")
	}
	return b.String()
}
