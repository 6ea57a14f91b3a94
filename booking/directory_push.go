package booking

import (
	"context"
	"fmt"

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

// SetDirectory changes what is said of departments and doctors of a hospital, and adds new ones, all of it or nothing: the way of a program that is their
// master, so it looks at no versions. It tells how many were another before.
func (s *Store) SetDirectory(ctx context.Context, hospital HospitalID, departments []Department, doctors []Doctor, added Newcomers) (changed int, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := raiseRevision(ctx, tx); err != nil {
			return err
		}
		d, err := loadDirectory(ctx, tx, 0)
		if err != nil {
			return err
		}
		before, after := map[string]any{}, map[string]any{}
		for _, p := range departments {
			was, err := found(d.department, p.ID)
			if err == nil && was.Hospital != hospital {
				err = ErrNotFound
			}
			if err == nil {
				err = checkDepartment(p)
			}
			if err != nil {
				return err
			}
			if was.Name == p.Name && was.Floor == p.Floor {
				continue
			}
			if err := writeDepartment(ctx, tx, p); err != nil {
				return err
			}
			key := fmt.Sprintf("department:%d", p.ID)
			before[key], after[key] = saidOfDepartment(was), saidOfDepartment(p)
		}
		for _, who := range doctors {
			was, err := found(d.doctor, who.ID)
			if err == nil && was.Hospital != hospital {
				err = ErrNotFound
			}
			if err == nil {
				err = checkDoctor(who)
			}
			if err != nil {
				return err
			}
			if was.Name == who.Name && was.Title == who.Title && was.Speciality == who.Speciality {
				continue
			}
			if err := writeDoctor(ctx, tx, who); err != nil {
				return err
			}
			key := fmt.Sprintf("doctor:%d", who.ID)
			before[key], after[key] = saidOfDoctor(was), saidOfDoctor(who)
		}
		if err := addNewcomers(ctx, tx, d, hospital, added, after); err != nil {
			return err
		}
		if changed = len(after); changed == 0 {
			return nil
		}
		return audit.Write(ctx, s.Audit, tx, audit.Entry{Action: "directory.push", Subject: fmt.Sprintf("hospital:%d", hospital), Hospital: int64(hospital), Before: before, After: after})
	})
	return changed, err
}
