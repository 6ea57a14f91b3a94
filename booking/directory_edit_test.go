package booking_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"guahao/booking"
)

// TestEditDirectory: what staff change is seen everywhere at once, is not overwritten by who has not seen it, nor by loading the files again.
func TestEditDirectory(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	d, err := w.Doctor(ctx, w.doctor)
	must(t, err)
	changed := d
	changed.Name, changed.Title, changed.Speciality.ZH = booking.Text{ZH: "曾壹", EN: "Y. Zeng"}, booking.AssociateChief, "心衰"
	must(t, w.SetDoctor(ctx, changed))
	if err := w.SetDoctor(ctx, d); !errors.Is(err, &booking.Error{Code: booking.CodeOvertaken}) {
		t.Errorf("the second has overwritten the first: %v", err)
	}
	h, err := w.Hospital(ctx, w.hosp)
	must(t, err)
	h.Phone = "010-1"
	must(t, w.SetHospital(ctx, h))
	p, err := w.Department(ctx, w.dept)
	must(t, err)
	p.Floor.ZH = "5层"
	must(t, w.SetDepartment(ctx, p))
	must(t, w.Load(ctx, smallFiles(usualWeek)))
	if now, err := w.Doctor(ctx, w.doctor); err != nil || now.Name.ZH != "曾壹" || now.Title != booking.AssociateChief || now.Speciality.ZH != "心衰" || now.Version != 2 {
		t.Errorf("the doctor is %+v, %v", now, err)
	}
	if now, err := w.Hospital(ctx, w.hosp); err != nil || now.Phone != "010-1" {
		t.Errorf("the hospital is %+v, %v", now, err)
	}
	if now, err := w.Department(ctx, w.dept); err != nil || now.Floor.ZH != "5层" {
		t.Errorf("the department is %+v, %v", now, err)
	}
	changed.Version = 2
	for name, bad := range map[string]func(*booking.Doctor){
		"no name":    func(d *booking.Doctor) { d.Name.ZH = "" },
		"a long one": func(d *booking.Doctor) { d.Name.ZH = strings.Repeat("长", 101) },
		"no title":   func(d *booking.Doctor) { d.Title = "wizard" },
	} {
		next := changed
		bad(&next)
		if err := w.SetDoctor(ctx, next); !booking.IsRefusal(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	changed.ID = 9999
	if err := w.SetDoctor(ctx, changed); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("a doctor who is not there: %v", err)
	}
}
