package allocation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What a draw may be.
const (
	mostLots         = 1000
	mostApplications = 200_000
)

// Application is one of a list as it is published.
type Application struct {
	Number  int    `json:"number"` // from 1, in the order of applying; those of withdrawn ones are missing
	Receipt Digest `json:"receipt"`
	Lots    int    `json:"lots"`
}

func (a Application) check() error {
	switch {
	case a.Number < 1:
		return badf("an application has number %d; numbers begin with 1", a.Number)
	case a.Lots < 1 || a.Lots > mostLots:
		return badf("application %d has %d lots; it has between 1 and %d", a.Number, a.Lots, mostLots)
	case !a.Receipt.valid():
		return badf("application %d has a receipt that is no SHA-256 in lower-case hexadecimal", a.Number)
	}
	return nil
}

// Record is a draw as it is published, step by step: what is not known yet is empty.
type Record struct {
	Schedule     string        `json:"schedule"`      // what is drawn for, as the slips name it
	Places       int           `json:"places"`        //
	Opens        time.Time     `json:"opens"`         // of the window for applications
	Closes       time.Time     `json:"closes"`        //
	Commitment   Digest        `json:"commitment"`    // when it opens
	BeaconSource string        `json:"beacon_source"` // when it opens
	Applications []Application `json:"applications"`  // when it has closed
	List         Digest        `json:"list"`          // when it has closed
	Beacon       string        `json:"beacon"`        // after that
	Seed         Seed          `json:"seed"`          // last
	Order        []int         `json:"order"`         // numbers of applications, the first one drawn first
}

// ListDigest is the digest of applications, whatever order they are given in.
func ListDigest(list []Application) Digest {
	var text strings.Builder
	for _, a := range byNumber(list) {
		fmt.Fprintf(&text, "%d %s %d\n", a.Number, a.Receipt, a.Lots)
	}
	return digestOf(text.String())
}

func byNumber(list []Application) []Application {
	return slices.SortedFunc(slices.Values(list), func(a, b Application) int { return cmp.Compare(a.Number, b.Number) })
}

// Draw closes a record: it fills in the list's digest and the order. Seed and beacon must be there, and the seed that which was committed to.
func (r Record) Draw() (Record, error) {
	if err := r.check(); err != nil {
		return Record{}, err
	}
	r.Applications = byNumber(r.Applications)
	r.List = ListDigest(r.Applications)
	r.Order = r.order()
	return r, nil
}

// order computes the draw.
func (r Record) order() []int {
	type drawn struct {
		number int
		value  Digest
	}
	list := make([]drawn, len(r.Applications))
	for i, a := range r.Applications {
		list[i] = drawn{a.Number, r.value(a)}
	}
	slices.SortFunc(list, func(a, b drawn) int { return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.number, b.number)) })
	order := make([]int, len(list))
	for i, d := range list {
		order[i] = d.number
	}
	return order
}

// value is the least value of an application's lots.
func (r Record) value(a Application) (least Digest) {
	for k := 1; k <= a.Lots; k++ {
		v := digestOf(fmt.Sprintf("guahao lot 1\n%s\n%s\n%s\n%s\n%d\n", string(r.Seed), r.List, r.Beacon, a.Receipt, k))
		if k == 1 || v < least {
			least = v
		}
	}
	return least
}

// check refuses a record that cannot be drawn.
func (r Record) check() error {
	if err := oneLine("the schedule", r.Schedule); err != nil {
		return err
	}
	if err := oneLine("the beacon", r.Beacon); err != nil {
		return err
	}
	if r.Places < 0 || len(r.Applications) > mostApplications {
		return badf("%d places and %d applications; there are at most %d applications", r.Places, len(r.Applications), mostApplications)
	}
	committed, err := r.Seed.Commit()
	if err != nil {
		return err
	}
	if committed != r.Commitment {
		return fmt.Errorf("%w: the commitment is %s, and that of the revealed seed is %s: it is not the seed that was committed to", ErrWrong, r.Commitment, committed)
	}
	seen, receipts := map[int]bool{}, map[Digest]int{}
	for _, a := range r.Applications {
		if err := a.check(); err != nil {
			return err
		}
		if seen[a.Number] {
			return badf("application %d is in the list twice", a.Number)
		}
		if other, twice := receipts[a.Receipt]; twice {
			return badf("applications %d and %d have the same receipt", other, a.Number)
		}
		seen[a.Number], receipts[a.Receipt] = true, a.Number
	}
	return nil
}

// Rank is the place of an application in the order, from 1; 0 when it is not in it.
func (r Record) Rank(number int) int { return slices.Index(r.Order, number) + 1 }

// Won tells whether a rank has a place.
func (r Record) Won(rank int) bool { return rank >= 1 && rank <= r.Places }
