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
	Departments []saidDepartment `json:"departments"`
	Doctors     []saidDoctor     `json:"doctors"`
}

type saidDepartment struct {
	Code    string `json:"code"`
	Removed bool   `json:"removed"` // nobody works there any more
	Parent  string `json:"parent"`  // of a new one
	Name    *text  `json:"name"`
	Floor   *text  `json:"floor"`
}

type saidDoctor struct {
	Code       string         `json:"code"`
	Removed    bool           `json:"removed"`    // sees nobody any more
	Department string         `json:"department"` // another one than before: the doctor moves
	Name       *text          `json:"name"`
	Title      *booking.Title `json:"title"`
	Speciality *text          `json:"speciality"`
}

type pushed struct {
	Changed int `json:"changed"` // departments and doctors that were another before, or were not there, or are not there any more
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
	all, err := a.Booking.Directory(ctx)
	if err != nil {
		return c, err
	}
	for _, d := range all.Departments {
		if d.Hospital == h {
			c.list, c.departments[d.Code] = append(c.list, d), d
		}
	}
	for _, d := range all.Doctors {
		if d.Hospital == h {
			c.staff, c.doctors[d.Code] = append(c.staff, d), d
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

// putDirectory changes, adds, moves and removes departments and doctors, all of it or nothing.
func (a *API) putDirectory(c *call) (any, error) {
	var p push
	if err := decode(c.body, &p); err != nil {
		return nil, err
	}
	known, err := a.codes(c.ctx, c.token.Hospital)
	if err != nil {
		return nil, err
	}
	var to booking.DirectoryPush
	for _, said := range p.Departments {
		if err := known.pushDepartment(said, &to); err != nil {
			return nil, err
		}
	}
	for _, said := range p.Doctors {
		if err := known.pushDoctor(said, &to); err != nil {
			return nil, err
		}
	}
	n, err := a.Booking.SetDirectory(c.ctx, c.token.Hospital, to)
	return pushed{n}, err
}

// pushDepartment adds to a push what is said of a department. To remove one that there is not is to have removed it.
func (c codes) pushDepartment(said saidDepartment, to *booking.DirectoryPush) error {
	d, ok := c.departments[said.Code]
	switch {
	case said.Removed:
		if ok {
			to.Removed.Departments = append(to.Removed.Departments, d.ID)
		}
		return nil
	case !ok:
		n := booking.NewDepartment{Code: said.Code, Parent: said.Parent}
		set(&n.Name, said.Name)
		set(&n.Floor, said.Floor)
		to.Added.Departments = append(to.Added.Departments, n)
		return nil
	case said.Parent != "" && said.Parent != c.parent(d):
		return problem(http.StatusUnprocessableEntity, "moved_department", fmt.Sprintf("the department %q is below %q; it cannot be moved", said.Code, c.parent(d)))
	}
	set(&d.Name, said.Name)
	set(&d.Floor, said.Floor)
	to.Departments = append(to.Departments, d)
	return nil
}

// pushDoctor is pushDepartment for a doctor.
func (c codes) pushDoctor(said saidDoctor, to *booking.DirectoryPush) error {
	d, ok := c.doctors[said.Code]
	switch {
	case said.Removed:
		if ok {
			to.Removed.Doctors = append(to.Removed.Doctors, d.ID)
		}
		return nil
	case !ok:
		n := booking.NewDoctor{Code: said.Code, Department: said.Department}
		set(&n.Name, said.Name)
		set(&n.Speciality, said.Speciality)
		if said.Title != nil {
			n.Title = *said.Title
		}
		to.Added.Doctors = append(to.Added.Doctors, n)
		return nil
	}
	if said.Department != "" && said.Department != c.code(d.Department) {
		to.Moves = append(to.Moves, booking.DoctorMove{Doctor: d.ID, Department: said.Department})
	}
	set(&d.Name, said.Name)
	set(&d.Speciality, said.Speciality)
	if said.Title != nil {
		d.Title = *said.Title
	}
	to.Doctors = append(to.Doctors, d)
	return nil
}

func set(to *booking.Text, said *text) {
	if said != nil {
		*to = booking.Text{ZH: said.ZH, EN: said.EN}
	}
}
