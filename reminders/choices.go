package reminders

import (
	"context"

	"guahao/bots"
)

// Choices is a Store as a conversation sees it: what people decide about what they are told, in plain words and numbers.
type Choices struct{ *Store }

// Refusable lists the kinds that a person can do without, in the order in which they are shown.
func (Choices) Refusable() []string {
	var names []string
	for _, k := range refusable {
		names = append(names, string(k))
	}
	return names
}

// Wishes gives the kinds that a person does not want and the quiet hours, in minutes of the day; both the same: there are none.
func (c Choices) Wishes(ctx context.Context, user bots.UserID) (refused []string, from, to int, err error) {
	w, err := c.Store.Wishes(ctx, user)
	for _, k := range w.Refused {
		refused = append(refused, string(k))
	}
	return refused, w.Quiet.From, w.Quiet.To, err
}

// Switch switches a kind on or off.
func (c Choices) Switch(ctx context.Context, user bots.UserID, kind string, on bool) error {
	return c.Store.Switch(ctx, user, Kind(kind), on)
}

// KeepQuiet sets the quiet hours.
func (c Choices) KeepQuiet(ctx context.Context, user bots.UserID, from, to int) error {
	return c.Store.KeepQuiet(ctx, user, Quiet{From: from, To: to})
}
