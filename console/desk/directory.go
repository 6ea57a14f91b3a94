package desk

import (
	"cmp"
	"strings"

	"guahao/booking"
	"guahao/internal/staff"
)

func directoryPage() page {
	return page{path: "directory", needs: staff.SeeDirectory, nav: "hospital", list: directoryList}
}

// directoryList is who sees patients, where.
func directoryList(r *request) (lister, error) {
	d, filters, err := r.dayAndPlace()
	if err != nil {
		return nil, err
	}
	doctors, err := r.doctors(d)
	if err != nil {
		return nil, err
	}
	columns := []column[booking.Doctor]{
		{Key: "code", Cell: func(d booking.Doctor) cell { return cell{Text: d.Code, Mono: true} },
			By: func(a, b booking.Doctor) int { return cmp.Compare(a.Code, b.Code) }},
		{Key: "doctor", Cell: func(d booking.Doctor) cell {
			return cell{Text: r.in(d.Name), Href: at("directory/doctors/" + itoa(d.ID))}
		}, By: func(a, b booking.Doctor) int { return cmp.Compare(r.in(a.Name), r.in(b.Name)) }},
		{Key: "rank", Cell: func(d booking.Doctor) cell { return cell{Text: r.say("title." + string(d.Title))} },
			By: func(a, b booking.Doctor) int { return cmp.Compare(a.Title, b.Title) }},
		{Key: "department", Cell: func(d booking.Doctor) cell {
			return cell{Text: r.departmentName(d.Department), Under: r.hospitalName(d.Hospital)}
		}, By: func(a, b booking.Doctor) int { return cmp.Compare(a.Department, b.Department) }},
		{Key: "speciality", Cell: func(d booking.Doctor) cell { return cell{Text: r.in(d.Speciality)} }},
	}
	return listing[booking.Doctor]{
		Name:    "doctors",
		Links:   []link{{r.say("directory.departments"), at("directory/departments")}, {r.say("directory.hospitals"), at("directory/hospitals")}},
		Filters: append([]field{r.field(field{Name: "q", Label: "field.search", Kind: "search", Value: r.value("q"), Hint: r.say("directory.hint")})}, filters...),
		Columns: columns,
		Fetch:   func(q query) ([]booking.Doctor, int, error) { return ordered(doctors, columns, q) },
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

func mentions(d booking.Doctor, text string) bool {
	return text == "" || strings.Contains(strings.ToLower(d.Code+" "+d.Name.ZH+" "+d.Name.EN+" "+d.Speciality.ZH+" "+d.Speciality.EN), strings.ToLower(text))
}
