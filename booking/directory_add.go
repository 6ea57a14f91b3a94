package booking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// maxCode bounds the codes of departments and doctors, in bytes.
const maxCode = 32

func badCode(code string) error {
	if code == "" || len(code) > maxCode {
		return refusef(CodeBadText, "编码 %q 应为 1 到 32 个字节。", "The code %q must have 1 to 32 bytes.", code)
	}
	return nil
}

// addNewcomers writes new departments, in their order, and then new doctors; after gets what was written, for the audit log.
func addNewcomers(ctx context.Context, tx *sqlx.Tx, d *directory, hospital HospitalID, added Newcomers, after map[string]any) error {
	known := map[string]Department{}
	for _, p := range d.department {
		if p.Hospital == hospital && !p.Removed {
			known[p.Code] = p
		}
	}
	for _, n := range added.Departments {
		p, err := newDepartment(known, hospital, n)
		if err != nil {
			return err
		}
		if p.ID, err = insertDepartment(ctx, tx, p); err != nil {
			return err
		}
		known[p.Code], after[fmt.Sprintf("department:%d", p.ID)] = p, map[string]any{"code": p.Code, "name": p.Name, "floor": p.Floor}
	}
	for _, n := range added.Doctors {
		p := known[n.Department]
		who := Doctor{Hospital: hospital, Department: p.ID, Code: n.Code, Name: n.Name, Title: n.Title, Speciality: n.Speciality}
		err := badCode(n.Code)
		if err == nil && !p.Leaf {
			err = refusef(CodeBadText, "医生 %s 的科室编码 %q 不存在，或者不是二级科室。", "Doctor %s needs the code of a department below another; %q is none.", n.Code, n.Department)
		}
		if err == nil {
			err = checkDoctor(who)
		}
		if err == nil {
			who.ID, err = insertDoctor(ctx, tx, who)
		}
		if err != nil {
			return err
		}
		after[fmt.Sprintf("doctor:%d", who.ID)] = map[string]any{"code": who.Code, "name": who.Name, "title": who.Title, "speciality": who.Speciality}
	}
	return nil
}

// newDepartment checks one against what there is: there are two levels.
func newDepartment(known map[string]Department, hospital HospitalID, n NewDepartment) (Department, error) {
	p := Department{Hospital: hospital, Code: n.Code, Name: n.Name, Floor: n.Floor, Leaf: n.Parent != ""}
	if err := badCode(n.Code); err != nil {
		return p, err
	}
	if n.Parent != "" {
		parent, ok := known[n.Parent]
		if !ok || parent.Leaf {
			return p, refusef(CodeBadText, "科室 %s 的上级编码 %q 不存在，或者不是一级科室。", "Department %s needs the code of a department of the top level above it; %q is none.", n.Code, n.Parent)
		}
		p.Parent = parent.ID
	}
	return p, checkDepartment(p)
}

// insertDepartment adds a department, or brings back the one of that code that was removed.
func insertDepartment(ctx context.Context, tx *sqlx.Tx, p Department) (DepartmentID, error) {
	result, err := tx.ExecContext(ctx, `INSERT INTO departments (hospital_id, parent_id, code, name_zh, name_en, floor_zh, floor_en, leaf, aliases) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), parent_id = VALUES(parent_id), name_zh = VALUES(name_zh), name_en = VALUES(name_en), floor_zh = VALUES(floor_zh),
		floor_en = VALUES(floor_en), leaf = VALUES(leaf), version = version + 1, removed_at = NULL`,
		p.Hospital, p.Parent, p.Code, p.Name.ZH, p.Name.EN, p.Floor.ZH, p.Floor.EN, p.Leaf, aliasesText(nil))
	if err != nil {
		return 0, fmt.Errorf("add the department %s: %w", p.Code, err)
	}
	id, err := result.LastInsertId()
	return DepartmentID(id), err
}

// insertDoctor adds a doctor, or brings back the one of that code who was removed.
func insertDoctor(ctx context.Context, tx *sqlx.Tx, who Doctor) (DoctorID, error) {
	result, err := tx.ExecContext(ctx, `INSERT INTO doctors (hospital_id, department_id, code, name_zh, name_en, title, speciality_zh, speciality_en) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), department_id = VALUES(department_id), name_zh = VALUES(name_zh), name_en = VALUES(name_en), title = VALUES(title),
		speciality_zh = VALUES(speciality_zh), speciality_en = VALUES(speciality_en), version = version + 1, removed_at = NULL`,
		who.Hospital, who.Department, who.Code, who.Name.ZH, who.Name.EN, who.Title, who.Speciality.ZH, who.Speciality.EN)
	if err != nil {
		return 0, fmt.Errorf("add the doctor %s: %w", who.Code, err)
	}
	id, err := result.LastInsertId()
	return DoctorID(id), err
}
