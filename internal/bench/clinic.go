package bench

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// city is what a bench books from, in the form that booking.Store.Load reads.
type city struct {
	hospitals int        // all alike
	groups    [][]clinic // of a hospital: departments of the upper level, and those below them
}

// clinic is one department. Each of its doctors is there on every half-day of every day.
type clinic struct {
	fee        string // in yuan; "0" is none
	doctors    int
	afternoons bool // not only mornings
	slots      int  // in a half-day
	places     int  // in a slot
}

const (
	daysAhead  = 14
	zoneName   = "Asia/Shanghai"
	everyDay   = "Sun Mon Tue Wed Thu Fri Sat"
	slotLength = 25 // minutes
)

// zone is where the city lies; it has no summer time.
func zone() *time.Location { return time.FixedZone(zoneName, 8*60*60) }

type text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

type hospitalFile struct {
	Code        string           `json:"code"`
	Name        text             `json:"name"`
	Short       text             `json:"short"`
	Level       text             `json:"level"`
	Address     text             `json:"address"`
	Phone       string           `json:"phone"`
	Zone        string           `json:"zone"`
	Policy      policyFile       `json:"policy"`
	Departments []departmentFile `json:"departments"`
}

type departmentFile struct {
	Code        string           `json:"code"`
	Name        text             `json:"name"`
	Floor       text             `json:"floor"`
	Departments []departmentFile `json:"departments,omitempty"`
}

// policyFile has no limits: the bench's people book more than a person may.
type policyFile struct {
	DaysAhead       int    `json:"days_ahead"`
	ReleaseAt       string `json:"release_at"`
	HoldMinutes     int    `json:"hold_minutes"`
	PatientsPerUser int    `json:"patients_per_user"`
}

// write makes the files hospitals.json, doctors.csv and sessions.csv in a directory.
func (c city) write(dir string) error {
	doctors := [][]string{{"hospital", "department", "code", "name_zh", "name_en", "title", "speciality_zh", "speciality_en"}}
	sessions := [][]string{{"hospital", "doctor", "weekdays", "period", "kind", "fee_yuan", "room", "start", "slot_minutes", "slots", "per_slot"}}
	var hospitals []hospitalFile
	for h := range c.hospitals {
		hospital := c.hospital(h + 1)
		for g, group := range hospital.Departments {
			for d, department := range group.Departments {
				clinic := c.groups[g][d]
				for n := range clinic.doctors {
					code := fmt.Sprintf("%s-%d", department.Code, n+1)
					doctors = append(doctors, []string{hospital.Code, department.Code, code, "医生" + code, "Doctor " + code, "attending", "常见病", "Common diseases"})
					sessions = append(sessions, clinic.week(hospital.Code, code)...)
				}
			}
		}
		hospitals = append(hospitals, hospital)
	}
	list, err := json.Marshal(hospitals)
	if err != nil {
		return fmt.Errorf("write the bench's hospitals: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hospitals.json"), list, 0o600); err != nil {
		return err
	}
	if err := writeTable(filepath.Join(dir, "doctors.csv"), doctors); err != nil {
		return err
	}
	return writeTable(filepath.Join(dir, "sessions.csv"), sessions)
}

func (c city) hospital(n int) hospitalFile {
	h := hospitalFile{
		Code: fmt.Sprintf("H%d", n), Name: text{fmt.Sprintf("基准第%d医院", n), fmt.Sprintf("Bench Hospital %d", n)},
		Level: text{"三级甲等", "Grade A"}, Address: text{"基准路1号", "1 Bench Road"}, Phone: "010-00000000", Zone: zoneName,
		Policy: policyFile{DaysAhead: daysAhead, ReleaseAt: "00:00", HoldMinutes: 30, PatientsPerUser: 100},
	}
	for g, clinics := range c.groups {
		group := department(fmt.Sprintf("G%d", g+1), "大类", "Group")
		for d := range clinics {
			group.Departments = append(group.Departments, department(departmentCode(g+1, d+1), "科室", "Department"))
		}
		h.Departments = append(h.Departments, group)
	}
	return h
}

// departmentCode names the d-th department of the g-th group, both counted from 1.
func departmentCode(g, d int) string { return fmt.Sprintf("G%dD%d", g, d) }

func department(code, zh, en string) departmentFile {
	return departmentFile{Code: code, Name: text{zh + code, en + " " + code}, Floor: text{"1层", "Floor 1"}}
}

// week is what a doctor of the clinic does every day.
func (c clinic) week(hospital, doctor string) [][]string {
	kind := "general"
	if c.fee != "0" {
		kind = "expert"
	}
	row := func(period, start string) []string {
		return []string{hospital, doctor, everyDay, period, kind, c.fee, "1诊室", start, strconv.Itoa(slotLength), strconv.Itoa(c.slots), strconv.Itoa(c.places)}
	}
	list := [][]string{row("morning", "08:00")}
	if c.afternoons {
		list = append(list, row("afternoon", "13:30"))
	}
	return list
}

func writeTable(file string, rows [][]string) error {
	out, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w := csv.NewWriter(out)
	if err := w.WriteAll(rows); err != nil {
		_ = out.Close()
		return fmt.Errorf("write %s: %w", filepath.Base(file), err)
	}
	return out.Close()
}
