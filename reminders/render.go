package reminders

import (
	"context"
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/money"
)

//go:embed catalogue/zh.tmpl catalogue/en.tmpl
var catalogue embed.FS

// words are the messages of each language: one template per kind of notice and per word that is looked up.
type words map[string]*template.Template

// loadWords panics on a catalogue that does not parse: it is part of the program.
func loadWords() words {
	w := words{}
	for _, lang := range []string{"zh", "en"} {
		w[lang] = template.Must(template.New(lang).Option("missingkey=error").ParseFS(catalogue, "catalogue/"+lang+".tmpl"))
	}
	return w
}

func (w words) say(lang, name string, with any) (string, error) {
	t := w[lang]
	if t == nil {
		t = w["zh"]
	}
	if t.Lookup(name) == nil {
		return "", fmt.Errorf("the catalogue has no %q", name)
	}
	var text strings.Builder
	if err := t.ExecuteTemplate(&text, name, with); err != nil {
		return "", fmt.Errorf("the catalogue's %q: %w", name, err)
	}
	return strings.TrimSpace(text.String()), nil
}

// card is what the catalogue's templates may say. An empty string is not said.
type card struct {
	Hospital, Department, Doctor, Title string
	Day                                 string // 今天, 明天 or a date
	When                                string // date and time
	Starts                              string // the same as a template's time keyword wants it
	Number                              int
	Patient, Place                      string
	Fee, Amount                         string // yuan
	CancelUntil                         string
	ByStaff                             bool
	Paid                                bool // online
	Note                                string
	Report                              Report
}

// render writes a notice in the account's language. What leaves the country says neither who nor which department.
func (s *Store) render(ctx context.Context, to bots.Account, n notice, v booking.Visit) (bots.Notice, error) {
	var c card
	var err error
	if n.Appointment != 0 {
		c, err = s.visitCard(to, n, v)
	} else {
		c, err = s.staffCard(ctx, n)
	}
	if err != nil {
		return bots.Notice{}, err
	}
	text, err := s.words.say(to.Lang, string(n.Kind), c)
	if err != nil {
		return bots.Notice{}, err
	}
	options, err := s.options(to.Lang, n.Kind)
	notice := bots.Notice{Kind: n.Kind.notice(), Text: text, Fields: c.fields(text), Options: options}
	if to.Platform == bots.WeChat { // elsewhere it would be one more button
		notice.URL = s.publicURL
	}
	return notice, err
}

func (s *Store) visitCard(to bots.Account, n notice, v booking.Visit) (card, error) {
	d, err := s.open(n)
	if err != nil {
		return card{}, err
	}
	title, err := s.words.say(to.Lang, "title."+string(v.Doctor.Title), nil)
	if err != nil {
		title = ""
	}
	zone, now := v.Hospital.Location(), s.now()
	c := card{
		Hospital: v.Hospital.Name.In(to.Lang), Doctor: v.Doctor.Name.In(to.Lang), Title: title,
		When: span(to.Lang, v, zone), Starts: v.Appointment.StartsAt.In(zone).Format("2006年1月2日 15:04"), Day: s.dayName(to.Lang, v.Appointment.StartsAt, now, zone), Number: v.Appointment.Seq,
		Fee: yuan(v.Appointment.Fee), Amount: yuan(d.Refund), Note: d.Note,
		ByStaff: d.Reason == booking.ByStaff, Paid: v.Paid,
	}
	if v.CancelUntil.After(now) {
		c.CancelUntil = date(to.Lang, v.CancelUntil.In(zone)) + v.CancelUntil.In(zone).Format(" 15:04")
	}
	if to.Platform != bots.Telegram {
		c.Department = v.Department.Name.In(to.Lang)
		c.Patient = booking.MaskName(v.Patient.Name)
		c.Place = strings.TrimSpace(v.Department.Floor.In(to.Lang) + " " + v.Schedule.Room)
	}
	return c, nil
}

// excerpt is how much of a broadcast its report repeats, in characters.
const excerpt = 30

func (s *Store) staffCard(ctx context.Context, n notice) (card, error) {
	id := n.Broadcast
	if id == 0 {
		id = BroadcastID(n.Version)
	}
	b, err := s.readBroadcast(ctx, id)
	if err != nil || n.Kind == Broadcast {
		return card{Note: b.Text}, err
	}
	c := card{Note: b.Text}
	if utf8.RuneCountInString(c.Note) > excerpt {
		c.Note = string([]rune(c.Note)[:excerpt]) + "…"
	}
	c.Report, err = s.Report(ctx, id)
	return c, err
}

// fields are the same for a template message, by the names that doc.go lists.
func (c card) fields(text string) []bots.Field {
	number := ""
	if c.Number > 0 {
		number = fmt.Sprint(c.Number)
	}
	var list []bots.Field
	for _, f := range []bots.Field{
		{Name: "hospital", Value: c.Hospital}, {Name: "department", Value: c.Department}, {Name: "doctor", Value: c.Doctor},
		{Name: "title", Value: c.Title}, {Name: "time", Value: c.When}, {Name: "starts", Value: c.Starts},
		{Name: "number", Value: number}, {Name: "patient", Value: c.Patient},
		{Name: "place", Value: c.Place}, {Name: "fee", Value: c.Fee}, {Name: "amount", Value: c.Amount}, {Name: "note", Value: c.Note},
		{Name: "text", Value: text},
	} {
		if f.Value != "" {
			list = append(list, f)
		}
	}
	return list
}

// commandsOf are the commands that a notice offers, in order.
func commandsOf(k Kind) []string {
	switch k {
	case Booked, DayBefore, HoursBefore, Refunded:
		return []string{"my"}
	case Cancelled, Stopped, Expired, PaidTooLate:
		return []string{"book", "my"}
	case Broadcast:
		return []string{"my", "menu"}
	}
	return nil
}

func (s *Store) options(lang string, k Kind) ([]bots.Option, error) {
	var list []bots.Option
	for _, command := range commandsOf(k) {
		label, err := s.words.say(lang, "command."+command, nil)
		if err != nil {
			return nil, err
		}
		list = append(list, bots.Option{Label: label, Command: command})
	}
	return list, nil
}

// yuan is an amount as people write it; nothing for nothing.
func yuan(f money.Fen) string {
	if f == 0 {
		return ""
	}
	return "¥" + f.String()
}

// dayName says today and tomorrow by name, seen from the hospital's clock.
func (s *Store) dayName(lang string, t, now time.Time, zone *time.Location) string {
	switch day := booking.DateOf(t, zone); day {
	case booking.DateOf(now, zone):
		return s.word(lang, "today")
	case booking.DateOf(now, zone).Add(1):
		return s.word(lang, "tomorrow")
	}
	return date(lang, t.In(zone))
}

// word is a word that every catalogue has.
func (s *Store) word(lang, name string) string {
	text, err := s.words.say(lang, name, nil)
	if err != nil {
		return name
	}
	return text
}

func span(lang string, v booking.Visit, zone *time.Location) string {
	from := v.Appointment.StartsAt.In(zone)
	text := date(lang, from) + from.Format(" 15:04")
	if v.Slot.EndsAt.After(v.Appointment.StartsAt) {
		text += v.Slot.EndsAt.In(zone).Format("–15:04")
	}
	return text
}

// date is 7月3日 周五, or Fri 3 Jul.
func date(lang string, t time.Time) string {
	if lang == "en" {
		return t.Format("Mon 2 Jan")
	}
	return t.Format("1月2日 周") + string([]rune("日一二三四五六")[t.Weekday()])
}
