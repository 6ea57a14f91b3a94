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
	Now      time.Time
	Zone     *time.Location
	User     UserID // who asks
	Schedule Schedule
	Slot     Slot
	Others   []Appointment // the person's active appointments, under whatever user they were made
}

// CheckHold decides whether the place may be given. It is called under the locks that keep its answer true, and without
// them for a preview.
func (p Policy) CheckHold(c Claim) error {
	if c.Schedule.Status != Open {
		return ErrScheduleStopped
	}
	if err := p.checkTime(c); err != nil {
		return err
	}
	if err := p.checkLimits(c); err != nil {
		return p.discreet(c, err)
	}
	if c.Slot.Free() == 0 {
		return ErrSlotFull
	}
	return nil
}

func (p Policy) checkTime(c Claim) error {
	w := p.Window(c.Now, c.Zone)
	if w.Has(c.Schedule.Date, c.Slot.StartsAt) {
		return nil
	}
	if c.Schedule.Date <= w.Last {
		return refuse(CodeTooLate, "这个时段已经停止预约，请选择更晚的时间。", "Booking for this time has closed. Please choose a later one.")
	}
	opens := p.ReleaseAt.On(c.Schedule.Date.Add(-p.DaysAhead), c.Zone)
	return refusef(CodeTooEarly, "这一天还没有放号，放号时间：%s。", "Booking for this day opens at %s.", opens.Format("2006-01-02 15:04"))
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
	var department, day, open int
	for _, a := range c.Others {
		if a.Hospital != c.Schedule.Hospital {
			continue
		}
		if a.Status.Upcoming() && a.StartsAt.After(c.Now) {
			open++
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
	switch {
	case reached(department, l.PerDepartmentDay):
		return limitError(l.PerDepartmentDay, "同一科室同一天", "in one department a day")
	case reached(day, l.PerDay):
		return limitError(l.PerDay, "同一天", "a day")
	case reached(open, l.Open):
		return limitError(l.Open, "同时", "at one time")
	}
	return nil
}

func reached(count, limit int) bool { return limit > 0 && count >= limit }

func limitError(limit int, zh, en string) error {
	return refusef(CodeLimit, "医院规定每位就诊人"+zh+"最多预约 %[1]d 个号，已经达到上限。",
		"The hospital allows a patient at most %[1]d appointment(s) "+en+"; this limit is reached.", limit)
}

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
			"The time to cancel ended at %s. Please ask at the hospital's desk.", until.In(zone).Format("2006-01-02 15:04"))
	}
	return nil
}
