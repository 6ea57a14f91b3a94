package desk

import (
	"context"

	"guahao/booking"
)

// seenNow is what a nurse's button means: this room, and who was called when the page was made.
func (r *request) seenNow() (booking.Calling, error) {
	room, err := r.queueRoom()
	return booking.Calling{By: r.member.ID, Schedule: room.Clinic.ID, Seen: booking.AppointmentID(r.number("seen"))}, err
}

func callNext(r *request) (string, error) {
	c, err := r.seenNow()
	if err != nil {
		return "", err
	}
	called, err := r.d.Booking.CallNext(r.ctx, c)
	if err != nil {
		return "", err
	}
	if called == 0 {
		r.notice("queue.finished_last")
	}
	return "", nil
}

// calling makes an action of something that is done about who is called.
func calling(do func(*booking.Store, context.Context, booking.Calling) error, said string) func(*request) (string, error) {
	return func(r *request) (string, error) {
		c, err := r.seenNow()
		if err == nil {
			err = do(r.d.Booking, r.ctx, c)
		}
		return r.queueDone(said, err)
	}
}

func pausing(do func(*booking.Store, context.Context, booking.StaffID, booking.ScheduleID) error, said string) func(*request) (string, error) {
	return func(r *request) (string, error) {
		c, err := r.seenNow()
		if err == nil {
			err = do(r.d.Booking, r.ctx, c.By, c.Schedule)
		}
		return r.queueDone(said, err)
	}
}

// queueDone says what was done.
func (r *request) queueDone(said string, err error) (string, error) {
	if err == nil {
		r.notice(said)
	}
	return "", err
}

// inQueue reads the person of a form, who must be of the queue of the page.
func (r *request) inQueue() (booking.AppointmentID, error) {
	room, err := r.queueRoom()
	if err != nil {
		return 0, err
	}
	v, err := r.d.Booking.Visit(r.ctx, booking.AppointmentID(r.number("id")))
	if err == nil && (v.Department.ID != room.Clinic.Department || v.Appointment.Date != room.Clinic.Date) {
		err = booking.ErrNotInQueue
	}
	return v.Appointment.ID, err
}

func classify(r *request) (string, error) {
	id, err := r.inQueue()
	if err == nil {
		err = r.d.Booking.Classify(r.ctx, r.member.ID, id, booking.QueueClass(r.value("class")))
	}
	return r.queueDone("queue.classified", err)
}

func sendTo(r *request) (string, error) {
	id, err := r.inQueue()
	if err == nil {
		err = r.d.Booking.SendTo(r.ctx, r.member.ID, id, booking.ScheduleID(r.number("to")))
	}
	return r.queueDone("queue.sent", err)
}

func sendAway(r *request) (string, error) {
	id, err := r.inQueue()
	if err == nil {
		err = r.d.Booking.SendAway(r.ctx, r.member.ID, id)
	}
	return r.queueDone("queue.gone_home", err)
}

func bringBack(r *request) (string, error) {
	id, err := r.inQueue()
	if err == nil {
		err = r.d.Booking.BringBack(r.ctx, r.member.ID, id)
	}
	return r.queueDone("queue.is_back", err)
}

func arrive(r *request) (string, error) {
	id, err := r.inQueue()
	if err == nil {
		_, err = r.d.Booking.CheckIn(r.ctx, r.member.ID, id)
	}
	return r.queueDone("appointment.checked_in", err)
}

// scan checks in by the code of a slip, of whatever doctor: a slip of another hospital or department is refused with its name.
func scan(r *request) (string, error) {
	v, err := r.d.Booking.CheckInWithin(r.ctx, r.member.ID, r.reach, r.value("code"))
	if err != nil {
		return "", err
	}
	r.notice("queue.scanned", booking.MaskName(v.Patient.Name), r.in(v.Doctor.Name), r.in(v.Appointment.Number()))
	return "", nil
}
