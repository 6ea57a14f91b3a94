package staff

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/internal/audit"
)

// Grant makes somebody something somewhere. Hospital 0 is all hospitals, Department 0 the whole hospital.
type Grant struct {
	Role       Role                 `db:"role" json:"role"`
	Hospital   booking.HospitalID   `db:"hospital_id" json:"hospital,omitempty"`
	Department booking.DepartmentID `db:"department_id" json:"department,omitempty"`
}

var (
	// ErrGrant is returned for a role that does not exist, or one that needs a whole hospital and was given a department.
	ErrGrant = errors.New("the role does not exist, or cannot be limited to a department")
	// ErrLastAdmin is returned by who would leave the console without an administrator of all hospitals.
	ErrLastAdmin = errors.New("there must be an administrator of all hospitals who can sign in")
)

func (g Grant) check() error {
	if !slices.Contains(Roles(), g.Role) || g.Hospital < 0 || g.Department < 0 || (g.Department != 0 && (g.Hospital == 0 || g.Role.wholeHospital())) {
		return ErrGrant
	}
	return nil
}

// Reach is where the member has a permission.
func (m Member) Reach(p Permission) booking.Reach {
	var r booking.Reach
	for _, g := range m.Grants {
		if part := (booking.Part{Hospital: g.Hospital, Department: g.Department}); g.Role.Allows(p) && !slices.Contains(r, part) {
			r = append(r, part)
		}
	}
	return r
}

// May tells whether the member has a permission anywhere.
func (m Member) May(p Permission) bool { return !m.Reach(p).Nowhere() }

// Is tells whether the member has a role anywhere.
func (m Member) Is(r Role) bool {
	return slices.ContainsFunc(m.Grants, func(g Grant) bool { return g.Role == r })
}

// SetGrants gives a member other roles. Open sessions of theirs end. An administrator can grant only where they are one themselves:
// within is the reach of who does it.
func (s *Store) SetGrants(ctx context.Context, id booking.StaffID, grants []Grant, within booking.Reach) error {
	grants, err := normal(grants)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		m, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if slices.Equal(m.Grants, grants) {
			return nil
		}
		for _, g := range changed(m.Grants, grants) {
			if !within.Everywhere() && !within.Whole(g.Hospital) {
				return ErrOutside
			}
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM staff_grants WHERE staff_id = ?", id); err != nil {
			return fmt.Errorf("change the roles: %w", err)
		}
		if err := insertGrants(ctx, tx, id, grants); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, id); err != nil {
			return err
		}
		if err := keepAnAdmin(ctx, tx, m); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{Action: "staff.roles", Subject: subject(id), Before: m.Grants, After: grants})
	})
}

// ErrOutside is returned to administrators of one hospital who would change something of another.
var ErrOutside = errors.New("this is outside of what you administer")

// changed gives the grants that are in one of the lists only.
func changed(before, after []Grant) []Grant {
	return append(
		slices.DeleteFunc(slices.Clone(before), func(g Grant) bool { return slices.Contains(after, g) }),
		slices.DeleteFunc(slices.Clone(after), func(g Grant) bool { return slices.Contains(before, g) })...)
}

// normal checks grants and gives each once, in order.
func normal(grants []Grant) ([]Grant, error) {
	for _, g := range grants {
		if err := g.check(); err != nil {
			return nil, err
		}
	}
	grants = slices.Clone(grants)
	slices.SortFunc(grants, func(a, b Grant) int {
		return cmp.Or(cmp.Compare(slices.Index(Roles(), a.Role), slices.Index(Roles(), b.Role)), cmp.Compare(a.Hospital, b.Hospital), cmp.Compare(a.Department, b.Department))
	})
	return slices.Compact(grants), nil
}

func insertGrants(ctx context.Context, tx *sqlx.Tx, id booking.StaffID, grants []Grant) error {
	for _, g := range grants {
		_, err := tx.ExecContext(ctx, "INSERT INTO staff_grants (staff_id, role, hospital_id, department_id) VALUES (?, ?, ?, ?)", id, g.Role, g.Hospital, g.Department)
		if err != nil {
			return fmt.Errorf("give a role: %w", err)
		}
	}
	return nil
}

// keepAnAdmin refuses a change after which nobody could undo it: before is the member as it was.
func keepAnAdmin(ctx context.Context, tx *sqlx.Tx, before Member) error {
	if !slices.Contains(before.Grants, Grant{Role: Admin}) || before.Login == "" {
		return nil
	}
	var left []booking.StaffID
	err := tx.SelectContext(ctx, &left, `SELECT g.staff_id FROM staff_grants g JOIN staff_logins l ON l.staff_id = g.staff_id
		WHERE g.role = 'admin' AND g.hospital_id = 0 FOR UPDATE`)
	if err != nil {
		return fmt.Errorf("look for administrators: %w", err)
	}
	if len(left) == 0 {
		return ErrLastAdmin
	}
	return nil
}
