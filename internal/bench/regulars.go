package bench

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"guahao/booking"
)

const (
	// visitsEach is how many visits a regular books, before another one comes to the client's chat: few, as people have.
	visitsEach = 6
	// regularsEach is how many people a second of the bench has for each client: more than can be served.
	regularsEach = 3
	// updatesPerBooking of a regular: book, department, doctor, day, time, patient, confirm.
	updatesPerBooking = 7
)

// regularCity is a hospital in which everything is free of charge, with places for everybody.
func regularCity() city {
	c := clinic{fee: "0", doctors: 4, slots: 6, places: 200}
	return city{hospitals: 1, groups: [][]clinic{{c, c, c, c}}}
}

// regulars are known: each has an account and a patient.
func (s *stage) regulars(ctx context.Context) error {
	each := int(s.crowd.o.warmUp().Seconds()+1+s.crowd.o.duration().Seconds()) * regularsEach
	s.crowd.o.say("%d people are made known …", each*s.crowd.o.Clients)
	var group errgroup.Group
	group.SetLimit(16)
	for generation := range each {
		group.Go(func() error { return s.makeKnown(ctx, generation) })
	}
	return group.Wait()
}

// makeKnown lets one person of each client be known.
func (s *stage) makeKnown(ctx context.Context, generation int) error {
	clients := s.crowd.o.Clients
	const account = "(?, ?, 'telegram', ?, 'zh', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))"
	const session = "(?, 0, '', UTC_TIMESTAMP(6))"
	var accounts, sessions []any
	for client := range clients {
		id := regularID(generation, client)
		accounts = append(accounts, id, id, fmt.Sprint(chatOf(generation, client)))
		sessions = append(sessions, id)
	}
	for _, insert := range []struct {
		into, row string
		values    []any
	}{
		{"chat_accounts (id, user_id, platform, external_id, lang, last_seen_at, created_at)", account, accounts},
		{"chat_sessions (account_id, rev, state, updated_at)", session, sessions},
	} {
		rows := strings.Repeat(", "+insert.row, clients)[2:]
		if _, err := s.database.ExecContext(ctx, "INSERT INTO "+insert.into+" VALUES "+rows, insert.values...); err != nil {
			return fmt.Errorf("make people known: %w", err)
		}
	}
	for client := range clients {
		who := inventPerson(generation*maxClients + client)
		_, err := s.Booking.AddPatient(ctx, booking.UserID(regularID(generation, client)), booking.NewPatient{
			Name: who.name, Document: booking.ResidentID, Number: who.document, Phone: who.phone, Relation: booking.Self,
		}, "bench")
		if err != nil {
			return fmt.Errorf("make people known: %w", err)
		}
	}
	return nil
}

// regularID is the account's and the user's.
func regularID(generation, client int) int64 { return int64(generation)*maxClients + int64(client) + 1 }

// regularSteps are the screens of the seven updates. A visit begins with the command, which is in the bot's menu at any time.
func regularSteps() []step {
	again := func(p *patient, _ shown) (action, error) {
		p.bookings++
		p.otherDays = 0
		if p.bookings >= p.crowd.visits {
			p.become()
		}
		return action{text: bookCommand}, nil
	}
	return append([]step{{name: "booked", text: "预约成功", do: again}}, steps()[1:]...)
}

const bookCommand = "/book"
