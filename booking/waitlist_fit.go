package booking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// asking is somebody who is to get a place by another way than a hold: from the waitlist, or by moving a visit.
type asking struct {
	user     UserID
	patient  PatientID
	digest   []byte      // of the patient's document
	persons  []PatientID // the patient rows of that document, locked where the answer counts
	schedule Schedule
	slot     Slot
	cooling  []Cooled
	besides  AppointmentID // the visit that is given up for the place; 0: none
}

// mayTake decides by the rules of a hold.
func (s *Store) mayTake(ctx context.Context, q queryer, d *directory, a asking) error {
	var row struct {
		Active     *int
		UID, Birth []byte
	}
	if err := q.GetContext(ctx, &row, "SELECT active, uid, birth FROM patients WHERE id = ?", a.patient); err != nil {
		return notFound(err, "read the patient")
	}
	if row.Active == nil && a.besides == 0 {
		return ErrNotFound
	}
	policy, err := found(d.current, a.schedule.Hospital)
	if err != nil {
		return err
	}
	born, sex, err := s.openBirth(row.UID, row.Birth)
	if err != nil {
		return err
	}
	now := s.clock()
	facts, err := loadFacts(ctx, q, d, now, []wanted{{hospital: a.schedule.Hospital, user: a.user, digest: a.digest, persons: a.persons}})
	if err != nil {
		return err
	}
	department := d.department[a.schedule.Department]
	return policy.CheckHold(Claim{
		Now: now, Zone: d.zone(a.schedule.Hospital), User: a.user, Schedule: a.schedule, Slot: a.slot, Cooling: a.cooling,
		Departments: []string{department.Code, d.department[department.Parent].Code},
		BirthDate:   born, Sex: sex, Replaces: a.besides, Facts: facts[0].Facts,
	})
}

// mayHave decides, under the locks, whether somebody in line may have a place that is free. ErrNotFound also for who is not there any more.
func (s *Store) mayHave(ctx context.Context, tx *sqlx.Tx, l line, w inLine, slot Slot) error {
	persons, err := lockedPersons(ctx, tx, w.Digest)
	if err != nil {
		return err
	}
	if err := stillInLine(ctx, tx, w, l.schedule.ID); err != nil {
		return err
	}
	slot.Capacity, slot.Taken = 1, 0 // the number that is offered is free, whatever else is
	return s.mayTake(ctx, tx, l.d, asking{user: w.User, patient: w.Patient, digest: w.Digest, persons: persons, schedule: l.schedule, slot: slot})
}

// stillInLine looks again at somebody whom lineFor has found, now that the person and the place are locked: before, another may have offered
// them the half-day and been told no, which they are not asked twice, or their account may have been linked to another, whose the wait is now.
func stillInLine(ctx context.Context, tx *sqlx.Tx, w inLine, schedule ScheduleID) error {
	var there int
	err := tx.GetContext(ctx, &there, `SELECT COUNT(e.id) FROM waitlist_entries e WHERE e.id = ? AND e.status = 'waiting' AND e.user_id = ? AND e.patient_id = ?
		AND NOT EXISTS (SELECT o.id FROM waitlist_offers o WHERE o.entry_id = e.id AND o.schedule_id = ?)`, w.ID, w.User, w.Patient, schedule)
	if err != nil {
		return fmt.Errorf("look again at who waits: %w", err)
	}
	if there == 0 {
		return ErrNotFound
	}
	return nil
}
