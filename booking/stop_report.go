package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
)

// Told is whether somebody knows that their clinic is stopped.
type Told string

// What there is.
const (
	ToldNot     Told = ""        // the message is on its way
	ToldSent    Told = "sent"    // a channel has taken it, or they have answered
	ToldPhone   Told = "phone"   // no channel reaches them: somebody has to phone
	ToldReached Told = "reached" // somebody has
)

// StopToldTx notes, in the transaction that ends a notice, whether it reached somebody whose clinic is stopped; channel is what has taken
// it. Who was reached already stays so.
func (s *Store) StopToldTx(ctx context.Context, tx *sqlx.Tx, id AppointmentID, reached bool, channel string) error {
	told, over := ToldSent, []Told{ToldNot, ToldPhone}
	if !reached {
		told, over, channel = ToldPhone, []Told{ToldNot}, ""
	}
	query, args, err := sqlx.In("UPDATE stop_cases SET told = ?, channel = ?, told_at = ? WHERE appointment_id = ? AND told IN (?)", told, channel, s.clock(), id, over)
	if err != nil {
		return fmt.Errorf("write the statement for who was told: %w", err)
	}
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("note who was told of a stop: %w", err)
	}
	return nil
}

// StopNotToldTx takes back that a channel has told somebody that their clinic is stopped: the message did not arrive, and another is on its way.
func (s *Store) StopNotToldTx(ctx context.Context, tx *sqlx.Tx, id AppointmentID, channel string) error {
	const back = "UPDATE stop_cases SET told = ?, channel = '' WHERE appointment_id = ? AND told = ? AND channel = ?"
	if _, err := tx.ExecContext(ctx, back, ToldNot, id, ToldSent, channel); err != nil {
		return fmt.Errorf("note that a message about a stop did not arrive: %w", err)
	}
	return nil
}

// MarkReached notes that a member of staff has told somebody by phone, or, where reached is false, takes that back. What is so already is no
// error; who was told by a message is not phoned: wrong_status.
func (s *Store) MarkReached(ctx context.Context, by StaffID, id CaseID, reached bool) error {
	from, to, action := ToldPhone, ToldReached, "stop.reached"
	who := &by
	if !reached {
		from, to, action, who = ToldReached, ToldPhone, "stop.unreached", nil
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		var row struct {
			Told        Told
			Appointment AppointmentID
			Hospital    HospitalID
		}
		err := tx.GetContext(ctx, &row, `SELECT k.told, k.appointment_id AS appointment, c.hospital_id AS hospital FROM stop_cases k
			JOIN schedules c ON c.id = k.schedule_id WHERE k.id = ? FOR UPDATE`, id)
		switch {
		case err != nil:
			return notFound(err, "lock the case")
		case row.Told == to:
			return nil
		case row.Told != from:
			return ErrWrongStatus
		}
		if _, err := tx.ExecContext(ctx, "UPDATE stop_cases SET told = ?, reached_by = ?, told_at = ? WHERE id = ?", to, who, s.clock(), id); err != nil {
			return fmt.Errorf("note who was phoned: %w", err)
		}
		return audit.Write(ctx, s.Audit, tx, audit.Entry{
			Action: action, Subject: fmt.Sprintf("appointment:%d", row.Appointment), Hospital: int64(row.Hospital),
			Before: map[string]any{"told": from}, After: map[string]any{"told": to},
		})
	})
}

// StopReport is how far a stopped clinic is.
type StopReport struct {
	Clinic    Clinic
	StoppedAt time.Time

	Affected                             int
	Sending                              int // on its way to them
	Sent                                 int
	Phone                                int // to be phoned
	Reached                              int // by phone
	Choosing                             int // have been asked, and have not answered
	Moved, Refunded, Silent, None, Other int // how the cases ended: Other were no visits, or ended otherwise
}

// Told counts who knows.
func (r StopReport) Told() int { return r.Sent + r.Reached }

// Done tells that nothing more will change by itself.
func (r StopReport) Done() bool { return r.Sending == 0 && r.Choosing == 0 }

// Stops lists the clinics within a reach that were stopped from an instant on, the latest first.
func (s *Store) Stops(ctx context.Context, reach Reach, since time.Time, offset, limit int) ([]StopReport, int, error) {
	where, args, err := s.within(ctx, reach, "c")
	if err != nil {
		return nil, 0, err
	}
	where, args = "c.status = 'stopped' AND c.stopped_at >= ? AND "+where, append([]any{since.UTC()}, args...)
	var total int
	if err := s.db.GetContext(ctx, &total, "SELECT COUNT(c.id) FROM schedules c WHERE "+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count the stopped clinics: %w", err)
	}
	list, err := s.stopReports(ctx, where+" ORDER BY c.stopped_at DESC, c.id DESC LIMIT ? OFFSET ?", append(args, limit, offset)...)
	return list, total, err
}

// StopReport tells how far a stopped clinic is; ErrNotFound for one that takes place.
func (s *Store) StopReport(ctx context.Context, id ScheduleID) (StopReport, error) {
	list, err := s.stopReports(ctx, "c.id = ? AND c.status = 'stopped'", id)
	if err != nil || len(list) == 0 {
		return StopReport{}, orNotFound(err)
	}
	return list[0], nil
}

func (s *Store) stopReports(ctx context.Context, where string, args ...any) ([]StopReport, error) {
	var clinics []struct {
		Clinic
		StoppedAt *time.Time
	}
	err := s.db.SelectContext(ctx, &clinics, "SELECT "+scheduleColumns+`, c.capacity, c.taken, COALESCE(c.stopped_by, 0) AS stoppedby, COALESCE(c.stop_note, '') AS stopnote,
		c.stopped_at AS stoppedat FROM schedules c WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read the stopped clinics: %w", err)
	}
	list := make([]StopReport, len(clinics))
	for i, c := range clinics {
		list[i].Clinic = c.Clinic
		if c.StoppedAt != nil {
			list[i].StoppedAt = *c.StoppedAt
		}
		if err := s.countCases(ctx, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *Store) countCases(ctx context.Context, r *StopReport) error {
	var rows []struct {
		State   CaseState
		Outcome Outcome
		Told    Told
		N       int
	}
	err := s.db.SelectContext(ctx, &rows, "SELECT state, outcome, told, COUNT(id) AS n FROM stop_cases WHERE schedule_id = ? GROUP BY state, outcome, told", r.Clinic.ID)
	if err != nil {
		return fmt.Errorf("count the cases of a stop: %w", err)
	}
	for _, row := range rows {
		r.Affected += row.N
		*map[Told]*int{ToldNot: &r.Sending, ToldSent: &r.Sent, ToldPhone: &r.Phone, ToldReached: &r.Reached}[row.Told] += row.N
		if row.State != CaseDone {
			r.Choosing += row.N
			continue
		}
		to := map[Outcome]*int{OutcomeMoved: &r.Moved, OutcomeRefund: &r.Refunded, OutcomeSilence: &r.Silent, OutcomeNone: &r.None}[row.Outcome]
		if to == nil {
			to = &r.Other
		}
		*to += row.N
	}
	return nil
}

// CasesOf lists the cases of a stopped clinic, who has to be phoned first.
func (s *Store) CasesOf(ctx context.Context, id ScheduleID, offset, limit int) ([]StopCase, error) {
	return s.stopCases(ctx, "WHERE k.schedule_id = ? ORDER BY k.told = 'phone' DESC, k.id LIMIT ? OFFSET ?", id, limit, offset)
}

// CasesToPhone lists the cases within a reach of whom nobody has been told by any message, the oldest first: those that were phoned on the
// day before included.
func (s *Store) CasesToPhone(ctx context.Context, reach Reach, offset, limit int) ([]StopCase, int, error) {
	where, args, err := s.within(ctx, reach, "c")
	if err != nil {
		return nil, 0, err
	}
	where, args = where+" AND (k.told = 'phone' OR k.told = 'reached' AND k.told_at > ?)", append(args, s.clock().Add(-24*time.Hour))
	var total int
	if err := s.db.GetContext(ctx, &total, "SELECT COUNT(k.id) FROM stop_cases k JOIN schedules c ON c.id = k.schedule_id WHERE "+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count who is to be phoned: %w", err)
	}
	list, err := s.stopCases(ctx, "WHERE "+where+" ORDER BY k.told = 'reached', k.id LIMIT ? OFFSET ?", append(args, limit, offset)...)
	return list, total, err
}

// Case reads one.
func (s *Store) Case(ctx context.Context, id CaseID) (StopCase, error) {
	list, err := s.stopCases(ctx, "WHERE k.id = ?", id)
	if err != nil || len(list) == 0 {
		return StopCase{}, orNotFound(err)
	}
	return list[0], nil
}

func (s *Store) stopCases(ctx context.Context, where string, args ...any) ([]StopCase, error) {
	var rows []struct {
		stopCase
		Outcome Outcome
		Told    Told
		Channel string
		ToldAt  *time.Time
		Phoned  StaffID
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT `+caseColumns+`, k.outcome, k.told, k.channel, k.told_at AS toldat, COALESCE(k.reached_by, 0) AS phoned
		FROM stop_cases k JOIN schedules c ON c.id = k.schedule_id `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read the cases: %w", err)
	}
	list := make([]StopCase, len(rows))
	for i, row := range rows {
		k := StopCase{ID: row.ID, State: row.State, Outcome: row.Outcome, Note: row.Note, Told: row.Told, Channel: row.Channel, Phoned: row.Phoned}
		if row.ToldAt != nil {
			k.ToldAt = *row.ToldAt
		}
		if k.Visit, err = s.Visit(ctx, row.Appointment); err != nil {
			return nil, err
		}
		if k.Visit.Paid {
			k.Refund = k.Visit.Appointment.Fee
		}
		if err := s.addOffers(ctx, &k); err != nil {
			return nil, err
		}
		list[i] = k
	}
	return list, nil
}

// addOffers reads what can still be taken, or where the visit is moved to.
func (s *Store) addOffers(ctx context.Context, k *StopCase) error {
	if k.State != CaseOffered {
		return nil
	}
	var offers []struct {
		ID  AppointmentID
		Way Way
	}
	err := s.db.SelectContext(ctx, &offers, `SELECT o.appointment_id AS id, o.way FROM stop_offers o JOIN appointments a ON a.id = o.appointment_id
		WHERE o.case_id = ? AND (a.status = 'held' OR a.status = 'offered' AND a.hold_until > ?) ORDER BY o.way`, k.ID, s.clock())
	if err != nil {
		return fmt.Errorf("read the offers of a case: %w", err)
	}
	for _, o := range offers {
		v, err := s.Visit(ctx, o.ID)
		if err != nil {
			return err
		}
		if v.Appointment.Status == Held {
			k.Paying = &v
			continue
		}
		offer := StopOffer{Way: o.Way, Visit: v}
		if k.Visit.Paid || k.Visit.Appointment.Fee == 0 { // else it is all paid at the hospital
			offer.Difference = v.Appointment.Fee - k.Visit.Appointment.Fee
		}
		k.Offers = append(k.Offers, offer)
	}
	return nil
}
