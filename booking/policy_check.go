package booking

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ParsePolicy reads the JSON of a policy and refuses what makes no sense: an *Error of the code bad_policy.
func ParsePolicy(rules []byte) (Policy, error) {
	var p Policy
	decoder := json.NewDecoder(bytes.NewReader(rules))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return Policy{}, refusef(CodeBadPolicy, "规则的格式不正确：%v。", "The policy is not of the form that the documentation shows: %v.", err)
	}
	p.Waitlist = p.Waitlist.orUsual()
	return p, p.Validate()
}

// readPolicy reads one that was accepted before, possibly by an older or a newer program.
func readPolicy(rules []byte) (Policy, error) {
	var p Policy
	err := json.Unmarshal(rules, &p)
	p.Waitlist = p.Waitlist.orUsual()
	return p, err
}

// findings collects what is wrong with a policy, in both languages.
type findings struct{ zh, en []string }

// need notes the sentences when something does not hold.
func (f *findings) need(ok bool, zh, en string) {
	if !ok {
		f.zh, f.en = append(f.zh, zh), append(f.en, en)
	}
}

func (f *findings) err() error {
	if len(f.en) == 0 {
		return nil
	}
	return refuse(CodeBadPolicy, "规则没有保存。"+strings.Join(f.zh, "；")+"。", "The policy is refused: "+strings.Join(f.en, "; ")+".")
}

// Validate tells all that is wrong with the rules, values out of range and rules that contradict each other: an *Error of
// the code bad_policy.
func (p Policy) Validate() error {
	f := &findings{}
	p.checkTimes(f)
	p.checkWaitlist(f)
	p.checkLottery(f)
	p.checkNumbers(f)
	p.checkRefund(f)
	p.checkSanctions(f)
	p.checkFees(f)
	p.checkAdmissions(f)
	p.checkQueues(f)
	p.checkRevisits(f)
	return f.err()
}

func (p Policy) checkTimes(f *findings) {
	f.need(p.DaysAhead >= 0 && p.DaysAhead <= 365, "days_ahead 应为 0 到 365", "days_ahead must be 0 to 365")
	f.need(p.ReleaseAt.valid(), "release_at 应为 07:30 这样的时间", "release_at must be a time like 07:30")
	f.need(p.HoldMinutes >= 1 && p.HoldMinutes <= 24*60, "hold_minutes 应为 1 到 1440", "hold_minutes must be 1 to 1440")
	f.need(p.Close.valid(), "close 应为分钟数（不超过一年），或天数加 16:00 这样的时间", "close must be minutes (a year at most), or days and a time like 16:00")
	f.need(p.Cancel.valid(), "cancel 应为分钟数（不超过一年），或天数加 16:00 这样的时间", "cancel must be minutes (a year at most), or days and a time like 16:00")
	opens := p.DaysAhead - p.Close.Days
	f.need(opens > 0 || (opens == 0 && (p.Close.Days == 0 || p.ReleaseAt < p.Close.At)),
		"预约在放号之前就已截止（close 早于 days_ahead 和 release_at）", "booking would close before it opens (close against days_ahead and release_at)")
	f.need(p.Close.Days > 0 || p.Close.Minutes < (p.DaysAhead+1)*24*60,
		"预约在放号之前就已截止（close 早于 days_ahead）", "booking would close before it opens (close.minutes_before against days_ahead)")
	f.need(p.CheckIn.MinutesBefore >= 0 && p.CheckIn.MinutesBefore <= 24*60, "check_in.minutes_before 应为 0 到 1440", "check_in.minutes_before must be 0 to 1440")
	f.need(p.CheckIn.Meters >= 0 && p.CheckIn.Meters <= 20000, "check_in.meters 应为 0 到 20000", "check_in.meters must be 0 to 20000")
}

func (p Policy) checkWaitlist(f *findings) {
	w := p.Waitlist.orUsual()
	f.need(w.OfferPercent >= 1 && w.OfferPercent <= 100, "waitlist.offer_percent 应为 1 到 100", "waitlist.offer_percent must be 1 to 100")
	f.need(w.LeaveAt.valid() && w.LeaveAt >= "12:00", "waitlist.leave_at 应为 12:00 到 23:59 之间的时间", "waitlist.leave_at must be a time from 12:00 to 23:59")
}

func (p Policy) checkNumbers(f *findings) {
	l := p.Limits
	f.need(p.PatientsPerUser >= 1, "patients_per_user 至少为 1", "patients_per_user must be at least 1")
	f.need(min(l.PerDepartmentDay, l.PerDay, l.Open, l.PerWeek, l.PerMonth) >= 0, "limits 不能为负数", "limits must not be negative")
	f.need(p.ExtraPerHalf >= 0 && p.ExtraPerHalf <= 200, "extra_per_half 应为 0 到 200", "extra_per_half must be 0 to 200")
	for _, pair := range []struct {
		small, large         int
		smallName, largeName string
	}{
		{l.PerDepartmentDay, l.PerDay, "per_department_day", "per_day"},
		{l.PerDay, l.PerWeek, "per_day", "per_week"},
		{l.PerWeek, l.PerMonth, "per_week", "per_month"},
		{l.PerDay, l.PerMonth, "per_day", "per_month"},
	} {
		f.need(pair.small == 0 || pair.large == 0 || pair.small <= pair.large,
			fmt.Sprintf("limits 互相矛盾：%s 大于 %s", pair.smallName, pair.largeName),
			fmt.Sprintf("limits contradict each other: %s is more than %s", pair.smallName, pair.largeName))
	}
	enter := p.Returns.Enter
	f.need(enter == "" || enter == AtOnce || enter == AtTail || enter == Cooling, "returns.enter 应为 at_once、tail 或 cooling", "returns.enter must be at_once, tail or cooling")
	cools := p.Returns.Minutes >= 1 && p.Returns.Minutes <= 24*60
	f.need((enter == Cooling && cools) || (enter != Cooling && p.Returns.Minutes == 0),
		"returns.minutes 只用于 cooling，应为 1 到 1440", "returns.minutes is for cooling only, and must be 1 to 1440")
}

// checkRefund lets nobody get more for cancelling later.
func (p Policy) checkRefund(f *findings) {
	steps := slices.Clone(p.Refund)
	for _, step := range steps {
		known := step.Give == RefundFull || step.Give == RefundLessFee || step.Give == RefundNone
		f.need(known, "refund.give 应为 full、less_fee 或 none", "refund.give must be full, less_fee or none")
		f.need(step.MinutesBefore >= 0 && step.Fee >= 0, "refund 不能有负数", "refund steps must not be negative")
		f.need(step.MinutesBefore <= maxMinutes, "refund.minutes_before 最多 525600（一年）", "refund.minutes_before must be at most 525600 (a year)")
		f.need(step.Fee == 0 || step.Give == RefundLessFee, "refund.fee_fen 只用于 less_fee", "refund.fee_fen is for less_fee only")
	}
	slices.SortStableFunc(steps, func(a, b RefundStep) int { return a.MinutesBefore - b.MinutesBefore })
	for i := 1; i < len(steps); i++ {
		late, early := steps[i-1], steps[i]
		f.need(late.MinutesBefore != early.MinutesBefore, "refund 有两档的时间相同", "two refund steps have the same time")
		f.need(!late.better(early), "refund 互相矛盾：取消得晚反而退得多", "refund steps contradict each other: a later cancellation would get more")
	}
}

func (s RefundStep) better(than RefundStep) bool {
	order := []RefundKind{RefundNone, RefundLessFee, RefundFull}
	mine, other := slices.Index(order, s.Give), slices.Index(order, than.Give)
	return mine > other || (mine == other && s.Fee < than.Fee)
}

func (p Policy) checkSanctions(f *findings) {
	s := p.Slowdown
	f.need(min(s.Cancels, s.Unpaid, s.Days, s.WaitMinutes) >= 0, "slowdown 不能为负数", "slowdown must not be negative")
	whole := s.Days >= 1 && s.Days <= 365 && s.WaitMinutes >= 1 && s.WaitMinutes <= 7*24*60
	f.need(!s.on() || whole, "slowdown 需要 days（1 到 365）和 wait_minutes（1 到 10080）", "slowdown needs days (1 to 365) and wait_minutes (1 to 10080)")
	n := p.NoShows
	f.need(min(n.Count, n.Days, n.GraceMinutes) >= 0 && n.GraceMinutes <= 24*60, "no_shows 不能为负数，grace_minutes 最多 1440", "no_shows must not be negative, grace_minutes at most 1440")
	f.need(n.Count > 0 || (n.Days == 0 && len(n.SuspendDays) == 0), "no_shows 缺少 count", "no_shows lacks its count")
	if n.Count > 0 {
		f.need(n.Days >= 1 && n.Days <= 365, "no_shows.days 应为 1 到 365", "no_shows.days must be 1 to 365")
		f.need(len(n.SuspendDays) > 0, "no_shows 缺少 suspend_days", "no_shows lacks suspend_days")
		f.need(p.CheckIn.Self, "no_shows 需要 check_in.self：没有签到，每位患者都会被记为爽约", "no_shows needs check_in.self: where nobody checks in, everybody would count as missing")
	}
	for i, days := range n.SuspendDays {
		f.need(days >= 1 && days <= 365, "no_shows.suspend_days 应为 1 到 365", "no_shows.suspend_days must be 1 to 365")
		f.need(i == 0 || days >= n.SuspendDays[i-1], "no_shows.suspend_days 应逐次加长", "no_shows.suspend_days must not become shorter")
	}
	for kind, weight := range n.Weights {
		f.need(kind.known() && weight >= 1 && weight <= 100, "no_shows.weights 应为门诊类型和 1 到 100", "no_shows.weights must be kinds of clinics with 1 to 100")
	}
}

func (p Policy) checkFees(f *findings) {
	seen := map[FeeRule]bool{}
	for _, r := range p.Fees {
		f.need(r.Fee >= 0, "fees 不能为负数", "fees must not be negative")
		f.need((r.Title == "" || r.Title.rank() >= 0) && (r.Kind == "" || r.Kind.known()), "fees 里有不认识的职称或门诊类型", "fees name a title or a kind of clinic that does not exist")
		same := FeeRule{Title: r.Title, Kind: r.Kind}
		f.need(!seen[same], "fees 里同一职称和类型出现了两次", "fees name the same title and kind twice")
		seen[same] = true
	}
}

func (p Policy) checkAdmissions(f *findings) {
	seen := map[string]bool{}
	for _, a := range p.Admissions {
		f.need(a.Department != "" && !seen[a.Department], "admissions 每个科室只能写一次", "admissions must name each department once")
		f.need(a.Sex == "" || a.Sex == Male || a.Sex == Female, "admissions.sex 应为 male 或 female", "admissions.sex must be male or female")
		f.need(a.MinAge >= 0 && a.MaxAge >= 0 && a.MaxAge <= maxAge && (a.MaxAge == 0 || a.MinAge <= a.MaxAge),
			"admissions 的年龄范围互相矛盾", "the ages of admissions contradict each other")
		f.need(a.Sex != "" || a.MinAge > 0 || a.MaxAge > 0, "admissions 没有写任何限制", "admissions must limit sex or age")
		seen[a.Department] = true
	}
}

func (k ClinicKind) known() bool { return k == General || k == Expert || k == Special }

func (c Clock) valid() bool {
	_, err := time.Parse("15:04", string(c))
	return err == nil && len(c) == 5
}

// maxMinutes before a visit that a rule may speak of: a year.
const maxMinutes = 365 * 24 * 60

func (d Deadline) valid() bool {
	if d.Days == 0 {
		return d.Minutes >= 0 && d.Minutes <= maxMinutes && d.At == "" && !d.Workdays
	}
	return d.Minutes == 0 && d.Days > 0 && d.Days <= 60 && d.At.valid()
}
