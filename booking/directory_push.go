package booking

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
)

// NewDepartment is a department that a hospital did not have.
type NewDepartment struct {
	Code        string
	Parent      string // the code of the department above it; "" at the top level, where no doctors work
	Name, Floor Text
}

// NewDoctor is a doctor that a hospital did not have.
type NewDoctor struct {
	Code             string
	Department       string // the code of one below another
	Name, Speciality Text
	Title            Title
}

// Newcomers are departments and doctors to be added to a directory.
type Newcomers struct {
	Departments []NewDepartment
	Doctors     []NewDoctor
}

// DirectoryPush is what a hospital's own program, which is the master of its directory, says of it.
type DirectoryPush struct {
	Departments []Department // as they are from now on; they stay below the department where they are
	Doctors     []Doctor     // as they are from now on, in the department where they are
	Moves       []DoctorMove
	Added       Newcomers
	Removed     Leavers
}

// DoctorMove lets a doctor work in another department.
type DoctorMove struct {
	Doctor     DoctorID
	Department string // its code; it may come with the same push
}

// SetDirectory changes, adds, moves and removes departments and doctors of a hospital, all of it or nothing. It looks at no versions, since the program is
// the master. It tells how many are another now. What cannot be taken out because of patients is refused with an InTheWayError.
func (s *Store) SetDirectory(ctx context.Context, hospital HospitalID, push DirectoryPush) (changed int, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := lockHospital(ctx, tx, hospital); err != nil { // nobody makes half-days meanwhile
			return err
		}
		if err := raiseRevision(ctx, tx); err != nil {
			return err
		}
		d, err := loadDirectory(ctx, tx, 0)
		if err != nil {
			return err
		}
		w := &pushing{s, tx, d, hospital, map[string]any{}, map[string]any{}}
		for _, step := range []func(context.Context, DirectoryPush) error{w.setDepartments, w.add, w.setDoctors, w.move, w.remove} {
			if err := step(ctx, push); err != nil {
				return err
			}
		}
		if changed = len(w.after); changed == 0 {
			return nil
		}
		return audit.Write(ctx, s.Audit, tx, audit.Entry{Action: "directory.push", Subject: fmt.Sprintf("hospital:%d", hospital), Hospital: int64(hospital), Before: w.before, After: w.after})
	})
	return changed, err
}

// pushing is a push that is being done, with what is written of it in the audit log.
type pushing struct {
	s             *Store
	tx            *sqlx.Tx
	d             *directory
	hospital      HospitalID
	before, after map[string]any
}

// department gives one of the hospital that is there.
func (w *pushing) department(id DepartmentID) (Department, error) {
	p, err := found(w.d.department, id)
	if err == nil && (p.Hospital != w.hospital || p.Removed) {
		err = ErrNotFound
	}
	return p, err
}

// doctor gives one of the hospital who is there.
func (w *pushing) doctor(id DoctorID) (Doctor, error) {
	who, err := found(w.d.doctor, id)
	if err == nil && (who.Hospital != w.hospital || who.Removed) {
		err = ErrNotFound
	}
	return who, err
}

func (w *pushing) setDepartments(ctx context.Context, push DirectoryPush) error {
	for _, p := range push.Departments {
		was, err := w.department(p.ID)
		if err == nil {
			err = checkDepartment(p)
		}
		if err != nil {
			return err
		}
		if was.Name == p.Name && was.Floor == p.Floor {
			continue
		}
		if err := writeDepartment(ctx, w.tx, p); err != nil {
			return err
		}
		key := fmt.Sprintf("department:%d", p.ID)
		w.before[key], w.after[key] = saidOfDepartment(was), saidOfDepartment(p)
	}
	return nil
}

// add adds who is new, and reads the directory again: doctors may move to a department that came with the same push.
func (w *pushing) add(ctx context.Context, push DirectoryPush) error {
	if len(push.Added.Departments)+len(push.Added.Doctors) == 0 {
		return nil
	}
	err := addNewcomers(ctx, w.tx, w.d, w.hospital, push.Added, w.after)
	if err == nil {
		w.d, err = loadDirectory(ctx, w.tx, 0)
	}
	return err
}

func (w *pushing) setDoctors(ctx context.Context, push DirectoryPush) error {
	for _, who := range push.Doctors {
		was, err := w.doctor(who.ID)
		if err == nil {
			err = checkDoctor(who)
		}
		if err != nil {
			return err
		}
		who.Department = was.Department
		if was.Name == who.Name && was.Title == who.Title && was.Speciality == who.Speciality {
			continue
		}
		if err := writeDoctor(ctx, w.tx, who); err != nil {
			return err
		}
		key := fmt.Sprintf("doctor:%d", who.ID)
		w.before[key], w.after[key] = saidOfDoctor(was), saidOfDoctor(who)
	}
	return nil
}

func (w *pushing) move(ctx context.Context, push DirectoryPush) error {
	for _, m := range push.Moves {
		who, err := w.doctor(m.Doctor)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(w.d.departments, func(p Department) bool {
			return p.Hospital == w.hospital && p.Code == m.Department && p.Leaf && !p.Removed
		})
		if i < 0 {
			return refusef(CodeBadText, "医生 %s 的科室编码 %q 不存在，或者不是二级科室。", "Doctor %s needs the code of a department below another; %q is none.", who.Code, m.Department)
		}
		to := w.d.departments[i].ID
		if to == who.Department {
			continue
		}
		if err := w.s.moveDoctor(ctx, w.tx, w.d, who, to); err != nil {
			return err
		}
		key := fmt.Sprintf("doctor:%d", who.ID)
		if w.before[key] == nil {
			w.before[key], w.after[key] = saidOfDoctor(who), saidOfDoctor(who)
		}
		w.after[key].(map[string]any)["department"] = to
	}
	return nil
}

// remove takes doctors out first, then departments from below: so a department goes with all who work in it.
func (w *pushing) remove(ctx context.Context, push DirectoryPush) error {
	for _, id := range push.Removed.Doctors {
		who, err := w.doctor(id)
		if err == nil {
			err = w.s.removeDoctor(ctx, w.tx, w.d, who)
		}
		if err != nil {
			return err
		}
		key := fmt.Sprintf("doctor:%d", id)
		w.before[key], w.after[key] = saidOfDoctor(who), nil
	}
	for _, leaves := range []bool{true, false} {
		for _, id := range push.Removed.Departments {
			p, err := w.department(id)
			if err == nil && p.Leaf != leaves {
				continue
			}
			if err == nil {
				err = w.s.removeDepartment(ctx, w.tx, w.d, p)
			}
			if err != nil {
				return err
			}
			key := fmt.Sprintf("department:%d", id)
			w.before[key], w.after[key] = saidOfDepartment(p), nil
		}
	}
	return nil
}
