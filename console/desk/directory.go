package desk

import (
	"cmp"
	"slices"
	"strings"

	"guahao/booking"
	"guahao/internal/staff"
)

func directoryPage() page {
	return page{path: "directory", needs: staff.SeeDirectory, nav: "hospital", list: directoryList}
}

// directoryList is who sees patients, where.
func directoryList(r *request) (lister, error) {
	d, err := r.day()
	if err != nil {
		return nil, err
	}
	filters, err := r.placeFilters(d)
	if err != nil {
		return nil, err
	}
	doctors, err := r.doctors(d)
	if err != nil {
		return nil, err
	}
	return listing[booking.Doctor]{
		Name:    "doctors",
		Links:   []link{{r.say("directory.departments"), at("directory/departments")}, {r.say("directory.hospitals"), at("directory/hospitals")}},
		Filters: append([]field{r.field(field{Name: "q", Label: "field.search", Kind: "search", Value: r.value("q"), Hint: r.say("directory.hint")})}, filters...),
		Columns: []column[booking.Doctor]{
			{Key: "code", Sort: true, Cell: func(d booking.Doctor) cell { return cell{Text: d.Code, Mono: true} }},
			{Key: "doctor", Sort: true, Cell: func(d booking.Doctor) cell {
				return cell{Text: r.in(d.Name), Href: at("directory/doctors/" + itoa(d.ID))}
			}},
			{Key: "rank", Sort: true, Cell: func(d booking.Doctor) cell { return cell{Text: r.say("title." + string(d.Title))} }},
			{Key: "department", Sort: true, Cell: func(d booking.Doctor) cell {
				return cell{Text: r.departmentName(d.Department), Under: r.hospitalName(d.Hospital)}
			}},
			{Key: "speciality", Cell: func(d booking.Doctor) cell { return cell{Text: r.in(d.Speciality)} }},
		},
		Fetch: func(q query) ([]booking.Doctor, int, error) { return sliced(sortedDoctors(doctors, q), q) },
	}, nil
}

// doctors are those of the departments within reach that the filters leave.
func (r *request) doctors(d day) ([]booking.Doctor, error) {
	hospitals, err := r.d.Booking.Hospitals(r.ctx)
	if err != nil {
		return nil, err
	}
	var list []booking.Doctor
	for _, h := range hospitals {
		if !d.reach.Touches(h.ID) {
			continue
		}
		departments, err := r.leaves(h.ID)
		if err != nil {
			return nil, err
		}
		for _, dep := range departments {
			if wanted := booking.DepartmentID(r.number("department")); wanted != 0 && wanted != dep.ID {
				continue
			}
			summaries, err := r.d.Booking.Doctors(r.ctx, dep.ID)
			if err != nil {
				return nil, err
			}
			for _, s := range summaries {
				if mentions(s.Doctor, r.value("q")) {
					list = append(list, s.Doctor)
				}
			}
		}
	}
	return list, nil
}

func sortedDoctors(doctors []booking.Doctor, q query) []booking.Doctor {
	by, ok := map[string]func(a, b booking.Doctor) int{
		"code":       func(a, b booking.Doctor) int { return cmp.Compare(a.Code, b.Code) },
		"doctor":     func(a, b booking.Doctor) int { return cmp.Compare(a.Name.ZH, b.Name.ZH) },
		"rank":       func(a, b booking.Doctor) int { return cmp.Compare(a.Title, b.Title) },
		"department": func(a, b booking.Doctor) int { return cmp.Compare(a.Department, b.Department) },
	}[q.Sort]
	if !ok {
		return doctors
	}
	doctors = slices.Clone(doctors)
	slices.SortStableFunc(doctors, by)
	if q.Desc {
		slices.Reverse(doctors)
	}
	return doctors
}

func mentions(d booking.Doctor, text string) bool {
	return text == "" || strings.Contains(strings.ToLower(d.Code+" "+d.Name.ZH+" "+d.Name.EN+" "+d.Speciality.ZH+" "+d.Speciality.EN), strings.ToLower(text))
}
