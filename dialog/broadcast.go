package dialog

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"guahao/booking"
	"guahao/dialog/understand"
)

// What may be done on the way to a broadcast.
const (
	doEveryone = "everyone"
	doAny      = "any"
	doSend     = "send"
	doRewrite  = "rewrite"
)

const audienceDays = 14 // for how many days ahead an audience may be chosen by date

// broadcastRows is the way to a message to many.
func broadcastRows() []row {
	return []row{
		{
			state: stateAudience, prompt: "audience", accepts: acceptsOptions, items: audienceItems, chosen: audienceChosen,
			passes: audiencePasses, goes: []State{stateAudienceDepartment, stateWords},
		},
		{
			state: stateAudienceDepartment, prompt: "audience.department", accepts: acceptsOptions,
			items: audienceDepartmentItems, chosen: audienceDepartmentChosen, goes: []State{stateAudienceDoctor, stateAudienceDate},
		},
		{
			state: stateAudienceDoctor, prompt: "audience.doctor", accepts: acceptsOptions,
			items: audienceDoctorItems, chosen: audienceDoctorChosen, goes: []State{stateAudienceDate},
		},
		{
			state: stateAudienceDate, prompt: "audience.date", accepts: acceptsOptions,
			items: audienceDateItems, chosen: audienceDateChosen, typed: audienceDateTyped, goes: []State{stateWords},
		},
		{
			state: stateWords, prompt: "words", accepts: acceptsVerbatim, items: wordsItems, typed: wordsTyped, goes: []State{statePreview},
		},
		{
			state: statePreview, accepts: acceptsOptions, items: previewItems, chosen: previewChosen, typed: previewTyped,
			goes: []State{stateStaff, stateWords, stateBegin, stateNarrow, stateEnglish, statePreview},
		},
	}
}

func audienceItems(t *turn) (list, error) {
	l, err := staffHospitalItems(t)
	if err != nil {
		return l, err
	}
	reach, err := t.reach()
	if reach.Everywhere() {
		l.extra = []item{{choice: choice{Do: doEveryone}, label: t.say("audience.everyone")}}
	}
	return l, err
}

func audienceChosen(t *turn, c choice) error {
	if c.Do == doEveryone {
		t.m.Draft = draft{Everyone: true}
		return t.move(stateWords)
	}
	t.m.Draft = draft{Hospital: booking.HospitalID(c.ID)}
	return t.move(stateAudienceDepartment)
}

// audiencePasses leaves out the choice for those who write to one hospital's patients only.
func audiencePasses(t *turn) (State, error) {
	reach, err := t.reach()
	if err != nil || reach.Only() == 0 {
		return "", err
	}
	t.m.Draft.Hospital = reach.Only()
	return stateAudienceDepartment, nil
}

func audienceDepartmentItems(t *turn) (list, error) {
	l, err := leafItems(t)
	if err != nil {
		return l, err
	}
	h, err := t.hospital(t.m.Draft.Hospital)
	l.args = []any{"hospital", h.Name}
	reach, reachErr := t.reach()
	if reach.Whole(t.m.Draft.Hospital) {
		l.extra = []item{{choice: choice{Do: doAny}, label: t.say("audience.all_departments"), names: []string{"全部", "all"}}}
	}
	return l, errors.Join(err, reachErr)
}

func audienceDepartmentChosen(t *turn, c choice) error {
	t.m.Draft.Department = booking.DepartmentID(c.ID)
	if c.Do == doAny {
		return t.move(stateAudienceDate)
	}
	return t.move(stateAudienceDoctor)
}

func audienceDoctorItems(t *turn) (list, error) {
	l, err := stopDoctorItems(t)
	if err != nil {
		return l, err
	}
	l.extra = []item{{choice: choice{Do: doAny}, label: t.say("audience.all_doctors"), names: []string{"全部", "all"}}}
	return l, err
}

func audienceDoctorChosen(t *turn, c choice) error {
	t.m.Draft.Doctor = booking.DoctorID(c.ID)
	return t.move(stateAudienceDate)
}

func audienceDateItems(t *turn) (list, error) {
	h, err := t.hospital(t.m.Draft.Hospital)
	if err != nil {
		return list{}, err
	}
	l := list{extra: []item{{choice: choice{Do: doAny}, label: t.say("audience.any_date"), names: []string{"全部", "all"}}}}
	for n := range audienceDays {
		date := t.today(h).Add(n)
		l.items = append(l.items, item{choice: choice{Do: doPick, Arg: string(date)}, label: t.day(date)})
	}
	return l, nil
}

func audienceDateChosen(t *turn, c choice) error {
	t.m.Draft.Date = booking.Date(c.Arg)
	return t.move(stateWords)
}

func audienceDateTyped(t *turn, line string) (bool, error) {
	h, err := t.hospital(t.m.Draft.Hospital)
	if err != nil {
		return false, err
	}
	w, err := t.meaning(line)
	if err != nil || w.First == "" || w.First != w.Last {
		return false, err
	}
	if w.First < t.today(h) {
		t.note("audience.past")
		return true, nil
	}
	return true, audienceDateChosen(t, choice{Arg: string(w.First)})
}

func wordsItems(t *turn) (list, error) {
	whom, err := t.audience()
	return list{args: []any{"audience", whom, "limit", maxVerbatim}}, err
}

// audience names whom a broadcast goes to.
func (t *turn) audience() (string, error) {
	d := t.m.Draft
	parts := []string{t.say("audience.everyone")}
	if !d.Everyone {
		trail, err := t.trail(d)
		if err != nil {
			return "", err
		}
		if parts[0] = trail; d.Date == "" {
			parts = append(parts, t.say("audience.any_date"))
		}
	}
	return join(append(parts, t.narrowed()...), " › "), nil
}

func wordsTyped(t *turn, line string) (bool, error) {
	text := strings.TrimSpace(paragraphs(line))
	if n := utf8.RuneCountInString(text); n == 0 || n > maxVerbatim {
		t.note("stray.long", "limit", maxVerbatim)
		return true, nil
	}
	b := Broadcast{Everyone: t.m.Draft.Everyone, Text: text, TextEN: t.m.Draft.Sending.English}
	if err := t.d.Broadcasts.Check(b); err != nil {
		return true, t.refused(err)
	}
	t.m.Draft.Words = text
	return true, t.move(statePreview)
}

// paragraphs cleans a text and keeps its lines.
func paragraphs(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = understand.Clean(lines[i])
	}
	return strings.Join(slices.CompactFunc(lines, func(a, b string) bool { return a == "" && b == "" }), "\n")
}

// broadcast gives the message of the draft.
func (t *turn) broadcast() (Broadcast, error) {
	m, err := t.member()
	if err != nil || m == nil {
		return Broadcast{}, err
	}
	d := t.m.Draft
	switch allowed, err := t.mayWriteTo(m.Broadcast, d); {
	case err != nil:
		return Broadcast{}, err
	case !allowed:
		return Broadcast{}, booking.ErrNotYours
	}
	s := d.Sending
	return Broadcast{
		Staff: m.ID, Account: t.in.Account.ID, Everyone: d.Everyone, Hospital: d.Hospital, Department: d.Department, Doctor: d.Doctor, Date: d.Date,
		Kind: s.Kind, Platform: s.Platform, Lang: s.Lang, Text: d.Words, TextEN: s.English, Begin: s.Begin, AtNight: s.AtNight,
	}, nil
}

// mayWriteTo tells whether the patients of a draft are within a member's reach.
func (t *turn) mayWriteTo(reach booking.Reach, d draft) (bool, error) {
	switch {
	case d.Everyone || d.Hospital == 0:
		return reach.Everywhere(), nil
	case d.Department == 0:
		return reach.Whole(d.Hospital), nil
	}
	department, err := t.d.Booking.Department(t.ctx, d.Department)
	return err == nil && reach.Covers(department), err
}

// previewItems shows the message as patients will read it, and how many they are.
func previewItems(t *turn) (list, error) {
	b, err := t.broadcast()
	if err != nil {
		return list{}, err
	}
	reached, err := t.d.Broadcasts.Estimate(t.ctx, b)
	if err != nil {
		return list{}, err
	}
	preview, err := t.preview(b)
	if err != nil {
		return list{}, err
	}
	whom, err := t.audience()
	if err != nil {
		return list{}, err
	}
	l := list{prompt: "preview", args: []any{"audience", whom, "count", reached.Recipients, "reach", t.aboutReach(reached), "text", preview, "word", t.named("word", doSend)}}
	if reached.Recipients == 0 {
		l.prompt = "preview.nobody"
	} else {
		l.items = []item{{choice: choice{Do: doSend, Explicit: true}, label: t.named("word", doSend), yes: true}}
	}
	l.items = append(l.items, item{choice: choice{Do: doRewrite}, label: t.say("preview.rewrite"), no: true})
	l.items = append(l.items, t.howItems(reached.Recipients > 0)...)
	return l, nil
}

// preview is a broadcast as its recipients will read it: in this member's language, or, where there are two texts, in both. One that nobody would read, so that
// its placeholders have no values, is given as it is written.
func (t *turn) preview(b Broadcast) (string, error) {
	if b.TextEN == "" {
		text, err := t.d.Broadcasts.Preview(t.ctx, b, t.lang)
		if text == "" {
			text = b.Text
		}
		return text, err
	}
	zh, err := t.d.Broadcasts.Preview(t.ctx, b, "zh")
	if err != nil {
		return "", err
	}
	en, err := t.d.Broadcasts.Preview(t.ctx, b, "en")
	return zh + "\n—————\n" + en, err
}

// aboutReach says how long a broadcast takes, when it begins where that is not now, and who is left out.
func (t *turn) aboutReach(e Estimate) string {
	if e.Recipients == 0 {
		return ""
	}
	about := t.say("preview.minutes", "minutes", e.Minutes) + t.whenSent(e)
	if e.Refused > 0 {
		about += t.say("preview.refused", "count", e.Refused)
	}
	return about
}

func previewChosen(t *turn, c choice) error {
	if to, ok := map[string]State{doRewrite: stateWords, doLater: stateBegin, doNarrow: stateNarrow, doEnglish: stateEnglish}[c.Do]; ok {
		return t.move(to)
	}
	b, err := t.broadcast()
	if err != nil {
		return t.refused(err)
	}
	if err := t.d.Broadcasts.Start(t.ctx, b, t.effectKey()); err != nil {
		return t.refused(err)
	}
	if b.Begin.After(t.now()) {
		t.note("preview.scheduled_sent")
	} else {
		t.note("preview.sent")
	}
	t.m.Draft = draft{}
	return t.settle(stateStaff)
}
