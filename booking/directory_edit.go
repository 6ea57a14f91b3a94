package booking

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
)

// overtaken is the refusal of who would overwrite what they have not seen.
func overtaken() error {
	return refuse(CodeOvertaken, "这期间别人改过，没有保存。请先看看现在的内容。", "Somebody else has changed it meanwhile, so nothing was stored. Please look at it as it is now first.")
}

// length is how long a text may be.
type length struct {
	text Text
	zh   int // characters
	en   int
	need bool // the Chinese text must be there
}

// fitting refuses texts that are missing or too long.
func fitting(texts ...length) error {
	for _, t := range texts {
		switch {
		case t.need && t.text.ZH == "":
			return refuse(CodeBadText, "中文名称不能为空。", "The Chinese name must not be empty.")
		case utf8.RuneCountInString(t.text.ZH) > t.zh, utf8.RuneCountInString(t.text.EN) > t.en:
			return refusef(CodeBadText, "文字太长：中文最多 %d 个字，英文最多 %d 个字符。", "The text is too long: at most %d characters in Chinese and %d in English.", t.zh, t.en)
		}
	}
	return nil
}

// SetHospital changes what is said about a hospital: its names, level, address, phone and emergency department. Its Version is the one that was
// seen: when it is another one by now, nothing is stored and the error is CodeOvertaken.
func (s *Store) SetHospital(ctx context.Context, h Hospital) error {
	err := fitting(length{h.Name, 100, 200, true}, length{h.Short, 50, 100, true}, length{h.Level, 50, 100, false}, length{h.Address, 200, 300, false}, length{h.Emergency, 200, 300, false})
	if err == nil && utf8.RuneCountInString(h.Phone) > 40 {
		err = refuse(CodeBadText, "电话最多 40 个字符。", "A phone number has at most 40 characters.")
	}
	if err != nil {
		return err
	}
	return s.editDirectory(ctx, "hospital", int64(h.ID), func(tx *sqlx.Tx, d *directory) (edit, error) {
		was, err := found(d.hospital, h.ID)
		if err != nil {
			return edit{}, err
		}
		_, err = tx.ExecContext(ctx, `UPDATE hospitals SET name_zh = ?, name_en = ?, short_zh = ?, short_en = ?, level_zh = ?, level_en = ?, address_zh = ?, address_en = ?, phone = ?,
			emergency_zh = ?, emergency_en = ?, version = version + 1 WHERE id = ?`, h.Name.ZH, h.Name.EN, h.Short.ZH, h.Short.EN, h.Level.ZH, h.Level.EN, h.Address.ZH, h.Address.EN, h.Phone,
			h.Emergency.ZH, h.Emergency.EN, h.ID)
		said := func(h Hospital) any {
			return map[string]any{"name": h.Name, "short": h.Short, "level": h.Level, "address": h.Address, "phone": h.Phone, "emergency": h.Emergency}
		}
		return edit{h.ID, was.Version, h.Version, said(was), said(h)}, err
	})
}

// SetDepartment changes a department's names and where it is, as SetHospital does.
func (s *Store) SetDepartment(ctx context.Context, p Department) error {
	if err := checkDepartment(p); err != nil {
		return err
	}
	return s.editDirectory(ctx, "department", int64(p.ID), func(tx *sqlx.Tx, d *directory) (edit, error) {
		was, err := found(d.department, p.ID)
		if err == nil && was.Removed {
			err = ErrNotFound
		}
		if err != nil {
			return edit{}, err
		}
		return edit{was.Hospital, was.Version, p.Version, saidOfDepartment(was), saidOfDepartment(p)}, writeDepartment(ctx, tx, p)
	})
}

func checkDepartment(p Department) error {
	return fitting(length{p.Name, 100, 200, true}, length{p.Floor, 100, 200, false})
}

func saidOfDepartment(p Department) any { return map[string]any{"name": p.Name, "floor": p.Floor} }

func writeDepartment(ctx context.Context, tx *sqlx.Tx, p Department) error {
	_, err := tx.ExecContext(ctx, "UPDATE departments SET name_zh = ?, name_en = ?, floor_zh = ?, floor_en = ?, version = version + 1 WHERE id = ?",
		p.Name.ZH, p.Name.EN, p.Floor.ZH, p.Floor.EN, p.ID)
	return err
}

// SetDoctor changes a doctor's name, title and speciality, as SetHospital does. Half-days that are there already keep their fee.
func (s *Store) SetDoctor(ctx context.Context, who Doctor) error {
	if err := checkDoctor(who); err != nil {
		return err
	}
	return s.editDirectory(ctx, "doctor", int64(who.ID), func(tx *sqlx.Tx, d *directory) (edit, error) {
		was, err := found(d.doctor, who.ID)
		if err == nil && was.Removed {
			err = ErrNotFound
		}
		if err != nil {
			return edit{}, err
		}
		who.Department = was.Department // only moving changes it
		return edit{was.Hospital, was.Version, who.Version, saidOfDoctor(was), saidOfDoctor(who)}, writeDoctor(ctx, tx, who)
	})
}

func checkDoctor(who Doctor) error {
	err := fitting(length{who.Name, 100, 200, true}, length{who.Speciality, 300, 600, false})
	if err == nil && who.Title.rank() < 0 {
		err = refuse(CodeBadText, "请选择职称。", "Please choose a title.")
	}
	return err
}

func saidOfDoctor(who Doctor) map[string]any {
	return map[string]any{"name": who.Name, "title": who.Title, "speciality": who.Speciality, "department": who.Department}
}

func writeDoctor(ctx context.Context, tx *sqlx.Tx, who Doctor) error {
	_, err := tx.ExecContext(ctx, "UPDATE doctors SET name_zh = ?, name_en = ?, title = ?, speciality_zh = ?, speciality_en = ?, version = version + 1 WHERE id = ?",
		who.Name.ZH, who.Name.EN, who.Title, who.Speciality.ZH, who.Speciality.EN, who.ID)
	return err
}

// edit is what was done to a row of the directory.
type edit struct {
	hospital      HospitalID
	version, seen int
	before, after any
}

// editDirectory changes one row. The directory's revision is its lock: of two who change something the second reads what the first has written.
func (s *Store) editDirectory(ctx context.Context, noun string, id int64, change func(*sqlx.Tx, *directory) (edit, error)) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := raiseRevision(ctx, tx); err != nil {
			return err
		}
		d, err := loadDirectory(ctx, tx, 0)
		if err != nil {
			return err
		}
		e, err := change(tx, d)
		switch {
		case IsRefusal(err):
			return err
		case err != nil:
			return fmt.Errorf("change the %s: %w", noun, err)
		case e.version != e.seen:
			return overtaken()
		}
		return audit.Write(ctx, s.Audit, tx, audit.Entry{
			Action: "directory." + noun, Subject: fmt.Sprintf("%s:%d", noun, id), Hospital: int64(e.hospital), Before: e.before, After: e.after,
		})
	})
}
