package dialog

import (
	"context"
	"errors"
	"math"
	"regexp"
	"strings"

	"guahao/booking"
)

// Queue is what the conversation needs of the day's queue (排队叫号) for patients; *booking.Store satisfies it.
type Queue interface {
	// TodayVisits are a user's visits of today that are certain.
	TodayVisits(ctx context.Context, user booking.UserID) ([]booking.Visit, error)
	// CheckInHere is CheckInSelf by who shows to be at the hospital.
	CheckInHere(ctx context.Context, user booking.UserID, id booking.AppointmentID, at booking.Arrival) (booking.Visit, error)
	// Turn tells where a visit's patient stands in the queue.
	Turn(ctx context.Context, id booking.AppointmentID) (booking.Turn, error)
	// RejoinSelf lets a patient wait again who was passed over.
	RejoinSelf(ctx context.Context, user booking.UserID, id booking.AppointmentID) error
	// CodeOf reads the check-in code of a slip.
	CodeOf(code string) (booking.AppointmentID, error)
}

// stateQueue is where a person sees today's turns.
const stateQueue State = "queue"

// wantQueue asks how many are ahead, wantArrive says to be there.
const (
	wantQueue  intent = "queue"
	wantArrive intent = "arrive"
)

const (
	doRefresh = "refresh"
	doRejoin  = "rejoin"
)

func queueRows() []row {
	return []row{{
		state: stateQueue, flow: flowVisits, accepts: acceptsNames, items: queueItems, chosen: queueChosen, goes: []State{stateVisits, stateVisit},
	}}
}

// queueItems says of each visit of today how many are ahead and how long that takes.
func queueItems(t *turn) (list, error) {
	visits, err := t.d.Booking.TodayVisits(t.ctx, t.user())
	if err != nil {
		return list{}, err
	}
	l := list{}
	var parts []string
	for _, v := range visits {
		turn, err := t.d.Booking.Turn(t.ctx, v.Appointment.ID)
		switch {
		case errors.Is(err, booking.ErrNotInQueue):
			part, items, err := t.beforeCheckIn(v)
			if err != nil {
				return l, err
			}
			parts, l.items = append(parts, part), append(l.items, items...)
			continue
		case err != nil:
			return l, err
		case turn.Status == booking.QueueSkipped:
			l.items = append(l.items, item{choice: choice{Do: doRejoin, ID: int64(v.Appointment.ID)}, label: t.forVisit(len(visits), v, "queue.rejoin")})
		case turn.Status == booking.QueueDone && v.Appointment.Status == booking.Fulfilled && len(visits) > 1:
			continue // it is over, and others are not
		}
		parts = append(parts, t.turnCard(v, turn))
	}
	if len(parts) == 0 {
		l.prompt = "queue.none"
	} else {
		l.text = strings.Join(parts, "\n\n")
		l.items = append(l.items, item{choice: choice{Do: doRefresh}, label: t.say("queue.refresh"), names: splitNames(t.say("queue.refresh_names"))})
	}
	l.items = append(l.items, item{choice: choice{Do: string(wantVisits)}, label: t.say("visit.all")})
	return l, nil
}

// forVisit is a label that names the doctor where there are several visits.
func (t *turn) forVisit(visits int, v booking.Visit, k key) string {
	if visits < 2 {
		return t.say(k)
	}
	return t.say(k) + " · " + v.Doctor.Name.In(t.lang)
}

// beforeCheckIn says of a visit of today whose patient is not here yet what to do.
func (t *turn) beforeCheckIn(v booking.Visit) (string, []item, error) {
	head := t.say("queue.head", "doctor", v.Doctor.Name, "time", v.Appointment.StartsAt.In(v.Hospital.Location()).Format("15:04"), "number", v.Appointment.Number())
	switch err := t.d.Booking.MayCheckIn(t.ctx, t.user(), v.Appointment.ID); {
	case err == nil:
		return head + "\n" + t.say("queue.not_here"), []item{{choice: choice{Do: doCheckIn, ID: int64(v.Appointment.ID)},
			label: t.say("visit.check_in"), names: []string{"签到", "check in"}}}, nil
	case booking.IsRefusal(err):
		var refusal *booking.Error
		errors.As(err, &refusal)
		return head + "\n" + refusal.Message.In(t.lang), nil, nil
	default:
		return "", nil, err
	}
}

// turnCard is one visit's turn.
func (t *turn) turnCard(v booking.Visit, turn booking.Turn) string {
	doctor := v.Doctor
	if turn.Room.ID != 0 {
		doctor = turn.Doctor
	}
	head := t.say("queue.head", "doctor", doctor.Name, "time", v.Appointment.StartsAt.In(v.Hospital.Location()).Format("15:04"), "number", v.Appointment.Number())
	return head + "\n" + t.turnLine(v, turn)
}

// turnLine says where somebody stands: 前面还有 3 位，约 18 分钟.
func (t *turn) turnLine(v booking.Visit, turn booking.Turn) string {
	room := turn.Room.RoomIn(t.lang)
	if room == "" {
		room = t.say("queue.room")
	}
	switch turn.Status {
	case booking.QueueCalled, booking.QueueInside:
		return t.say("queue.called", "room", room)
	case booking.QueueSkipped:
		return t.say("queue.skipped")
	case booking.QueueDone:
		return t.say("queue.done")
	case booking.QueueLeft:
		return t.say("queue.left")
	}
	line := t.say("queue.ahead", "ahead", turn.Ahead)
	if turn.Ahead == 0 {
		line = t.say("queue.first")
	}
	switch {
	case turn.Paused:
		line += t.say("queue.paused")
	case turn.Known:
		line += t.waitWords(turn)
	default:
		line += t.say("queue.unknown")
	}
	where := key("queue.where")
	if turn.Ahead <= booking.NearAhead {
		where = "queue.where_near"
	}
	return line + "\n" + t.say(where, "place", strings.TrimSpace(v.Department.Floor.In(t.lang)+" "+room))
}

// waitWords is the estimate with how sure it is, in whole minutes.
func (t *turn) waitWords(turn booking.Turn) string {
	low, middle, high := int(math.Floor(turn.Promise.Low)), int(math.Round(turn.Promise.Median)), int(math.Ceil(turn.Promise.High))
	switch {
	case high <= 1:
		return t.say("queue.now")
	case low >= high-1:
		return t.say("queue.wait", "minutes", middle)
	}
	return t.say("queue.wait_range", "minutes", middle, "low", low, "high", high)
}

func queueChosen(t *turn, c choice) error {
	id := booking.AppointmentID(c.ID)
	switch c.Do {
	case doRefresh:
		return nil
	case doRejoin:
		if err := t.refused(t.d.Booking.RejoinSelf(t.ctx, t.user(), id)); err != nil {
			return err
		}
		return nil
	case doCheckIn:
		return t.checkInAt(id, booking.Arrival{})
	}
	return t.move(stateVisits)
}

// checkInAt says that the patient of a visit is there. What is shown next says what became of it.
func (t *turn) checkInAt(id booking.AppointmentID, at booking.Arrival) error {
	if _, err := t.d.Booking.CheckInHere(t.ctx, t.user(), id, at); err != nil {
		return t.refused(err)
	}
	t.note("visit.checked_in")
	return nil
}

// arrives checks in the visits of today that this proves the person to be there for, and shows the turns.
func (t *turn) arrives(at booking.Arrival) error {
	visits, err := t.d.Booking.TodayVisits(t.ctx, t.user())
	if err != nil {
		return err
	}
	var coming, there []booking.Visit
	for _, v := range visits {
		if v.Appointment.Status != booking.Booked {
			continue
		}
		coming = append(coming, v)
		if at.Hospital == 0 || v.Hospital.ID == at.Hospital {
			there = append(there, v)
		}
	}
	if len(there) == 0 { // then the refusal says which hospital it is
		there = coming
	}
	for _, v := range there {
		if err := t.checkInAt(v.Appointment.ID, at); err != nil {
			return err
		}
	}
	if len(visits) == 0 {
		return t.notToday()
	}
	if len(coming) == 0 {
		t.note("arrive.before")
	}
	return t.begins(stateQueue)
}

// notToday says to who wants to check in without a visit today when the next one is. Nothing is checked in.
func (t *turn) notToday() error {
	next, err := t.d.Booking.Visits(t.ctx, t.user(), booking.VisitFilter{Upcoming: true, Limit: 1})
	if err != nil {
		return err
	}
	if len(next) == 0 || next[0].Appointment.Status != booking.Booked {
		t.note("arrive.none")
		return t.begins(stateVisits)
	}
	v := next[0]
	t.note("arrive.other_day", "day", t.day(v.Appointment.Date), "time", v.Appointment.StartsAt.In(v.Hospital.Location()).Format("15:04"), "hospital", v.Hospital.Name)
	return t.begins(stateVisits)
}

// isHere takes a location for a check-in, where there is a visit to be checked in for now; false where there is none.
func (t *turn) isHere() (bool, error) {
	visits, err := t.d.Booking.TodayVisits(t.ctx, t.user())
	if err != nil {
		return false, err
	}
	for _, v := range visits {
		if v.Appointment.Status != booking.Booked {
			continue
		}
		switch err := t.d.Booking.MayCheckIn(t.ctx, t.user(), v.Appointment.ID); {
		case err == nil:
			return true, t.arrives(booking.Arrival{Located: true, Lat: t.in.Update.Lat, Lng: t.in.Update.Lng})
		case !booking.IsRefusal(err):
			return false, err
		}
	}
	return false, nil
}

var arrivalForm = regexp.MustCompile(`^a([1-9][0-9]{0,17})$`)

// ArrivalPayload is what the check-in code at a hospital's door carries: whoever scans it checks in for today's visit there.
func ArrivalPayload(id booking.HospitalID) string { return payloadArrival + itoa(int64(id)) }

// atTheDoor takes a scanned payload for the check-in code of a hospital; false where it is none.
func (t *turn) atTheDoor(payload string) (bool, error) {
	parts := arrivalForm.FindStringSubmatch(payload)
	if parts == nil {
		return false, nil
	}
	h, err := t.hospital(booking.HospitalID(atoi(parts[1])))
	if errors.Is(err, booking.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	return true, t.arrives(booking.Arrival{Hospital: h.ID})
}

// slipCode is a slip's check-in code among what is typed or pasted.
var slipCode = regexp.MustCompile(`(?i)\bGH1[A-Z2-7]{29}\b`)

// slipTyped takes a line for the check-in code of a slip: a nurse checks the patient in, a patient the own visit. False where it is none.
func (t *turn) slipTyped(line string) (bool, error) {
	code := slipCode.FindString(line)
	if code == "" {
		return false, nil
	}
	m, err := t.member()
	if err != nil {
		return true, err
	}
	if m != nil && !m.Call.Nowhere() && t.d.Calls != nil {
		return true, t.slipShown(*m, code)
	}
	id, err := t.d.Booking.CodeOf(code)
	if err == nil {
		err = t.checkInAt(id, booking.Arrival{})
	}
	if err != nil {
		return true, t.refused(err)
	}
	return true, t.begins(stateQueue)
}
