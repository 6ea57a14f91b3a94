package dialog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/dialog"
)

// there is the wish that the tests begin with, on Monday 23 November 2026: tomorrow morning with one doctor.
var there = booking.Wish{Department: 7, Doctor: 9, First: "2026-11-24", Last: "2026-11-24", Halves: booking.Mornings}

func TestWishesInWords(t *testing.T) {
	t.Parallel()
	d := newDialog(t)
	wish := func(doctor booking.DoctorID, title booking.Title, first, last booking.Date, halves booking.Halves) booking.Wish {
		return booking.Wish{Department: 7, Doctor: doctor, Title: title, First: first, Last: last, Halves: halves}
	}
	expert := wish(0, "", "2026-11-25", "2026-11-25", booking.Mornings)
	expert.Kind = booking.Expert
	for line, want := range map[string]booking.Wish{
		"任意专家门诊 后天":                              expert,
		"主治医师 周二到周四 上午":                          wish(0, booking.Attending, "2026-11-24", "2026-11-26", booking.Mornings),
		"any attending doctor, Tue–Thu mornings": wish(0, booking.Attending, "2026-11-24", "2026-11-26", booking.Mornings),
		"any doctor tue to thu, all day":         wish(0, "", "2026-11-24", "2026-11-26", booking.AnyHalf),
		"副主任医师，周五至下周一，下午晚上":                      wish(0, booking.AssociateChief, "2026-11-27", "2026-11-30", booking.Afternoons|booking.Evenings),
		"周五到周二":                                  wish(9, "", "2026-11-27", "2026-12-01", booking.Mornings),
		"12月1日-12月3日":                            wish(9, "", "2026-12-01", "2026-12-03", booking.Mornings),
		"2026-12-01":                             wish(9, "", "2026-12-01", "2026-12-01", booking.Mornings),
		"后天":                                     wish(9, "", "2026-11-25", "2026-11-25", booking.Mornings),
		"下午":                                     wish(9, "", "2026-11-24", "2026-11-24", booking.Afternoons),
		"哪位医生都行":                                 wish(0, "", "2026-11-24", "2026-11-24", booking.Mornings),
		"全天都可以":                                  wish(0, "", "2026-11-24", "2026-11-24", booking.AnyHalf),
	} {
		got, ok := dialog.WishIn(d, line, there, "2026-11-23")
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: %t (-want +got):\n%s", line, ok, diff)
		}
	}
	for _, line := range []string{"", "你好", "-", "到", "1"} {
		if got, ok := dialog.WishIn(d, line, there, "2026-11-23"); ok {
			t.Errorf("%q is taken for the wish %+v", line, got)
		}
	}
}

// Whatever is typed, a wish keeps its department and has its days in order.
func FuzzWishIn(f *testing.F) {
	for _, line := range []string{"主治医师 周二到周四 上午", "Tue-Thu mornings", "12月1日-12月3日", "-到-至–", "2026-13-45 到 周九"} {
		f.Add(line)
	}
	d := newDialog(f)
	f.Fuzz(func(t *testing.T, line string) {
		w, ok := dialog.WishIn(d, line, there, "2026-11-23")
		if w.Department != there.Department || w.First == "" || w.First > w.Last || w.Halves < 1 || w.Halves > booking.AnyHalf {
			t.Errorf("%q is %+v", line, w)
		}
		if !ok && w != there {
			t.Errorf("%q says nothing and changes the wish to %+v", line, w)
		}
	})
}
