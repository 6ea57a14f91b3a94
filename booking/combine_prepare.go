package booking

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// applicantColumns are those of a patient as read before a transaction.
const applicantColumns = `p.id AS 'patient.id', p.uid AS 'patient.uid', p.user_id AS 'patient.user', p.name AS 'patient.name', p.document AS 'patient.document',
		p.number AS 'patient.number', p.phone AS 'patient.phone', p.birth AS 'patient.birth', p.relation AS 'patient.relation', p.active AS 'patient.active',
		p.number_digest AS digest`

type placeRow struct {
	Schedule Schedule
	Slot     Slot
}

type applicantRow struct {
	Revision int64
	Patient  patientRow
	Digest   []byte
}

// prepare reads what is known of requests without a lock, in one query or two. Those who name what is not there, or what
// is not theirs, are answered. It gives the directory as it is now.
func (s *Store) prepare(ctx context.Context, holds []*hold) (*directory, error) {
	var open []*hold
	for _, h := range holds {
		h.reset()
		if !h.prepared {
			open = append(open, h)
		}
	}
	switch len(open) {
	case 0:
		return s.cached.Load(), nil // as old as the preparation
	case 1:
		return s.prepareOne(ctx, open[0])
	}
	return s.prepareMany(ctx, open)
}

// prepareWaiting is prepare for those who wait for their turn. What fails is tried again then.
func (s *Store) prepareWaiting(ctx context.Context, holds []*hold) { _, _ = s.prepare(ctx, holds) }

func (s *Store) prepareOne(ctx context.Context, h *hold) (*directory, error) {
	var row struct {
		placeRow
		applicantRow
	}
	err := s.db.GetContext(ctx, &row, `SELECT `+RevisionExpression+` AS revision, `+clinicColumns+`, `+applicantColumns+` FROM slots s JOIN schedules c ON c.id = s.schedule_id
		JOIN patients p ON p.id = ? WHERE s.id = ?`, h.Patient, h.Slot)
	if errors.Is(err, sql.ErrNoRows) {
		h.err = ErrNotFound
		return s.directory(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("read the slot and the patient: %w", err)
	}
	h.schedule, h.slot = row.Schedule, row.Slot
	if err := s.fill(h, row.applicantRow); err != nil {
		return nil, err
	}
	return s.directoryAt(ctx, s.db, row.Revision)
}

// prepareMany reads the patients, and the places that are not known to have been free a moment ago.
func (s *Store) prepareMany(ctx context.Context, holds []*hold) (*directory, error) {
	var slots []SlotID
	patients := make([]PatientID, len(holds))
	for i, h := range holds {
		if patients[i] = h.Patient; !s.free.prepare(h) {
			slots = append(slots, h.Slot)
		}
	}
	if err := s.readPlaces(ctx, holds, slots); err != nil {
		return nil, err
	}
	var applicants []applicantRow
	if err := s.selectIn(ctx, &applicants, `SELECT `+RevisionExpression+` AS revision, `+applicantColumns+` FROM patients p WHERE p.id IN (?)`, patients); err != nil {
		return nil, fmt.Errorf("read the patients: %w", err)
	}
	byPatient := map[PatientID]applicantRow{}
	var revision int64
	for _, row := range applicants {
		byPatient[row.Patient.ID], revision = row, row.Revision
	}
	for _, h := range holds {
		if err := s.fill(h, byPatient[h.Patient]); err != nil {
			return nil, err
		}
	}
	return s.directoryAt(ctx, s.db, revision)
}

// readPlaces reads slots with their schedules into the requests that want one of them.
func (s *Store) readPlaces(ctx context.Context, holds []*hold, slots []SlotID) error {
	if len(slots) == 0 {
		return nil
	}
	var places []placeRow
	if err := s.selectIn(ctx, &places, `SELECT `+clinicColumns+` FROM slots s JOIN schedules c ON c.id = s.schedule_id WHERE s.id IN (?)`, slots); err != nil {
		return fmt.Errorf("read the slots: %w", err)
	}
	bySlot := map[SlotID]placeRow{}
	for _, row := range places {
		bySlot[row.Slot.ID] = row
		s.free.see(row.Schedule, row.Slot)
	}
	for _, h := range holds {
		if slices.Contains(slots, h.Slot) {
			h.schedule, h.slot = bySlot[h.Slot].Schedule, bySlot[h.Slot].Slot
		}
	}
	return nil
}

func (s *Store) selectIn(ctx context.Context, to any, query string, ids any) error {
	return selectIn(ctx, s.db, to, query, ids)
}

// fill puts into a request whose place is known what was read of its patient, or its refusal.
func (s *Store) fill(h *hold, applicant applicantRow) (err error) {
	switch {
	case h.slot.ID == 0 || applicant.Patient.Active == nil:
		h.err = ErrNotFound
	case applicant.Patient.User != h.User:
		h.err = ErrNotYours
	default:
		h.digest, h.prepared = applicant.Digest, true
		h.patient, err = s.open(applicant.Patient)
	}
	return err
}

// slotSchedules remembers which schedule a slot is of, which never changes.
type slotSchedules struct {
	mu   sync.RWMutex
	byID map[SlotID]ScheduleID
}

const (
	slotsRemembered = 1 << 16 // at most: then the memory starts anew
	slotsAround     = 100     // are read on each side of one that is not known: people want what was released together
)

// scheduleOf gives a slot's schedule, or ErrNotFound.
func (s *Store) scheduleOf(ctx context.Context, id SlotID) (ScheduleID, error) {
	s.slots.mu.RLock()
	schedule, known := s.slots.byID[id]
	s.slots.mu.RUnlock()
	if known {
		return schedule, nil
	}
	var rows []struct {
		ID       SlotID
		Schedule ScheduleID
	}
	err := s.db.SelectContext(ctx, &rows, "SELECT id, schedule_id AS schedule FROM slots WHERE id BETWEEN ? AND ?", id-slotsAround, id+slotsAround)
	if err != nil {
		return 0, fmt.Errorf("read the slots' schedules: %w", err)
	}
	s.slots.mu.Lock()
	defer s.slots.mu.Unlock()
	if s.slots.byID == nil || len(s.slots.byID)+len(rows) > slotsRemembered {
		s.slots.byID = map[SlotID]ScheduleID{}
	}
	for _, row := range rows {
		s.slots.byID[row.ID] = row.Schedule
	}
	if schedule, known = s.slots.byID[id]; !known {
		return 0, ErrNotFound
	}
	return schedule, nil
}
