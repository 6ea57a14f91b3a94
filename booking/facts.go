package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Facts are what the rules look at of the one who wants a place: read once, under the locks of the person's patient rows
// where the answer counts.
type Facts struct {
	Others  []Appointment // the person's active appointments, under whatever user they were made
	Strikes []Strike      // of these the no-shows, with what each weighs
	Pardons []time.Time   // when staff forgave the person's no-shows at this hospital
	Returns []Return      // places that the user gave back at this hospital
}

// wanted names whose facts are asked for. One batch of requests asks once.
type wanted struct {
	hospital HospitalID
	user     UserID
	key      string // of the request, or "": what it has made is looked for among the person's active appointments
	digest   []byte // of the patient's document
	persons  []PatientID
}

// fact is what loadFacts found for one of the wanted.
type fact struct {
	Facts
	made *Appointment // what the request's key has made before, if it is active
}

// loadFacts reads the facts of a whole batch, in the order of the list: one query for the appointments, and one more for each of the
// rules that somebody of the batch is concerned by.
func loadFacts(ctx context.Context, q queryer, d *directory, now time.Time, list []wanted) ([]fact, error) {
	facts := make([]fact, len(list))
	if len(list) == 0 {
		return facts, nil
	}
	if err := readAppointments(ctx, q, list, facts); err != nil {
		return nil, err
	}
	if err := readReturns(ctx, q, d, now, list, facts); err != nil {
		return nil, err
	}
	return facts, readStrikes(ctx, q, d, list, facts)
}

// keyed is an appointment with the key of the request that made it.
type keyed struct {
	Appointment
	Key string
}

func readAppointments(ctx context.Context, q queryer, list []wanted, facts []fact) error {
	var persons []PatientID
	for _, w := range list {
		persons = append(persons, w.persons...)
	}
	query, args, err := sqlx.In(`SELECT `+appointmentColumns+`, a.request_key AS 'key' FROM appointments a FORCE INDEX (uk_appointments_patient)
		WHERE a.patient_id IN (?) AND a.active = 1`, persons)
	if err != nil {
		return fmt.Errorf("write the query for appointments: %w", err)
	}
	var rows []keyed
	if err := q.SelectContext(ctx, &rows, query, args...); err != nil {
		return fmt.Errorf("read the persons' appointments: %w", err)
	}
	of := map[PatientID][]*keyed{}
	for i := range rows {
		of[rows[i].Patient] = append(of[rows[i].Patient], &rows[i])
	}
	for i, w := range list {
		for _, person := range w.persons {
			for _, row := range of[person] {
				facts[i].Others = append(facts[i].Others, row.Appointment)
				if w.key != "" && row.Key == w.key && row.User == w.user {
					facts[i].made = &row.Appointment
				}
			}
		}
	}
	return nil
}

// readReturns reads what users gave back, where a hospital has a rule about it.
func readReturns(ctx context.Context, q queryer, d *directory, now time.Time, list []wanted, facts []fact) error {
	var users []UserID
	days := 0
	for _, w := range list {
		if rule := d.current[w.hospital].Slowdown; rule.on() {
			users, days = append(users, w.user), max(days, rule.Days)
		}
	}
	if len(users) == 0 {
		return nil
	}
	query, args, err := sqlx.In(`SELECT user_id AS user, hospital_id AS hospital, kind, returned_at AS at FROM place_returns
		WHERE user_id IN (?) AND returned_at > ? ORDER BY returned_at`, users, now.AddDate(0, 0, -days))
	if err != nil {
		return fmt.Errorf("write the query for returned places: %w", err)
	}
	var rows []struct {
		Return
		User     UserID
		Hospital HospitalID
	}
	if err := q.SelectContext(ctx, &rows, query, args...); err != nil {
		return fmt.Errorf("read the returned places: %w", err)
	}
	for i, w := range list {
		for _, row := range rows {
			if row.User == w.user && row.Hospital == w.hospital {
				facts[i].Returns = append(facts[i].Returns, row.Return)
			}
		}
	}
	return nil
}

// readStrikes tells what the no-shows among the appointments weigh, and what was forgiven. Most batches have none and cost
// no query.
func readStrikes(ctx context.Context, q queryer, d *directory, list []wanted, facts []fact) error {
	var missed []AppointmentID
	var digests [][]byte
	for i, w := range list {
		for _, a := range facts[i].Others {
			if a.Status == NoShow && a.Hospital == w.hospital {
				missed, digests = append(missed, a.ID), append(digests, w.digest)
			}
		}
	}
	if len(missed) == 0 {
		return nil
	}
	kinds, err := kindsOf(ctx, q, missed)
	if err != nil {
		return err
	}
	pardons, err := pardonsOf(ctx, q, digests)
	if err != nil {
		return err
	}
	for i, w := range list {
		for _, a := range facts[i].Others {
			rule, kind := d.policyOf(a).NoShows, kinds[a.ID]
			if a.Status == NoShow && a.Hospital == w.hospital && rule.Count > 0 && kind != "" {
				facts[i].Strikes = append(facts[i].Strikes, Strike{Appointment: a.ID, At: a.StartsAt, Weight: rule.weight(kind), Rule: rule})
			}
		}
		for _, p := range pardons {
			if p.Hospital == w.hospital && string(p.Digest) == string(w.digest) {
				facts[i].Pardons = append(facts[i].Pardons, p.At)
			}
		}
	}
	return nil
}

// kindsOf gives the kinds of the clinics of appointments; stopped ones are left out, since nobody can miss them.
func kindsOf(ctx context.Context, q queryer, ids []AppointmentID) (map[AppointmentID]ClinicKind, error) {
	query, args, err := sqlx.In(`SELECT a.id, c.kind FROM appointments a JOIN schedules c ON c.id = a.schedule_id WHERE a.id IN (?) AND c.status = 'open'`, ids)
	if err != nil {
		return nil, fmt.Errorf("write the query for kinds of clinics: %w", err)
	}
	var rows []struct {
		ID   AppointmentID
		Kind ClinicKind
	}
	if err := q.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read the kinds of clinics: %w", err)
	}
	kinds := make(map[AppointmentID]ClinicKind, len(rows))
	for _, row := range rows {
		kinds[row.ID] = row.Kind
	}
	return kinds, nil
}

type pardon struct {
	Hospital HospitalID
	Digest   []byte
	At       time.Time
}

func pardonsOf(ctx context.Context, q queryer, digests [][]byte) ([]pardon, error) {
	query, args, err := sqlx.In(`SELECT hospital_id AS hospital, number_digest AS digest, at FROM record_events
		WHERE number_digest IN (?) AND kind IN ('granted', 'lifted') ORDER BY at`, digests)
	if err != nil {
		return nil, fmt.Errorf("write the query for pardons: %w", err)
	}
	var rows []pardon
	if err := q.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read the pardons: %w", err)
	}
	return rows, nil
}
