package dialog

import (
	"strings"
	"time"
	"unicode/utf8"

	"guahao/booking"
	"guahao/bots"
)

// The states of how a broadcast goes out, which are all reached from its preview and lead back there: whom it is narrowed down to, when it begins, and what
// those read who use the bot in English.
const (
	stateNarrow  State = "narrow"
	stateBegin   State = "begin"
	stateEnglish State = "english"
)

// What may be done there.
const (
	doNarrow   = "narrow"
	doLater    = "later"
	doEnglish  = "english"
	doKind     = "kind"
	doPlatform = "platform"
	doLang     = "lang"
	doAt       = "at"
	doNight    = "night"
	doNoNight  = "no_night"
)

// latestBegin is how many days ahead a broadcast may begin, as in the console.
const latestBegin = 60

// sending is how a broadcast goes out, beyond whom it goes to and what it says.
type sending struct {
	Kind     booking.ClinicKind `json:"kind,omitzero"`     // "": any
	Platform bots.Platform      `json:"platform,omitzero"` // "": any
	Lang     string             `json:"lang,omitzero"`     // "": any
	English  string             `json:"english,omitzero"`  // "": everybody reads the same
	Begin    time.Time          `json:"begin,omitzero"`    // zero: at once
	AtNight  bool               `json:"at_night,omitzero"`
}

// howRows are the steps beside the preview.
func howRows() []row {
	return []row{
		{state: stateNarrow, prompt: "narrow", accepts: acceptsOptions, items: narrowItems, chosen: narrowChosen, goes: []State{statePreview}},
		{state: stateBegin, prompt: "begin", accepts: acceptsOptions, items: beginItems, chosen: beginChosen, typed: beginTyped, goes: []State{statePreview}},
		{state: stateEnglish, prompt: "english", accepts: acceptsVerbatim, items: englishItems, chosen: englishChosen, typed: englishTyped, goes: []State{statePreview}},
	}
}

// narrowItems are what an audience can be narrowed down to, and, of what it is, that it is so no more.
func narrowItems(t *turn) (list, error) {
	whom, err := t.audience()
	l := list{args: []any{"audience", whom}}
	d := t.m.Draft
	facet := func(do, now, any string, of map[string]string, order ...string) {
		if now != "" {
			l.items = append(l.items, item{choice: choice{Do: do}, label: t.say("narrow.any", "what", t.say(key(any)))})
		}
		for _, value := range order {
			if value != now {
				l.items = append(l.items, item{choice: choice{Do: do, Arg: value}, label: of[value]})
			}
		}
	}
	if !d.Everyone { // who follows the bot need not have an appointment
		kinds := map[string]string{}
		for _, k := range []booking.ClinicKind{booking.General, booking.Expert, booking.Special} {
			kinds[string(k)] = t.say("narrow.kind", "kind", t.named("kind", string(k)))
		}
		facet(doKind, string(d.Sending.Kind), "narrow.any_kind", kinds, string(booking.General), string(booking.Expert), string(booking.Special))
	}
	platforms := map[string]string{}
	for _, p := range []bots.Platform{bots.WeChat, bots.Telegram} {
		platforms[string(p)] = t.say("narrow.platform", "platform", t.named("platform", string(p)))
	}
	facet(doPlatform, string(d.Sending.Platform), "narrow.any_platform", platforms, string(bots.WeChat), string(bots.Telegram))
	langs := map[string]string{"zh": t.say("narrow.lang.zh"), "en": t.say("narrow.lang.en")}
	facet(doLang, d.Sending.Lang, "narrow.any_lang", langs, "zh", "en")
	return l, err
}

func narrowChosen(t *turn, c choice) error {
	switch s := &t.m.Draft.Sending; c.Do {
	case doKind:
		s.Kind = booking.ClinicKind(c.Arg)
	case doPlatform:
		s.Platform = bots.Platform(c.Arg)
	default:
		s.Lang = c.Arg
	}
	return t.move(statePreview)
}

// narrowed names what an audience was narrowed down to.
func (t *turn) narrowed() []string {
	var parts []string
	s := t.m.Draft.Sending
	if s.Kind != "" {
		parts = append(parts, t.named("kind", string(s.Kind)))
	}
	if s.Platform != "" {
		parts = append(parts, t.named("platform", string(s.Platform)))
	}
	if s.Lang != "" {
		parts = append(parts, t.say(key("narrow.lang."+s.Lang)))
	}
	return parts
}

// beginHours are the hours that are offered to begin at.
var beginHours = []int{9, 14, 18}

// beginItems are some times of today and the next two days, at once, and whether the night is for sending, too.
func beginItems(t *turn) (list, error) {
	l := list{args: []any{"days", latestBegin}}
	d, today := t.m.Draft.Sending, booking.DateOf(t.now(), t.zone())
	if !d.Begin.IsZero() {
		l.items = append(l.items, item{choice: choice{Do: doAt}, label: t.say("begin.now"), names: splitNames(t.say("begin.now_names"))})
	}
	for n := range 3 {
		for _, hour := range beginHours {
			date := today.Add(n)
			if at := beginAt(date, hour*60, t.zone()); at.After(t.now()) && (n < 2 || hour == beginHours[0]) {
				l.items = append(l.items, item{choice: choice{Do: doAt, Arg: at.Format(time.RFC3339)}, label: t.moment(at, t.zone())})
			}
		}
	}
	night := item{choice: choice{Do: doNight}, label: t.say("begin.night")}
	if d.AtNight {
		night = item{choice: choice{Do: doNoNight}, label: t.say("begin.no_night")}
	}
	l.extra = []item{night}
	return l, nil
}

// beginAt is a minute of a day in a zone, as it is kept.
func beginAt(date booking.Date, minute int, zone *time.Location) time.Time {
	y, m, d := date.In(zone).Date()
	return time.Date(y, m, d, 0, minute, 0, 0, zone).UTC()
}

func beginChosen(t *turn, c choice) error {
	switch s := &t.m.Draft.Sending; c.Do {
	case doNight, doNoNight:
		s.AtNight = c.Do == doNight
	default:
		s.Begin, _ = time.Parse(time.RFC3339, c.Arg) // what was offered; at once has none
	}
	return t.move(statePreview)
}

// beginTyped reads a day and a time: 明天 9:00. A day alone begins at nine, a half of it when that begins; a time alone is the next such one.
func beginTyped(t *turn, line string) (bool, error) {
	w, err := t.meaning(line)
	if err != nil || !w.When() || w.First != w.Last {
		return false, err
	}
	minute := map[booking.Period]int{booking.Afternoon: beginHours[1] * 60, booking.Evening: beginHours[2] * 60}[w.Period()]
	switch {
	case w.Time.Said:
		minute = w.Time.Minute
	case minute == 0:
		minute = beginHours[0] * 60
	}
	date := w.First
	if date == "" {
		date = booking.DateOf(t.now(), t.zone())
		if !beginAt(date, minute, t.zone()).After(t.now()) {
			date = date.Add(1)
		}
	}
	at := beginAt(date, minute, t.zone())
	switch {
	case !at.After(t.now()):
		t.note("begin.past", "time", t.moment(at, t.zone()))
		return true, nil
	case date > booking.DateOf(t.now(), t.zone()).Add(latestBegin):
		t.note("begin.far", "days", latestBegin)
		return true, nil
	}
	return true, beginChosen(t, choice{Do: doAt, Arg: at.Format(time.RFC3339)})
}

func englishItems(t *turn) (list, error) {
	l := list{args: []any{"limit", maxVerbatim}}
	if t.m.Draft.Sending.English != "" {
		l.items = []item{{choice: choice{Do: doAny}, label: t.say("english.none")}}
	}
	return l, nil
}

func englishChosen(t *turn, _ choice) error {
	t.m.Draft.Sending.English = ""
	return t.move(statePreview)
}

func englishTyped(t *turn, line string) (bool, error) {
	text := strings.TrimSpace(paragraphs(line))
	if n := utf8.RuneCountInString(text); n == 0 || n > maxVerbatim {
		t.note("stray.long", "limit", maxVerbatim)
		return true, nil
	}
	if err := t.d.Broadcasts.Check(Broadcast{Everyone: t.m.Draft.Everyone, Text: t.m.Draft.Words, TextEN: text}); err != nil {
		return true, t.refused(err)
	}
	t.m.Draft.Sending.English = text
	return true, t.move(statePreview)
}

// howItems are the ways from the preview to these steps. Whom nobody is among can only be widened.
func (t *turn) howItems(anybody bool) []item {
	narrow := item{choice: choice{Do: doNarrow}, label: t.say("preview.narrow")}
	if !anybody {
		return []item{narrow}
	}
	return []item{
		{choice: choice{Do: doLater}, label: t.say("preview.when"), names: splitNames(t.say("preview.when_names"))}, narrow,
		{choice: choice{Do: doEnglish}, label: t.say("preview.english")},
	}
}

// whenSent says when a broadcast begins that does not begin now; "" if it does.
func (t *turn) whenSent(e Estimate) string {
	s := t.m.Draft.Sending
	switch begins := t.moment(e.Begins, t.zone()); {
	case !e.Begins.After(t.now()):
		return ""
	case s.Begin.Equal(e.Begins):
		return t.say("preview.scheduled", "time", begins)
	default:
		return t.say("preview.begins", "time", begins)
	}
}

// longestTime is how long a line is at most that says when to begin, in characters; beyond that it is something else with a day in it.
const longestTime = 16

// previewTyped takes a line at the preview that says a time, and nothing else, for when it shall begin.
func previewTyped(t *turn, line string) (bool, error) {
	w, err := t.meaning(line)
	if err != nil || utf8.RuneCountInString(line) > longestTime || w.Intent != "" || len(w.Places) > 0 || w.Whom.Relation != "" {
		return false, err
	}
	return beginTyped(t, line)
}
