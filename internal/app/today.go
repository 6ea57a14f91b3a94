package app

import (
	"context"
	"time"

	"guahao/booking"
	"guahao/bots"
)

// The charts for the staff in the chat: of the day, and of what is foreseen of a department.
const (
	todayFile    = "today"
	forecastFile = "forecast"
)

const todayLife = time.Hour

// todayDesk tells the staff in the chat what the console's pages of today and of the demand show.
type todayDesk struct{ app *App }

func (d todayDesk) Today(ctx context.Context, id booking.StaffID, lang string) (string, error) {
	return d.app.desk.DayText(ctx, id, lang)
}

func (d todayDesk) Forecast(ctx context.Context, id booking.StaffID, department booking.DepartmentID, lang string) (string, error) {
	return d.app.desk.DemandText(ctx, id, department, lang)
}

// makeForecast draws what is foreseen of a department, if the member of staff whose account it is may see it.
func (a *App) makeForecast(ctx context.Context, to bots.Account, of int64) ([]byte, error) {
	m, ok, err := a.Staff.ByAccount(ctx, to.ID)
	if err != nil {
		return nil, err
	}
	if !ok || member(m).Forecast.Nowhere() {
		return nil, errGone
	}
	picture, err := a.desk.DemandPicture(ctx, m.ID, booking.DepartmentID(of), to.Lang)
	if booking.IsRefusal(err) {
		err = errGone
	}
	return picture, err
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
