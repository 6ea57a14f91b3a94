package allocation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// mostBytes bounds a published record: 200,000 applications.
const mostBytes = 64 << 20

// ReadRecord reads a record as it is published.
func ReadRecord(in io.Reader) (Record, error) {
	var r Record
	limited := &io.LimitedReader{R: in, N: mostBytes}
	decoder := json.NewDecoder(limited)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		if limited.N == 0 {
			return Record{}, badf("the record is larger than %d MB", mostBytes>>20)
		}
		return Record{}, badf("the record cannot be read: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Record{}, badf("something follows the record")
	}
	return r, nil
}

// Verify computes a finished draw again, and says what does not fit.
func (r Record) Verify() error {
	if r.Seed == "" || r.Beacon == "" || r.List == "" {
		return badf("this draw is not finished: beacon, seed and list are published after the window closes")
	}
	again, err := r.Draw()
	if err != nil {
		return err
	}
	if again.List != r.List {
		return fmt.Errorf("%w: the digest of the list is %s, and %s was published: applications were added, removed or changed", ErrWrong, again.List, r.List)
	}
	if r.BeaconSource == ClosingSource && r.Beacon != ClosingBeacon(r.List) {
		return fmt.Errorf("%w: the beacon is not the closing value of the list", ErrWrong)
	}
	if len(again.Order) != len(r.Order) {
		return fmt.Errorf("%w: there are %d applications and an order of %d", ErrWrong, len(again.Order), len(r.Order))
	}
	for i, number := range again.Order {
		if r.Order[i] != number {
			return fmt.Errorf("%w: at rank %d stands application %d, and it should be %d", ErrWrong, i+1, r.Order[i], number)
		}
	}
	return nil
}

// VerifySlip tells whether an applicant's application is in the list as it was made.
func (r Record) VerifySlip(s Slip) error {
	if s.Schedule != r.Schedule {
		return badf("the slip is for %s, and this is the draw for %s", s.Schedule, r.Schedule)
	}
	for _, a := range r.Applications {
		if a.Number == s.Number {
			if a.Receipt != s.Receipt() || a.Lots != s.Lots {
				return fmt.Errorf("%w: application %d is not in the list as the slip says", ErrWrong, s.Number)
			}
			return nil
		}
	}
	return fmt.Errorf("%w: application %d is not in the list", ErrWrong, s.Number)
}
