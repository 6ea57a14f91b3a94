package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// Way is what a stopped clinic offers instead.
type Way string

// The ways. Beside them there is always the money.
const (
	WayDay    Way = "day"    // the same doctor at another time
	WayDoctor Way = "doctor" // a doctor of the same title on the same day
)

// StopNotice is what somebody is told whose clinic is stopped, and who may choose.
type StopNotice struct {
	Appointment Appointment // the visit that does not take place
	Note        string
	Offers      []Appointment // the places that are held
}

// StopFollower is a Follower that is also told, in its transaction, when places are offered instead of a stopped clinic.
type StopFollower interface {
	StopOffered(ctx context.Context, tx *sqlx.Tx, n StopNotice) error
}

// offerTries is how often a case looks for places, when others were faster.
const offerTries = 4

// errPlaceGone says that a place that was free is no longer.
var errPlaceGone = errors.New("the place to be offered was taken")

// otherPlace is a free place that may be offered.
type otherPlace struct {
	Way      Way `db:"-"`
	Schedule Schedule
	Slot     Slot
	until    time.Time
}

// placesFor finds what can be offered instead of a visit, the best of each way. The rules of booking that are there to ration places (days
// ahead, limits, suspensions) do not count here: the hospital has taken the place away. What counts is that the patient can get there.
func (s *Store) placesFor(ctx context.Context, a Appointment) ([]otherPlace, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	policy := d.current[a.Hospital]
	if policy.StopRefundsAtOnce {
		return nil, nil
	}
	now, zone := s.clock(), d.zone(a.Hospital)
	var free []otherPlace
	err = s.db.SelectContext(ctx, &free, `SELECT `+clinicColumns+` FROM schedules c JOIN slots s ON s.schedule_id = c.id
		WHERE c.department_id = ? AND c.visit_date BETWEEN ? AND ? AND c.status = 'open' AND c.allocation = 'first_come' AND s.taken < s.capacity AND s.starts_at > ? AND s.first_seq < ?
		AND (c.doctor_id = ? OR c.visit_date = ?)
		AND NOT EXISTS (SELECT h.id FROM patients me JOIN patients p ON p.number_digest = me.number_digest JOIN appointments h ON h.patient_id = p.id
			WHERE me.id = ? AND h.doctor_id = c.doctor_id AND h.visit_date = c.visit_date AND h.period = c.period AND h.active = 1)
		ORDER BY s.starts_at, s.id`,
		a.Department, DateOf(now, zone), d.window(a.Hospital, now).Last, now, extraSeq, a.Doctor, a.Date, a.Patient)
	if err != nil {
		return nil, fmt.Errorf("look for places to offer: %w", err)
	}
	slots := make([]Slot, len(free))
	for i, p := range free {
		slots[i] = p.Slot
	}
	if err := s.coverSlots(ctx, d, a.Hospital, slots); err != nil {
		return nil, err
	}
	var fit []otherPlace
	for i, p := range free {
		if slots[i].Free() == 0 { // cooling
			continue
		}
		switch doctor := d.doctor[p.Schedule.Doctor]; {
		case p.Schedule.Doctor == a.Doctor:
			p.Way = WayDay
		case doctor.Title == d.doctor[a.Doctor].Title:
			p.Way = WayDoctor
		default:
			continue
		}
		var ok bool
		if p.until, ok = policy.OfferUntil(now, p.Slot.StartsAt, zone); ok {
			fit = append(fit, p)
		}
	}
	return bestPlaces(fit, a, zone), nil
}

// bestPlaces gives the best place of each way: of the same doctor one that costs no more, the next day from the visit's on, and then the time of
// day that is nearest; of another doctor the same half-day, the fee that differs least, and the nearest time.
func bestPlaces(free []otherPlace, a Appointment, zone *time.Location) []otherPlace {
	clock := func(t time.Time) int { return t.In(zone).Hour()*60 + t.In(zone).Minute() }
	apart := func(p otherPlace) int { return abs(clock(p.Slot.StartsAt) - clock(a.StartsAt)) }
	order := map[Way]func(x, y otherPlace) int{
		WayDay: func(x, y otherPlace) int {
			return cmp.Or(dearer(x, a)-dearer(y, a), earlier(x, a)-earlier(y, a), strings.Compare(string(x.Schedule.Date), string(y.Schedule.Date)), cmp.Compare(apart(x), apart(y)))
		},
		WayDoctor: func(x, y otherPlace) int {
			return cmp.Or(otherHalf(x, a)-otherHalf(y, a), cmp.Compare(abs(x.Schedule.Fee-a.Fee), abs(y.Schedule.Fee-a.Fee)), cmp.Compare(apart(x), apart(y)))
		},
	}
	var best []otherPlace
	for _, way := range []Way{WayDay, WayDoctor} {
		of := slices.DeleteFunc(slices.Clone(free), func(p otherPlace) bool { return p.Way != way })
		if len(of) > 0 {
			slices.SortStableFunc(of, order[way])
			best = append(best, of[0])
		}
	}
	return best
}

func dearer(p otherPlace, a Appointment) int {
	if p.Schedule.Fee > a.Fee {
		return 1
	}
	return 0
}

func earlier(p otherPlace, a Appointment) int {
	if p.Schedule.Date < a.Date {
		return 1
	}
	return 0
}

func otherHalf(p otherPlace, a Appointment) int {
	if p.Schedule.Period == a.Period {
		return 0
	}
	return 1
}

func abs[N ~int | ~int64](n N) N { return max(n, -n) }

// offerPlaces holds the places, asks the patient, and moves the case on, all in one transaction. errPlaceGone when one of the places went to
// somebody else meanwhile.
func (s *Store) offerPlaces(ctx context.Context, k stopCase, a Appointment, places []otherPlace) error {
	var digest []byte
	if err := s.db.GetContext(ctx, &digest, "SELECT number_digest FROM patients WHERE id = ?", a.Patient); err != nil {
		return notFound(err, "read the patient")
	}
	d, err := s.directory(ctx)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		persons, err := lockedPersons(ctx, tx, digest)
		if err != nil {
			return err
		}
		offers, err := s.holdOffers(ctx, tx, d, a, places, persons)
		if err != nil {
			return err
		}
		now, err := lockAppointment(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		if now.Status != a.Status || now.Version != a.Version {
			return errPlaceGone // look at it again
		}
		done, err := s.caseTo(ctx, tx, k, CaseNew, CaseOffered, OutcomeOpen)
		if err != nil {
			return err
		}
		if !done {
			return errCaseMoved
		}
		return s.writeOffers(ctx, tx, k, a, offers)
	})
}

// errCaseMoved undoes the offers of a case that another replica has opened meanwhile.
var errCaseMoved = errors.New("the case was opened elsewhere")

// stopOffer is a place under its lock, and its way.
type stopOffer struct {
	Appointment
	way Way
}

// holdOffers locks the places, in the order of everybody, and gives the appointments that will hold them.
func (s *Store) holdOffers(ctx context.Context, tx *sqlx.Tx, d *directory, a Appointment, places []otherPlace, persons []PatientID) ([]stopOffer, error) {
	places = slices.Clone(places)
	slices.SortFunc(places, func(x, y otherPlace) int {
		return cmp.Or(cmp.Compare(x.Schedule.ID, y.Schedule.ID), cmp.Compare(x.Slot.ID, y.Slot.ID))
	})
	policy := d.current[a.Hospital]
	var offers []stopOffer
	for _, p := range places {
		locked, err := lockPlace(ctx, tx, p.Schedule.ID, p.Slot.ID)
		if err != nil {
			return nil, err
		}
		cooling, err := coolingOf(ctx, tx, policy.Returns, s.clock(), p.Slot.ID)
		if err != nil {
			return nil, err
		}
		seq, free, err := locked.next(ctx, tx, policy.Returns, cooling)
		if err != nil {
			return nil, err
		}
		c := p.Schedule
		has, err := hasVisit(ctx, tx, persons, c)
		if err != nil {
			return nil, err
		}
		if !free || has || locked.Schedule.Status != Open {
			return nil, errPlaceGone
		}
		offers = append(offers, stopOffer{way: p.Way, Appointment: Appointment{
			Hospital: c.Hospital, Department: c.Department, Schedule: c.ID, Slot: p.Slot.ID, Doctor: c.Doctor, Patient: a.Patient,
			User: a.User, Account: a.Account, Date: c.Date, Period: c.Period, Seq: seq, Status: Offered, Version: 1, Fee: c.Fee,
			Policy: policy.Version, HoldUntil: p.until.UTC().Truncate(time.Microsecond), StartsAt: p.Slot.StartsAt, CreatedAt: s.clock(),
		}})
	}
	slices.SortFunc(offers, func(x, y stopOffer) int { return strings.Compare(string(x.way), string(y.way)) })
	return offers, nil
}

// hasVisit tells whether a person has something with a doctor in a half-day.
func hasVisit(ctx context.Context, tx *sqlx.Tx, persons []PatientID, c Schedule) (bool, error) {
	query, args, err := sqlx.In("SELECT COUNT(id) FROM appointments WHERE patient_id IN (?) AND doctor_id = ? AND visit_date = ? AND period = ? AND active = 1",
		persons, c.Doctor, c.Date, c.Period)
	if err != nil {
		return false, fmt.Errorf("write the query for a person's visits: %w", err)
	}
	var n int
	if err := tx.GetContext(ctx, &n, query, args...); err != nil {
		return false, fmt.Errorf("look for a person's visits: %w", err)
	}
	return n > 0, nil
}

func (s *Store) writeOffers(ctx context.Context, tx *sqlx.Tx, k stopCase, a Appointment, offers []stopOffer) error {
	notice := StopNotice{Appointment: a, Note: k.Note}
	for _, o := range offers {
		if err := insertMoved(ctx, tx, &o.Appointment, fmt.Sprintf("stop:%d:%s", k.ID, o.way)); err != nil {
			return err
		}
		if err := takePlace(ctx, tx, o.Appointment); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO stop_offers (appointment_id, case_id, way) VALUES (?, ?, ?)", o.ID, k.ID, o.way); err != nil {
			return fmt.Errorf("write the offer: %w", err)
		}
		if err := s.record(ctx, tx, Change{Appointment: o.Appointment, Reason: ByClinic, Stop: StopHeld, At: o.CreatedAt}, ""); err != nil {
			return err
		}
		notice.Offers = append(notice.Offers, o.Appointment)
	}
	if f, ok := s.follow.(StopFollower); ok {
		return f.StopOffered(ctx, tx, notice)
	}
	return nil
}
