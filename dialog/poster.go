package dialog

import (
	"errors"
	"regexp"
	"strconv"

	"guahao/booking"
)

// The letters that begin a payload. Posters hang for years: a letter never changes its meaning.
const (
	payloadHospital   = "h"
	payloadDepartment = "k" // 科
	payloadDoctor     = "d"
	payloadArrival    = "a" // of whoever checks in, see [ArrivalPayload]
)

// Payload is what a QR code on a poster carries, so that whoever scans it comes to a hospital, a department or a doctor: h1, k12,
// d345. It fits Telegram's /start (at most 64 of A–Z a–z 0–9 _ -) and WeChat's scene.
func Payload(kind booking.PlaceKind, id int64) string {
	letters := map[booking.PlaceKind]string{
		booking.PlaceHospital: payloadHospital, booking.PlaceDepartment: payloadDepartment, booking.PlaceDoctor: payloadDoctor,
	}
	return letters[kind] + strconv.FormatInt(id, 10)
}

var payloadForm = regexp.MustCompile(`^([hkd])([1-9][0-9]{0,17})$`)

// readPayload reads what [Payload] wrote; false for anything else, of which the world is full.
func readPayload(payload string) (booking.PlaceKind, int64, bool) {
	parts := payloadForm.FindStringSubmatch(payload)
	if parts == nil {
		return "", 0, false
	}
	kinds := map[string]booking.PlaceKind{
		payloadHospital: booking.PlaceHospital, payloadDepartment: booking.PlaceDepartment, payloadDoctor: booking.PlaceDoctor,
	}
	return kinds[parts[1]], atoi(parts[2]), true
}

// scanned goes to what a QR code or a link opens. A code that is not ours, or whose hospital, department or doctor is gone,
// leads to the main menu.
func (t *turn) scanned(payload string) error {
	if done, err := t.atTheDoor(payload); done || err != nil {
		return err
	}
	kind, id, ok := readPayload(payload)
	var name booking.Text
	if ok {
		var err error
		if name, err = t.nameOn(kind, id); errors.Is(err, booking.ErrNotFound) {
			ok = false
		} else if err != nil {
			return err
		}
	}
	if !ok {
		t.note("poster.unknown")
		return t.home()
	}
	t.note("poster.opened", "name", name)
	t.m.Draft = draft{}
	return t.goTo(placeWith(kind, id))
}

// nameOn reads what a poster leads to.
func (t *turn) nameOn(kind booking.PlaceKind, id int64) (booking.Text, error) {
	switch kind {
	case booking.PlaceHospital:
		h, err := t.hospital(booking.HospitalID(id))
		return h.Name, err
	case booking.PlaceDepartment:
		dep, err := t.d.Booking.Department(t.ctx, booking.DepartmentID(id))
		return dep.Name, err
	}
	doctor, err := t.d.Booking.Doctor(t.ctx, booking.DoctorID(id))
	return doctor.Name, err
}

// starts begins the conversation: with who is new, at what a scanned code opens, or at the main menu.
func (t *turn) starts(payload string) error {
	if payload == "" {
		t.note("welcome")
		if err := t.home(); err != nil {
			return err
		}
		_, err := t.carries()
		return err
	}
	if t.in.Session.Rev == 0 {
		t.note("welcome")
	}
	return t.scanned(payload)
}
