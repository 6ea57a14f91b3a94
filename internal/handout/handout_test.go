package handout_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"guahao/booking"
	"guahao/internal/handout"
	"guahao/internal/sandbox/qrscan"
)

// visit is one of Thursday 26 November 2026, 09:00 in China.
func visit() booking.Visit {
	starts := time.Date(2026, 11, 26, 1, 0, 0, 0, time.UTC)
	return booking.Visit{
		Appointment: booking.Appointment{ID: 42, Seq: 12, Status: booking.Booked, Version: 2, StartsAt: starts},
		Hospital: booking.Hospital{
			Name: booking.Text{ZH: "江城市第一人民医院", EN: "Jiangcheng First People's Hospital"}, Short: booking.Text{ZH: "江城一院", EN: "First Hospital"},
			Address: booking.Text{ZH: "江城市中山路 1 号；东门, 内\\侧", EN: "1 Zhongshan Road; east gate, inner\\side"}, Phone: "0999-12345", Zone: "Asia/Shanghai", Lat: 31.25, Lng: 121.5,
		},
		Department: booking.Department{Name: booking.Text{ZH: "心血管内科", EN: "Cardiology"}, Floor: booking.Text{ZH: "门诊楼3层A区", EN: "Building A, floor 3"}},
		Doctor:     booking.Doctor{Name: booking.Text{ZH: "王建国", EN: "Wang Jianguo"}},
		Schedule:   booking.Schedule{Room: "305"},
		Slot:       booking.Slot{StartsAt: starts, EndsAt: starts.Add(30 * time.Minute)},
		Patient:    booking.Patient{Name: "赵小明", Number: "110101199003077758", Phone: "13800001111"},
	}
}

var now = time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC)

func calendar(t *testing.T, thread booking.Thread, lang string) string {
	t.Helper()
	file, err := handout.Calendar(thread, lang, "guahao.example.org", now)
	if err != nil {
		t.Fatal(err)
	}
	return string(file)
}

// unfolded is the file as its lines were before they were folded.
func unfolded(file string) []string {
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(file, "\r\n ", ""), "\r\n"), "\r\n")
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	got := unfolded(calendar(t, booking.Thread{First: 40, Now: visit(), Revision: 5}, "zh"))
	want := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Guahao//Appointments//ZH", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
		"BEGIN:VEVENT", "UID:visit-40@guahao.example.org", "DTSTAMP:20261123T010203Z", "SEQUENCE:5", "STATUS:CONFIRMED",
		"DTSTART:20261126T010000Z", "DTEND:20261126T013000Z", "ORGANIZER;CN=江城市第一人民医院:mailto:noreply@guahao.example.org",
		"CLASS:PRIVATE", "TRANSP:OPAQUE", "SUMMARY:就诊 江城一院 王建国",
		`LOCATION:江城市第一人民医院 江城市中山路 1 号；东门\, 内\\侧 门诊楼3层A区 305`,
		`DESCRIPTION:序号: 12\n请带好身份证件，提前 15 分钟到院。\n医院电话: 0999-12345`,
		"GEO:31.25;121.5",
		"BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT12H", "DESCRIPTION:就诊 江城一院", "END:VALARM",
		"END:VEVENT", "END:VCALENDAR",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What the file must be for any program: CRLF, lines of at most 75 octets, whole characters, and nothing of the patient.
func TestCalendarForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := visit()
		text := rapid.StringOfN(rapid.RuneFrom([]rune("中文 ab,;\\\"':\n\r\t😀<>é")), 0, 200, -1)
		v.Hospital.Name.ZH, v.Hospital.Address.ZH = text.Draw(t, "name"), text.Draw(t, "address")
		v.Doctor.Name.ZH = text.Draw(t, "doctor")
		v.Appointment.Status = rapid.SampledFrom(booking.Statuses()).Draw(t, "status")
		file, err := handout.Calendar(booking.Thread{First: 1, Now: v}, rapid.SampledFrom([]string{"zh", "en"}).Draw(t, "lang"), "h.example", now)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(bytes.ReplaceAll(file, []byte("\r\n"), nil), []byte("\r")) || bytes.Contains(bytes.ReplaceAll(file, []byte("\r\n"), nil), []byte("\n")) {
			t.Fatal("a line ends otherwise than with CRLF")
		}
		for _, line := range strings.Split(string(file), "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) {
				t.Fatalf("a line of %d octets: %q", len(line), line)
			}
		}
		for _, secret := range []string{v.Patient.Name, v.Patient.Number, v.Patient.Phone, v.Department.Name.ZH, v.Department.Name.EN} {
			if strings.Contains(strings.Join(unfolded(string(file)), "\n"), secret) {
				t.Fatalf("the file tells %q", secret)
			}
		}
		cal, err := ics.ParseCalendar(bytes.NewReader(file))
		if err != nil || len(cal.Events()) != 1 {
			t.Fatalf("it cannot be read again: %v\n%s", err, file)
		}
		start, err := cal.Events()[0].GetStartAt()
		if err != nil || !start.Equal(v.Slot.StartsAt) {
			t.Fatalf("it starts at %v: %v", start, err)
		}
	})
}

func TestCalendarSaysWhatBecameOfTheVisit(t *testing.T) {
	t.Parallel()
	for status, want := range map[booking.Status][2]string{
		booking.Booked: {"METHOD:PUBLISH", "STATUS:CONFIRMED"}, booking.CheckedIn: {"METHOD:PUBLISH", "STATUS:CONFIRMED"},
		booking.Held: {"METHOD:PUBLISH", "STATUS:TENTATIVE"}, booking.Offered: {"METHOD:PUBLISH", "STATUS:TENTATIVE"},
		booking.Cancelled: {"METHOD:CANCEL", "STATUS:CANCELLED"}, booking.Expired: {"METHOD:CANCEL", "STATUS:CANCELLED"},
	} {
		v := visit()
		v.Appointment.Status = status
		file := calendar(t, booking.Thread{First: 1, Now: v}, "en")
		if !strings.Contains(file, want[0]+"\r\n") || !strings.Contains(file, want[1]+"\r\n") {
			t.Errorf("%s:\n%s", status, file)
		}
		if alarm := strings.Contains(file, "VALARM"); alarm != (want[1] == "STATUS:CONFIRMED") {
			t.Errorf("%s: an alarm: %v", status, alarm)
		}
	}
}

// The code on a slip can be read from its picture; a slip that is good for nothing has none. With SLIPS=dir the pictures are written there, to be looked at.
func TestVisitSlip(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh", "en"} {
		for _, abroad := range []bool{false, true} {
			for _, status := range []booking.Status{booking.Booked, booking.CheckedIn, booking.Cancelled, booking.Held} {
				v := visit()
				v.Appointment.Status = status
				picture, err := handout.VisitSlip(v, "GH1ABCDEF234567", lang, abroad, lang == "zh")
				if err != nil {
					t.Fatal(err)
				}
				code, err := qrscan.Decode(picture)
				if valid := status == booking.Booked; valid != (err == nil && code == "GH1ABCDEF234567") {
					t.Errorf("%s, %s: the code is %q, %v", lang, status, code, err)
				}
				if dir := os.Getenv("SLIPS"); dir != "" {
					name := strings.Join([]string{lang, string(status), map[bool]string{true: "abroad", false: "home"}[abroad]}, "-")
					if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}
