package dialog

import (
	"context"
	"strings"

	"guahao/booking"
)

// Records is what the conversation needs to know of missed visits (爽约); *booking.Store satisfies it.
type Records interface {
	Records(ctx context.Context, user booking.UserID, patient booking.PatientID) ([]booking.Record, error)
	Appeal(ctx context.Context, appeal booking.NewAppeal) (booking.Appeal, error)
}

// The states of "my record".
const (
	stateRecord State = "record"
	stateAppeal State = "appeal"
)

const flowRecord flow = "record"

// What may be done about a record.
const (
	doRecord = "record"
	doAppeal = "appeal"
)

const (
	maxAppeal   = 300 // characters
	shownMissed = 3   // of the visits that were missed, the latest
)

// recordRows is how a patient stands with the hospitals, and what may be said about it.
func recordRows() []row {
	return []row{
		{
			state: stateRecord, flow: flowRecord, accepts: acceptsNames,
			items: recordItems, chosen: recordChosen, passes: recordPasses, goes: []State{stateAppeal, statePeople},
		},
		{
			state: stateAppeal, flow: flowRecord, prompt: "appeal", accepts: acceptsVerbatim, idle: idleAsk,
			items: appealItems, typed: appealTyped, goes: []State{stateRecord},
		},
	}
}

// recordPasses takes the only patient there is, and asks for one where there are several.
func recordPasses(t *turn) (State, error) {
	if t.m.Draft.Patient != 0 {
		return "", nil
	}
	people, err := t.d.Booking.Patients(t.ctx, t.user())
	if err != nil {
		return "", err
	}
	if len(people) != 1 {
		return statePeople, nil
	}
	t.m.Draft.Patient = people[0].ID
	return "", nil
}

func recordItems(t *turn) (list, error) {
	_, name, err := t.person()
	if err != nil {
		return list{}, err
	}
	records, err := t.d.Booking.Records(t.ctx, t.user(), t.m.Draft.Patient)
	if err != nil {
		return list{}, err
	}
	lines := []string{t.say("record", "name", name)}
	l := list{}
	for _, r := range records {
		lines = append(lines, t.recordLines(r)...)
		counts := r.Standing.Count > 0 || r.Standing.Suspended(t.now())
		if counts && (r.Appeal == nil || r.Appeal.Verdict != booking.AppealOpen) {
			l.items = append(l.items, item{choice: choice{Do: doAppeal, ID: int64(r.Hospital.ID)},
				label: t.say("record.appeal", "hospital", shortName(r.Hospital, t.lang))})
		}
	}
	if len(lines) == 1 {
		lines = append(lines, t.say("record.none"))
	}
	l.text = strings.Join(lines, "\n")
	return l, nil
}

// recordLines say how a patient stands with one hospital; nothing where there is nothing to tell.
func (t *turn) recordLines(r booking.Record) []string {
	zone, place := r.Hospital.Location(), shortName(r.Hospital, t.lang)
	var lines []string
	switch s := r.Standing; {
	case s.Suspended(t.now()):
		lines = append(lines, t.say("record.suspended", "hospital", place, "time", t.moment(s.SuspendedUntil, zone)))
	case s.Count > 0:
		lines = append(lines, t.say("record.count", "hospital", place, "days", s.Days, "count", s.Count, "limit", s.Limit))
	}
	for i, a := range r.Missed {
		if i < shownMissed && len(lines) > 0 {
			lines = append(lines, t.say("record.missed", "day", t.shortDay(a.Date), "time", a.StartsAt.In(zone).Format("15:04")))
		}
	}
	if !r.SlowedUntil.IsZero() {
		lines = append(lines, t.say("record.slowed", "hospital", place, "time", t.moment(r.SlowedUntil, zone)))
	}
	if r.Appeal != nil {
		lines = append(lines, t.say("record.verdict", "hospital", place, "verdict", t.named("verdict", string(r.Appeal.Verdict))))
		if r.Appeal.Note != "" {
			lines = append(lines, t.say("record.note", "note", r.Appeal.Note))
		}
	}
	return lines
}

// appealMeant takes the word for the one appeal that can be made here, and for the way to it elsewhere.
func (t *turn) appealMeant() error {
	if t.state != stateRecord {
		return t.begins(stateRecord)
	}
	l, err := recordItems(t)
	if err != nil || len(l.items) != 1 {
		return err
	}
	return t.choose(l.items[0].choice)
}

func recordChosen(t *turn, c choice) error {
	t.m.Draft.Hospital = booking.HospitalID(c.ID)
	return t.move(stateAppeal)
}

func appealItems(t *turn) (list, error) {
	h, err := t.hospital(t.m.Draft.Hospital)
	if err != nil {
		return list{}, err
	}
	return list{args: []any{"hospital", h.Name, "limit", maxAppeal}}, nil
}

// appealTyped hands what was written to the hospital's staff.
func appealTyped(t *turn, line string) (bool, error) {
	_, err := t.d.Booking.Appeal(t.ctx, booking.NewAppeal{
		User: t.user(), Account: t.account(), Patient: t.m.Draft.Patient, Hospital: t.m.Draft.Hospital,
		Text: paragraphs(line), Key: "appeal:" + t.effectKey(),
	})
	if err != nil {
		return true, t.refused(err)
	}
	t.note("appeal.sent")
	t.m.Draft = draft{Patient: t.m.Draft.Patient}
	return true, t.settle(stateRecord)
}
