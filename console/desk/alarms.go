package desk

import (
	"strconv"
	"time"

	"guahao/booking"
	"guahao/internal/staff"
	"guahao/payments"
)

// After how long something that waits is an alarm.
const (
	outboxLate  = 5 * time.Minute
	refundsLate = 4 * time.Hour
)

// alarms are what somebody has to look at; what is all right is not said.
func (r *request) alarms() ([]figure, error) {
	var list []figure
	count, oldest, err := r.d.Reminders.Depth(r.ctx)
	if err != nil {
		return nil, err
	}
	if oldest > outboxLate {
		list = append(list, figure{Label: r.say("today.outbox"), Value: strconv.Itoa(count), Note: r.say("today.oldest", int(oldest.Minutes())), Tone: "bad"})
	} else if r.reach.Everywhere() {
		list = append(list, figure{Label: r.say("today.outbox"), Value: strconv.Itoa(count), Tone: "mute"})
	}
	if r.member.May(staff.SeeBooks) {
		money, err := r.moneyAlarms()
		if err != nil {
			return nil, err
		}
		list = append(list, money...)
	}
	if r.member.May(staff.SeeRecords) {
		appeals, err := r.openAppeals()
		if err != nil {
			return nil, err
		}
		if len(appeals) > 0 {
			list = append(list, figure{Label: r.say("today.appeals"), Value: strconv.Itoa(len(appeals)), Tone: "warn", Href: at("records")})
		}
	}
	end, err := r.holidaysEnd()
	if err == nil && end != "" {
		list = append(list, figure{Label: r.say("today.holidays"), Value: string(end), Tone: "warn", Href: at("holidays")})
	}
	return list, err
}

// moneyAlarms are of all hospitals together: only those see them who look after all.
func (r *request) moneyAlarms() ([]figure, error) {
	if !r.member.Reach(staff.SeeBooks).Everywhere() {
		return nil, nil
	}
	var list []figure
	open, err := r.d.Payments.OpenDifferences(r.ctx)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, d := range open {
		n += d.Count
	}
	if n > 0 {
		list = append(list, figure{Label: r.say("today.differences"), Value: strconv.Itoa(n), Tone: "bad", Href: at("reconciliation")})
	}
	stats, err := r.d.Payments.Stats(r.ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range stats {
		if s.Kind == "refund" && (s.Status == string(payments.RefundAbnormal) || r.d.Now().Sub(s.Oldest) > refundsLate) {
			list = append(list, figure{Label: r.say("today.refunds_late"), Value: strconv.Itoa(s.Count), Note: r.moment(s.Oldest), Tone: "bad", Href: at("payments", "refund", s.Status)})
		}
	}
	return list, nil
}

// openAppeals are those of the hospitals within reach.
func (r *request) openAppeals() ([]booking.Appeal, error) {
	hospitals, err := r.d.Booking.Hospitals(r.ctx)
	if err != nil {
		return nil, err
	}
	var list []booking.Appeal
	for _, h := range hospitals {
		if !r.member.Reach(staff.SeeRecords).Touches(h.ID) {
			continue
		}
		some, err := r.d.Booking.Appeals(r.ctx, h.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}
