package dialog

import (
	"guahao/booking"
)

// anywhereRows are the states that belong to no flow.
func anywhereRows() []row {
	return []row{
		{
			state: stateMenu, flow: flowAnywhere, prompt: "menu", accepts: acceptsNames, items: menuItems, chosen: menuChosen,
			back: func(t *turn) error { return t.home() },
			goes: []State{stateHospital, stateComplaint, stateVisits, statePeople, stateMore, stateLanguage, stateDay, stateDoctor},
		},
		{
			state: stateLanguage, flow: flowAnywhere, prompt: "language", accepts: acceptsOptions,
			items: languageItems, chosen: languageChosen,
		},
		{
			state: stateResume, flow: flowAnywhere, prompt: "resume", accepts: acceptsOptions,
			items: resumeItems, chosen: resumeChosen,
		},
		{
			state: stateFound, flow: flowAnywhere, prompt: "found", accepts: acceptsNames, idle: idleAsk,
			items: foundItems, chosen: foundChosen, goes: []State{stateHospital},
		},
	}
}

func menuItems(t *turn) (list, error) {
	starts, err := t.startItems()
	if err != nil {
		return list{}, err
	}
	return list{root: true, items: append(starts, []item{
		{choice: choice{Do: string(wantBook)}, label: t.say("menu.book"), command: "book"},
		{choice: choice{Do: string(wantTriage)}, label: t.say("menu.triage"), command: "triage"},
		{choice: choice{Do: string(wantVisits)}, label: t.say("menu.visits"), command: "my"},
		{choice: choice{Do: string(wantPeople)}, label: t.say("menu.people"), command: "patients"},
		{choice: choice{Do: string(wantMore)}, label: t.say("menu.more"), command: "more"},
		{choice: choice{Do: string(wantLanguage)}, label: t.say("menu.language"), command: "lang"},
		{choice: choice{Do: string(wantHelp)}, label: t.say("menu.help"), command: "help"},
	}...)}, nil
}

func menuChosen(t *turn, c choice) error {
	if c.Do == doAgain {
		return t.startAgain(booking.AppointmentID(c.ID))
	}
	_, err := t.want(intent(c.Do))
	return err
}

func languageItems(t *turn) (list, error) {
	return list{items: []item{
		{choice: choice{Do: string(wantChinese)}, label: "中文"},
		{choice: choice{Do: string(wantEnglish)}, label: "English"},
	}}, nil
}

func languageChosen(t *turn, c choice) error {
	if err := t.restore(); err != nil {
		return err
	}
	_, err := t.want(intent(c.Do))
	return err
}

func resumeItems(t *turn) (list, error) {
	chosen := t.say("resume.something")
	if n := len(t.m.History); n > 0 {
		words, err := t.trail(t.m.History[n-1].Draft)
		if err != nil {
			return list{}, err
		}
		if words != "" {
			chosen = words
		}
	}
	return list{args: []any{"chosen", chosen}, items: []item{
		{choice: choice{Do: doYes}, label: t.say("resume.yes"), yes: true},
		{choice: choice{Do: doNo}, label: t.say("resume.no"), no: true},
	}}, nil
}

func resumeChosen(t *turn, c choice) error {
	if c.Do == doNo {
		return t.home()
	}
	return t.restore()
}

// beginnings are the states with which a word begins a flow, whatever was begun before.
var beginnings = map[intent]State{
	wantVisits: stateVisits, wantUnbook: stateVisits, wantPeople: statePeople, wantMore: stateMore, wantData: stateData, wantForget: stateForget,
	wantWaits: stateWaits, wantDraws: stateDraws, wantRecord: stateRecord, wantQueue: stateQueue, wantTriage: stateComplaint,
}

// want does what a word that works everywhere asks for; false means that it means nothing here.
func (t *turn) want(want intent) (bool, error) {
	if t.state == stateStopped && (want == wantUnbook || want == wantCancel) {
		return true, t.move(stateStopRefund)
	}
	if with, ok := beginnings[want]; ok {
		if want == wantUnbook {
			t.note("visits.pick")
		}
		return true, t.begins(with)
	}
	switch want {
	case wantMenu:
		return true, t.home()
	case wantBack:
		return true, t.back()
	case wantCancel:
		return true, t.abandon()
	case wantBook:
		if asked, err := t.carries(); asked || err != nil {
			return true, err
		}
		return true, t.begins(stateHospital)
	case wantLink:
		if t.d.Links == nil {
			return false, nil
		}
		return true, t.begins(stateLink)
	case wantNotices:
		if t.d.Notices == nil {
			return false, nil
		}
		return true, t.begins(stateNotices)
	case wantLanguage:
		if t.state == stateLanguage {
			return true, nil
		}
		return true, t.jump(stateLanguage)
	case wantProgress:
		return true, t.progress()
	case wantSlip, wantCalendar:
		return true, t.bringMeant(string(want))
	case wantAppeal:
		return true, t.appealMeant()
	case wantTake, wantDecline:
		return true, t.offerMeant(string(want))
	case wantNext, wantPrevious, wantYes, wantNo:
		return t.wantHere(want)
	case wantArrive:
		return true, t.arrives(booking.Arrival{})
	case wantCall:
		if known, err := t.wantAsStaff(want); known || err != nil {
			return known, err
		}
		return true, t.begins(stateQueue)
	case wantBroadcast, wantStop, wantStaff, wantSent, wantForecast:
		return t.wantAsStaff(want)
	}
	switch want {
	case wantSilence, wantNews:
		return t.silence(want == wantSilence)
	case wantToday:
		return t.howTheDayStands()
	}
	return t.wantSaid(want)
}

// wantSaid answers a word that only wants something said or shown otherwise; the step stays.
func (t *turn) wantSaid(want intent) (bool, error) {
	switch want {
	case wantHelp:
		t.note("help", "phone", t.phone())
	case wantHuman:
		if t.human = t.staffed(); !t.human {
			t.note("human", "phone", t.phone())
		}
	case wantBot:
	case wantLarge, wantNormal:
		t.enlarge(want == wantLarge)
	case wantGreeting:
		t.note("greeting")
		_, err := t.carries()
		return true, err
	case wantThanks:
		t.note("thanks")
	case wantChinese, wantEnglish:
		t.speak(want)
	default:
		return false, nil
	}
	return true, nil
}

// begins starts a flow afresh: what was begun before can be had back by going back.
func (t *turn) begins(with State) error {
	t.remember()
	t.m.Draft = draft{}
	return t.enter(with)
}

// wantHere does what a word asks for that only the options of the last reply give a meaning.
func (t *turn) wantHere(want intent) (bool, error) {
	switch want {
	case wantNext:
		if t.state == stateMenu { // which has no pages, but an option that is called so
			return true, t.begins(stateMore)
		}
		return t.offeredDo(doNext)
	case wantPrevious:
		return t.offeredDo(doPrevious)
	}
	l, err := t.row().list(t)
	if err != nil {
		return false, err
	}
	for _, i := range l.all() {
		switch {
		case want == wantNo && i.no, want == wantYes && i.yes && !i.Explicit:
			return true, t.choose(i.choice)
		case want == wantYes && i.yes:
			t.note("explicit", "word", t.named("word", i.Do))
			return true, nil
		}
	}
	if want == wantNo {
		return true, t.back()
	}
	return false, nil
}

func (t *turn) offeredDo(do string) (bool, error) {
	for _, o := range t.m.Offered {
		if o.Choice.Do == do {
			return true, t.choose(o.Choice)
		}
	}
	t.note("pages.end")
	return true, nil
}

// abandon gives up what was begun. Where "cancel" could also mean an appointment, it asks instead.
func (t *turn) abandon() error {
	switch t.state {
	case stateMenu:
		return t.home()
	case statePay:
		return t.back()
	case stateGiveBack:
		t.note("explicit", "word", t.named("word", doGiveBack))
		return nil
	case stateCancel:
		t.note("explicit", "word", t.named("word", doCancel))
		return nil
	case stateVisit:
		if done, err := t.offeredDoing(doCancel, doGiveBack); done || err != nil {
			return err
		}
	case stateVisits:
		t.note("visits.pick")
		return nil
	}
	t.note("abandoned")
	return t.home()
}

// offeredDoing takes the first of these options that the last reply offered.
func (t *turn) offeredDoing(dos ...string) (bool, error) {
	for _, do := range dos {
		for _, o := range t.m.Offered {
			if o.Choice.Do == do {
				return true, t.choose(o.Choice)
			}
		}
	}
	return false, nil
}

// speak changes the language; the step stays.
func (t *turn) speak(want intent) {
	t.lang = "zh"
	if want == wantEnglish {
		t.lang = "en"
	}
	t.note("language.changed")
}

// phone gives the number of the hospital that was chosen, or of the service desk.
func (t *turn) phone() string {
	if id := t.m.Draft.Hospital; id != 0 {
		if h, err := t.hospital(id); err == nil && h.Phone != "" {
			return h.Name.In(t.lang) + " " + h.Phone
		}
	}
	if t.d.HumanPhone != "" {
		return t.d.HumanPhone
	}
	hospitals, err := t.d.Booking.Hospitals(t.ctx)
	if err == nil && len(hospitals) > 0 {
		return hospitals[0].Name.In(t.lang) + " " + hospitals[0].Phone
	}
	return "12320"
}

// progress says what has been chosen and what is left to choose.
func (t *turn) progress() error {
	if flow := t.row().flow; flow != flowBooking && (flow != flowPatients || t.m.Draft.Slot == 0) {
		t.note("progress.none")
		return nil
	}
	chosen, err := t.trail(t.m.Draft)
	if err != nil {
		return err
	}
	if chosen == "" {
		chosen = t.say("progress.nothing")
	}
	t.note("progress", "chosen", chosen, "left", t.left())
	return nil
}

// left names what the flow has still to ask.
func (t *turn) left() string {
	d := t.m.Draft
	if d.Visit != 0 {
		return t.say("asks.pay")
	}
	var left string
	for _, ask := range []struct {
		name    key
		missing bool
	}{
		{"asks.hospital", d.Hospital == 0},
		{"asks.department", d.Department == 0},
		{"asks.doctor", d.Doctor == 0},
		{"asks.time", d.Slot == 0},
		{"asks.patient", d.Patient == 0},
		{"asks.confirm", true},
		{"asks.pay", t.d.Payments == nil || t.d.Payments.On()},
	} {
		if ask.missing {
			if left != "" {
				left += t.say("list.comma")
			}
			left += t.say(ask.name)
		}
	}
	return left
}

// trail names what a draft has chosen: hospital › department › doctor › time.
func (t *turn) trail(d draft) (string, error) {
	var parts []string
	if d.Hospital != 0 {
		h, err := t.hospital(d.Hospital)
		if err != nil {
			return "", err
		}
		parts = append(parts, shortName(h, t.lang))
	}
	department := d.Department
	if department == 0 {
		department = d.Group
	}
	if department != 0 {
		dep, err := t.d.Booking.Department(t.ctx, department)
		if err != nil {
			return "", err
		}
		parts = append(parts, dep.Name.In(t.lang))
	}
	if d.Doctor != 0 {
		doctor, err := t.d.Booking.Doctor(t.ctx, d.Doctor)
		if err != nil {
			return "", err
		}
		parts = append(parts, doctor.Name.In(t.lang))
	}
	if d.Date != "" {
		parts = append(parts, t.day(d.Date))
	}
	return join(parts, " › "), nil
}

// shortName is what people call a hospital.
func shortName(h booking.Hospital, lang string) string {
	if short := h.Short.In(lang); short != "" {
		return short
	}
	return h.Name.In(lang)
}
