package dialog

import (
	"guahao/booking"
)

// The states of what staff have sent, and what may be done there.
const (
	stateSent       State = "sent"
	stateOneSent    State = "one_sent"
	stateSentCancel State = "sent_cancel"

	wantSent intent = "sent"

	doCallOff = "call_off"
	doLook    = "look"
	doWrite   = "write"
)

// recentSent is how many broadcasts are listed: whoever looks for older ones is at a desk.
const recentSent = 6

// sentRows is the way to what becomes of broadcasts: to look, to pause, to go on, to cancel.
func sentRows() []row {
	return []row{
		{state: stateSent, accepts: acceptsOptions, items: sentItems, chosen: sentChosen, goes: []State{stateOneSent, stateAudience}},
		{state: stateOneSent, accepts: acceptsOptions, items: oneSentItems, chosen: oneSentChosen, goes: []State{stateSentCancel}},
		{state: stateSentCancel, prompt: "sent.cancel", accepts: acceptsOptions, items: sentCancelItems, chosen: sentCancelChosen, goes: []State{stateOneSent}},
	}
}

func sentItems(t *turn) (list, error) {
	reach, err := t.reach()
	if err != nil {
		return list{}, err
	}
	sent, err := t.d.Broadcasts.Recent(t.ctx, reach, recentSent)
	l := list{prompt: "sent"}
	if len(sent) == 0 {
		l.prompt = "sent.none"
		l.items = []item{{choice: choice{Do: doWrite}, label: t.say("staff.broadcast")}}
	}
	for _, b := range sent {
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: b.ID},
			label: t.say("sent.item", "state", t.sentState(b), "text", clip(b.Text, 16), "sent", b.Sent, "of", b.of())})
	}
	return l, err
}

// sentState says where a broadcast stands, and of one that has not begun when it does.
func (t *turn) sentState(b Sent) string {
	state := t.named("sent.state", b.State)
	if b.State == "scheduled" && !b.Begins.IsZero() {
		zone := t.zone()
		if h, err := t.hospital(b.Hospital); err == nil {
			zone = h.Location()
		}
		state += " " + t.moment(b.Begins, zone)
	}
	return state
}

// of is how many recipients there are, as far as that is known.
func (b Sent) of() int { return max(b.Total, b.Expected) }

func sentChosen(t *turn, c choice) error {
	if c.Do == doWrite {
		return t.move(stateAudience)
	}
	t.m.Draft.Sent = c.ID
	return t.move(stateOneSent)
}

// oneSent reads the broadcast of the draft; may tells whether this member may change it.
func (t *turn) oneSent() (b Sent, may bool, err error) {
	reach, err := t.reach()
	if err != nil {
		return b, false, err
	}
	if b, err = t.d.Broadcasts.Sent(t.ctx, reach, t.m.Draft.Sent); err != nil {
		return b, false, err
	}
	may, err = t.mayWriteTo(reach, draft{Everyone: b.Everyone, Hospital: b.Hospital, Department: b.Department})
	return b, may && !b.Over, err
}

func oneSentItems(t *turn) (list, error) {
	b, may, err := t.oneSent()
	if err != nil {
		return list{}, err
	}
	l := list{prompt: "sent.one", args: []any{
		"state", t.sentState(b), "sent", b.Sent, "of", b.of(), "missed", b.Missed, "declined", b.Declined, "text", b.Text,
	}}
	if !b.Over {
		l.items = append(l.items, item{choice: choice{Do: doLook}, label: t.say("sent.look"), names: splitNames(t.say("sent.look_names"))})
	}
	if may && b.Paused {
		l.items = append(l.items, item{choice: choice{Do: doResume}, label: t.say("sent.resume")})
	} else if may {
		l.items = append(l.items, item{choice: choice{Do: doPause}, label: t.say("sent.pause")})
	}
	if may {
		l.items = append(l.items, item{choice: choice{Do: doCallOff}, label: t.say("sent.withdraw")})
	}
	return l, nil
}

func oneSentChosen(t *turn, c choice) error {
	if c.Do == doLook {
		return nil // the step is shown again, as things stand now
	}
	if c.Do == doCallOff {
		return t.move(stateSentCancel)
	}
	return t.steer(c.Do)
}

// steer changes the broadcast of the draft, if this member may.
func (t *turn) steer(do string) error {
	b, may, err := t.oneSent()
	switch {
	case err != nil:
		return t.refused(err)
	case !may && !b.Over:
		return t.refused(booking.ErrNotYours)
	}
	if err := t.d.Broadcasts.Steer(t.ctx, t.staffMember.ID, b.ID, do); err != nil {
		return t.refused(err)
	}
	t.note(key("sent.did." + do))
	return nil
}

func sentCancelItems(t *turn) (list, error) {
	b, _, err := t.oneSent()
	if err != nil {
		return list{}, err
	}
	return list{args: []any{"sent", b.Sent, "open", b.of() - b.Sent, "word", t.named("word", doCallOff)}, items: []item{
		{choice: choice{Do: doKeep}, label: t.say("sent.keep"), no: true},
		{choice: choice{Do: doCallOff, Explicit: true}, label: t.named("word", doCallOff), yes: true},
	}}, nil
}

func sentCancelChosen(t *turn, c choice) error {
	if c.Do == doCallOff {
		if err := t.steer(doCallOff); err != nil {
			return err
		}
	}
	return t.restore()
}
