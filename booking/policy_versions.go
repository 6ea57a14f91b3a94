package booking

import (
	"context"
	"fmt"
	"time"
)

// PolicyVersion is a version of a hospital's rules.
type PolicyVersion struct {
	Policy
	At time.Time // since when it is in force
}

// PolicyVersions lists all versions of a hospital's rules, the newest first.
func (s *Store) PolicyVersions(ctx context.Context, hospital HospitalID) ([]PolicyVersion, error) {
	var rows []struct {
		Version int
		Rules   []byte
		At      time.Time
	}
	err := s.db.SelectContext(ctx, &rows, "SELECT version, rules, created_at AS at FROM policies WHERE hospital_id = ? ORDER BY version DESC", hospital)
	if err != nil {
		return nil, fmt.Errorf("read the policies: %w", err)
	}
	list := make([]PolicyVersion, len(rows))
	for i, row := range rows {
		p, err := readPolicy(row.Rules)
		if err != nil {
			return nil, fmt.Errorf("hospital %d, version %d: %w", hospital, row.Version, err)
		}
		p.Hospital, p.Version = hospital, row.Version
		list[i] = PolicyVersion{p, row.At}
	}
	return list, nil
}
