package desk

import (
	"net/url"

	"guahao/internal/staff"
)

// page is one page of the console.
type page struct {
	path  string // below /console/; may have {id}
	needs staff.Permission
	nav   string                        // the group of the navigation where it stands; "" for those that are reached from others
	show  func(*request) (*view, error) // or list
	// list, where the page is a list, makes what is shown and what export writes.
	list func(*request) (lister, error)
	// picture serves a chart below the page's path.
	picture func(*request) error
	live    live // what changes by itself while the page is open; nil: nothing
	acts    []act
}

// act is something that can be done on a page.
type act struct {
	name     string
	needs    staff.Permission
	password bool // must be entered again
	// do does it and tells where to go on; "" is the page itself.
	do func(*request) (next string, err error)
}

// The groups of the navigation, in their order.
func navGroups() []string { return []string{"work", "money", "hospital", "talk", "system"} }

// pages is every page that there is. What is not in here is not served.
func pages() []page {
	return []page{
		todayPage(), queuePage(), queueRoomPage(), staffingPage(), appointmentsPage(), appointmentPage(), clinicsPage(), clinicPage(), stopsPage(), stopPage(), phonePage(), callPage(), extraPage(),
		patientsPage(), patientPage(), waitlistPage(), waitPage(), drawsPage(), recordsPage(),
		paymentsPage(), paymentPage(), booksPage(),
		schedulePage(), newClinicPage(), importPageOf(), halfDayPage(), leavesPage(), changesPage(), changePage(),
		directoryPage(), hospitalsPage(), hospitalPage(), departmentsPage(), departmentPage(), doctorPage(), templatesPage(), templatePage(), holidaysPage(),
		policiesPage(), policyPage(), demandPage(),
		broadcastsPage(), newBroadcastPage(), broadcastPage(), reviewsPage(), reviewPage(), handoversPage(), handoverPage(),
		staffPage(), memberPage(), tokensPage(), auditPage(), auditRowPage(),
		accountPage(), totpPage(),
	}
}

// tab is a link of the navigation.
type tab struct {
	Key, Href string
	Current   bool
}

// navGroup is a group of links.
type navGroup struct {
	Key  string
	Tabs []tab
}

// nav gives the links to the pages that a member may see.
func (d *Desk) nav(m staff.Member, current string) []navGroup {
	var groups []navGroup
	for _, name := range navGroups() {
		g := navGroup{Key: "nav." + name}
		for _, p := range d.pages {
			if p.nav == name && m.May(p.needs) {
				g.Tabs = append(g.Tabs, tab{Key: "page." + p.path, Href: "/console/" + p.path, Current: p.path == current})
			}
		}
		if len(g.Tabs) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// at gives an address below /console/ with a query of pairs.
func at(path string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return "/console/" + path
	}
	return "/console/" + path + "?" + query.Encode()
}
