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
	Number                              string // "" while there is none
	Patient, Place                      string
	Fee, Amount                         string // yuan
	CancelUntil, Until                  string // the end of an offer
	ByStaff                             bool
	Paid, Cash                          bool // online or to the cashier; to the cashier
	Note                                string
	Why                                 string   // the place was gone when the payment came
	Others                              []string // what can be booked instead
	Platform                            string   // of the account that was linked
	Position                            int      // in the waitlist; 0: none
	Was                                 []string // what a visit was before staff changed it
	Report                              Report
	Ahead                               int   // in the queue
	Wait                                *wait // nil: not known
	Again                               bool  // called before
	Ways                                []way // what is held instead of a stopped clinic

	commands []command // what is offered beyond what the kind offers
}

// render writes a notice in the account's language. What leaves the country says neither who nor which department.
func (s *Store) render(ctx context.Context, to bots.Account, n notice, v booking.Visit) (bots.Notice, error) {
	var c card
	var err error
	switch {
	case n.Appointment != 0:
		c, err = s.visitCard(to, n, v)
	case n.Kind == EmailCode:
		var d details
		d, err = s.open(n)
		c = card{Note: d.Note}
	case n.Kind == WaitOver:
		c, err = s.waitCard(to.Lang, n)
	case n.Kind == Linked:
		c, err = s.linkedCard(to.Lang, n)
	case n.Kind.ofDraw():
		c, err = s.drawCard(ctx, to.Lang, n)
	default:
		c, err = s.staffCard(ctx, n)
	}
	if err != nil {
		return bots.Notice{}, err
	}
	if n.Kind == PaidTooLate {
		if c.Others, err = s.others(ctx, to.Lang, n, v); err != nil {
			return bots.Notice{}, err
		}
	}
	switch n.Kind {
	case StopOffer:
		err = s.stopCard(ctx, to.Lang, n, v, &c)
	case StopGone:
		err = s.goneCard(ctx, to.Lang, n, v, &c)
	}
	if err != nil {
		return bots.Notice{}, err
	}
	text, err := s.words.say(to.Lang, string(n.Kind), c)
	if err != nil {
		return bots.Notice{}, err
	}
	options, err := s.options(to.Lang, n, c.commands)
	notice := bots.Notice{Kind: n.Kind.notice(), Text: text, Fields: c.fields(text), Options: options}
	switch to.Platform {
	case bots.WeChat: // elsewhere it would be one more button
		notice.URL = s.publicURL
	case "":
		notice.Attach = alongside(n)
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
		When: span(to.Lang, v, zone), Starts: v.Appointment.StartsAt.In(zone).Format("2006年1月2日 15:04"), Day: s.dayName(to.Lang, v.Appointment.StartsAt, now, zone), Number: numberOf(v.Appointment, to.Lang),
		Fee: yuan(v.Appointment.Fee), Amount: yuan(d.Refund), Note: d.Note,
		ByStaff: d.Reason == booking.ByStaff, Paid: v.Paid, Cash: v.Cash,
	}
	if n.Kind == PaidTooLate {
		c.Why = s.why(to.Lang, d.Why)
	}
	if n.Kind == Offer || n.Kind == Extra || n.Kind == HoldExpiring || (n.Kind == DrawWon && v.Appointment.Status == booking.Held) {
		c.Until = date(to.Lang, v.Appointment.HoldUntil.In(zone)) + v.Appointment.HoldUntil.In(zone).Format(" 15:04")
	}
	if n.Kind.aboutQueue() {
		c.Ahead, c.Wait, c.Again = n.turn.Ahead, waitOf(n.turn), n.turn.Calls > 1
		if n.turn.Room.ID != 0 { // who was sent to another doctor goes there
			v.Schedule, v.Doctor = n.turn.Room, n.turn.Doctor
			c.Doctor = v.Doctor.Name.In(to.Lang)
		}
	}
	c.Was = s.wasLines(to, d.Was, v)
	if v.CancelUntil.After(now) {
		c.CancelUntil = date(to.Lang, v.CancelUntil.In(zone)) + v.CancelUntil.In(zone).Format(" 15:04")
	}
	if to.Platform != bots.Telegram {
		if !v.Quiet { // a notice is read on a locked phone, too
			c.Department = v.Department.Name.In(to.Lang)
			c.Patient = booking.MaskName(v.Patient.Name)
		}
		c.Place = strings.TrimSpace(v.Department.Floor.In(to.Lang) + " " + v.Schedule.RoomIn(to.Lang))
	}
	return c, nil
}

// excerpt is how much of a broadcast its report repeats, in characters.
const excerpt = 30

func (s *Store) staffCard(ctx context.Context, n notice) (card, error) {
	id := BroadcastID(n.Version)
	b, err := s.readBroadcast(ctx, id)
	if err != nil {
		return card{}, err
	}
	c := card{Note: b.Text}
	if utf8.RuneCountInString(c.Note) > excerpt {
		c.Note = string([]rune(c.Note)[:excerpt]) + "…"
	}
	c.Report, err = s.Report(ctx, id)
	return c, err
}

func numberOf(a booking.Appointment, lang string) string {
	if a.Seq <= 0 {
		return ""
	}
	return a.Number().In(lang)
}

// fields are the same for a template message, by the names that doc.go lists.
func (c card) fields(text string) []bots.Field {
	var list []bots.Field
	for _, f := range []bots.Field{
		{Name: "hospital", Value: c.Hospital}, {Name: "department", Value: c.Department}, {Name: "doctor", Value: c.Doctor},
		{Name: "title", Value: c.Title}, {Name: "time", Value: c.When}, {Name: "starts", Value: c.Starts},
		{Name: "number", Value: c.Number}, {Name: "patient", Value: c.Patient},
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
	case Booked, Extra, DrawWon, DayBefore, HoursBefore, Refunded, Moved, MoveExpired, HoldExpiring, Changed, ReviewRequest, StopOffer, StopGone:
		return []string{"my"}
	case DrawLost:
		return []string{"waits", "book"}
	case DrawBarred, DrawVoid:
		return []string{"book", "my"}
	case NoShow:
		return []string{"record", "my"}
	case StopReport:
		return []string{"stops"}
	case OfferOver, WaitOver:
		return []string{"book", "my"}
	case OfferWithdrawn:
		return []string{"waits", "my"}
	case Cancelled, Stopped, StopSilent, Expired, PaidTooLate:
		return []string{"book", "my"}
	case QueueSoon, QueueCalled:
		return []string{"queue"}
	case Broadcast:
		return []string{"my", "menu", "unsubscribe"}
	case Linked:
		return []string{"link"}
	}
	return nil
}

func (s *Store) options(lang string, n notice, commands []command) ([]bots.Option, error) {
	if n.Kind == Offer {
		commands = offerCommands(n)
	}
	for _, name := range commandsOf(n.Kind) {
		commands = append(commands, command{name: name})
	}
	var list []bots.Option
	for _, c := range commands {
		label := c.label
		if label == "" {
			var err error
			if label, err = s.words.say(lang, "command."+c.name, nil); err != nil {
				return nil, err
			}
		}
		list = append(list, bots.Option{Label: label, Command: c.line()})
	}
	return list, nil
}

// yuan is an amount as people write it, without decimals where there are none; nothing for nothing.
func yuan(f money.Fen) string {
	if f == 0 {
		return ""
	}
	return "¥" + strings.TrimSuffix(f.String(), ".00")
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

// why says why a payment came too late.
func (s *Store) why(lang string, code booking.Code) string {
	text, err := s.words.say(lang, "late."+string(code), nil)
	if err != nil {
		return s.word(lang, "late")
	}
	return text
}

// maxOthers is how many places a notice names that can be had instead.
const maxOthers = 3

// others are the nearest free places for somebody who paid for one that is gone. Whoever gave theirs up, or has as many as are allowed, is not
// told of more.
func (s *Store) others(ctx context.Context, lang string, n notice, v booking.Visit) ([]string, error) {
	d, err := s.open(n)
	if err != nil || s.bookings == nil || d.Why != booking.CodeSlotFull && d.Why != booking.CodeScheduleStopped && d.Why != booking.CodeTooLate {
		return nil, err
	}
	slots, err := s.bookings.Alternatives(ctx, v.Slot.ID, maxOthers)
	if err != nil {
		return nil, fmt.Errorf("look for other places: %w", err)
	}
	var lines []string
	for _, slot := range slots {
		schedule, err := s.bookings.Schedule(ctx, slot.Schedule)
		if err != nil {
			return nil, fmt.Errorf("look for other places: %w", err)
		}
		doctor, err := s.bookings.Doctor(ctx, schedule.Doctor)
		if err != nil {
			return nil, fmt.Errorf("look for other places: %w", err)
		}
		from := slot.StartsAt.In(v.Hospital.Location())
		lines = append(lines, doctor.Name.In(lang)+" "+date(lang, from)+from.Format(" 15:04"))
	}
	return lines, nil
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
