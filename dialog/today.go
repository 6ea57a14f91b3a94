package dialog

import (
	"context"

	"guahao/booking"
	"guahao/bots"
)

// wantToday asks how the day stands.
const wantToday intent = "today"

// todayPicture is the day's charts, as the app names them.
const todayPicture = "today"

// Today tells staff how the day stands, within what each of them may see, in lines; what is drawn comes along as a picture.
type Today interface {
	Today(ctx context.Context, staff booking.StaffID, lang string) (string, error)
}

// howTheDayStands says how the day stands and brings the charts along. The step stays.
func (t *turn) howTheDayStands() (bool, error) {
	m, err := t.member()
	if err != nil || m == nil || t.d.Today == nil {
		return false, err
	}
	if m.Today.Nowhere() {
		t.note("staff.not_allowed")
		return true, nil
	}
	text, err := t.d.Today.Today(t.ctx, m.ID, t.lang)
	if err != nil {
		return true, err
	}
	t.notes = append(t.notes, text)
	t.attach = append(t.attach, bots.Attachment{Kind: todayPicture})
	return true, nil
}
