package app

import (
	"context"
	"fmt"
	"time"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/staff"
)

// judgeSellOuts tells those who plan a department's clinics about half-days that were full much sooner than they use to be. Who is not reached
// finds them in the console.
func (a *App) judgeSellOuts(ctx context.Context) error {
	early, err := a.Booking.JudgeSellOuts(ctx)
	for _, o := range early {
		if failed := a.tellSellOut(ctx, o); failed != nil {
			return failed
		}
	}
	return err
}

func (a *App) tellSellOut(ctx context.Context, o booking.SellOut) error {
	doctor, err := a.Booking.Doctor(ctx, o.Schedule.Doctor)
	if err != nil {
		return err
	}
	department, err := a.Booking.Department(ctx, o.Schedule.Department)
	if err != nil {
		return err
	}
	plans := func(m staff.Member) bool { return m.Reach(staff.SeeDemand).Covers(department) }
	zh := fmt.Sprintf("%s（%s）%s %s放号后 %s就约满了，以往%s。可以考虑加开门诊或增加号源。", doctor.Name.In("zh"), department.Name.In("zh"), o.Schedule.Date, map[booking.Period]string{booking.Morning: "上午", booking.Afternoon: "下午", booking.Evening: "晚上"}[o.Schedule.Period],
		spanIn("zh", o.Took), usualIn("zh", o.Usual))
	en := fmt.Sprintf("%s (%s), %s %s: all places were taken %s after their release; %s. You may want to add a clinic or places.", doctor.Name.In("en"), department.Name.In("en"), o.Schedule.Date, o.Schedule.Period,
		spanIn("en", o.Took), usualIn("en", o.Usual))
	fields := []bots.Field{
		{Name: "number", Value: doctor.Name.In("zh")}, {Name: "amount", Value: spanIn("zh", o.Took)}, {Name: "starts", Value: a.chinaTime(o.SeenAt)}, {Name: "note", Value: "比以往更早约满"},
	}
	a.ringThose(ctx, plans, "sold_out_early", fields, map[string]string{"zh": zh, "en": en})
	return nil
}

func usualIn(lang string, usual time.Duration) string {
	switch {
	case usual < 0 && lang == "en":
		return "most of these clinics never were full"
	case usual < 0:
		return "多数时候约不满"
	case lang == "en":
		return "half of the time it takes " + spanIn(lang, usual)
	}
	return "一般要 " + spanIn(lang, usual)
}

// spanIn writes a time in its largest whole unit.
func spanIn(lang string, d time.Duration) string {
	n, zh, en := int(d/time.Minute), "分钟", "min"
	switch {
	case d < time.Minute:
		n, zh, en = int(d/time.Second), "秒", "s"
	case d >= 48*time.Hour:
		n, zh, en = int(d/(24*time.Hour)), "天", "days"
	case d >= 2*time.Hour:
		n, zh, en = int(d/time.Hour), "小时", "hours"
	}
	if lang == "en" {
		return fmt.Sprintf("%d %s", n, en)
	}
	return fmt.Sprintf("%d %s", n, zh)
}
