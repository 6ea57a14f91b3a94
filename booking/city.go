package booking

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"guahao/internal/money"
)

// city is what the files of Load say, checked.
type city struct {
	hospitals    []hospitalFile
	departments  []plannedDepartment
	doctors      []plannedDoctor
	sessions     []plannedSession
	departmentOf map[code]string // of each doctor
	titleOf      map[code]Title
	policies     map[string]Policy // of each hospital
}

type hospitalFile struct {
	Code        string           `json:"code"`
	Name        Text             `json:"name"`
	Short       Text             `json:"short"`
	Level       Text             `json:"level"`
	Address     Text             `json:"address"`
	Phone       string           `json:"phone"`
	Emergency   Text             `json:"emergency"`
	Zone        string           `json:"zone"`
	Lat         float64          `json:"lat"`
	Lng         float64          `json:"lng"`
	Aliases     []string         `json:"aliases"`
	Policy      json.RawMessage  `json:"policy"`
	Departments []departmentFile `json:"departments"`
}

type departmentFile struct {
	Code        string           `json:"code"`
	Name        Text             `json:"name"`
	Floor       Text             `json:"floor"`
	Aliases     []string         `json:"aliases"`
	Departments []departmentFile `json:"departments"`
}

// has tells whether the hospital has a department of a code, on either level.
func (h hospitalFile) has(code string) bool {
	return slices.ContainsFunc(h.Departments, func(top departmentFile) bool {
		return top.Code == code || slices.ContainsFunc(top.Departments, func(below departmentFile) bool { return below.Code == code })
	})
}

type plannedDepartment struct {
	departmentFile
	hospital string
	parent   string // "" at the top level
	leaf     bool
}

type plannedDoctor struct {
	Doctor
	hospital, department string
}

type plannedSession struct {
	Session
	hospital, doctor string
	weekdays         []time.Weekday
}

func readCity(files fs.FS) (*city, error) {
	c := &city{departmentOf: map[code]string{}, titleOf: map[code]Title{}, policies: map[string]Policy{}}
	if err := readFile(files, "hospitals.json", c.readHospitals); err != nil {
		return nil, err
	}
	if err := readTable(files, "doctors.csv", doctorColumns, c.addDoctor); err != nil {
		return nil, err
	}
	if err := readTable(files, "sessions.csv", sessionColumns, c.addSession); err != nil {
		return nil, err
	}
	return c, nil
}

func readFile(files fs.FS, name string, read func([]byte) error) error {
	text, err := fs.ReadFile(files, name)
	if err == nil {
		err = read(text)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (c *city) readHospitals(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c.hospitals); err != nil {
		return err
	}
	for _, h := range c.hospitals {
		if h.Code == "" || h.Name.ZH == "" {
			return fmt.Errorf("a hospital needs a code and a Chinese name (%q)", h.Code)
		}
		if _, err := time.LoadLocation(h.Zone); err != nil || h.Zone == "" {
			return fmt.Errorf("hospital %s: %q is not the IANA name of a time zone", h.Code, h.Zone)
		}
		policy, err := ParsePolicy(h.Policy)
		if err != nil {
			return fmt.Errorf("hospital %s: %w", h.Code, err)
		}
		c.policies[h.Code] = policy
		for _, rule := range policy.Admissions {
			if !h.has(rule.Department) {
				return fmt.Errorf("hospital %s: its policy names the department %s, which it does not have", h.Code, rule.Department)
			}
		}
		for _, department := range policy.Quiet {
			if !h.has(department) {
				return fmt.Errorf("hospital %s: its policy names the department %s, which it does not have", h.Code, department)
			}
		}
		for _, top := range h.Departments {
			c.departments = append(c.departments, plannedDepartment{departmentFile: top, hospital: h.Code})
			for _, below := range top.Departments {
				if len(below.Departments) > 0 {
					return fmt.Errorf("department %s of %s is on a third level; there are two", below.Code, h.Code)
				}
				c.departments = append(c.departments, plannedDepartment{departmentFile: below, hospital: h.Code, parent: top.Code, leaf: true})
			}
		}
	}
	return nil
}

// Columns of the tables.
const (
	doctorColumns  = "hospital,department,code,name_zh,name_en,title,speciality_zh,speciality_en"
	sessionColumns = "hospital,doctor,weekdays,period,kind,fee_yuan,room,start,slot_minutes,slots,per_slot"
)

func readTable(files fs.FS, name, columns string, add func(row []string) error) error {
	return readFile(files, name, func(text []byte) error {
		lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil {
			return err
		}
		if len(lines) == 0 || strings.Join(lines[0], ",") != columns {
			return fmt.Errorf("the first line must be %s", columns)
		}
		for i, row := range lines[1:] {
			if err := add(row); err != nil {
				return fmt.Errorf("row %d: %w", i+2, err)
			}
		}
		return nil
	})
}

func (c *city) addDoctor(row []string) error {
	d := plannedDoctor{hospital: row[0], department: row[1], Doctor: Doctor{
		Code: row[2], Name: Text{row[3], row[4]}, Title: Title(row[5]), Speciality: Text{row[6], row[7]},
	}}
	known := slices.ContainsFunc(c.departments, func(p plannedDepartment) bool {
		return p.hospital == d.hospital && p.Code == d.department && p.leaf
	})
	switch {
	case !known:
		return fmt.Errorf("hospital %s has no department %s on the second level", d.hospital, d.department)
	case d.Title.rank() < 0:
		return fmt.Errorf("%q is not a title", d.Title)
	case d.Code == "" || d.Name.ZH == "":
		return fmt.Errorf("a doctor needs a code and a Chinese name")
	}
	c.departmentOf[code{d.hospital, d.Code}] = d.department
	c.titleOf[code{d.hospital, d.Code}] = d.Title
	c.doctors = append(c.doctors, d)
	return nil
}

func (c *city) addSession(row []string) error {
	p := plannedSession{hospital: row[0], doctor: row[1]}
	if c.departmentOf[code{p.hospital, p.doctor}] == "" {
		return fmt.Errorf("hospital %s has no doctor %s", p.hospital, p.doctor)
	}
	for _, name := range strings.Fields(row[2]) {
		day, ok := ParseWeekday(name)
		if !ok {
			return fmt.Errorf("%q is not a weekday like Mon, nor Hol for public holidays", name)
		}
		p.weekdays = append(p.weekdays, day)
	}
	p.Period, p.Kind, p.Room = Period(row[3]), ClinicKind(row[4]), row[6]
	var err error
	if p.Fee = FeeByPolicy; row[5] != "" {
		if p.Fee, err = money.Parse(row[5]); err != nil {
			return err
		}
	}
	start, err := time.Parse("15:04", row[7])
	if err != nil {
		return fmt.Errorf("%q is not a time like 08:30", row[7])
	}
	p.StartMinute = start.Hour()*60 + start.Minute()
	for i, to := range []*int{&p.SlotMinutes, &p.Slots, &p.PerSlot} {
		if *to, err = strconv.Atoi(row[8+i]); err != nil {
			return fmt.Errorf("%q is not a number", row[8+i])
		}
	}
	if err := p.Validate(); err != nil {
		return err
	}
	if _, err := c.feeOf(p); err != nil {
		return err
	}
	c.sessions = append(c.sessions, p)
	return nil
}

// feeOf is what a session costs by the file: its own fee, or that of the hospital's policy.
func (c *city) feeOf(p plannedSession) (money.Fen, error) {
	if p.Fee != FeeByPolicy {
		return p.Fee, nil
	}
	title := c.titleOf[code{p.hospital, p.doctor}]
	fee, ok := c.policies[p.hospital].FeeOf(title, p.Kind)
	if !ok {
		return 0, fmt.Errorf("there is no fee, neither here nor in the hospital's policy for a %s clinic of a %s", p.Kind, title)
	}
	return fee, nil
}
