package bench

import (
	"context"
	"errors"

	"guahao/booking"
	"guahao/internal/sandbox"
)

// The booking bench's world.
const (
	usualSeconds = 8 // of a run
	hotSlots     = 8 // of a hot half-day
	// hotPlacesEach are in a hot half-day for each client, over its slots: so many that the time goes into booking, so few that
	// it is sold out again and again, and that nobody would get two (patientsEach).
	hotPlacesEach = 32
	hotDoctors    = 2

	// The half-days of the spread phase are 1008.
	spreadDoctors, spreadSlots, spreadPlaces = 36, 6, 20

	// patientsEach is how many people each client books for, in turn; each is a user of their own.
	patientsEach = 128
)

// bookingCity has a department with doctors whom everybody wants, and one with room for everybody.
func bookingCity(o Options) city {
	places := max(1, hotPlacesEach*o.Clients*min(o.Seconds, usualSeconds)/usualSeconds/hotSlots) // a short run shall sell out, too
	return city{hospitals: 1, groups: [][]clinic{{
		{fee: "20", doctors: hotDoctors, afternoons: true, slots: hotSlots, places: places},
		{fee: "20", doctors: spreadDoctors, afternoons: true, slots: spreadSlots, places: spreadPlaces},
	}}}
}

// bookingRules are all the rules that a hospital can have, none so strict that the bench's people would often be refused.
func bookingRules(p booking.Policy) booking.Policy {
	p.Cancel = booking.Deadline{Days: 1, At: "16:00"}
	p.Refund = []booking.RefundStep{{MinutesBefore: 24 * 60, Give: booking.RefundFull}, {Give: booking.RefundLessFee, Fee: 500}}
	p.Limits = booking.Limits{PerDepartmentDay: 4, PerDay: 6, Open: 56, PerWeek: 28, PerMonth: 56}
	p.Returns = booking.ReturnRule{Enter: booking.Cooling, Minutes: 30}
	p.Slowdown = booking.SlowdownRule{Cancels: 3, Unpaid: 5, Days: 30, WaitMinutes: 60}
	p.NoShows = booking.NoShowRule{Count: 3, Days: 180, SuspendDays: []int{30, 90}}
	p.CheckIn.Self = true
	p.Admissions = []booking.Admission{{Department: departmentCode(1, 2), MaxAge: 150}}
	return p
}

// Booking measures how fast places are given away, beside two others who do it on the same database, and counts those that
// were given to two or to nobody.
func Booking(ctx context.Context, o Options) (result BookingResult, err error) {
	result = BookingResult{Bench: "booking", Clients: o.Clients, Seconds: o.Seconds}
	if err := o.check(); err != nil {
		return result, err
	}
	p, err := newProgram(ctx, o, sandbox.PlatformOptions{}, bookingCity(o), nil)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	t, err := newTournament(ctx, p, o)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := t.play(ctx); err != nil {
		return result, err
	}
	t.report(&result)
	result.Errors = p.log.total()
	return result, nil
}

// audit counts the oversold places, and complains about counters that are wrong.
func (p *program) audit(ctx context.Context) (oversold int, err error) {
	if oversold, err = Oversold(ctx, p.database.DB); err != nil {
		return 0, err
	}
	wrong, err := miscounted(ctx, p.database.DB)
	if wrong > 0 {
		p.log.add("%d counters of places are wrong", wrong)
	}
	return oversold, err
}
