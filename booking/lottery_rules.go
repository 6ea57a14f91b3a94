package booking

import (
	"fmt"
	"time"

	"guahao/booking/allocation"
)

// lotteryWindow is from when to when applications for a half-day are taken: from its release on, or from now where that is over; false when
// who wins could not pay before the first slot closes, so that nothing can be drawn.
func (p Policy) lotteryWindow(date Date, firstSlot, now time.Time, zone *time.Location) (opens, closes time.Time, ok bool) {
	rule := p.Lottery.orUsual()
	opens = p.ReleaseAt.On(date.Add(-p.DaysAhead), zone).UTC()
	if opens.Before(now) {
		opens = now
	}
	closes = opens.Add(time.Duration(rule.WindowMinutes) * time.Minute)
	return opens, closes, p.payUntil(closes, zone).Before(p.Close.Of(date, firstSlot, zone))
}

// payUntil is when a place that is drawn now must be paid: at night nobody needs to look at their phone.
func (p Policy) payUntil(now time.Time, zone *time.Location) time.Time {
	return afterDaytime(now, time.Duration(p.PayMinutes())*time.Minute, zone).UTC()
}

// CheckApplication decides whether somebody may apply for a place that is drawn: by the rules of a hold, but for those of the place itself,
// which is still to be drawn.
func (p Policy) CheckApplication(c Claim, l Lottery) error {
	switch {
	case c.Schedule.Status != Open:
		return ErrScheduleStopped
	case l.State == LotteryVoid:
		return ErrNotByLot
	case c.Now.Before(l.OpensAt):
		return refusef(CodeNotYet, "报名还没有开始，开始时间：%s，到时再来就可以，早晚机会一样。", "Applications open at %s. Please come back then; being early makes no difference.",
			shown(l.OpensAt, c.Zone)).by("release_at")
	case !l.Takes(c.Now):
		return ErrClosed
	}
	for _, check := range []func(Claim) error{p.checkStanding, p.checkAdmission, p.checkOwnLimits} {
		if err := check(c); err != nil {
			return err
		}
	}
	return nil
}

// The credit levels of a person with a hospital that marks missed visits.
const (
	creditLost = 0 // suspended within a year
	creditSome = 1 // missed visits that count
	creditFull = 2
)

// creditOf is a person's credit level: what the lots of a weighted draw depend on. A hospital without a rule about missed visits knows none: then it
// is 0 for everybody.
func (p Policy) creditOf(f Facts, now time.Time) int {
	if p.NoShows.Count == 0 {
		return 0
	}
	switch s := StandingOf(p.NoShows, f.Strikes, f.Pardons, now); {
	case s.Suspensions > 0:
		return creditLost
	case s.Count > 0:
		return creditSome
	}
	return creditFull
}

// lotsOf is how many lots somebody has in a draw, and why.
func (p Policy) lotsOf(mode Allocation, m allocation.Merits) (int, Reasons, error) {
	if mode != ByWeights {
		return 1, Reasons{{For: allocation.ForEverybody, Lots: 1}}, nil
	}
	lots, reasons, err := p.Lottery.orUsual().Weights.Lots(m)
	if err != nil {
		return 0, nil, fmt.Errorf("count the lots: %w", err)
	}
	return lots, reasons, nil
}
