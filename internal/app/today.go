package app

import (
	"context"
	"time"

	"guahao/booking"
	"guahao/bots"
)

// todayFile is the charts of the day, for the staff in the chat.
const todayFile = "today"

const todayLife = time.Hour

// todayDesk tells the staff in the chat what the console's page of today shows.
type todayDesk struct{ app *App }

func (d todayDesk) Today(ctx context.Context, id booking.StaffID, lang string) (string, error) {
	return d.app.desk.DayText(ctx, id, lang)
}

// makeToday draws the day for the member of staff whose account it is.
func (a *App) makeToday(ctx context.Context, to bots.Account, _ int64) ([]byte, error) {
	m, ok, err := a.Staff.ByAccount(ctx, to.ID)
	if err != nil {
		return nil, err
	}
	if !ok || member(m).Today.Nowhere() {
		return nil, errGone
	}
	return a.desk.DayPicture(ctx, m.ID, to.Lang)
}
