package reminders

import (
	"context"
	"errors"
	"time"

	"guahao/booking"
	"guahao/bots"
)

// Channel is a kind of way on which people can be told something.
type Channel string

// The channels, in the order in which they are tried.
const (
	ByChat     Channel = "chat"     // a message in a chat: WeChat's inside its window, or Telegram's
	ByTemplate Channel = "template" // a WeChat template message
	BySMS      Channel = "sms"
	ByEmail    Channel = "email"
)

// Way is one channel to one person.
type Way struct {
	Channel Channel
	Account bots.Account // whose language and words it has; for a chat or a template, the chat
	Phone   string       // for an SMS
	Email   string
}

// Name is the way as it is noted and counted: wechat, telegram, template, sms or email.
func (w Way) Name() string {
	if w.Channel == ByChat {
		return string(w.Account.Platform)
	}
	return string(w.Channel)
}

// platform is the same for the log and the counts, which go by platform: a template is WeChat's.
func (w Way) platform() bots.Platform {
	if w.Channel == ByTemplate {
		return w.Account.Platform
	}
	return bots.Platform(w.Name())
}

// Ways lists how a notice of a kind can reach a person, best first: in the chat where they are, in their other chat, by a template,
// by SMS, by e-mail. A chat that is blocked or whose platform is off is not among them. What is addressed to a chat rather than to a person (a
// broadcast, a report to staff) has that chat only. Who has no way left has to be telephoned.
//
// The visit is what the notice is about; the zero visit if it is about none.
func (s *Store) Ways(ctx context.Context, to bots.Account, k Kind, v booking.Visit) ([]Way, error) {
	accounts := []bots.Account{to}
	if k.personal() {
		others, err := s.accounts.AccountsOf(ctx, to.User)
		if err != nil {
			return nil, err
		}
		for _, other := range others {
			if other.ID != to.ID {
				accounts = append(accounts, other)
			}
		}
	}
	var chats, templates []Way
	for _, a := range accounts {
		sender := s.senders[a.Platform]
		if sender == nil || a.Blocked {
			continue
		}
		chats = append(chats, Way{Channel: ByChat, Account: a})
		if _, ok := sender.(bots.TemplateSender); ok {
			templates = append(templates, Way{Channel: ByTemplate, Account: a})
		}
	}
	ways := append(chats, templates...)
	if s.sms != nil && k.worthSMS() && v.Patient.Phone != "" && s.sms.Knows(k.notice()) {
		ways = append(ways, Way{Channel: BySMS, Account: outside(to), Phone: v.Patient.Phone})
	}
	if s.mail == nil || !k.personal() {
		return ways, nil
	}
	address, err := s.Email(ctx, to.User)
	if err == nil && address != "" {
		ways = append(ways, Way{Channel: ByEmail, Account: outside(to), Email: address})
	}
	return ways, err
}

// outside is a person as a way that is no chat knows them: by their language.
func outside(a bots.Account) bots.Account { return bots.Account{ID: a.ID, User: a.User, Lang: a.Lang} }

// tellBy sends one message by one way, now. Its errors are those of [bots.Sender]. Of a short message it gives the provider's id.
func (s *Store) tellBy(ctx context.Context, w Way, n bots.Notice) (message string, err error) {
	ctx, cancel := context.WithTimeout(ctx, sendPatience)
	defer cancel()
	if w.Channel == BySMS {
		return s.bySMS(ctx, w, n)
	}
	return "", s.tellIn(ctx, w, n)
}

// tellIn is tellBy for a way that answers at once whether it has told.
func (s *Store) tellIn(ctx context.Context, w Way, n bots.Notice) error {
	sender := s.senders[w.Account.Platform]
	switch w.Channel {
	case ByEmail:
		return s.byEmail(ctx, w, n)
	case ByTemplate:
		if t, ok := sender.(bots.TemplateSender); ok {
			return t.SendTemplate(ctx, w.Account, n)
		}
		return bots.ErrUnreachable
	}
	switch t := sender.(type) {
	case nil:
		return bots.ErrUnreachable
	case bots.TemplateSender:
		return t.SendInChat(ctx, w.Account, n)
	default:
		return sender.Send(ctx, w.Account, n)
	}
}

// How long an urgent notice is left to the platform that it should go by before another way is tried.
const (
	urgentWait  = time.Minute // that a platform asks for
	urgentTries = 2           // that failed
)

// elsewhere tells whether a notice had better go another way, if there is one, than this way later: what is urgent does not wait for
// long, and whatever is about to be given up has nothing to lose.
func elsewhere(n notice, err error) bool {
	var wait *bots.RetryError
	if errors.As(err, &wait) {
		return n.Kind.urgent() && wait.After > urgentWait || n.Attempts+1 >= maxWaits
	}
	return n.Attempts+1 >= maxAttempts || n.Kind.urgent() && n.Attempts+1 >= urgentTries
}
