package desk_test

import (
	"net/http"
	"strings"
	"testing"

	"guahao/booking"
	"guahao/console/desk"
	"guahao/internal/staff"
)

var everywhere = booking.Reach{{}}

// TestEveryPageAsksTheTable goes to every address of the console as each role, and as nobody, and compares what happens with the table of
// permissions. A page that is added is in it by itself; one without a permission stops the program from starting.
func TestEveryPageAsksTheTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	visitors := map[staff.Role]*browser{}
	for _, role := range staff.Roles() {
		_, secret := w.hire(string(role), staff.Grant{Role: role})
		visitors[role] = w.browser()
		visitors[role].signIn(string(role), secret)
	}
	nobody := w.browser()
	nobody.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	routes := desk.Routes()
	if len(routes) < 5 {
		t.Fatalf("there are only %d addresses", len(routes))
	}
	for _, route := range routes {
		path := "/console/" + strings.NewReplacer("{id}", "999999", "{picture}", "hours.svg").Replace(route.Path)
		ask := func(b *browser) answer {
			if route.Method == http.MethodPost {
				return b.post(path)
			}
			return b.get(path)
		}
		if a := ask(nobody); a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "/console/login") {
			t.Errorf("%s %s answers nobody with %d to %q", route.Method, path, a.status, a.header.Get("Location"))
		}
		for role, b := range visitors {
			a := ask(b)
			if denied := a.status == http.StatusForbidden; denied == route.Allows(role) {
				t.Errorf("%s %s needs %s and answers %d to the role %s", route.Method, path, route.Needs, a.status, role)
			}
			if a.status >= 500 {
				t.Errorf("%s %s fails for the role %s: %s", route.Method, path, role, a.body)
			}
		}
	}
}

// TestRoleWithoutPermission is the control of the test above: somebody without any role gets nowhere.
func TestRoleWithoutPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hire("nothing")
	b := w.browser()
	b.post("/console/login", "login", "nothing", "password", password)
	for _, route := range desk.Routes() {
		if route.Method == http.MethodGet {
			path := "/console/" + strings.NewReplacer("{id}", "1", "{picture}", "hours.svg").Replace(route.Path)
			if a := b.get(path); a.status != http.StatusForbidden {
				t.Errorf("%s answers %d", path, a.status)
			}
		}
	}
}

func TestUnknownAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hire("chen", staff.Grant{Role: staff.Scheduler})
	b := w.browser()
	b.signIn("chen", "")
	for _, path := range []string{"/console/x", "/console/appointments/x", "/console/appointments/-1", "/console/appointments/999999", "/console/today/x.svg", "/console/%2e%2e/metrics", "/console/appointments/1/nothing"} {
		if a := b.get(path); a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}
