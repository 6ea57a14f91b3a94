package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"guahao/booking"
	"guahao/bots"
	"guahao/payments"
)

// alarmTimeout bounds how long staff are rung. Whoever is not reached finds it in /metrics and in guahao reconcile list.
const alarmTimeout = 20 * time.Second

// refundStuck tells staff about a refund that somebody has to look at: those of its hospital, and those of all.
func (a *App) refundStuck(r payments.Refund) {
	a.metrics.payment("stuck")
	ctx, cancel := context.WithTimeout(context.Background(), alarmTimeout)
	defer cancel()
	var payee string
	if story, err := a.Payments.Story(ctx, r.OutRefundNo); err == nil {
		payee = story.Charge.Payee
	}
	a.ring(ctx, payee, "refund_stuck", map[string]string{
		"zh": fmt.Sprintf("退款需要人工处理：%s，%s 元，状态 %s。\n请在支付平台核实，或运行 guahao payments show %s", r.OutRefundNo, r.Amount, r.Status, r.OutRefundNo),
		"en": fmt.Sprintf("A refund needs somebody to look at it: %s, %s yuan, %s.\nSee the provider's site, or run guahao payments show %s", r.OutRefundNo, r.Amount, r.Status, r.OutRefundNo),
	})
}

// reconciled tells staff what of a day's bill is left for people.
func (a *App) reconciled(r payments.Reconciliation) {
	if r.Open() == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), alarmTimeout)
	defer cancel()
	a.ring(ctx, "", "reconciled", map[string]string{
		"zh": fmt.Sprintf("%s 对账（%s）：%d 笔差异需要人工处理。运行 guahao reconcile list 查看。", r.Date(), r.Provider, r.Open()),
		"en": fmt.Sprintf("The bill of %s (%s) has %d differences that somebody has to look into: guahao reconcile list", r.Date(), r.Provider, r.Open()),
	})
}

// ring sends a text, by language, to the staff of all hospitals, and of the payee where it is one of them.
func (a *App) ring(ctx context.Context, payee, kind string, text map[string]string) {
	members, err := a.Staff.List(ctx)
	if err != nil {
		a.cfg.Log.Error("the staff could not be rung", slog.String("about", kind), slog.String("error", err.Error()))
		return
	}
	for _, m := range members {
		if m.Account == 0 || m.Hospital != 0 && payeeOf(m.Hospital) != payee {
			continue
		}
		if err := a.ringOne(ctx, m.Account, kind, text); err != nil {
			a.cfg.Log.Warn("a staff member could not be rung", slog.String("about", kind), slog.Int64("staff", int64(m.ID)), slog.String("error", err.Error()))
		}
	}
}

func (a *App) ringOne(ctx context.Context, id bots.AccountID, kind string, text map[string]string) error {
	account, err := a.Accounts.Account(ctx, id)
	if err != nil {
		return err
	}
	sender := a.senders[account.Platform]
	if account.Blocked || sender == nil {
		return bots.ErrUnreachable
	}
	words := text[account.Lang]
	if words == "" {
		words = text["zh"]
	}
	return sender.Send(ctx, account, bots.Notice{Kind: kind, Text: words})
}

// Statement makes a hospital's statement of one of its days.
func (a *App) Statement(ctx context.Context, id booking.HospitalID, date booking.Date) (payments.Statement, error) {
	hospital, err := a.Booking.Hospital(ctx, id)
	if errors.Is(err, booking.ErrNotFound) {
		return payments.Statement{}, fmt.Errorf("there is no hospital %d", id)
	}
	if err != nil {
		return payments.Statement{}, err
	}
	zone := hospital.Location()
	st, err := a.Payments.Statement(ctx, payeeOf(id), date.In(zone), date.Add(1).In(zone))
	st.Title = hospital.Name.In("zh")
	return st, err
}
