package desk

import (
	"net/http"

	"guahao/internal/staff"
)

// Route is an address of the console and the permissions that it needs, all of them.
type Route struct {
	Method, Path string // below /console/
	Needs        []staff.Permission
}

// Allows tells whether a role gets in.
func (r Route) Allows(role staff.Role) bool {
	for _, p := range r.Needs {
		if !role.Allows(p) {
			return false
		}
	}
	return len(r.Needs) > 0
}

// Routes lists every address behind the entrance: what the documents and the tests go by.
func Routes() []Route {
	var list []Route
	for _, p := range pages() {
		list = append(list, Route{http.MethodGet, p.path, []staff.Permission{p.needs}})
		if p.picture != nil {
			list = append(list, Route{http.MethodGet, p.path + "/{picture}", []staff.Permission{p.needs}})
		}
		if p.live != nil {
			list = append(list, Route{http.MethodGet, p.path + "/events", []staff.Permission{p.needs}})
		}
		if p.list != nil {
			list = append(list, Route{http.MethodPost, p.path + "/export", []staff.Permission{p.needs, staff.ExportLists}})
		}
		for _, a := range p.acts {
			list = append(list, Route{http.MethodPost, p.path + "/" + a.name, []staff.Permission{a.needs}})
		}
	}
	return list
}
