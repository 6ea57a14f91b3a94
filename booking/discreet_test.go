package booking_test

import (
	"errors"
	"testing"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

// Whoever adds a stranger by their ID number does not learn what the stranger has booked: the refusal is the same whatever it is.
func TestARefusalDoesNotTellOfOthersAppointments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(5000, 2, 10)
	_, next := bookingtest.Clinic(t, w.Store, w.doctor, today.Add(2), 5000, 1, 10)
	mine, theirs := bookingtest.Patient(t, w.Store, 1, 1), bookingtest.Patient(t, w.Store, 2, 1)
	_, err := w.holdFor(slots[0].ID, mine, "a")
	must(t, err)

	var told *booking.Error
	_, err = w.holdFor(slots[1].ID, theirs, "b")
	if !errors.As(err, &told) || told.Code != booking.CodeLimit || told.Message.ZH != "暂时不能为这位就诊人预约这个半天，如有疑问请联系医院。" {
		t.Errorf("another user is told %v", err)
	}
	strict := policy()
	strict.Limits.Open = 1
	_, err = w.SetPolicy(t.Context(), w.hosp, strict)
	must(t, err)
	_, err = w.holdFor(next[0].ID, theirs, "c")
	var limit *booking.Error
	if !errors.As(err, &limit) || told != nil && limit.Message != told.Message {
		t.Errorf("the limit of all appointments tells another user %v", err)
	}
	if _, err = w.holdFor(slots[1].ID, mine, "d"); !errors.Is(err, booking.ErrDuplicate) {
		t.Errorf("who has booked it is told %v", err)
	}
}
