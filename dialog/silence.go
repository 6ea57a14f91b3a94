package dialog

// The words that ask for no more broadcasts, and for broadcasts again.
const (
	wantSilence intent = "unsubscribe"
	wantNews    intent = "subscribe"
)

// silence notes whether a person wants broadcasts, and says what goes on coming all the same. The step stays.
func (t *turn) silence(on bool) (bool, error) {
	if t.d.Broadcasts == nil {
		return false, nil
	}
	if err := t.d.Broadcasts.Refuse(t.ctx, t.in.Account.User, on); err != nil {
		return true, err
	}
	if on {
		t.note("silence.on")
	} else {
		t.note("silence.off")
	}
	return true, nil
}

// silenceItem is the way to there in a menu.
func (t *turn) silenceItem() (item, error) {
	refuses, err := t.d.Broadcasts.Refuses(t.ctx, t.in.Account.User)
	if refuses {
		return item{choice: choice{Do: string(wantNews)}, label: t.say("more.news"), command: string(wantNews)}, err
	}
	return item{choice: choice{Do: string(wantSilence)}, label: t.say("more.silence"), command: string(wantSilence)}, err
}
