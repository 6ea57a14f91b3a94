package dialog_test

import (
	"testing"

	"guahao/booking"
	"guahao/dialog"
)

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

func FuzzBirthDates(f *testing.F) {
	for _, seed := range []string{"1990年3月7日", "19900307", "１９９０．３．７", "\xff\xfe"} {
		f.Add(seed)
	}
	d := newDialog(f)
	f.Fuzz(func(t *testing.T, line string) {
		if day := dialog.BirthIn(line); day != "" && day.Add(0) != day {
			t.Errorf("%q is read as the day %q", line, day)
		}
		d.DangerIn(line)
	})
}
