package dialog

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"guahao/booking"
	"guahao/dialog/understand"
)

// staffRows is what staff do in the chat. Every step asks again whether the person is still staff.
func staffRows() []row {
	rows := []row{
		{
			state: stateStaff, prompt: "staff", accepts: acceptsOptions,
			items: staffItems, chosen: staffChosen, goes: []State{stateAudience, stateSent, stateStopHospital, stateStops, stateCallHospital, stateForecastHospital},
		},
	}
	rows = slices.Concat(rows, reaching(Member.broadcastReach, slices.Concat(broadcastRows(), howRows(), sentRows())), reaching(Member.stopReach, slices.Concat(stopRows(), stopReportRows())), reaching(Member.callReach, callRows()), reaching(Member.forecastReach, forecastRows()))
	for i := range rows {
		rows[i].flow, rows[i].before, rows[i].idle = flowStaff, staffBefore, idleAsk
	}
	return rows
}

func (m Member) broadcastReach() booking.Reach { return m.Broadcast }
func (m Member) stopReach() booking.Reach      { return m.Stop }

// reaching says where members may do what some states are about.
func reaching(reach func(Member) booking.Reach, rows []row) []row {
	for i := range rows {
		rows[i].reach = reach
	}
	return rows
}

// reach is where this member may do what the state is about.
func (t *turn) reach() (booking.Reach, error) {
	m, err := t.member()
	if err != nil || m == nil || t.row().reach == nil {
		return nil, err
	}
	return t.row().reach(*m), nil
}

// member tells who of the staff this is, once in a turn; nil for everybody else.
func (t *turn) member() (*Member, error) {
	if t.staffMember != nil || t.d.Staff == nil {
		return t.staffMember, nil
	}
	m, ok, err := t.d.Staff.ByAccount(t.ctx, t.in.Account.ID)
	if err != nil || !ok {
		return nil, err
	}
	t.staffMember = &m
	return t.staffMember, nil
}

// staffBefore sends away whoever is no longer staff, or may no longer do what the state is about.
func staffBefore(t *turn) error {
	m, err := t.member()
	switch {
	case err != nil:
		return err
	case m == nil:
		t.note("staff.no_longer")
		return t.home()
	case t.row().reach != nil && t.row().reach(*m).Nowhere():
		t.note("staff.not_allowed")
		return t.home()
	}
	return nil
}

// wantAsStaff begins what only staff may do. For everybody else the word means nothing.
func (t *turn) wantAsStaff(want intent) (bool, error) {
	m, err := t.member()
	if err != nil || m == nil {
		return false, err
	}
	switch {
	case (want == wantBroadcast || want == wantSent) && m.Broadcast.Nowhere(), (want == wantStop || want == wantStops) && m.Stop.Nowhere(), want == wantCall && m.Call.Nowhere(), want == wantForecast && m.Forecast.Nowhere():
		t.note("staff.not_allowed")
	case want == wantBroadcast && t.d.Broadcasts != nil:
		return true, t.begins(stateAudience)
	case want == wantSent && t.d.Broadcasts != nil:
		return true, t.begins(stateSent)
	case want == wantStop && t.d.Clinics != nil:
		return true, t.begins(stateStopHospital)
	case want == wantCall && t.d.Calls != nil:
		return true, t.begins(stateCallHospital)
	case want == wantForecast && t.d.Forecasts != nil:
		return true, t.begins(stateForecastHospital)
	case want == wantStops && t.d.Clinics != nil:
		return true, t.begins(stateStops)
	}
	return true, t.begins(stateStaff)
}

// bind takes a line for the one-time code of a member of staff; false means that it is none.
func (t *turn) bind(line string) (bool, error) {
	if t.d.Staff == nil || !t.isCode(line) {
		return false, nil
	}
	m, err := t.d.Staff.Bind(t.ctx, line, t.in.Account.ID)
	switch {
	case errors.Is(err, ErrBadCode):
		t.note("bind.bad")
		return true, nil
	case errors.Is(err, ErrTooManyTries):
		t.note("bind.too_many")
		return true, nil
	case err != nil:
		return true, err
	}
	t.staffMember = &m
	t.forget = true
	t.note("bind.done", "name", m.Name)
	return true, t.begins(stateStaff)
}

// isCode tells whether a line looks like BIND-XXXXXXXX, however it was typed. Where a name is asked for, only the dash
// tells a code from somebody called Bindeshwari.
func (t *turn) isCode(line string) bool {
	rest, ok := strings.CutPrefix(understand.Tight(line), "bind")
	if !ok {
		return false
	}
	n, dash := 0, false
	for _, r := range rest {
		switch {
		case unicode.Is(unicode.Pd, r) || r == '_':
			dash = true
		case r <= unicode.MaxASCII && (unicode.IsDigit(r) || unicode.IsLetter(r)):
			n++
		default:
			return false
		}
	}
	if !dash {
		return n == codeLength && t.row().accepts != acceptsEntry
	}
	return n >= codeLength-2 && n <= codeLength+4
}

const codeLength = 8 // characters of a one-time code, after BIND

func staffItems(t *turn) (list, error) {
	l := list{}
	m, err := t.member()
	if err != nil {
		return l, err
	}
	if m == nil { // not any more
		return l, booking.ErrNotFound
	}
	where := t.say("staff.everywhere")
	if only := m.Where.Only(); only != 0 {
		h, err := t.hospital(only)
		if err != nil {
			return l, err
		}
		where = h.Name.In(t.lang)
	}
	l.args = []any{"name", m.Name, "where", where}
	if t.d.Broadcasts != nil && !m.Broadcast.Nowhere() {
		l.items = append(l.items, item{choice: choice{Do: string(wantBroadcast)}, label: t.say("staff.broadcast"), command: "broadcast"},
			item{choice: choice{Do: string(wantSent)}, label: t.say("staff.sent"), command: "sent"})
	}
	if t.d.Clinics != nil && !m.Stop.Nowhere() {
		l.items = append(l.items, item{choice: choice{Do: string(wantStop)}, label: t.say("staff.stop"), command: "stop"},
			item{choice: choice{Do: string(wantStops)}, label: t.say("staff.stops"), command: "stops"})
	}
	if t.d.Calls != nil && !m.Call.Nowhere() {
		l.items = append(l.items, item{choice: choice{Do: string(wantCall)}, label: t.say("staff.call"), command: "call"})
	}
	if len(l.items) == 0 { // the words of those who may broadcast or stop clinics are not theirs
		l.prompt = "staff.some"
	}
	if t.d.Today != nil && !m.Today.Nowhere() {
		l.items = append(l.items, item{choice: choice{Do: string(wantToday)}, label: t.say("staff.today"), command: "today"})
	}
	if t.d.Forecasts != nil && !m.Forecast.Nowhere() {
		l.items = append(l.items, item{choice: choice{Do: string(wantForecast)}, label: t.say("staff.forecast"), command: "forecast"})
	}
	if len(l.items) == 0 {
		l.prompt = "staff.nothing"
	}
	return l, nil
}

func staffChosen(t *turn, c choice) error {
	t.m.Draft = draft{}
	switch intent(c.Do) {
	case wantStop:
		return t.move(stateStopHospital)
	case wantStops:
		return t.move(stateStops)
	case wantCall:
		return t.move(stateCallHospital)
	case wantSent:
		return t.move(stateSent)
	case wantForecast:
		return t.move(stateForecastHospital)
	case wantToday:
		_, err := t.howTheDayStands()
		return err
	}
	return t.move(stateAudience)
}

// staffHospitalItems offers the hospitals of which something is within the member's reach.
func staffHospitalItems(t *turn) (list, error) {
	l, err := hospitalItems(t)
	if err != nil {
		return l, err
	}
	reach, err := t.reach()
	l.items = slices.DeleteFunc(l.items, func(i item) bool { return !reach.Touches(booking.HospitalID(i.choice.ID)) })
	return l, err
}

// onlyHospital chooses the hospital for those whose reach is one, and goes on to what is chosen there.
func (t *turn) onlyHospital(next State) (State, error) {
	reach, err := t.reach()
	if err != nil || reach.Only() == 0 {
		return "", err
	}
	t.m.Draft.Hospital = reach.Only()
	return next, nil
}

// leafItems offers the departments of the draft's hospital that have doctors and are within the member's reach, of both levels in one list.
func leafItems(t *turn) (list, error) {
	l := list{}
	reach, err := t.reach()
	if err != nil {
		return l, err
	}
	top, err := t.d.Booking.Departments(t.ctx, t.m.Draft.Hospital, 0)
	if err != nil {
		return l, err
	}
	for _, d := range top {
		below := []booking.Department{d}
		if !d.Leaf {
			if below, err = t.d.Booking.Departments(t.ctx, d.Hospital, d.ID); err != nil {
				return l, err
			}
		}
		for _, leaf := range below {
			if !reach.Covers(leaf) {
				continue
			}
			l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(leaf.ID)}, label: leaf.Name.In(t.lang),
				names: append([]string{leaf.Name.ZH, leaf.Name.EN}, leaf.Aliases...)})
		}
	}
	return l, nil
}
