package dialog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"guahao/booking"
	"guahao/booking/allocation"
)

// drawn lets the places of a half-day be drawn, of which there are so many: % drawn 王建国 2026-11-24 lottery 2. Applications are taken from now on.
func (s *script) drawn(words []string) {
	s.t.Helper()
	s.w.bookings.Random = rand.NewChaCha8([32]byte{1})
	c := s.schedule(words[0], words[1])
	_, err := s.w.db.Exec("UPDATE slots SET capacity = CASE WHEN first_seq = 1 THEN ? ELSE 0 END WHERE schedule_id = ?", words[3], c.ID)
	s.w.check(err)
	_, err = s.w.db.Exec("UPDATE schedules SET allocation = ?, capacity = ? WHERE id = ?", words[2], words[3], c.ID)
	s.w.check(err)
	s.w.check(s.w.bookings.WorkLotteries(context.Background()))
	s.lot = c.ID
}

// applicants lets so many others apply.
func (s *script) applicants(n string) {
	s.t.Helper()
	count, err := strconv.Atoi(n)
	s.w.check(err)
	for range count {
		s.w.applies(s.lot)
	}
}

func (w *world) applies(c booking.ScheduleID) {
	w.t.Helper()
	n := w.accounts.Add(1)
	p, err := w.bookings.AddPatient(context.Background(), booking.UserID(n), booking.NewPatient{
		Name: "路人甲", Document: booking.Passport, Number: fmt.Sprintf("E%08d", n), Phone: "13800000000",
		BirthDate: "1980-01-01", Sex: booking.Male, Relation: booking.Self,
	}, fmt.Sprint("apply:", n))
	w.check(err)
	_, err = w.bookings.Apply(context.Background(), booking.ApplyRequest{Schedule: c, Patient: p.ID, User: p.User, Account: booking.AccountID(n), Key: fmt.Sprint("apply:", n)})
	w.check(err)
}

// drawing closes the window and draws. Whoever has the phone wins or loses, as the script says: until the dice are so, others apply.
func (s *script) drawing(won bool) {
	s.t.Helper()
	ctx := context.Background()
	for s.wouldWin() != won {
		s.w.applies(s.lot)
	}
	l, err := s.w.bookings.Lottery(ctx, s.lot)
	s.w.check(err)
	s.w.forward(l.ClosesAt.Sub(s.w.now()))
	s.w.check(s.w.bookings.WorkLotteries(ctx))
}

// wouldWin looks into the sealed envelope.
func (s *script) wouldWin() bool {
	s.t.Helper()
	record, l, err := s.w.bookings.LotteryRecord(context.Background(), s.lot)
	s.w.check(err)
	var sealed []byte
	s.w.check(s.w.db.Get(&sealed, "SELECT sealed_seed FROM lotteries WHERE id = ?", l.ID))
	seed, err := s.w.keys.Open(sealed, "lotteries.sealed_seed:"+string(l.Commitment))
	s.w.check(err)
	s.w.check(s.w.db.Select(&record.Applications, "SELECT number, receipt, lots FROM lottery_applications WHERE lottery_id = ? AND active = 1", l.ID))
	record.Seed, record.Beacon = allocation.Seed(seed), allocation.ClosingBeacon(allocation.ListDigest(record.Applications))
	drawn, err := record.Draw()
	s.w.check(err)
	mine, err := s.w.bookings.Applications(context.Background(), booking.UserID(s.who.account.User))
	s.w.check(err)
	at := slices.IndexFunc(mine, func(a booking.Application) bool { return a.Schedule == s.lot })
	return drawn.Won(drawn.Rank(mine[at].Number))
}
