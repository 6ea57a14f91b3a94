package reminders

import (
	"context"
	"fmt"
	"math"
	"time"

	"guahao/booking"
	"guahao/bots"
)

const (
	// audiencePage is how many of an audience are read and queued at once, countPage how many are read to count them. Each page looks at the whole
	// audience again, and takes memory.
	audiencePage = 1000
	countPage    = 5000
	// unpaced is what a platform without a pace of its own is reckoned to take in a second.
	unpaced = 20
)

// reader is somebody whom a broadcast may go to.
type reader struct {
	account bots.Account
	visit   booking.AppointmentID // the first that meets the filter; 0 of a follower
}

// page reads who comes next in an audience, and where to go on after them; more is false when that was all. Who does not belong to it after all, or
// wants no broadcasts, is left out and counted.
func (s *Store) page(ctx context.Context, whom audience, after int64, limit int) (list []reader, last int64, refused int, more bool, err error) {
	ids, visits, last, err := s.candidates(ctx, whom, after, limit)
	if err != nil || len(ids) == 0 {
		return nil, after, 0, false, err
	}
	accounts, err := s.accounts.AccountsIn(ctx, ids)
	if err != nil {
		return nil, after, 0, false, err
	}
	refusing, err := s.refusing(ctx, accounts)
	if err != nil {
		return nil, after, 0, false, err
	}
	for _, a := range accounts {
		switch {
		case whom.Platform != "" && a.Platform != whom.Platform, whom.Lang != "" && a.Lang != whom.Lang:
		case refusing[a.User]:
			refused++
		default:
			list = append(list, reader{a, visits[a.ID]})
		}
	}
	return list, last, refused, true, nil
}

func (s *Store) candidates(ctx context.Context, whom audience, after int64, limit int) (ids []bots.AccountID, visits map[bots.AccountID]booking.AppointmentID, last int64, err error) {
	if whom.All {
		ids, err = s.accounts.Followers(ctx, bots.AccountID(after), limit)
		if len(ids) > 0 {
			last = int64(ids[len(ids)-1])
		}
		return ids, nil, last, err
	}
	members, err := s.bookings.Audience(ctx, whom.Filter, booking.AppointmentID(after), limit)
	visits = make(map[bots.AccountID]booking.AppointmentID, len(members))
	for _, m := range members {
		ids = append(ids, bots.AccountID(m.Account))
		visits[bots.AccountID(m.Account)] = m.Appointment
		last = max(last, int64(m.Appointment))
	}
	return ids, visits, last, err
}

// Estimate is whom a draft would reach just now, and how long that would take.
type Estimate struct {
	Recipients int
	On         map[bots.Platform]int
	Refused    int       // belong to the audience, want no broadcasts, and are not among Recipients
	Begins     time.Time // when the first is written to, which the quiet hours may put off
	Minutes    int       // from then on, behind what is being sent already
}

// Estimate counts a draft's recipients and reckons how long they take.
func (s *Store) Estimate(ctx context.Context, d Draft) (Estimate, error) {
	e := Estimate{On: map[bots.Platform]int{}}
	for after, more := int64(0), true; more; {
		var list []reader
		var refused int
		var err error
		if list, after, refused, more, err = s.page(ctx, d.audience(), after, countPage); err != nil {
			return e, err
		}
		e.Recipients, e.Refused = e.Recipients+len(list), e.Refused+refused
		for _, r := range list {
			e.On[r.account.Platform]++
		}
	}
	zone, err := s.zoneOf(ctx, d.Filter)
	if err != nil {
		return e, err
	}
	e.Begins = later(s.now(), instant(d.StartAt))
	if !d.AtNight {
		e.Begins = quietUntil(e.Begins, zone)
	}
	ahead, err := s.ahead(ctx)
	if err != nil {
		return e, err
	}
	for platform, n := range e.On {
		e.Minutes = max(e.Minutes, int(math.Ceil(float64(n+ahead[platform])/s.rate(platform)/60)))
	}
	return e, nil
}

// rate is how many messages a second a platform takes.
func (s *Store) rate(on bots.Platform) float64 {
	if r := s.rates[on]; r > 0 {
		return r
	}
	return unpaced
}

// ahead counts who waits to be written to, by platform. Paused broadcasts do not count.
func (s *Store) ahead(ctx context.Context) (map[bots.Platform]int, error) {
	var rows []struct {
		Platform bots.Platform `db:"platform"`
		N        int           `db:"n"`
	}
	const query = `SELECT n.platform, COUNT(n.id) AS n FROM broadcasts b JOIN notices n ON n.broadcast_id = b.id
		WHERE b.state IN ('expanding', 'sending') AND b.paused_at IS NULL AND n.status = 'queued' AND n.platform IS NOT NULL GROUP BY n.platform`
	if err := s.db.SelectContext(ctx, &rows, query); err != nil {
		return nil, fmt.Errorf("count who waits for broadcasts: %w", err)
	}
	counts := map[bots.Platform]int{}
	for _, r := range rows {
		counts[r.Platform] = r.N
	}
	return counts, nil
}

// Preview gives a draft as one of its recipients will read it: the first, on WeChat. What Check refuses is given as it is written.
func (s *Store) Preview(ctx context.Context, d Draft, lang string) (string, error) {
	b := broadcast{Text: d.Text, TextEN: d.TextEN}
	w, err := parseWording(b.in(lang))
	if err != nil {
		return s.words.say(lang, string(Broadcast), card{Note: w.text})
	}
	var visit booking.Visit
	if len(w.asked) > 0 {
		list, _, _, _, err := s.page(ctx, d.audience(), 0, 1)
		if err != nil || len(list) == 0 {
			return "", err
		}
		if visit, err = s.bookings.Visit(ctx, list[0].visit); err != nil {
			return "", err
		}
	}
	return s.words.say(lang, string(Broadcast), card{Note: w.fill(s.words, visit, bots.Account{Platform: bots.WeChat, Lang: lang})})
}
