package dialog_test

import (
	"testing"
	"unicode/utf8"

	"guahao/booking"
	"guahao/dialog"
)

func TestNumbersAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"1": 1, "１": 1, "一": 1, "①": 1, "1️⃣": 1, "⑴": 1, "❶": 1, "第一个": 1, "第1个": 1, "选1": 1, "我选1": 1, "1.": 1, "1、": 1, "(1)": 1, "【1】": -1, "1号": 1,
		"选择3吧": 3, "我要2": 2, "#4": 4, "no. 5": 5, "number 5": 5, "option two": 2, "the first one": 1, "third": 3, "两": 2, "十": 10, "十二": 12,
		"二十": 20, "二十一": 21, "99": 99, "0": 0, "零": 0, " 7 ": 7, "3!": 3, "第三项，谢谢": 3, "壹": 1,
		"": -1, "100": -1, "2026": -1, "1990-03-07": -1, "十十": -1, "一二": -1, "心内科": -1, "1a": -1, "-1": -1, "1.5": -1, "🙂": -1, "第": -1,
	} {
		got, ok := dialog.NumberIn(line)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q is read as %d, want %d", line, got, want)
		}
	}
}

func TestDaysAndTimesAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	const today booking.Date = "2026-11-23" // a Monday
	for _, tt := range []struct {
		line   string
		date   booking.Date
		period booking.Period
		minute int
	}{
		{"今天", "2026-11-23", "", -1},
		{"明天", "2026-11-24", "", -1},
		{"后天上午", "2026-11-25", booking.Morning, -1},
		{"大后天", "2026-11-26", "", -1},
		{"周四", "2026-11-26", "", -1},
		{"星期天", "2026-11-29", "", -1},
		{"周一", "2026-11-23", "", -1},
		{"下周一", "2026-11-30", "", -1},
		{"下周三下午", "2026-12-02", booking.Afternoon, -1},
		{"下下周二", "2026-12-08", "", -1},
		{"本周五", "2026-11-27", "", -1},
		{"12月3日", "2026-12-03", "", -1},
		{"十二月三号", "2026-12-03", "", -1},
		{"１２月３日", "2026-12-03", "", -1},
		{"12/3", "2026-12-03", "", -1},
		{"12-3", "2026-12-03", "", -1},
		{"2026-12-03", "2026-12-03", "", -1},
		{"2026年12月3日", "2026-12-03", "", -1},
		{"26号", "2026-11-26", "", -1},
		{"3号", "2026-12-03", "", -1},
		{"1月5日", "2027-01-05", "", -1},
		{"tomorrow", "2026-11-24", "", -1},
		{"Day after tomorrow", "2026-11-25", "", -1},
		{"Thursday", "2026-11-26", "", -1},
		{"next Tue", "2026-12-01", "", -1},
		{"Dec 3rd", "2026-12-03", "", -1},
		{"3 December", "2026-12-03", "", -1},
		{"tomorrow morning", "2026-11-24", booking.Morning, -1},
		{"明天下午3点半", "2026-11-24", booking.Afternoon, 15*60 + 30},
		{"9点", "", booking.Morning, 9 * 60},
		{"九点半", "", booking.Morning, 9*60 + 30},
		{"9:30", "", booking.Morning, 9*60 + 30},
		{"9：30", "", booking.Morning, 9*60 + 30},
		{"9am", "", booking.Morning, 9 * 60},
		{"2 pm", "", booking.Afternoon, 14 * 60},
		{"下午两点一刻", "", booking.Afternoon, 14*60 + 15},
		{"上午", "", booking.Morning, -1},
		{"晚上7点", "", booking.Evening, 19 * 60},
	} {
		date, period, minute, ok := dialog.WhenIn(tt.line, today)
		if !ok || date != tt.date || period != tt.period || minute != tt.minute {
			t.Errorf("%q is read as %q %q %d, %v; want %q %q %d", tt.line, date, period, minute, ok, tt.date, tt.period, tt.minute)
		}
	}
	for _, line := range []string{"", "心内科", "1", "4月31日", "13/40", "25点", "第3个", "monkey", "sunrise clinic"} {
		if date, period, minute, ok := dialog.WhenIn(line, today); ok {
			t.Errorf("%q is read as %q %q %d; want nothing", line, date, period, minute)
		}
	}
}

func TestBirthDatesAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]booking.Date{
		"1990-03-07": "1990-03-07", "1990年3月7日": "1990-03-07", "19900307": "1990-03-07", "１９９０．３．７": "1990-03-07", "1990/3/7": "1990-03-07",
		"1990 3 7": "1990-03-07", "1990-02-30": "", "昨天": "", "90-03-07": "", "": "", "199003": "",
	} {
		if got := dialog.BirthIn(line); got != want {
			t.Errorf("%q is read as %q, want %q", line, got, want)
		}
	}
}

func TestFillersAroundNames(t *testing.T) {
	t.Parallel()
	d := newDialog(t)
	for line, want := range map[string]string{
		"我想挂心内科的号": "心内科", "请问有没有儿科门诊": "儿科", "我要看王建国医生": "王建国", "帮我挂个皮肤科吧": "皮肤科", "allergy": "allergy",
		"I want to book an appointment with Dr. Wang please": "wang", "Cardiology Department": "cardiology",
	} {
		if got := d.NameIn(line); got != want {
			t.Errorf("the name in %q is read as %q, want %q", line, got, want)
		}
	}
}

func newDialog(t testing.TB) *dialog.Dialog {
	t.Helper()
	d, err := dialog.New(dialog.Config{Booking: &booking.Store{}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDirectoryIsNoAlarm looks every name up that a patient of the city may type: none may be taken for an emergency or for
// a word that works everywhere.
func TestDirectoryIsNoAlarm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hospitals, err := w.bookings.Hospitals(t.Context())
	w.check(err)
	for _, h := range hospitals {
		names := append([]string{h.Name.ZH, h.Name.EN, h.Short.ZH, h.Short.EN}, h.Aliases...)
		departments, err := w.bookings.Departments(t.Context(), h.ID, 0)
		w.check(err)
		for _, top := range departments {
			below, err := w.bookings.Departments(t.Context(), h.ID, top.ID)
			w.check(err)
			for _, dep := range append(below, top) {
				names = append(names, append([]string{dep.Name.ZH, dep.Name.EN}, dep.Aliases...)...)
				doctors, err := w.bookings.Doctors(t.Context(), dep.ID)
				w.check(err)
				for _, doctor := range doctors {
					names = append(names, doctor.Doctor.Name.ZH, doctor.Doctor.Name.EN)
				}
			}
		}
		for _, name := range names {
			if name != "" && (w.dialog.DangerIn(name) != "" || (w.dialog.IntentOf(name) != "" && w.dialog.IntentOf(name) != "book")) {
				t.Errorf("%q is taken for danger %q, for the word %q", name, w.dialog.DangerIn(name), w.dialog.IntentOf(name))
			}
		}
	}
}

func FuzzReading(f *testing.F) {
	for _, seed := range []string{"1", "第一个", "明天下午3点", "12月3日", "1990年3月7日", "二十一", "next tue 9:30", "1️⃣", "\xff\xfe", "下下下周日"} {
		f.Add(seed)
	}
	d := newDialog(f)
	f.Fuzz(func(t *testing.T, line string) {
		if n, ok := dialog.NumberIn(line); ok && (n < 0 || n > 99) {
			t.Errorf("%q is read as the number %d", line, n)
		}
		date, _, minute, _ := dialog.WhenIn(line, "2026-11-23")
		if minute < -1 || minute > 36*60 {
			t.Errorf("%q is read as minute %d", line, minute)
		}
		for _, day := range []booking.Date{date, dialog.BirthIn(line)} {
			if day != "" && day.Add(0) != day {
				t.Errorf("%q is read as the day %q", line, day)
			}
		}
		if folded := dialog.Fold(line); utf8.ValidString(line) && dialog.Fold(folded) != folded {
			t.Errorf("%q is folded to %q, and that to %q", line, folded, dialog.Fold(folded))
		}
		d.DangerIn(line)
		d.IntentOf(line)
		d.NameIn(line)
	})
}
