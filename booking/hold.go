package booking

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"guahao/internal/mysql"
)

// HoldRequest asks for a place.
type HoldRequest struct {
	Slot    SlotID
	Patient PatientID
	User    UserID
	Account AccountID
	Key     string // names the request: the same key gets the same appointment, and no second place
}

// hold is a request on its way to an answer.
type hold struct {
	HoldRequest

	// What is known before the transaction. The place and the facts can change: they are read again under locks.
	prepared bool
	schedule Schedule
	slot     Slot
	patient  Patient
	digest   []byte // of the patient's document
	persons  []PatientID
	facts    Facts
	cooling  []Cooled

	// The answer.
	err    error       // a refusal
	made   Appointment // else the appointment, with an ID when it is written
	given  bool        // it is new
	sameAs *hold       // it is that of an earlier request with the same key, in the same batch
}

// Hold takes the lowest free number of a slot for a patient: held until the policy's minutes have passed, or booked at once
// where the clinic is free of charge. Refusals are of the codes slot_full, schedule_stopped, too_late, too_early, duplicate,
// limit (also, without details, for what the person has in other users' lists), not_found and not_yours, and those of the hospital's
// further rules; conflict when the key was used for another patient or slot.
//
// Requests for one schedule that wait at the same moment are taken together, in the order in which they came (see combine.go).
// An error that is no refusal, and the end of ctx, leave open whether the place was taken: the same key tells.
func (s *Store) Hold(ctx context.Context, request HoldRequest) (Visit, error) {
	h := &hold{HoldRequest: request}
	schedule, err := s.scheduleOf(ctx, request.Slot)
	if err != nil {
		return Visit{}, err
	}
	g := glanceOf(ctx)
	revision, current := g.version()
	g.forget()
	if current {
		if err := s.prepareWithin(ctx, h, revision); err != nil {
			return Visit{}, err
		}
	}
	if err := s.combiner.do(withoutGlance(ctx), schedule, h); err != nil {
		return Visit{}, refusal(err)
	}
	d := s.cached.Load() // read with the request
	g.at(d.revision)
	if h.err != nil {
		return Visit{}, h.err
	}
	v := h.visit(d)
	g.remember(seenVisit(v.Appointment.ID), v)
	return v, nil
}

// Close waits until the requests that are being taken are answered. Hold must not be called any more.
func (s *Store) Close() { s.combiner.close() }

// CheckHold tells whether Hold would succeed now, without taking anything: a preview, true for a moment. A key that Hold has
// answered succeeds again.
func (s *Store) CheckHold(ctx context.Context, request HoldRequest) error {
	h := &hold{HoldRequest: request}
	d, err := s.prepareCheck(ctx, h)
	if err == nil {
		err = h.err
	}
	if err != nil {
		return err
	}
	now := s.clock()
	found, err := s.facts.get(ctx, h)
	if err != nil {
		return err
	}
	h.facts = found
	if h.cooling, err = coolingOf(ctx, s.db, d.current[h.schedule.Hospital].Returns, now, h.slot.ID); err != nil {
		return err
	}
	refusal := h.check(d, now)
	if refusal == nil {
		return nil
	}
	if err := readMade(ctx, s.db, []*hold{h}); err != nil {
		return err
	}
	if h.made.ID != 0 {
		return nil // this very request has it already: Hold would give it again
	}
	return refusal
}

// readFacts finds what the rules look at of several who ask whether they could hold a place.
func (s *Store) readFacts(ctx context.Context, holds []*hold) (map[*hold]Facts, error) {
	digests := make([][]byte, len(holds))
	for i, h := range holds {
		digests[i] = h.digest
	}
	var rows []struct {
		ID     PatientID
		Digest []byte
	}
	if err := s.selectIn(ctx, &rows, "SELECT id, number_digest AS digest FROM patients WHERE number_digest IN (?)", digests); err != nil {
		return nil, fmt.Errorf("read the persons' patients: %w", err)
	}
	list := make([]wanted, len(holds))
	for i, h := range holds {
		h.persons = nil
		for _, row := range rows {
			if bytes.Equal(row.Digest, h.digest) {
				h.persons = append(h.persons, row.ID)
			}
		}
		list[i] = h.wants()
	}
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	found, err := loadFacts(ctx, s.db, d, s.clock(), list)
	if err != nil {
		return nil, err
	}
	facts := make(map[*hold]Facts, len(holds))
	for i, h := range holds {
		facts[h] = found[i].Facts
	}
	return facts, nil
}

// prepareCheck is prepare for who only asks.
func (s *Store) prepareCheck(ctx context.Context, h *hold) (*directory, error) {
	if known, err := s.prepareGlanced(ctx, h); err != nil {
		return nil, err
	} else if known {
		return s.directory(ctx)
	}
	return s.prepare(ctx, []*hold{h})
}

// check asks the rules.
func (h *hold) check(d *directory, now time.Time) error {
	return d.current[h.schedule.Hospital].CheckHold(h.claim(d, now))
}

func (h *hold) claim(d *directory, now time.Time) Claim {
	department := d.department[h.schedule.Department]
	return Claim{
		Now: now, Zone: d.zone(h.schedule.Hospital), User: h.User, Schedule: h.schedule, Slot: h.slot, Cooling: h.cooling,
		Departments: []string{department.Code, d.department[department.Parent].Code},
		BirthDate:   h.patient.BirthDate, Sex: h.patient.Sex, Facts: h.facts,
	}
}

func (h *hold) wants() wanted {
	return wanted{hospital: h.schedule.Hospital, user: h.User, key: h.Key, digest: h.digest, persons: h.persons}
}

// answered tells whether the request needs nothing more.
func (h *hold) answered() bool { return h.err != nil || h.made.ID != 0 }

// reset forgets the answer of an attempt that was rolled back.
func (h *hold) reset() { h.err, h.made, h.given, h.sameAs = nil, Appointment{}, false, nil }

// found answers with what the request's key has made before.
func (h *hold) found(a Appointment) { h.made, h.err = a, a.isOf(h.HoldRequest) }

func (a Appointment) isOf(r HoldRequest) error {
	if a.Patient != r.Patient || a.Slot != r.Slot {
		return ErrConflict
	}
	return nil
}

// give answers with a new appointment, still to be written.
func (h *hold) give(d *directory, seq int, now time.Time) {
	c, policy := h.schedule, d.current[h.schedule.Hospital]
	h.given, h.made = true, Appointment{
		Hospital: c.Hospital, Department: c.Department, Schedule: c.ID, Slot: h.slot.ID, Doctor: c.Doctor, Patient: h.Patient,
		User: h.User, Account: h.Account, Date: c.Date, Period: c.Period, Seq: seq, Status: Held, Version: 1, Fee: c.Fee,
		Policy: policy.Version, HoldUntil: policy.HoldUntil(now), StartsAt: h.slot.StartsAt, CreatedAt: now,
	}
	if c.Fee == 0 {
		h.made.Status, h.made.HoldUntil = Booked, now
	}
}

// visit is the answer for the person.
func (h *hold) visit(d *directory) Visit {
	a := h.made
	if h.sameAs != nil {
		a = h.sameAs.made
	}
	return Visit{
		Appointment: a, Hospital: d.hospital[a.Hospital], Department: d.department[a.Department], Doctor: d.doctor[a.Doctor],
		Schedule: h.schedule, Slot: h.slot, Patient: h.patient, CancelUntil: d.policyOf(a).CancelUntil(a, d.zone(a.Hospital)),
	}
}

// refusal turns a violation of the keys that stand behind the locks into what it means for the person.
func refusal(err error) error {
	switch {
	case mysql.IsDuplicate(err, "uk_appointments_patient"):
		return ErrDuplicate
	case mysql.IsDuplicate(err, "uk_appointments_seq"), mysql.IsDuplicate(err, "uk_appointments_schedule_seq"):
		return ErrSlotFull
	case mysql.IsDuplicate(err, "uk_appointments_request"), mysql.IsDuplicate(err, "uk_appointment_events_request"):
		return ErrConflict
	}
	return err
}

// readMade answers those whose keys have made an appointment before, whatever became of it.
func readMade(ctx context.Context, q queryer, holds []*hold) error {
	if len(holds) == 0 {
		return nil
	}
	var args []any
	for _, h := range holds {
		args = append(args, h.User, h.Key)
	}
	const one = "(a.user_id = ? AND a.request_key = ?)"
	var rows []keyed
	err := q.SelectContext(ctx, &rows, `SELECT `+appointmentColumns+`, a.request_key AS 'key' FROM appointments a WHERE `+
		one+strings.Repeat(" OR "+one, len(holds)-1), args...)
	if err != nil {
		return fmt.Errorf("look for the requests' appointments: %w", err)
	}
	for _, h := range holds {
		if at := slices.IndexFunc(rows, func(k keyed) bool { return k.User == h.User && k.Key == h.Key }); at >= 0 {
			h.found(rows[at].Appointment)
		}
	}
	return nil
}
