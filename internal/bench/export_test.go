package bench

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// For the tests.
var (
	Percentile = percentile
	Miscounted = miscounted
	Claim      = claim
	Mark       = mark
)

// Invent gives the n-th person's name, resident ID and phone.
func Invent(n int) (name, document, phone string) {
	p := inventPerson(n)
	return p.name, p.document, p.phone
}

// Schedule runs a pace until ctx ends and gives what next gives to somebody who takes an update each time wait returns.
func Schedule(ctx context.Context, rate float64, start, end time.Time, wait func()) (due []time.Time, left int) {
	p := newPace(rate, start, end)
	go p.run(ctx)
	for {
		wait()
		at, more := p.next(ctx)
		if !more {
			return due, p.left()
		}
		due = append(due, at)
	}
}

// Reading is what a person makes of a screen: the step, what is typed and what is pressed.
type Reading struct{ Step, Text, Press string }

// Read shows a new person a text with buttons, given as label and data in turn.
func Read(text string, buttons ...string) (Reading, error) {
	c := &crowd{o: Options{Newcomers: true}, steps: steps(), log: &complaints{}}
	p := newPatient(c, 0)
	p.generation, p.who = 0, inventPerson(0)
	m := shown{id: 1, text: text}
	for i := 0; i < len(buttons); i += 2 {
		m.buttons = append(m.buttons, button{buttons[i], buttons[i+1]})
	}
	do, err := p.answer(m)
	return Reading{do.step, do.text, do.press}, err
}

// OpenDatabase claims the DSN's database as a bench does.
func OpenDatabase(ctx context.Context, dsn string) (*sqlx.DB, error) {
	d, err := openDatabase(ctx, Options{DSN: dsn})
	if err != nil {
		return nil, err
	}
	return d.DB, nil
}

// BroadcastMeddling is one broadcast of which a statement undoes something after each kill; "": nothing.
func BroadcastMeddling(ctx context.Context, o Options, statement string) (BroadcastResult, error) {
	if statement != "" {
		o.meddle = func(ctx context.Context, d *database) error {
			_, err := d.ExecContext(ctx, statement)
			return err
		}
	}
	return sendOut(ctx, o, o.Recipients)
}
