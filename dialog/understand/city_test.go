package understand_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"testing"

	"guahao/booking"
	"guahao/dialog/understand"
)

// today is the day on which all sentences of the tests are said, a Monday.
const today booking.Date = "2026-11-23"

// city is the seed data, as a directory without a database.
type city struct {
	reader *understand.Reader
	seed   booking.Directory
	ready  *understand.Directory
	codes  map[understand.Place]string
}

type seedDepartment struct {
	Code        string
	Name        booking.Text
	Aliases     []string
	Departments []seedDepartment
}

func newCity(t testing.TB) *city {
	t.Helper()
	c := &city{codes: map[understand.Place]string{}}
	var hospitals []struct {
		Code        string
		Name, Short booking.Text
		Aliases     []string
		Departments []seedDepartment
	}
	data, err := os.ReadFile("../../booking/seed/hospitals.json")
	check(t, err)
	check(t, json.Unmarshal(data, &hospitals))
	departments := map[string]booking.DepartmentID{}
	var add func(hospital string, in booking.HospitalID, parent booking.DepartmentID, list []seedDepartment)
	add = func(hospital string, in booking.HospitalID, parent booking.DepartmentID, list []seedDepartment) {
		for _, d := range list {
			id := booking.DepartmentID(len(departments) + 1)
			code := hospital + "/" + d.Code
			departments[code] = id
			c.codes[understand.Place{Hospital: in, Department: id}] = code
			c.seed.Departments = append(c.seed.Departments, booking.Department{ID: id, Hospital: in, Parent: parent, Code: d.Code, Name: d.Name, Leaf: parent != 0, Aliases: d.Aliases})
			add(hospital, in, id, d.Departments)
		}
	}
	ids := map[string]booking.HospitalID{}
	for i, h := range hospitals {
		id := booking.HospitalID(i + 1)
		ids[h.Code] = id
		c.codes[understand.Place{Hospital: id}] = h.Code
		c.seed.Hospitals = append(c.seed.Hospitals, booking.Hospital{ID: id, Code: h.Code, Name: h.Name, Short: h.Short, Aliases: h.Aliases, Zone: "Asia/Shanghai"})
		add(h.Code, id, 0, h.Departments)
	}
	file, err := os.Open("../../booking/seed/doctors.csv")
	check(t, err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	check(t, err)
	for i, row := range rows[1:] {
		d := booking.Doctor{ID: booking.DoctorID(i + 1), Hospital: ids[row[0]], Department: departments[row[0]+"/"+row[1]], Code: row[2],
			Name: booking.Text{ZH: row[3], EN: row[4]}, Title: booking.Title(row[5]), Speciality: booking.Text{ZH: row[6], EN: row[7]}}
		c.codes[understand.Place{Hospital: d.Hospital, Department: d.Department, Doctor: d.ID}] = row[0] + "/" + row[2]
		c.seed.Doctors = append(c.seed.Doctors, d)
	}
	c.reader, err = understand.New()
	check(t, err)
	c.ready = c.reader.Directory(c.seed)
	return c
}

// read says what a sentence means.
func (c *city) read(line string) understand.Meaning { return c.reader.Read(line, today, c.ready, 0) }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
