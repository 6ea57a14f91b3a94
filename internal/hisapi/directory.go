package hisapi

import (
	"context"
	"fmt"
	"net/http"

	"guahao/booking"
)

type directory struct {
	Hospital    hospital     `json:"hospital"`
	Departments []department `json:"departments"`
	Doctors     []doctor     `json:"doctors"`
}

type hospital struct {
	Code string `json:"code"`
	Name text   `json:"name"`
	Zone string `json:"zone"`
}

type department struct {
	Code   string `json:"code"`
	Parent string `json:"parent,omitempty"`
	Name   text   `json:"name"`
	Floor  text   `json:"floor"`
}

type doctor struct {
	Code       string        `json:"code"`
	Department string        `json:"department"`
	Name       text          `json:"name"`
	Title      booking.Title `json:"title"`
	Speciality text          `json:"speciality"`
}

// push is what a program says of departments and doctors; what it does not say stays, and who is not known by the code is new.
type push struct {
	Departments []struct {
		Code   string `json:"code"`
		Parent string `json:"parent"` // of a new one
		Name   *text  `json:"name"`
		Floor  *text  `json:"floor"`
	} `json:"departments"`
	Doctors []struct {
		Code       string         `json:"code"`
		Department string         `json:"department"` // of a new one
		Name       *text          `json:"name"`
		Title      *booking.Title `json:"title"`
		Speciality *text          `json:"speciality"`
	} `json:"doctors"`
}

type pushed struct {
	Changed int `json:"changed"` // departments and doctors that were another before, or were not there
}

// codes is the directory of a hospital by codes.
type codes struct {
	list        []booking.Department
	departments map[string]booking.Department
	doctors     map[string]booking.Doctor
	staff       []booking.Doctor
}

func (a *API) codes(ctx context.Context, h booking.HospitalID) (codes, error) {
	c := codes{departments: map[string]booking.Department{}, doctors: map[string]booking.Doctor{}}
	top, err := a.Booking.Departments(ctx, h, 0)
	if err != nil {
		return c, err
	}
	for _, t := range top {
		below, err := a.Booking.Departments(ctx, h, t.ID)
		if err != nil {
			return c, err
		}
		c.list = append(append(c.list, t), below...)
	}
	for _, d := range c.list {
		c.departments[d.Code] = d
		if !d.Leaf {
			continue
		}
		staffed, err := a.Booking.Doctors(ctx, d.ID)
		if err != nil {
			return c, err
		}
		for _, s := range staffed {
			c.doctors[s.Doctor.Code] = s.Doctor
			c.staff = append(c.staff, s.Doctor)
		}
	}
	return c, nil
}

// code is a department's.
func (c codes) code(id booking.DepartmentID) string {
	for _, d := range c.list {
		if d.ID == id {
			return d.Code
		}
	}
	return ""
}

func (c codes) parent(d booking.Department) string { return c.code(d.Parent) }

func both(t booking.Text) text { return text{t.ZH, t.EN} }

func (a *API) getDirectory(c *call) (any, error) {
	h, err := a.Booking.Hospital(c.ctx, c.token.Hospital)
	if err != nil {
		return nil, err
	}
	known, err := a.codes(c.ctx, h.ID)
	if err != nil {
		return nil, err
	}
	out := directory{Hospital: hospital{h.Code, both(h.Name), h.Location().String()}, Departments: []department{}, Doctors: []doctor{}}
	code := map[booking.DepartmentID]string{}
	for _, d := range known.list {
		code[d.ID] = d.Code
		out.Departments = append(out.Departments, department{d.Code, code[d.Parent], both(d.Name), both(d.Floor)})
	}
	for _, d := range known.staff {
		out.Doctors = append(out.Doctors, doctor{d.Code, code[d.Department], both(d.Name), d.Title, both(d.Speciality)})
	}
	return out, nil
}

// putDirectory changes what is said of departments and doctors, all of it or nothing.
func (a *API) putDirectory(c *call) (any, error) {
	var p push
	if err := decode(c.body, &p); err != nil {
		return nil, err
	}
	known, err := a.codes(c.ctx, c.token.Hospital)
	if err != nil {
		return nil, err
	}
	var departments []booking.Department
	var added booking.Newcomers
	for _, said := range p.Departments {
		d, ok := known.departments[said.Code]
		if !ok {
			n := booking.NewDepartment{Code: said.Code, Parent: said.Parent}
			set(&n.Name, said.Name)
			set(&n.Floor, said.Floor)
			added.Departments = append(added.Departments, n)
			continue
		}
		if said.Parent != "" && said.Parent != known.parent(d) {
			return nil, problem(http.StatusUnprocessableEntity, "moved_department", fmt.Sprintf("the department %q is below %q; it cannot be moved", said.Code, known.parent(d)))
		}
		set(&d.Name, said.Name)
		set(&d.Floor, said.Floor)
		departments = append(departments, d)
	}
	var doctors []booking.Doctor
	for _, said := range p.Doctors {
		d, ok := known.doctors[said.Code]
		if !ok {
			n := booking.NewDoctor{Code: said.Code, Department: said.Department}
			set(&n.Name, said.Name)
			set(&n.Speciality, said.Speciality)
			if said.Title != nil {
				n.Title = *said.Title
			}
			added.Doctors = append(added.Doctors, n)
			continue
		}
		if said.Department != "" && said.Department != known.code(d.Department) {
			return nil, problem(http.StatusUnprocessableEntity, "moved_doctor", fmt.Sprintf("the doctor %q works in %q, and cannot be moved", said.Code, known.code(d.Department)))
		}
		set(&d.Name, said.Name)
		set(&d.Speciality, said.Speciality)
		if said.Title != nil {
			d.Title = *said.Title
		}
		doctors = append(doctors, d)
	}
	n, err := a.Booking.SetDirectory(c.ctx, c.token.Hospital, departments, doctors, added)
	return pushed{n}, err
}

func set(to *booking.Text, said *text) {
	if said != nil {
		*to = booking.Text{ZH: said.ZH, EN: said.EN}
	}
}
