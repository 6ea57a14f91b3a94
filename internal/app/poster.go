package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"guahao/booking"
	"guahao/bots"
	"guahao/dialog"
)

// Poster says what a QR code in a corridor opens: a hospital, or one of its departments or doctors, by their codes.
type Poster struct {
	Platform                     bots.Platform
	Hospital, Department, Doctor string
	Arrivals                     bool // the code at the hospital's door: it checks in for today's visit
}

// PosterCode gives the content of a poster's QR code, and the name of what it opens.
func (a *App) PosterCode(ctx context.Context, p Poster) (content string, name booking.Text, err error) {
	kind, id, name, err := a.onPoster(ctx, p)
	if err != nil {
		return "", name, err
	}
	payload := dialog.Payload(kind, id)
	if p.Arrivals {
		payload = dialog.ArrivalPayload(booking.HospitalID(id))
	}
	switch {
	case p.Platform == bots.Telegram && a.telegram != nil:
		content, err = a.telegram.Link(ctx, payload)
	case p.Platform == bots.WeChat && a.wechat != nil:
		content, err = a.wechat.CreateQRCode(ctx, payload)
	case p.Platform == bots.Telegram:
		err = errors.New("platform telegram is not configured: GUAHAO_TELEGRAM_TOKEN is not set")
	case p.Platform == bots.WeChat:
		err = errors.New("platform wechat is not configured: GUAHAO_WECHAT_APPID is not set")
	default:
		err = fmt.Errorf("there is no platform %q: want wechat or telegram", p.Platform)
	}
	return content, name, err
}

// onPoster finds what the codes name.
func (a *App) onPoster(ctx context.Context, p Poster) (booking.PlaceKind, int64, booking.Text, error) {
	none := booking.Text{}
	hospitals, err := a.Booking.Hospitals(ctx)
	if err != nil {
		return "", 0, none, err
	}
	h, err := byCode("hospital", p.Hospital, hospitals, func(h booking.Hospital) (string, booking.Text) { return h.Code, h.Name })
	if err != nil {
		return "", 0, none, err
	}
	if p.Department == "" && p.Doctor == "" {
		return booking.PlaceHospital, int64(h.ID), h.Name, nil
	}
	departments, err := a.departments(ctx, h.ID)
	if err != nil {
		return "", 0, none, err
	}
	if p.Doctor != "" {
		return a.doctorOnPoster(ctx, p.Doctor, departments)
	}
	d, err := byCode("department", p.Department, departments, func(d booking.Department) (string, booking.Text) { return d.Code, d.Name })
	return booking.PlaceDepartment, int64(d.ID), d.Name, err
}

func (a *App) departments(ctx context.Context, hospital booking.HospitalID) ([]booking.Department, error) {
	all, err := a.Booking.Departments(ctx, hospital, 0)
	if err != nil {
		return nil, err
	}
	for _, top := range all[:len(all):len(all)] {
		below, err := a.Booking.Departments(ctx, hospital, top.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, below...)
	}
	return all, nil
}

func (a *App) doctorOnPoster(ctx context.Context, code string, departments []booking.Department) (booking.PlaceKind, int64, booking.Text, error) {
	var doctors []booking.DoctorSummary
	for _, d := range departments {
		here, err := a.Booking.Doctors(ctx, d.ID)
		if err != nil {
			return "", 0, booking.Text{}, err
		}
		doctors = append(doctors, here...)
	}
	d, err := byCode("doctor", code, doctors, func(d booking.DoctorSummary) (string, booking.Text) { return d.Doctor.Code, d.Doctor.Name })
	return booking.PlaceDoctor, int64(d.Doctor.ID), d.Doctor.Name, err
}

// byCode finds one of a list, or says which codes there are.
func byCode[T any](what, code string, list []T, named func(T) (string, booking.Text)) (T, error) {
	known := make([]string, 0, len(list))
	for _, one := range list {
		its, name := named(one)
		if its == code {
			return one, nil
		}
		known = append(known, its+" "+name.ZH)
	}
	var none T
	return none, fmt.Errorf("there is no %s with the code %q; there are: %s", what, code, strings.Join(known, ", "))
}
