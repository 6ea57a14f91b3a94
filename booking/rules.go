package booking

import "time"

// Window is what can be booked at one instant: slots that start after From, on the days First to Last (none when Last is
// before First).
type Window struct {
	From  time.Time
	First Date
	Last  Date
}

// Window tells what the policy opens at an instant.
func (p Policy) Window(now time.Time, zone *time.Location) Window {
	today := DateOf(now, zone)
	w := Window{From: now, First: today, Last: p.lastDate(now, zone)}
	if p.Close.Days == 0 {
		w.From = now.Add(time.Duration(p.Close.Minutes) * time.Minute)
		w.First = DateOf(w.From, zone)
		return w
	}
	for w.First <= w.Last && !now.Before(p.Close.Of(w.First, time.Time{}, zone)) {
		w.First = w.First.Add(1)
	}
	return w
}

func (p Policy) lastDate(now time.Time, zone *time.Location) Date {
	today := DateOf(now, zone)
	if now.Before(p.ReleaseAt.On(today, zone)) {
		return today.Add(p.DaysAhead - 1)
	}
	return today.Add(p.DaysAhead)
}

// Has tells whether a slot lies in the window.
func (w Window) Has(date Date, startsAt time.Time) bool {
	return date >= w.First && date <= w.Last && startsAt.After(w.From)
}

// Claim is what the rules look at when somebody wants a place.
type Claim struct {
	Now         time.Time
	Zone        *time.Location
	User        UserID // who asks
	Schedule    Schedule
	Slot        Slot
	Cooling     []Cooled // numbers of the slot that came back and may not be sold yet; nil for whom they are kept, as from the waitlist
	Departments []string // the codes of the department and of the one that groups it
	BirthDate   Date     // of the patient, "" when the document does not say
	Sex         Sex
	Replaces    AppointmentID // one that is given up for this place, and does not count; 0 for none
	Facts
}

// Cooled is a number that came back.
type Cooled struct {
	Seq     int
	OpensAt time.Time
}

// CheckHold decides whether the place may be given. It is called under the locks that keep its answer true, and without
// them for a preview. Each refusal says which rule it is, and what the person can do.
func (p Policy) CheckHold(c Claim) error {
	if c.Schedule.Status != Open {
		return ErrScheduleStopped
	}
	if c.Schedule.Allocation.ByLot() {
		return ErrByLot
	}
	for _, check := range []func(Claim) error{p.checkTime, p.checkStanding, p.checkAdmission, p.checkOwnLimits, p.checkPlace} {
		if err := check(c); err != nil {
			return err
		}
	}
	return nil
}

func (p Policy) checkTime(c Claim) error {
	w := p.Window(c.Now, c.Zone)
	if w.Has(c.Schedule.Date, c.Slot.StartsAt) {
		return nil
	}
	if c.Schedule.Date <= w.Last {
		return refuse(CodeTooLate, "这个时段已经停止预约，请选择更晚的时间。", "Booking for this time has closed. Please choose a later one.").by("close")
	}
	opens := p.ReleaseAt.On(c.Schedule.Date.Add(-p.DaysAhead), c.Zone)
	return refusef(CodeTooEarly, "这一天还没有放号，放号时间：%s。请届时再来约，或先选更早的日期。", "Booking for this day opens at %s. Please come back then, or choose an earlier day.", shown(opens, c.Zone)).by("release_at")
}

// checkStanding holds back whom missed visits have suspended, and who gave back too many places.
func (p Policy) checkStanding(c Claim) error {
	if s := StandingOf(p.NoShows, c.Strikes, c.Pardons, c.Now); s.Suspended(c.Now) {
		return refusef(CodeSuspended,
			"因多次预约后未就诊（爽约），线上预约暂停到 %s。可到医院窗口现场挂号；如有特殊情况，请在“我的记录”里申诉。",
			"Because of missed visits, booking is suspended until %s. You can register at the hospital's desk; if there were reasons, appeal under “My record”.",
			shown(s.SuspendedUntil, c.Zone)).by("no_shows")
	}
	if until := p.Slowdown.SlowedUntil(c.Returns, c.Now); !until.IsZero() {
		return refusef(CodeSlowedDown, "您最近 %[1]d 天内退号过多，%[2]s 之后才能再预约这家医院。急需就诊请到医院窗口挂号。",
			"You gave back many places within %[1]d days; you can book at this hospital again after %[2]s. If it is urgent, register at the hospital's desk.",
			p.Slowdown.Days, shown(until, c.Zone)).by("slowdown")
	}
	return nil
}

// checkOwnLimits is checkLimits for the ears of who asks.
func (p Policy) checkOwnLimits(c Claim) error {
	if err := p.checkLimits(c); err != nil {
		return p.discreet(c, err)
	}
	return nil
}

// discreet keeps what other users have booked to them. Whoever types a stranger's ID number learns only that it is not possible, not
// where and when the stranger goes to the doctor.
func (p Policy) discreet(c Claim, refusal error) error {
	own := c
	own.Others = nil
	for _, a := range c.Others {
		if a.User == c.User {
			own.Others = append(own.Others, a)
		}
	}
	if len(own.Others) == len(c.Others) {
		return refusal
	}
	if err := p.checkLimits(own); err != nil {
		return err
	}
	return refuse(CodeLimit, "暂时不能为这位就诊人预约这个半天，如有疑问请联系医院。",
		"This patient cannot be booked for this half-day. Please ask the hospital if you have any questions.")
}

// checkLimits counts what the person has at this hospital already.
func (p Policy) checkLimits(c Claim) error {
	var department, day, open, week, month int
	for _, a := range c.Others {
		if a.Hospital != c.Schedule.Hospital || (a.ID != 0 && a.ID == c.Replaces) {
			continue
		}
		if a.Status.Upcoming() && a.StartsAt.After(c.Now) {
			open++
		}
		if a.Date.week() == c.Schedule.Date.week() {
			week++
		}
		if a.Date.month() == c.Schedule.Date.month() {
			month++
		}
		if a.Date != c.Schedule.Date {
			continue
		}
		if a.Doctor == c.Schedule.Doctor && a.Period == c.Schedule.Period {
			return ErrDuplicate
		}
		day++
		if a.Department == c.Schedule.Department {
			department++
		}
	}
	l := p.Limits
	for _, rule := range []struct {
		key          string
		count, limit int
		zh, en       string
		insteadZH    string
		insteadEN    string
	}{
		{"limits.per_department_day", department, l.PerDepartmentDay, "同一科室同一天", "in one department a day", "请换一天或换一个科室", "Please choose another day or department"},
		{"limits.per_day", day, l.PerDay, "同一天", "a day", "请换一天", "Please choose another day"},
		{"limits.open", open, l.Open, "同时", "at one time", "请先就诊或取消一个已有的预约", "Please visit or cancel one of them first"},
		{"limits.per_week", week, l.PerWeek, "同一周（周一到周日）", "in a week (Monday to Sunday)", "请换一周", "Please choose another week"},
		{"limits.per_month", month, l.PerMonth, "同一个月", "in a calendar month", "请换一个月，或到医院窗口挂号", "Please choose another month, or register at the desk"},
	} {
		if rule.limit > 0 && rule.count >= rule.limit {
			return refusef(CodeLimit, "医院规定每位就诊人"+rule.zh+"最多预约 %[1]d 个号，已经达到上限。"+rule.insteadZH+"。",
				"The hospital allows a patient at most %[1]d appointment(s) "+rule.en+"; this limit is reached. "+rule.insteadEN+".", rule.limit).by(rule.key)
		}
	}
	return nil
}

// checkPlace looks for a place that may be sold now.
func (p Policy) checkPlace(c Claim) error {
	if c.Slot.Free() == 0 || c.Slot.Extra() {
		return ErrSlotFull
	}
	if c.Slot.Free() > len(c.Cooling) {
		return nil
	}
	opens := c.Cooling[0].OpensAt
	for _, back := range c.Cooling {
		if back.OpensAt.Before(opens) {
			opens = back.OpensAt
		}
	}
	return refusef(CodeSlotFull, "这个时段的号已约完；有人刚退号，%s 重新放出，届时可再来约，或现在换一个时段。",
		"This time is full; a place that was given back opens again at %s. Come back then, or choose another time now.", shown(opens, c.Zone)).by("returns")
}

func shown(at time.Time, zone *time.Location) string { return at.In(zone).Format("2006-01-02 15:04") }

// week is the Monday of a date's week.
func (d Date) week() Date { return d.Add(-(int(d.Weekday()) + 6) % 7) }

// month is a date's month, as 2006-01.
func (d Date) month() string { return string(d[:min(len(d), 7)]) }

// CancelUntil is until when the patient may cancel.
func (p Policy) CancelUntil(a Appointment, zone *time.Location) time.Time {
	until := p.Cancel.Of(a.Date, a.StartsAt, zone)
	if until.After(a.StartsAt) {
		return a.StartsAt
	}
	return until
}

// CheckCancel decides whether the patient may cancel now. A place that is not paid yet may always be given back.
func (p Policy) CheckCancel(a Appointment, now time.Time, zone *time.Location) error {
	if a.Status == Held {
		return nil
	}
	if a.Status != Booked {
		return ErrWrongStatus
	}
	if until := p.CancelUntil(a, zone); now.After(until) {
		return refusef(CodeTooLate, "已过取消截止时间（%s），请到医院窗口办理。",
			"The time to cancel ended at %s. Please ask at the hospital's desk.", shown(until, zone)).by("cancel")
	}
	return nil
}
