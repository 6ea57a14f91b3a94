package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/staff"
	"guahao/payments"
)

// alarmTimeout bounds how long staff are rung. Whoever is not reached finds it in /metrics and in guahao reconcile list.
const alarmTimeout = 20 * time.Second

// refundStuck tells staff about a refund that somebody has to look at: those of its hospital, and those of all.
func (a *App) refundStuck(r payments.Refund) {
	a.metrics.payment("stuck")
	ctx, cancel := context.WithTimeout(context.Background(), alarmTimeout)
	defer cancel()
	story, err := a.Payments.Story(ctx, r.OutRefundNo)
	if err != nil {
		a.cfg.Log.Warn("a refund's charge could not be read", slog.String("error", err.Error()))
	}
	payee := story.Charge.Payee
	fields := []bots.Field{
		{Name: "number", Value: r.OutRefundNo}, {Name: "amount", Value: r.Amount.String() + "元"}, {Name: "starts", Value: a.chinaTime(r.CreatedAt)}, {Name: "note", Value: "退款需要人工处理"},
	}
	if story.Charge.Provider == payments.Desk {
		a.ring(ctx, payee, "refund_stuck", fields, map[string]string{
			"zh": fmt.Sprintf("窗口退款还没有办：%s，%s 元。患者来领取后，请运行 guahao payments settle %s 收费员姓名", r.OutRefundNo, r.Amount, r.OutRefundNo),
			"en": fmt.Sprintf("A refund waits at the cash desk: %s, %s yuan. When it is handed out, run guahao payments settle %s CASHIER", r.OutRefundNo, r.Amount, r.OutRefundNo),
		})
		return
	}
	a.ring(ctx, payee, "refund_stuck", fields, map[string]string{
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
	fields := []bots.Field{
		{Name: "number", Value: r.Provider + " " + r.Date()}, {Name: "amount", Value: fmt.Sprint(r.Open())}, {Name: "starts", Value: a.chinaTime(a.cfg.Now())},
		{Name: "note", Value: "对账有差异，需要人工处理"},
	}
	a.ring(ctx, "", "reconciled", fields, map[string]string{
		"zh": fmt.Sprintf("%s 对账（%s）：%d 笔差异需要人工处理。运行 guahao reconcile list 查看。", r.Date(), r.Provider, r.Open()),
		"en": fmt.Sprintf("The bill of %s (%s) has %d differences that somebody has to look into: guahao reconcile list", r.Date(), r.Provider, r.Open()),
	})
}

// moneyIncident tells staff what a provider says that contradicts the books. Nothing was changed because of it.
func (a *App) moneyIncident(i payments.Incident) {
	a.metrics.payment("incident")
	ctx, cancel := context.WithTimeout(context.Background(), alarmTimeout)
	defer cancel()
	fields := []bots.Field{
		{Name: "number", Value: i.Number}, {Name: "amount", Value: i.Kind}, {Name: "starts", Value: a.chinaTime(i.At)}, {Name: "note", Value: "支付通知与账目不符"},
	}
	a.ring(ctx, "", "incident", fields, map[string]string{
		"zh": fmt.Sprintf("支付渠道的说法与账目不符（%s）：%s。账目没有改动，请运行 guahao payments show %s 核实。", i.Kind, i.Number, i.Number),
		"en": fmt.Sprintf("A provider contradicts the books (%s): %s. Nothing was changed. Please run guahao payments show %s", i.Kind, i.Number, i.Number),
	})
}

// chinaTime writes an instant as a message template's time keyword wants it.
func (a *App) chinaTime(t time.Time) string {
	return t.In(time.FixedZone("CST", 8*60*60)).Format("2006年1月2日 15:04")
}

// inCharge tells whether a member looks after the money of a payee. What is nobody's in particular is for those of all hospitals.
func inCharge(m staff.Member, payee string) bool {
	reach := m.Reach(staff.SeeBooks)
	return reach.Everywhere() || slices.ContainsFunc(reach, func(p booking.Part) bool { return p.Hospital != 0 && payeeOf(p.Hospital) == payee })
}

// ring sends a text, by language, to those who look after the money of all hospitals, and of the payee where it is one of them. In WeChat it reaches who wrote in the last 48
// hours; others by the kind's message template, which takes the fields.
func (a *App) ring(ctx context.Context, payee, kind string, fields []bots.Field, text map[string]string) {
	if a.ringThose(ctx, func(m staff.Member) bool { return inCharge(m, payee) }, kind, fields, text) == 0 {
		a.metrics.payment("unrung")
		a.cfg.Log.Error("nobody of the staff could be rung", slog.String("about", kind))
	}
}

// ringThose rings everybody of the staff who is wanted and has a chat, and tells how many it reached.
func (a *App) ringThose(ctx context.Context, wanted func(staff.Member) bool, kind string, fields []bots.Field, text map[string]string) (rung int) {
	members, err := a.Staff.List(ctx)
	if err != nil {
		a.cfg.Log.Error("the staff could not be read", slog.String("about", kind), slog.String("error", err.Error()))
		return 0
	}
	for _, m := range members {
		if m.Account == 0 || !wanted(m) {
			continue
		}
		if err := a.ringOne(ctx, m.Account, kind, fields, text); err != nil {
			a.cfg.Log.Warn("a staff member could not be rung", slog.String("about", kind), slog.Int64("staff", int64(m.ID)), slog.String("error", err.Error()))
			continue
		}
		rung++
	}
	return rung
}

func (a *App) ringOne(ctx context.Context, id bots.AccountID, kind string, fields []bots.Field, text map[string]string) error {
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
	return sender.Send(ctx, account, bots.Notice{Kind: kind, Text: words, Fields: fields})
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
