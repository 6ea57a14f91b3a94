package reminders

import (
	"context"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
)

// The kinds of notices about places that are drawn by lot.
const (
	DrawWon    Kind = "draw_won"    // the place is held until it is paid
	DrawLost   Kind = "draw_lost"   // the person waits in the order drawn
	DrawBarred Kind = "draw_barred" // drawn, but the hospital's rules stand against it by now
	DrawVoid   Kind = "draw_void"   // the clinic was stopped before the draw
)

// ofDraw tells that a notice is about an application that has no appointment.
func (k Kind) ofDraw() bool { return k == DrawLost || k == DrawBarred || k == DrawVoid }

// ApplicationEnded queues the notice of what became of an application that won no place, in the transaction that decides it. place is the position
// in the waitlist; 0: none.
func (s *Store) ApplicationEnded(ctx context.Context, tx *sqlx.Tx, a booking.Application, place int) error {
	kind, known := map[booking.ApplicationStatus]Kind{booking.Lost: DrawLost, booking.Barred: DrawBarred, booking.Void: DrawVoid}[a.Status]
	if !known {
		return nil
	}
	return s.insert(ctx, tx, []entry{{
		kind: kind, version: int64(a.ID), account: bots.AccountID(a.Account), due: s.now(),
		details: &details{Clinic: a.Schedule, Place: place},
	}})
}

// drawCard is what the end of an application says: whose clinic and when, and nothing that could tell for whom or which department.
func (s *Store) drawCard(ctx context.Context, lang string, n notice) (card, error) {
	d, err := s.open(n)
	if err != nil {
		return card{}, err
	}
	c, err := s.bookings.Schedule(ctx, d.Clinic)
	if err != nil {
		return card{}, err
	}
	doctor, err := s.bookings.Doctor(ctx, c.Doctor)
	if err != nil {
		return card{}, err
	}
	period, err := s.words.say(lang, "period."+string(c.Period), nil)
	if err != nil {
		return card{}, err
	}
	title, err := s.words.say(lang, "title."+string(doctor.Title), nil)
	if err != nil {
		title = ""
	}
	return card{Doctor: doctor.Name.In(lang), Title: title, When: date(lang, c.Date.In(s.now().Location())) + " " + period, Position: d.Place}, nil
}
