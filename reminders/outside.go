package reminders

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"unicode"

	"guahao/booking"
	"guahao/bots"
	"guahao/reminders/email"
	"guahao/reminders/sms"
)

// Calendar makes the calendar file (iCalendar) of a visit for its person.
type Calendar func(ctx context.Context, to bots.Account, visit booking.AppointmentID) ([]byte, error)

// calendarFile is the visit's calendar as an attachment of a notice that goes by e-mail.
const calendarFile = "calendar"

// bySMS sends the notice's fields: the text is the operator's template. It gives the id by which the provider reports.
func (s *Store) bySMS(ctx context.Context, w Way, n bots.Notice) (message string, err error) {
	if s.sms == nil {
		return "", bots.ErrUnreachable
	}
	values := make(map[string]string, len(n.Fields))
	for _, f := range n.Fields {
		values[f.Name] = f.Value
	}
	return s.sms.Send(ctx, sms.Message{To: w.Phone, Kind: n.Kind, Values: values})
}

// byEmail sends the notice's text under its first line. A calendar file that cannot be made stays out.
func (s *Store) byEmail(ctx context.Context, w Way, n bots.Notice) error {
	if s.mail == nil {
		return bots.ErrUnreachable
	}
	m := email.Message{To: w.Email, Lang: w.Account.Lang, Subject: subject(n.Text), Text: n.Text}
	if Kind(n.Kind) != EmailCode {
		m.Text += "\n\n" + s.word(w.Account.Lang, "email.footer")
	}
	for _, a := range n.Attach {
		if a.Kind != calendarFile || s.calendar == nil {
			continue
		}
		data, err := s.calendar(ctx, w.Account, booking.AppointmentID(a.Of))
		if err != nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "an e-mail goes without its calendar file", slog.Int64("appointment", a.Of), slog.String("error", err.Error()))
			continue
		}
		m.Files = append(m.Files, email.File{Name: "visit.ics", Type: "text/calendar", Data: data})
	}
	return s.mail.Send(ctx, m)
}

// subject is a text's first line without the picture that it begins with.
func subject(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimLeftFunc(line, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// alongside is what a notice of a kind brings along by e-mail.
func alongside(n notice) []bots.Attachment {
	if n.Appointment == 0 || !slices.Contains(calendarKinds, n.Kind) {
		return nil
	}
	return []bots.Attachment{{Kind: calendarFile, Of: int64(n.Appointment)}}
}

// copyOf is the copy that goes by e-mail of a notice that was told in another way; none if the person has no address or the kind none.
func (s *Store) copyOf(ctx context.Context, n notice, w Way) ([]entry, error) {
	if s.mail == nil || n.CopyBy != "" || n.Appointment == 0 || !n.Kind.mailed() || w.Channel == ByEmail {
		return nil, nil
	}
	address, err := s.Email(ctx, w.Account.User)
	if err != nil || address == "" {
		return nil, err
	}
	d, err := s.open(n)
	if err != nil {
		return nil, err
	}
	copied := entry{kind: n.Kind, appointment: n.Appointment, version: n.Version, account: n.Account, due: s.now(), copyBy: ByEmail}
	if n.Payload != nil {
		copied.details = &d
	}
	return []entry{copied}, nil
}
