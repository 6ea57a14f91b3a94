package booking

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
)

//go:embed seed
var demoCity embed.FS

// Seed loads the demo city that comes with the program, and makes its schedules. It may be repeated.
func (s *Store) Seed(ctx context.Context) error {
	city, err := fs.Sub(demoCity, "seed")
	if err != nil {
		return fmt.Errorf("open the demo city: %w", err)
	}
	return s.Load(ctx, city)
}

// Load brings the directory up to date with the files hospitals.json, doctors.csv and sessions.csv (seed/README.md tells their form) and makes
// the schedules of the coming days. What the files name by code is added or changed; a hospital's usual weeks become what the files say, but for
// those that staff have changed in the console, and so do names and titles;
// nothing else is removed, and schedules that exist stay as they are. A hospital's policy is taken from the files only
// as its first one: later changes are made with SetPolicy.
func (s *Store) Load(ctx context.Context, files fs.FS) error {
	city, err := readCity(files)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		// First, since it locks: of two replicas that load at once the second waits here.
		if err := raiseRevision(ctx, tx); err != nil {
			return err
		}
		return s.loadCity(ctx, tx, city)
	})
	if err != nil {
		return err
	}
	return s.Roll(ctx)
}

func (s *Store) loadCity(ctx context.Context, tx *sqlx.Tx, city *city) error {
	hospitals, err := s.loadHospitals(ctx, tx, city)
	if err != nil {
		return err
	}
	departments, err := loadDepartments(ctx, tx, city, hospitals)
	if err != nil {
		return err
	}
	doctors, err := loadDoctors(ctx, tx, city, hospitals, departments)
	if err != nil {
		return err
	}
	return loadSessions(ctx, tx, city, hospitals, departments, doctors)
}

// unlessChanged updates columns of rows that are there: some of them only where staff have not changed the row in the console.
func unlessChanged(table, theirs, files string) string {
	var list []string
	for _, column := range strings.Fields(theirs) {
		list = append(list, fmt.Sprintf("%[2]s = IF(%[1]s.version > 1, %[1]s.%[2]s, VALUES(%[2]s))", table, column))
	}
	for _, column := range strings.Fields(files) {
		list = append(list, fmt.Sprintf("%[1]s = VALUES(%[1]s)", column))
	}
	return "ON DUPLICATE KEY UPDATE " + strings.Join(list, ", ")
}

// code names a department or a doctor within its hospital.
type code struct{ Hospital, Code string }

func (s *Store) loadHospitals(ctx context.Context, tx *sqlx.Tx, city *city) (map[string]HospitalID, error) {
	hospitals := rows{
		into: `hospitals (code, name_zh, name_en, short_zh, short_en, level_zh, level_en, address_zh, address_en, phone, emergency_zh, emergency_en, zone, lat, lng, aliases)`,
		on:   unlessChanged("hospitals", "name_zh name_en short_zh short_en level_zh level_en address_zh address_en phone emergency_zh emergency_en", "zone lat lng aliases"),
	}
	for _, h := range city.hospitals {
		hospitals.add(h.Code, h.Name.ZH, h.Name.EN, h.Short.ZH, h.Short.EN, h.Level.ZH, h.Level.EN, h.Address.ZH, h.Address.EN, h.Phone, h.Emergency.ZH, h.Emergency.EN, h.Zone, h.Lat, h.Lng, aliasesText(h.Aliases))
	}
	if err := hospitals.insert(ctx, tx); err != nil {
		return nil, err
	}
	var stored []struct {
		ID       HospitalID
		Code     string
		Policies int
	}
	err := tx.SelectContext(ctx, &stored, `SELECT h.id, h.code, COUNT(p.version) AS policies FROM hospitals h LEFT JOIN policies p ON p.hospital_id = h.id GROUP BY h.id, h.code`)
	if err != nil {
		return nil, fmt.Errorf("read the hospitals: %w", err)
	}
	ids, bare := map[string]HospitalID{}, map[string]bool{}
	for _, row := range stored {
		ids[row.Code], bare[row.Code] = row.ID, row.Policies == 0
	}
	for _, h := range city.hospitals {
		if bare[h.Code] {
			if err := insertPolicy(ctx, tx, ids[h.Code], 1, string(h.Policy), s.clock()); err != nil {
				return nil, err
			}
		}
	}
	return ids, nil
}

// loadDepartments writes the top level first: the ones below need its IDs.
func loadDepartments(ctx context.Context, tx *sqlx.Tx, city *city, hospitals map[string]HospitalID) (map[code]DepartmentID, error) {
	ids := map[code]DepartmentID{}
	for _, leaf := range []bool{false, true} {
		departments := rows{
			into: `departments (hospital_id, parent_id, code, name_zh, name_en, floor_zh, floor_en, leaf, aliases)`,
			on:   unlessChanged("departments", "name_zh name_en floor_zh floor_en", "parent_id leaf aliases"),
		}
		for _, p := range city.departments {
			if p.leaf == leaf {
				departments.add(hospitals[p.hospital], ids[code{p.hospital, p.parent}], p.Code, p.Name.ZH, p.Name.EN, p.Floor.ZH, p.Floor.EN, leaf, aliasesText(p.Aliases))
			}
		}
		if err := departments.insert(ctx, tx); err != nil {
			return nil, err
		}
		if err := readCodes(ctx, tx, "departments", ids); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func loadDoctors(ctx context.Context, tx *sqlx.Tx, city *city, hospitals map[string]HospitalID, departments map[code]DepartmentID) (map[code]DoctorID, error) {
	doctors := rows{
		into: `doctors (hospital_id, department_id, code, name_zh, name_en, title, speciality_zh, speciality_en)`,
		on:   unlessChanged("doctors", "department_id name_zh name_en title speciality_zh speciality_en", ""),
	}
	for _, d := range city.doctors {
		doctors.add(hospitals[d.hospital], departments[code{d.hospital, d.department}], d.Code, d.Name.ZH, d.Name.EN, d.Title, d.Speciality.ZH, d.Speciality.EN)
	}
	if err := doctors.insert(ctx, tx); err != nil {
		return nil, err
	}
	ids := map[code]DoctorID{}
	return ids, readCodes(ctx, tx, "doctors", ids)
}

func loadSessions(ctx context.Context, tx *sqlx.Tx, city *city, hospitals map[string]HospitalID, departments map[code]DepartmentID, doctors map[code]DoctorID) error {
	for _, h := range city.hospitals {
		_, err := tx.ExecContext(ctx, "DELETE FROM schedule_templates WHERE hospital_id = ? AND doctor_id NOT IN (SELECT e.doctor_id FROM edited_weeks e)", hospitals[h.Code])
		if err != nil {
			return fmt.Errorf("replace the usual weeks: %w", err)
		}
	}
	var edited []DoctorID
	if err := tx.SelectContext(ctx, &edited, "SELECT doctor_id FROM edited_weeks"); err != nil {
		return fmt.Errorf("read whose week staff have changed: %w", err)
	}
	policies, err := currentPolicies(ctx, tx)
	if err != nil {
		return err
	}
	sessions := rows{into: `schedule_templates (hospital_id, department_id, doctor_id, weekday, period, kind, fee, room, start_minute, slot_minutes, slot_count, slot_capacity)`}
	for _, p := range city.sessions {
		if slices.Contains(edited, doctors[code{p.hospital, p.doctor}]) {
			continue
		}
		if _, ok := policies[hospitals[p.hospital]].FeeOf(city.titleOf[code{p.hospital, p.doctor}], p.Kind); !ok {
			if p.Fee, err = city.feeOf(p); err != nil { // a policy from before there were fees in it
				return err
			}
		}
		for _, day := range p.weekdays {
			sessions.add(hospitals[p.hospital], departments[code{p.hospital, city.departmentOf[code{p.hospital, p.doctor}]}], doctors[code{p.hospital, p.doctor}], int(day),
				p.Period, p.Kind, p.Fee, p.Room, p.StartMinute, p.SlotMinutes, p.Slots, p.PerSlot)
		}
	}
	return sessions.insert(ctx, tx)
}

// currentPolicies reads the rules in force as the transaction sees them.
func currentPolicies(ctx context.Context, tx *sqlx.Tx) (map[HospitalID]Policy, error) {
	d := &directory{policies: map[HospitalID]map[int]Policy{}, current: map[HospitalID]Policy{}}
	if err := d.readPolicies(ctx, tx); err != nil {
		return nil, fmt.Errorf("read the policies: %w", err)
	}
	return d.current, nil
}

// readCodes reads the IDs of a table's rows by their hospital's code and their own.
func readCodes[ID ~int64](ctx context.Context, tx *sqlx.Tx, table string, ids map[code]ID) error {
	var list []struct {
		code
		ID ID
	}
	err := tx.SelectContext(ctx, &list, "SELECT t.id, h.code AS hospital, t.code FROM "+table+" t JOIN hospitals h ON h.id = t.hospital_id")
	if err != nil {
		return fmt.Errorf("read the codes of %s: %w", table, err)
	}
	for _, row := range list {
		ids[row.code] = row.ID
	}
	return nil
}

func aliasesText(aliases []string) string {
	if len(aliases) == 0 {
		return "[]"
	}
	text, err := json.Marshal(aliases)
	if err != nil {
		return "[]" // strings always can be written
	}
	return string(text)
}
