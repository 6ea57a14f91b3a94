package booking

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// take answers a batch of requests, in their order: each with its appointment or its refusal.
func (s *Store) take(ctx context.Context, batch []*hold, ahead func()) error {
	d, err := s.prepare(ctx, batch)
	if err != nil {
		return err
	}
	if err := s.turnAway(ctx, d, batch); err != nil {
		return err
	}
	open := slices.DeleteFunc(slices.Clone(batch), (*hold).answered)
	if len(open) == 0 {
		return nil
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error { return s.holdTx(ctx, tx, d, open, ahead) })
	if errors.Is(err, errScattered) && !s.scattered.Swap(true) {
		err = s.inTx(ctx, func(tx *sqlx.Tx) error { return s.holdTx(ctx, tx, d, open, ahead) })
	}
	if mysql.IsDuplicate(err, "uk_appointments_request") { // one of them is made again, of what is over or was faster elsewhere
		err = s.inTx(ctx, func(tx *sqlx.Tx) error { return s.holdAgain(ctx, tx, d, open, ahead) })
	}
	if len(open) == 1 && IsRefusal(refusal(err)) {
		open[0].err, err = refusal(err), nil
	}
	return err
}

// turnAway refuses those who come for what is full or stopped: most who come late need no lock to be told so. Who has got
// a place before by the same key is told of it.
func (s *Store) turnAway(ctx context.Context, d *directory, batch []*hold) error {
	var late []*hold
	for _, h := range batch {
		if !h.answered() && (h.slot.Free() == 0 || h.schedule.Status != Open) {
			late = append(late, h)
		}
	}
	if len(late) == 0 {
		return nil
	}
	if err := readMade(ctx, s.db, late); err != nil {
		return err
	}
	now := s.clock()
	for _, h := range late {
		if !h.answered() {
			h.err = h.check(d, now)
		}
	}
	return nil
}

// holdTx answers holds in their order, in the caller's transaction: places are taken for those whose rules allow
// it, each judged with what the ones before it have got. ahead is called when the appointments stand. An error is a failure of all; nothing of the
// transaction may be kept then.
//
// The locks are those of the persons' patient rows in the order of their documents (the same document may be in several users'
// lists; limits are per person), then of the schedules in their order, each with its slots: those are what everybody wants.
func (s *Store) holdTx(ctx context.Context, tx *sqlx.Tx, d *directory, holds []*hold, ahead func()) error {
	if len(holds) == 0 {
		return nil
	}
	for _, h := range holds {
		h.reset()
	}
	if err := lockPersons(ctx, tx, holds); err != nil {
		return err
	}
	there := slices.DeleteFunc(slices.Clone(holds), (*hold).answered)
	if len(there) == 0 {
		return nil
	}
	if err := s.learn(ctx, tx, d, there); err != nil {
		return err
	}
	at, err := s.lockPlaces(ctx, tx, d, there, s.clock())
	if err != nil {
		return err
	}
	var given, refused []*hold
	for i, h := range there {
		if err := s.decide(ctx, tx, d, at, h, there[:i]); err != nil {
			return err
		}
		switch {
		case h.given:
			given = append(given, h)
		case h.err != nil && h.made.ID == 0 && h.sameAs == nil:
			refused = append(refused, h)
		}
	}
	for _, p := range at {
		s.free.see(*p.schedule, p.slot)
	}
	if err := readMade(ctx, tx, refused); err != nil || len(given) == 0 {
		return err
	}
	return s.write(ctx, tx, at, given, ahead)
}

// holdAgain is holdTx for requests of which some were made before, so that their keys are taken.
func (s *Store) holdAgain(ctx context.Context, tx *sqlx.Tx, d *directory, holds []*hold, ahead func()) error {
	for _, h := range holds {
		h.reset()
	}
	if err := readMade(ctx, tx, holds); err != nil {
		return err
	}
	return s.holdTx(ctx, tx, d, slices.DeleteFunc(slices.Clone(holds), (*hold).answered), ahead)
}

// learn reads what the rules look at. A request that was answered before finds its appointment among those of its person. Where that is
// over by now, whoever is refused is looked up by its key, and whoever is not finds the key taken when it writes: so nobody
// who comes for the first time pays for the question.
func (s *Store) learn(ctx context.Context, tx *sqlx.Tx, d *directory, holds []*hold) error {
	list := make([]wanted, len(holds))
	for i, h := range holds {
		list[i] = h.wants()
	}
	facts, err := loadFacts(ctx, tx, d, s.clock(), list)
	if err != nil {
		return err
	}
	for i, h := range holds {
		h.facts = facts[i].Facts
		if made := facts[i].made; made != nil {
			h.found(*made)
		}
	}
	return nil
}

// decide answers a request under the locks: with what its key has made before, with a refusal, or with a number that is
// still to be written down. before are those of the same batch that came first.
func (s *Store) decide(ctx context.Context, tx *sqlx.Tx, d *directory, locked places, h *hold, before []*hold) error {
	p := locked[h.Slot]
	if p == nil {
		h.err = ErrNotFound
		return nil
	}
	h.see(p)
	for _, b := range before {
		if b.given && b.User == h.User && b.Key == h.Key {
			h.sameAs = b
			h.err = b.made.isOf(h.HoldRequest)
		}
	}
	if h.sameAs != nil || h.answered() {
		return nil
	}
	for _, b := range before {
		if b.given && bytes.Equal(b.digest, h.digest) {
			h.facts.Others = append(h.facts.Others, b.made)
		}
	}
	now := s.clock()
	if h.err = h.check(d, now); h.err != nil {
		return nil
	}
	seq, free, err := p.next(ctx, tx)
	if err != nil {
		return err
	}
	if !free {
		h.err = ErrSlotFull
		return nil
	}
	p.give(seq)
	h.give(d, seq, now)
	h.see(p)
	return nil
}

// see takes over what the locked rows say.
func (h *hold) see(p *batchPlace) { h.schedule, h.slot, h.cooling = *p.schedule, p.slot, p.cooling }

// lockPersons locks the patients' rows, and those of the same documents in the lists of other users. Who was removed since the
// request was prepared is answered.
func lockPersons(ctx context.Context, tx *sqlx.Tx, holds []*hold) error {
	digests := make([][]byte, len(holds))
	for i, h := range holds {
		digests[i] = h.digest
	}
	query, args, err := sqlx.In(`SELECT id, number_digest AS digest, active FROM patients FORCE INDEX (ix_patients_digest)
		WHERE number_digest IN (?) ORDER BY number_digest, id FOR UPDATE`, digests)
	if err != nil {
		return fmt.Errorf("write the query that locks the patients: %w", err)
	}
	var rows []struct {
		ID     PatientID
		Digest []byte
		Active *int
	}
	if err := tx.SelectContext(ctx, &rows, query, args...); err != nil {
		return fmt.Errorf("lock the patients: %w", err)
	}
	persons, removed := map[string][]PatientID{}, map[PatientID]bool{}
	for _, row := range rows {
		persons[string(row.Digest)] = append(persons[string(row.Digest)], row.ID)
		removed[row.ID] = row.Active == nil
	}
	for _, h := range holds {
		h.persons = persons[string(h.digest)]
		if !slices.Contains(h.persons, h.Patient) || removed[h.Patient] {
			h.err = ErrNotFound
		}
	}
	return nil
}
