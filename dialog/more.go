package dialog

// stateMore is what the main menu has no room for.
const stateMore State = "more"

// wantMore asks for it.
const wantMore intent = "mine"

// The words that ask for a visit's slip or calendar file.
const (
	wantSlip     intent = "slip"
	wantCalendar intent = "calendar"
)

// moreRows is the second page of the main menu, so to speak: what a person does once, or seldom.
func moreRows() []row {
	return []row{{
		state: stateMore, flow: flowAnywhere, prompt: "more", accepts: acceptsNames,
		items: moreItems, chosen: moreChosen, goes: []State{stateWaits, stateDraws, stateRecord, stateLink, stateNotices, stateData, stateLanguage},
	}}
}

func moreItems(t *turn) (list, error) {
	l := list{items: []item{{choice: choice{Do: string(wantWaits)}, label: t.say("more.waits"), command: "waits"}}}
	applications, err := t.d.Booking.Applications(t.ctx, t.user())
	if err != nil {
		return list{}, err
	}
	if len(applications) > 0 {
		l.items = append(l.items, item{choice: choice{Do: string(wantDraws)}, label: t.say("more.draws"), command: "draws"})
	}
	l.items = append(l.items, []item{
		{choice: choice{Do: string(wantRecord)}, label: t.say("more.record"), command: "record"},
		{choice: choice{Do: string(wantLanguage)}, label: t.say("menu.language"), command: "lang"},
		{choice: choice{Do: string(wantHuman)}, label: t.say("more.human"), command: "human"},
	}...)
	if t.m.Large {
		l.items = append(l.items, item{choice: choice{Do: string(wantNormal)}, label: t.say("more.normal"), command: "normal"})
	} else {
		l.items = append(l.items, item{choice: choice{Do: string(wantLarge)}, label: t.say("more.large"), command: "large"})
	}
	if t.d.Links != nil {
		l.items = append(l.items, item{choice: choice{Do: string(wantLink)}, label: t.say("more.link"), command: "link"})
	}
	if t.d.Notices != nil {
		l.items = append(l.items, item{choice: choice{Do: string(wantNotices)}, label: t.say("more.notices"), command: "notices"})
	}
	l.items = append(l.items, item{choice: choice{Do: string(wantData)}, label: t.say("more.data"), command: "data"})
	if t.d.Broadcasts != nil {
		silence, err := t.silenceItem()
		if err != nil {
			return l, err
		}
		l.items = append(l.items, silence)
	}
	return l, nil
}

func moreChosen(t *turn, c choice) error {
	_, err := t.want(intent(c.Do))
	return err
}
