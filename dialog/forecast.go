package dialog

import (
	"context"

	"guahao/booking"
	"guahao/bots"
)

// Forecasts tells staff what is foreseen of a department, and how sure that is, within what each of them may see; what is drawn comes along as a picture.
type Forecasts interface {
	Forecast(ctx context.Context, staff booking.StaffID, department booking.DepartmentID, lang string) (string, error)
}

// The states in which staff choose the department.
const (
	stateForecastHospital State = "forecast_hospital"
	stateForecast         State = "forecast"
)

// wantForecast begins it.
const wantForecast intent = "forecast"

// forecastPicture is the chart of a department's forecast, as the app names it.
const forecastPicture = "forecast"

func (m Member) forecastReach() booking.Reach { return m.Forecast }

func forecastRows() []row {
	return []row{
		{
			state: stateForecastHospital, prompt: "forecast.hospital", accepts: acceptsOptions, items: staffHospitalItems, chosen: forecastHospitalChosen,
			passes: forecastHospitalPasses, goes: []State{stateForecast},
		},
		{state: stateForecast, prompt: "forecast.department", accepts: acceptsOptions, items: leafItems, chosen: forecastChosen},
	}
}

// forecastHospitalPasses leaves out the choice for those who work in one hospital.
func forecastHospitalPasses(t *turn) (State, error) { return t.onlyHospital(stateForecast) }

func forecastHospitalChosen(t *turn, c choice) error {
	t.m.Draft = draft{Hospital: booking.HospitalID(c.ID)}
	return t.move(stateForecast)
}

// forecastChosen says what is foreseen of a department and brings the chart along. The list stays, for the next one.
func forecastChosen(t *turn, c choice) error {
	m, err := t.member()
	if err != nil {
		return err
	}
	text, err := t.d.Forecasts.Forecast(t.ctx, m.ID, booking.DepartmentID(c.ID), t.lang)
	if booking.IsRefusal(err) {
		return t.refused(err)
	}
	if err != nil {
		return err
	}
	t.notes = append(t.notes, text)
	t.attach = append(t.attach, bots.Attachment{Kind: forecastPicture, Of: c.ID})
	return nil
}
