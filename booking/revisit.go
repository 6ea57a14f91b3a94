package booking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// RevisitRule says after how many days patients of a department usually come back (复诊).
type RevisitRule struct {
	Department string `json:"department"` // code, of a department or of a group of them
	Days       int    `json:"days"`
}

// mostRevisitDays is the longest interval that can be spoken of.
const mostRevisitDays = 400

func (p Policy) checkRevisits(f *findings) {
	seen := map[string]bool{}
	for _, r := range p.Revisits {
		f.need(r.Department != "" && !seen[r.Department], "revisits 每个科室要写明代码，且只能写一次", "revisits must name each department, once")
		f.need(r.Days >= 1 && r.Days <= mostRevisitDays, "revisits 的 days 应为 1 到 400", "days of revisits must be 1 to 400")
		seen[r.Department] = true
	}
}

// revisit is after how many days patients of a department usually come back; 0: the hospital does not say.
func (d *directory) revisit(department Department) int {
	for _, code := range []string{department.Code, d.department[department.Parent].Code} {
		for _, r := range d.current[department.Hospital].Revisits {
			if r.Department == code {
				return r.Days
			}
		}
	}
	return 0
}

// RefuseStarts notes that a person wants no hints of a next visit, or does again. It holds for all of the person's accounts.
func (s *Store) RefuseStarts(ctx context.Context, user UserID, refuse bool) error {
	refuses, err := s.RefusesStarts(ctx, user)
	if err != nil || refuses == refuse {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		statement, args := "DELETE FROM start_refusals WHERE user_id = ?", []any{user}
		if refuse {
			statement, args = "INSERT INTO start_refusals (user_id, since) VALUES (?, ?)", []any{user, s.clock()}
		}
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("note whether a person wants hints of a next visit: %w", err)
		}
		return nil
	})
}

// RefusesStarts tells whether a person wants none.
func (s *Store) RefusesStarts(ctx context.Context, user UserID) (bool, error) {
	var refused bool
	if err := s.db.GetContext(ctx, &refused, "SELECT COUNT(id) > 0 FROM start_refusals WHERE user_id = ?", user); err != nil {
		return false, fmt.Errorf("look whether a person wants hints of a next visit: %w", err)
	}
	return refused, nil
}
