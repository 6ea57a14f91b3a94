package booking

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
)

// directory is the small tables in memory: who sees patients, where, and under which rules. It is never changed after it was
// loaded, and loaded anew when the revision in the database is another one. Nothing of it tells how many places are free.
type directory struct {
	revision    int64
	hospitals   []Hospital
	departments []Department // those that were removed, too: past visits were there
	doctors     []Doctor

	hospital   map[HospitalID]Hospital
	zones      map[HospitalID]*time.Location
	department map[DepartmentID]Department
	doctor     map[DoctorID]Doctor
	staffed    map[DepartmentID][]Doctor // who was not removed, highest title first
	policies   map[HospitalID]map[int]Policy
	current    map[HospitalID]Policy
}

// Hospitals lists all of them.
func (s *Store) Hospitals(ctx context.Context) ([]Hospital, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	return slices.Clone(d.hospitals), nil
}

// Hospital gives one, or ErrNotFound.
func (s *Store) Hospital(ctx context.Context, id HospitalID) (Hospital, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Hospital{}, err
	}
	return found(d.hospital, id)
}

// Departments lists a hospital's departments below parent; parent 0 gives the top level.
func (s *Store) Departments(ctx context.Context, hospital HospitalID, parent DepartmentID) ([]Department, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	var list []Department
	for _, department := range d.departments {
		if department.Hospital == hospital && department.Parent == parent && !department.Removed {
			list = append(list, department)
		}
	}
	return list, nil
}

// Department gives one, or ErrNotFound.
func (s *Store) Department(ctx context.Context, id DepartmentID) (Department, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Department{}, err
	}
	return found(d.department, id)
}

// Doctor gives one, or ErrNotFound.
func (s *Store) Doctor(ctx context.Context, id DoctorID) (Doctor, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Doctor{}, err
	}
	return found(d.doctor, id)
}

// Policy gives the rules of a hospital that are in force.
func (s *Store) Policy(ctx context.Context, hospital HospitalID) (Policy, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Policy{}, err
	}
	return found(d.current, hospital)
}

// SetPolicy makes a new version of a hospital's rules and gives it. What was booked before stays under its own version.
func (s *Store) SetPolicy(ctx context.Context, hospital HospitalID, p Policy) (Policy, error) {
	if err := p.Validate(); err != nil {
		return Policy{}, err
	}
	d, err := s.directory(ctx)
	if err != nil {
		return Policy{}, err
	}
	if err := d.knows(hospital, p); err != nil {
		return Policy{}, err
	}
	rules, err := json.Marshal(p)
	if err != nil {
		return Policy{}, fmt.Errorf("write the policy: %w", err)
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		var id HospitalID // the lock that makes versions count up
		if err := tx.GetContext(ctx, &id, "SELECT id FROM hospitals WHERE id = ? FOR UPDATE", hospital); err != nil {
			return notFound(err, "lock the hospital")
		}
		var last int
		if err := tx.GetContext(ctx, &last, "SELECT COALESCE(MAX(version), 0) FROM policies WHERE hospital_id = ?", hospital); err != nil {
			return fmt.Errorf("read the policy's version: %w", err)
		}
		p.Hospital, p.Version = hospital, last+1
		if err := insertPolicy(ctx, tx, hospital, p.Version, string(rules), s.clock()); err != nil {
			return err
		}
		if err := raiseRevision(ctx, tx); err != nil {
			return err
		}
		before, after := d.current[hospital], p
		return audit.Write(ctx, s.Audit, tx, audit.Entry{
			Action: "policy.set", Subject: fmt.Sprintf("policy:%d/%d", hospital, p.Version), Hospital: int64(hospital), Before: before, After: after,
		})
	})
	return p, err
}

// knows refuses rules about departments that the hospital does not have.
func (d *directory) knows(hospital HospitalID, p Policy) error {
	if _, err := found(d.hospital, hospital); err != nil {
		return err
	}
	codes := slices.Clone(p.Quiet)
	for _, rule := range p.Admissions {
		codes = append(codes, rule.Department)
	}
	for _, rule := range p.Revisits {
		codes = append(codes, rule.Department)
	}
	for _, rule := range p.Queues {
		if rule.Department != "" {
			codes = append(codes, rule.Department)
		}
	}
	for _, code := range codes {
		there := slices.ContainsFunc(d.departments, func(in Department) bool { return in.Hospital == hospital && in.Code == code })
		if !there {
			return refusef(CodeBadPolicy, "规则没有保存：医院没有代码为 %s 的科室。", "The policy is refused: the hospital has no department with the code %s.", code)
		}
	}
	return nil
}

func insertPolicy(ctx context.Context, tx *sqlx.Tx, hospital HospitalID, version int, rules string, at time.Time) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO policies (hospital_id, version, rules, created_at) VALUES (?, ?, ?, ?)", hospital, version, rules, at)
	if err != nil {
		return fmt.Errorf("write the policy: %w", err)
	}
	return nil
}

// raiseRevision makes every process read the directory anew.
func raiseRevision(ctx context.Context, tx *sqlx.Tx) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO directory_revisions (id, revision) VALUES (1, 1) ON DUPLICATE KEY UPDATE revision = revision + 1")
	if err != nil {
		return fmt.Errorf("raise the directory's revision: %w", err)
	}
	return nil
}

func found[K comparable, V any](in map[K]V, id K) (V, error) {
	v, ok := in[id]
	if !ok {
		return v, ErrNotFound
	}
	return v, nil
}

// directory gives the directory as it is in the database: one read of one row when nothing has changed, and none within a step that knows the revision.
func (s *Store) directory(ctx context.Context) (*directory, error) {
	g := glanceOf(ctx)
	if revision, known := g.version(); known {
		return s.directoryAt(ctx, s.db, revision)
	}
	d, err := s.directoryFor(ctx, s.db)
	if err == nil {
		g.at(d.revision)
	}
	return d, err
}

// directoryFor reads through q, which may be a transaction: whoever has a connection must not wait for another one.
func (s *Store) directoryFor(ctx context.Context, q queryer) (*directory, error) {
	var revision int64
	err := q.GetContext(ctx, &revision, "SELECT revision FROM directory_revisions WHERE id = 1")
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read the directory's revision: %w", err)
	}
	return s.directoryAt(ctx, q, revision)
}

// directoryAt is directoryFor when the revision was just read.
func (s *Store) directoryAt(ctx context.Context, q queryer, revision int64) (*directory, error) {
	if d := s.cached.Load(); d != nil && d.revision >= revision { // a later one, where somebody else has read that meanwhile
		return d, nil
	}
	d, err := loadDirectory(ctx, q, revision)
	if err != nil {
		return nil, err
	}
	s.cached.Store(d)
	return d, nil
}

// loadDirectory reads the tables after the revision was read: what changes meanwhile has a higher revision and is read again.
func loadDirectory(ctx context.Context, q queryer, revision int64) (*directory, error) {
	d := &directory{
		revision: revision,
		hospital: map[HospitalID]Hospital{}, zones: map[HospitalID]*time.Location{},
		department: map[DepartmentID]Department{}, doctor: map[DoctorID]Doctor{}, staffed: map[DepartmentID][]Doctor{},
		policies: map[HospitalID]map[int]Policy{}, current: map[HospitalID]Policy{},
	}
	for _, read := range []func(context.Context, queryer) error{d.readHospitals, d.readDepartments, d.readDoctors, d.readPolicies} {
		if err := read(ctx, q); err != nil {
			return nil, fmt.Errorf("read the directory: %w", err)
		}
	}
	return d, nil
}

// names is a JSON array of aliases as its column has it.
type names []string

// Scan reads the column.
func (n *names) Scan(src any) error {
	text, ok := src.([]byte)
	if !ok {
		return fmt.Errorf("aliases cannot be read from %T", src)
	}
	return json.Unmarshal(text, (*[]string)(n))
}

func (d *directory) readHospitals(ctx context.Context, q queryer) error {
	var rows []struct {
		Hospital
		Names names
	}
	err := q.SelectContext(ctx, &rows, `SELECT id, code, name_zh AS 'name.zh', name_en AS 'name.en', short_zh AS 'short.zh', short_en AS 'short.en',
		level_zh AS 'level.zh', level_en AS 'level.en', address_zh AS 'address.zh', address_en AS 'address.en', phone, emergency_zh AS 'emergency.zh', emergency_en AS 'emergency.en', zone, lat, lng,
		aliases AS names, version FROM hospitals ORDER BY id`)
	for _, row := range rows {
		h := row.Hospital
		h.Aliases = row.Names
		d.hospitals = append(d.hospitals, h)
		d.hospital[h.ID] = h
		d.zones[h.ID] = h.Location()
	}
	return err
}

func (d *directory) readDepartments(ctx context.Context, q queryer) error {
	var rows []struct {
		Department
		Names names
	}
	err := q.SelectContext(ctx, &rows, `SELECT id, hospital_id AS hospital, parent_id AS parent, code, name_zh AS 'name.zh', name_en AS 'name.en',
		floor_zh AS 'floor.zh', floor_en AS 'floor.en', leaf, aliases AS names, version, removed_at IS NOT NULL AS removed FROM departments ORDER BY id`)
	for _, row := range rows {
		department := row.Department
		department.Aliases = row.Names
		d.departments = append(d.departments, department)
		d.department[department.ID] = department
	}
	return err
}

func (d *directory) readDoctors(ctx context.Context, q queryer) error {
	err := q.SelectContext(ctx, &d.doctors, `SELECT id, hospital_id AS hospital, department_id AS department, code, name_zh AS 'name.zh',
		name_en AS 'name.en', title, speciality_zh AS 'speciality.zh', speciality_en AS 'speciality.en', version, removed_at IS NOT NULL AS removed FROM doctors ORDER BY id`)
	slices.SortStableFunc(d.doctors, func(a, b Doctor) int { return cmp.Compare(a.Title.rank(), b.Title.rank()) })
	for _, doctor := range d.doctors {
		d.doctor[doctor.ID] = doctor
		if !doctor.Removed {
			d.staffed[doctor.Department] = append(d.staffed[doctor.Department], doctor)
		}
	}
	return err
}

func (t Title) rank() int {
	return slices.Index([]Title{Chief, AssociateChief, Attending, Resident}, t)
}

func (d *directory) readPolicies(ctx context.Context, q queryer) error {
	var rows []struct {
		Hospital HospitalID
		Version  int
		Rules    []byte
	}
	err := q.SelectContext(ctx, &rows, "SELECT hospital_id AS hospital, version, rules FROM policies ORDER BY hospital_id, version")
	if err != nil {
		return err
	}
	for _, row := range rows {
		p, err := readPolicy(row.Rules)
		if err != nil {
			return fmt.Errorf("hospital %d, version %d: %w", row.Hospital, row.Version, err)
		}
		p.Hospital, p.Version = row.Hospital, row.Version
		if d.policies[row.Hospital] == nil {
			d.policies[row.Hospital] = map[int]Policy{}
		}
		d.policies[row.Hospital][row.Version] = p
		d.current[row.Hospital] = p
	}
	return nil
}

// zone is a hospital's time zone.
func (d *directory) zone(id HospitalID) *time.Location {
	if zone := d.zones[id]; zone != nil {
		return zone
	}
	return time.UTC
}

// window is what a hospital has opened at an instant.
func (d *directory) window(id HospitalID, now time.Time) Window {
	return d.current[id].Window(now, d.zone(id))
}

// Directory is who sees patients and where, as of a revision, without what was removed. Its slices are shared and never changed.
type Directory struct {
	Revision    int64
	Hospitals   []Hospital
	Departments []Department
	Doctors     []Doctor // highest title first
}

// PlaceKind says which of the three a place in the directory is.
type PlaceKind string

// The kinds of places.
const (
	PlaceHospital   PlaceKind = "hospital"
	PlaceDepartment PlaceKind = "department"
	PlaceDoctor     PlaceKind = "doctor"
)

// Directory gives all of it; what is made of it is good as long as the revision is the same.
func (s *Store) Directory(ctx context.Context) (Directory, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Directory{}, err
	}
	return Directory{Revision: d.revision, Hospitals: d.hospitals, Departments: kept(d.departments, func(p Department) bool { return p.Removed }),
		Doctors: kept(d.doctors, func(who Doctor) bool { return who.Removed })}, nil
}

// kept gives a list without what was removed.
func kept[T any](all []T, removed func(T) bool) []T {
	if !slices.ContainsFunc(all, removed) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), removed)
}
