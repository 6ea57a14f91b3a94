package booking

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// RevisionExpression is the directory's revision as a scalar expression of SQL, for [Glance].
const RevisionExpression = "COALESCE((SELECT revision FROM directory_revisions WHERE id = 1), 0)"

// Glance gives a context for one step of a conversation, in which a menu is looked at from several sides: whatever is read within it is read
// once, all places included, and taken to be so until the step changes something. revision is the directory's, just read. What decides is never
// read so: that happens under locks.
func Glance(ctx context.Context, revision int64) context.Context {
	return context.WithValue(ctx, glanceKey{}, &glance{revision: revision, current: true})
}

type glanceKey struct{}

// glance is what was read within a step.
type glance struct {
	mu       sync.Mutex
	revision int64
	current  bool // the revision is
	seen     map[any]any
}

// glanceOf is nil outside of a step.
func glanceOf(ctx context.Context) *glance {
	g, _ := ctx.Value(glanceKey{}).(*glance)
	return g
}

// forget is called when something has changed.
func (g *glance) forget() {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen, g.current = nil, false
}

func (g *glance) remember(what, v any) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.seen == nil {
		g.seen = map[any]any{}
	}
	g.seen[what] = v
}

// withoutGlance is for what must see the world as it is.
func withoutGlance(ctx context.Context) context.Context {
	return context.WithValue(ctx, glanceKey{}, (*glance)(nil))
}

// version gives the directory's revision, if it is known.
func (g *glance) version() (int64, bool) {
	if g == nil {
		return 0, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.revision, g.current
}

// at notes the directory's revision, just read.
func (g *glance) at(revision int64) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.revision, g.current = revision, true
}

// What can be remembered; each is a type of its own, so that no two mean the same.
type (
	seenDays     DoctorID
	seenClinic   ScheduleID
	seenClinics  DepartmentID
	seenHistory  UserID
	seenPatients UserID
	seenVisit    AppointmentID
)

// glanced reads something unless it was read before within the step.
func glanced[V any](ctx context.Context, what any, read func() (V, error)) (V, error) {
	g := glanceOf(ctx)
	if g != nil {
		g.mu.Lock()
		v, known := g.seen[what]
		g.mu.Unlock()
		if known {
			return v.(V), nil
		}
	}
	v, err := read()
	if err == nil {
		g.remember(what, v)
	}
	return v, err
}

// openClinic is a schedule with all its slots, extra ones included.
type openClinic struct {
	Schedule Schedule
	Slots    []Slot
}

// clinic reads a schedule together with its slots; ErrNotFound where it has none.
func (s *Store) clinic(ctx context.Context, id ScheduleID) (openClinic, error) {
	return glanced(ctx, seenClinic(id), func() (openClinic, error) {
		c, err := s.clinics.get(ctx, id)
		if err == nil && c.Schedule.ID == 0 {
			err = ErrNotFound
		}
		return c, err
	})
}

func (s *Store) readClinics(ctx context.Context, ids []ScheduleID) (map[ScheduleID]openClinic, error) {
	var rows []struct {
		Schedule Schedule
		Slot     Slot
	}
	err := s.selectIn(ctx, &rows, `SELECT `+clinicColumns+` FROM schedules c JOIN slots s ON s.schedule_id = c.id WHERE c.id IN (?) ORDER BY s.starts_at, s.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("read the schedules with their slots: %w", err)
	}
	list := make(map[ScheduleID]openClinic, len(ids))
	for _, row := range rows {
		c := list[row.Schedule.ID]
		c.Schedule, c.Slots = row.Schedule, append(c.Slots, row.Slot)
		s.free.see(row.Schedule, row.Slot)
		list[row.Schedule.ID] = c
	}
	return list, nil
}

// clinicOf reads the schedule of a slot, with all slots of it.
func (s *Store) clinicOf(ctx context.Context, id SlotID) (openClinic, Slot, error) {
	schedule, err := s.scheduleOf(ctx, id)
	if err != nil {
		return openClinic{}, Slot{}, err
	}
	c, err := s.clinic(ctx, schedule)
	if err != nil {
		return c, Slot{}, err
	}
	at := slices.IndexFunc(c.Slots, func(slot Slot) bool { return slot.ID == id })
	if at < 0 {
		return c, Slot{}, ErrNotFound
	}
	return c, c.Slots[at], nil
}

// ownPatient is a patient of a user's, with the digest of the document.
type ownPatient struct {
	Patient
	digest []byte
}

// own reads a user's patients, the first that was added first.
func (s *Store) own(ctx context.Context, user UserID) ([]ownPatient, error) {
	return glanced(ctx, seenPatients(user), func() ([]ownPatient, error) { return s.people.get(ctx, user) })
}

func (s *Store) readPeople(ctx context.Context, users []UserID) (map[UserID][]ownPatient, error) {
	var rows []struct {
		patientRow
		Digest []byte
	}
	err := s.selectIn(ctx, &rows, `SELECT `+patientColumns+`, p.number_digest AS digest FROM patients p FORCE INDEX (uk_patients_number)
		WHERE p.user_id IN (?) AND p.active = 1 ORDER BY p.id`, users)
	if err != nil {
		return nil, fmt.Errorf("read the patients: %w", err)
	}
	list := make(map[UserID][]ownPatient, len(users))
	for _, row := range rows {
		patient, err := s.open(row.patientRow)
		if err != nil {
			return nil, err
		}
		list[row.User] = append(list[row.User], ownPatient{patient, row.Digest})
	}
	return list, nil
}

// prepareGlanced is prepareOne with what the step has read; false when it has to be read.
func (s *Store) prepareGlanced(ctx context.Context, h *hold) (bool, error) {
	if known, err := s.ownOf(ctx, h); !known || err != nil {
		return false, err
	}
	c, slot, err := s.clinicOf(ctx, h.Slot)
	if err != nil {
		return false, err
	}
	h.schedule, h.slot, h.prepared = c.Schedule, slot, true
	return true, nil
}

// prepareWithin is prepareGlanced for a request that takes a place within a step, which it changes: the patients are read anew, and are known to
// whoever looks at them afterwards. A place that is not known to have been free a moment ago is read when its turn has come, and the patient with it.
// revision is the directory's at the beginning of the step.
func (s *Store) prepareWithin(ctx context.Context, h *hold, revision int64) error {
	known, err := s.ownOf(ctx, h)
	if !known || err != nil {
		return err
	}
	if _, err := s.directoryAt(ctx, s.db, revision); err != nil {
		return err
	}
	h.prepared = s.free.prepare(h)
	return nil
}

// ownOf finds a request's patient among those of its user, as the step has read them; false when there is no step, or no such patient: prepareOne
// finds out why.
func (s *Store) ownOf(ctx context.Context, h *hold) (bool, error) {
	if glanceOf(ctx) == nil {
		return false, nil
	}
	people, err := s.own(ctx, h.User)
	if err != nil {
		return false, err
	}
	at := slices.IndexFunc(people, func(p ownPatient) bool { return p.ID == h.Patient })
	if at < 0 {
		return false, nil
	}
	h.patient, h.digest = people[at].Patient, people[at].digest
	return true, nil
}
