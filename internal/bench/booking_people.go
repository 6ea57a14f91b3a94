package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"guahao/booking"
)

// wish is one request: somebody wants a place in a slot.
type wish struct {
	booking.HoldRequest
	schedule booking.ScheduleID
}

// seat is what somebody was told that they have.
type seat struct {
	ID      booking.AppointmentID
	Patient booking.PatientID
	Slot    booking.SlotID
	Seq     int
}

// clinicSlots are the slots of one half-day.
type clinicSlots struct {
	schedule booking.ScheduleID
	slots    []booking.SlotID
}

// people are the bench's people: each client's, in the order in which it books for them.
type people [][]booking.PatientID

// addPeople makes everybody, each the only patient of a user.
func addPeople(ctx context.Context, p *program, o Options) (people, error) {
	o.say("Adding %d patients …", o.Clients*patientsEach)
	all := make(people, o.Clients)
	group, ctx := errgroup.WithContext(ctx)
	for client := range o.Clients {
		group.Go(func() error {
			for n := range patientsEach {
				who := inventPerson(client*patientsEach + n)
				patient, err := p.Booking.AddPatient(ctx, user(client, n), booking.NewPatient{
					Name: who.name, Document: booking.ResidentID, Number: who.document, Phone: who.phone,
				}, "bench")
				if err != nil {
					return fmt.Errorf("add a patient: %w", err)
				}
				all[client] = append(all[client], patient.ID)
			}
			return nil
		})
	}
	return all, group.Wait()
}

// user is who books for a client's n-th patient.
func user(client, n int) booking.UserID {
	return booking.UserID(client*patientsEach + n%patientsEach + 1)
}

// wish is the client's n-th request for a slot, in a turn with a name of its own.
func (all people) wish(turn string, client, n int, c clinicSlots, slot booking.SlotID) wish {
	return wish{schedule: c.schedule, HoldRequest: booking.HoldRequest{
		Slot: slot, Patient: all[client][n%patientsEach], User: user(client, n), Account: booking.AccountID(client + 1),
		Key: fmt.Sprintf("%s:%d", turn, n),
	}}
}

// clinicsOf lists what can be booked from tomorrow on in a department of the city (counted from 1).
func clinicsOf(ctx context.Context, p *program, department int) ([]clinicSlots, error) {
	var rows []struct {
		Schedule booking.ScheduleID
		Slot     booking.SlotID
	}
	today := booking.DateOf(time.Now(), zone())
	const query = `SELECT c.id AS schedule, s.id AS slot FROM departments d
		JOIN schedules c ON c.department_id = d.id JOIN slots s ON s.schedule_id = c.id
		WHERE d.code = ? AND c.visit_date BETWEEN ? AND ? ORDER BY c.id, s.id`
	err := p.database.SelectContext(ctx, &rows, query, departmentCode(1, department), today.Add(1), today.Add(daysAhead))
	if err != nil {
		return nil, fmt.Errorf("list the bench's slots: %w", err)
	}
	if len(rows) == 0 {
		return nil, errors.New("the bench's city has no slots")
	}
	var list []clinicSlots
	for i, row := range rows {
		if i == 0 || row.Schedule != rows[i-1].Schedule {
			list = append(list, clinicSlots{schedule: row.Schedule})
		}
		last := &list[len(list)-1]
		last.slots = append(last.slots, row.Slot)
	}
	return list, nil
}

// lost counts the seats that people were told of and that they do not have.
func lost(ctx context.Context, p *program, told []seat) (int, error) {
	var there []seat
	err := p.database.SelectContext(ctx, &there, "SELECT id, patient_id AS patient, slot_id AS slot, seq FROM appointments WHERE status = 'held' ORDER BY id")
	if err != nil {
		return 0, fmt.Errorf("read the appointments: %w", err)
	}
	count := 0
	for _, s := range told {
		at, found := slices.BinarySearchFunc(there, s.ID, func(a seat, id booking.AppointmentID) int { return int(a.ID - id) })
		if !found || there[at] != s {
			count++
		}
	}
	return count, nil
}
