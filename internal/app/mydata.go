package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/handout"
	"guahao/payments"
)

// The kinds of files of an export.
const (
	dataPageFile = "data_page"
	dataJSONFile = "data_json"
)

// dataLife is how long a link to an export lives.
const dataLife = time.Hour

func (a *App) dataMakers() map[string]maker {
	return map[string]maker{
		dataPageFile: {name: "my-data.html", label: booking.Text{ZH: "我的数据（网页）", EN: "My data (page)"}, life: dataLife,
			make: func(ctx context.Context, to bots.Account, _ int64) ([]byte, error) {
				p, err := a.personal(ctx, to)
				if err != nil {
					return nil, err
				}
				return p.Page(to.Lang)
			}},
		dataJSONFile: {name: "my-data.json", label: booking.Text{ZH: "我的数据（JSON）", EN: "My data (JSON)"}, life: dataLife,
			make: func(ctx context.Context, to bots.Account, _ int64) ([]byte, error) {
				p, err := a.personal(ctx, to)
				if err != nil {
					return nil, err
				}
				return p.JSON()
			}},
	}
}

// personal gathers what is stored about an account's owner: of booking, the chat and the payments. Somebody who is forgotten has nothing.
func (a *App) personal(ctx context.Context, to bots.Account) (handout.Personal, error) {
	about, err := a.Booking.StoredAbout(ctx, booking.UserID(to.User))
	if err != nil {
		return handout.Personal{}, err
	}
	p := handout.PersonalOf(about, to.Lang, to.Platform == bots.Telegram, a.cfg.Now())
	accounts, err := a.Accounts.AccountsOf(ctx, to.User)
	if err != nil {
		return p, err
	}
	for _, one := range accounts {
		if one.Blocked && one.ID == to.ID {
			return p, errGone
		}
		p.Accounts = append(p.Accounts, handout.PersonalAccount{Platform: string(one.Platform), ID: one.ExternalID, Language: one.Lang})
	}
	if p.Email, err = a.Reminders.Email(ctx, to.User); err != nil {
		return p, err
	}
	if at := strings.IndexByte(p.Email, '@'); at > 0 && to.Platform == bots.Telegram {
		p.Email = p.Email[:1] + "***" + p.Email[at:]
	}
	if p.NoBroadcasts, err = a.Reminders.RefusesBroadcasts(ctx, to.User); err != nil {
		return p, err
	}
	for n, v := range about.Visits {
		charges, err := a.Payments.PaidFor(ctx, chargeRef(v.Appointment.ID))
		if err != nil {
			return p, err
		}
		var paid, back payments.Fen
		for _, c := range charges {
			paid, back = paid+c.Amount, back+c.Refunded
		}
		if len(charges) > 0 {
			p.Visits[n].PaidYuan = yuan(paid)
		}
		if back > 0 {
			p.Visits[n].RefundYuan = yuan(back)
		}
	}
	return p, nil
}

func yuan(f payments.Fen) string { return fmt.Sprintf("%d.%02d", f/100, f%100) }
