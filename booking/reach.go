package booking

import (
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
)

// Part is a part of the directory: a department with those below it, a hospital (Department 0), or everything (both 0).
type Part struct {
	Hospital   HospitalID
	Department DepartmentID
}

// Reach is where somebody of the staff may do something. Without parts it is nowhere.
type Reach []Part

// Nowhere tells whether it is nothing at all.
func (r Reach) Nowhere() bool { return len(r) == 0 }

// Everywhere tells whether it is everything.
func (r Reach) Everywhere() bool { return slices.Contains(r, Part{}) }

// Whole tells whether a hospital as a whole is in it.
func (r Reach) Whole(h HospitalID) bool {
	return r.Everywhere() || slices.Contains(r, Part{Hospital: h})
}

// Touches tells whether something of a hospital is in it.
func (r Reach) Touches(h HospitalID) bool {
	return r.Everywhere() || slices.ContainsFunc(r, func(p Part) bool { return p.Hospital == h })
}

// Covers tells whether a department is in it.
func (r Reach) Covers(d Department) bool {
	return r.Whole(d.Hospital) || slices.ContainsFunc(r, func(p Part) bool {
		return p.Hospital == d.Hospital && p.Department != 0 && (p.Department == d.ID || p.Department == d.Parent)
	})
}

// Only gives the one hospital to which it is limited, or 0.
func (r Reach) Only() HospitalID {
	if len(r) == 0 || r.Everywhere() {
		return 0
	}
	for _, p := range r {
		if p.Hospital != r[0].Hospital {
			return 0
		}
	}
	return r[0].Hospital
}

// sql is the reach as a condition on the columns hospital_id and department_id of a table. What lies nowhere matches no row.
func (r Reach) sql(d *directory, table string) (string, []any, error) {
	if r.Everywhere() {
		return "1 = 1", nil, nil
	}
	hospitals, departments := []HospitalID{0}, []DepartmentID{0} // IN needs one; no row has 0
	for _, p := range r {
		if p.Department == 0 {
			hospitals = append(hospitals, p.Hospital)
		} else {
			departments = append(departments, d.below(p.Department)...)
		}
	}
	where, args, err := sqlx.In(fmt.Sprintf("(%[1]s.hospital_id IN (?) OR %[1]s.department_id IN (?))", table), hospitals, departments)
	if err != nil {
		return "", nil, fmt.Errorf("write the query for a reach: %w", err)
	}
	return where, args, nil
}

// In is what of the reach lies in one hospital.
func (r Reach) In(h HospitalID) Reach {
	if r.Whole(h) {
		return Reach{{Hospital: h}}
	}
	return slices.DeleteFunc(slices.Clone(r), func(p Part) bool { return p.Hospital != h })
}
