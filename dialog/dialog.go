package dialog

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"guahao/booking"
	"guahao/bots"
	"guahao/dialog/triage"
	"guahao/dialog/understand"
)

// Config is what the conversation is made of. Booking is required. Without Payments a visit that costs something can be
// held but not paid in the chat; without Staff, Broadcasts, Clinics and Calls there are no commands for staff.
type Config struct {
	Booking    Booking
	Payments   Payments
	Staff      Staff
	Broadcasts Broadcasts
	Clinics    Clinics
	Calls      Calls
	Forecasts  Forecasts                        // nil: staff are not told what is foreseen
	Today      Today                            // nil: staff are not told how the day stands
	Desk       Desk                             // nil: nobody takes conversations over
	Staffed    map[bots.Platform]bool           // where somebody does
	Notices    Notices                          // nil: people do not choose what they are told
	Links      Links                            // nil: accounts cannot be linked
	DrawPage   func(booking.Application) string // where anybody can check a draw, and its holder an application; nil: nowhere
	Consults   bool                             // a complaint that triage does not understand may be shown to a model ([bots.Consult])
	HumanPhone string                           // the service desk, told to whoever asks for a person while no hospital is chosen
}

// Dialog is the conversation. It is safe for concurrent use: all that it remembers is in the session.
type Dialog struct {
	Config
	rows     map[State]*row
	messages catalogue
	reader   *understand.Reader
	known    atomic.Pointer[understand.Directory] // made of the directory when its revision was the same
	alarms   alarms
	// knowledge leads from complaints to departments.
	knowledge *triage.Knowledge
}

var _ bots.Stepper = (*Dialog)(nil)

// New makes the conversation and checks its table and its messages.
func New(cfg Config) (*Dialog, error) {
	if cfg.Booking == nil {
		return nil, errors.New("dialog: Booking is missing")
	}
	d := &Dialog{Config: cfg}
	var err error
	if d.rows, err = indexed(table()); err != nil {
		return nil, err
	}
	if d.messages, err = loadCatalogue(); err != nil {
		return nil, err
	}
	if d.reader, err = understand.New(); err != nil {
		return nil, err
	}
	if d.knowledge, err = triage.New(); err != nil {
		return nil, err
	}
	if d.alarms, err = loadAlarms(); err != nil {
		return nil, err
	}
	return d, nil
}

// Step takes one update and says what the person is told. An error means that nothing can be said now, because the
// database is away, and that the same update may come again.
func (d *Dialog) Step(ctx context.Context, in bots.Turn) (bots.Result, error) {
	t := d.begin(ctx, in)
	switch in.Update.Kind {
	case bots.Unfollow:
		return bots.Result{Session: in.Session}, nil
	case bots.Timeout:
		return t.lapse()
	}
	if t.m.Human.ID != 0 && d.Desk != nil {
		result, done, err := t.withHuman()
		if err != nil {
			return bots.Result{}, fmt.Errorf("dialog, with a person: %w", err)
		}
		if done {
			return result, nil
		}
	} else if in.Update.Kind == bots.Answer || in.Update.Kind == bots.Release {
		return bots.Result{Session: in.Session}, nil // it is over
	}
	if !t.comesBack() {
		if err := t.refused(t.take()); err != nil {
			return bots.Result{}, fmt.Errorf("dialog, state %s: %w", t.was.State, err)
		}
	}
	if t.needsPerson() {
		result, err := t.handOver()
		if err != nil {
			return bots.Result{}, fmt.Errorf("dialog, handing over: %w", err)
		}
		return result, nil
	}
	if t.forgotten {
		return t.farewell(), nil
	}
	result, err := t.answer()
	if err != nil {
		return bots.Result{}, fmt.Errorf("dialog, showing %s: %w", t.state, err)
	}
	return result, nil
}
