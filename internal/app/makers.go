package app

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"time"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/handout"
	"guahao/payments"
)

// The kinds of files that the chat asks for, by the names that the dialog and the notices call them.
const (
	calendarFile = "calendar"
	slipFile     = "slip"
	largeSlip    = "slip_large"
	receiptFile  = "receipt"
)

// visitFileLife is how long a link to a visit's file lives at the most: longer than any hospital books ahead. The file itself is gone a day
// after the visit.
const visitFileLife = 120 * 24 * time.Hour

func (a *App) makers() map[string]maker {
	made := map[string]maker{
		calendarFile: {
			name: "visit.ics", label: booking.Text{ZH: "日历文件", EN: "Calendar file"}, life: visitFileLife, make: a.makeCalendar,
		},
		slipFile: {
			name: "slip.png", label: booking.Text{ZH: "就诊凭条", EN: "Appointment slip"}, life: visitFileLife, make: a.makeSlip,
		},
		largeSlip: {
			name: "slip.png", label: booking.Text{ZH: "就诊凭条（大字）", EN: "Appointment slip in large letters"}, life: visitFileLife, make: a.makeLargeSlip,
		},
		todayFile: {
			name: "today.png", label: booking.Text{ZH: "今日图表", EN: "Charts of today"}, life: todayLife, make: a.makeToday,
		},
		forecastFile: {
			name: "forecast.png", label: booking.Text{ZH: "预测图", EN: "Chart of the forecast"}, life: todayLife, make: a.makeForecast,
		},
		receiptFile: {
			name: "receipt.png", label: booking.Text{ZH: "收据", EN: "Receipt"}, life: receiptLife, make: a.makeReceipt,
		},
	}
	maps.Copy(made, a.dataMakers())
	return made
}

// afterVisit is how long after a visit its handouts can still be fetched.
const afterVisit = 24 * time.Hour

// thread is what has become of a visit of the account's owner, as long as there is something to take along.
func (a *App) thread(ctx context.Context, to bots.Account, of int64) (booking.Thread, error) {
	t, err := a.Booking.Thread(ctx, booking.UserID(to.User), booking.AppointmentID(of))
	switch {
	case errors.Is(err, booking.ErrNotYours), errors.Is(err, booking.ErrNotFound):
		return t, errGone
	case err == nil && a.cfg.Now().After(t.Now.Slot.EndsAt.Add(afterVisit)):
		return t, errGone
	}
	return t, err
}

func (a *App) makeCalendar(ctx context.Context, to bots.Account, of int64) ([]byte, error) {
	t, err := a.thread(ctx, to, of)
	if err != nil {
		return nil, err
	}
	return handout.Calendar(t, to.Lang, a.host(), a.cfg.Now())
}

func (a *App) makeSlip(ctx context.Context, to bots.Account, of int64) ([]byte, error) {
	return a.drawSlip(ctx, to, of, false)
}

func (a *App) makeLargeSlip(ctx context.Context, to bots.Account, of int64) ([]byte, error) {
	return a.drawSlip(ctx, to, of, true)
}

func (a *App) drawSlip(ctx context.Context, to bots.Account, of int64, large bool) ([]byte, error) {
	t, err := a.thread(ctx, to, of)
	if err != nil {
		return nil, err
	}
	return handout.VisitSlip(t.Now, a.Booking.CheckInCode(t.Now.Appointment.ID), to.Lang, to.Platform == bots.Telegram, large)
}

// receiptLife is how long a link to a receipt lives: it can be asked for again in the chat.
const receiptLife = 30 * 24 * time.Hour

// makeReceipt draws the receipts of what was paid for a visit of the account's owner.
func (a *App) makeReceipt(ctx context.Context, to bots.Account, of int64) ([]byte, error) {
	v, err := a.Booking.Visit(ctx, booking.AppointmentID(of))
	if errors.Is(err, booking.ErrNotFound) || err == nil && v.Appointment.User != booking.UserID(to.User) {
		return nil, errGone
	}
	if err != nil {
		return nil, err
	}
	picture, err := a.pay.ReceiptPicture(ctx, chargeRef(v.Appointment.ID), to.Lang, to.Platform == bots.Telegram)
	if errors.Is(err, payments.ErrNoReceipt) {
		return nil, errGone
	}
	return picture, err
}

// host is the name under which patients reach the service.
func (a *App) host() string {
	if u, err := url.Parse(a.cfg.PublicURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "guahao.invalid"
}
