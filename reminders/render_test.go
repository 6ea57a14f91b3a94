package reminders_test

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/vault/vaulttest"
	"guahao/reminders"
)

var update = flag.Bool("update", false, "write the golden files anew")

func visit() booking.Visit {
	starts := time.Date(2026, 7, 3, 0, 30, 0, 0, time.UTC)
	return booking.Visit{
		Appointment: booking.Appointment{ID: 42, Seq: 12, Fee: 5000, StartsAt: starts, Date: "2026-07-03", HoldUntil: time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)},
		Hospital:    booking.Hospital{Name: booking.Text{ZH: "仁和医院", EN: "Renhe Hospital"}, Zone: "Asia/Shanghai"},
		Department:  booking.Department{Name: booking.Text{ZH: "心内科", EN: "Cardiology"}, Floor: booking.Text{ZH: "门诊楼3层A区", EN: "Floor 3, area A"}},
		Doctor:      booking.Doctor{Name: booking.Text{ZH: "林医生", EN: "Dr Lin"}, Title: booking.Chief},
		Schedule:    booking.Schedule{Room: "305"},
		Slot:        booking.Slot{StartsAt: starts, EndsAt: starts.Add(30 * time.Minute)},
		Patient:     booking.Patient{Name: "张小三", Number: "E00000001", Phone: "13800138000"},
		CancelUntil: time.Date(2026, 7, 2, 9, 0, 0, 0, time.UTC),
		Paid:        true,
	}
}

// every notice about an appointment that there is, with the change that caused it.
var every = []struct {
	name   string
	kind   reminders.Kind
	change booking.Change
	now    string
}{
	{"booked", reminders.Booked, booking.Change{From: booking.Held}, "2026-07-01T01:00:00Z"},
	{"booked when it can no longer be cancelled", reminders.Booked, booking.Change{From: booking.Held}, "2026-07-02T12:00:00Z"},
	{"booked by staff" + atDesk, reminders.Booked, booking.Change{From: booking.Held, Reason: booking.ByStaff}, "2026-07-01T01:00:00Z"},
	{"reminder, the day before", reminders.DayBefore, booking.Change{}, "2026-07-02T08:00:00Z"},
	{"reminder, two hours before", reminders.HoursBefore, booking.Change{}, "2026-07-02T22:30:00Z"},
	{"cancelled by the patient", reminders.Cancelled, booking.Change{From: booking.Booked, Reason: booking.ByPatient, Refund: 5000}, "2026-07-01T01:00:00Z"},
	{"cancelled by the patient without a refund", reminders.Cancelled, booking.Change{From: booking.Booked, Reason: booking.ByPatient}, "2026-07-01T01:00:00Z"},
	{"cancelled by the patient" + atDesk, reminders.Cancelled, booking.Change{From: booking.Booked, Reason: booking.ByPatient}, "2026-07-01T01:00:00Z"},
	{"cancelled by staff", reminders.Cancelled, booking.Change{From: booking.Booked, Reason: booking.ByStaff, Refund: 5000, Note: "请携带病历到分诊台。"}, "2026-07-01T01:00:00Z"},
	{"stopped", reminders.Stopped, booking.Change{From: booking.Booked, Reason: booking.ByClinic, Refund: 5000, Note: "林医生临时参加急救。"}, "2026-07-01T01:00:00Z"},
	{"stopped, and nothing chosen", reminders.StopSilent, booking.Change{From: booking.Booked, Reason: booking.ByClinic, Refund: 5000}, "2026-07-01T01:00:00Z"},
	{"stopped before it was paid", reminders.Stopped, booking.Change{From: booking.Held, Reason: booking.ByClinic}, "2026-07-01T01:00:00Z"},
	{"expired", reminders.Expired, booking.Change{From: booking.Held, Reason: booking.ByDeadline}, "2026-07-01T01:00:00Z"},
	{"paid too late", reminders.PaidTooLate, booking.Change{Refund: 5000}, "2026-07-01T01:00:00Z"},
	{"refunded", reminders.Refunded, booking.Change{Refund: 5000}, "2026-07-01T01:00:00Z"},
	{"offer of a returned place", reminders.Offer, booking.Change{Reason: booking.ByWaitlist}, "2026-07-01T01:00:00Z"},
	{"place that staff added", reminders.Extra, booking.Change{Reason: booking.ByStaff}, "2026-07-01T01:00:00Z"},
	{"offer that was not answered", reminders.OfferOver, booking.Change{From: booking.Offered, Reason: booking.ByDeadline}, "2026-07-01T01:00:00Z"},
	{"offer whose clinic was stopped", reminders.OfferWithdrawn, booking.Change{From: booking.Offered, Reason: booking.ByClinic}, "2026-07-01T01:00:00Z"},
	{"moved", reminders.Moved, booking.Change{From: booking.Held}, "2026-07-01T01:00:00Z"},
	{"not paid, some minutes before the end", reminders.HoldExpiring, booking.Change{}, "2026-07-01T01:00:00Z"},
	{"another doctor, time and room", reminders.Changed, booking.Change{Note: "林医生代诊。"}, "2026-07-01T01:00:00Z"},
	{"how was it", reminders.ReviewRequest, booking.Change{}, "2026-07-03T05:00:00Z"},
	{"did not come", reminders.NoShow, booking.Change{}, "2026-07-03T05:00:00Z"},
	{"not moved", reminders.MoveExpired, booking.Change{From: booking.Held}, "2026-07-01T01:00:00Z"},
}

const atDesk = ", the fee is paid at the hospital"

// visitOf is the visit that a notice of every is about.
func visitOf(name string) booking.Visit {
	v := visit()
	v.Paid = !strings.HasSuffix(name, atDesk)
	return v
}

// renderer writes messages without a database.
func renderer(t *testing.T, now string) *reminders.Store {
	t.Helper()
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	return reminders.New(reminders.Config{Keys: vaulttest.Keys(t), Now: func() time.Time { return at }, Log: slog.New(slog.DiscardHandler)})
}

// What people read, as a product manager would: testdata/<platform>-<language>.txt. Run with -update after a change.
func TestMessages(t *testing.T) {
	t.Parallel()
	for _, to := range []bots.Account{
		{Platform: bots.WeChat, Lang: "zh"}, {Platform: bots.WeChat, Lang: "en"},
		{Platform: bots.Telegram, Lang: "zh"}, {Platform: bots.Telegram, Lang: "en"},
	} {
		name := fmt.Sprintf("%s-%s.txt", to.Platform, to.Lang)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var script strings.Builder
			for _, e := range every {
				n, err := renderer(t, e.now).Render(t.Context(), to, e.kind, e.change, visitOf(e.name))
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&script, "-- %s (%s) --\n%s\n", e.name, n.Kind, n.Text)
				for _, o := range n.Options {
					fmt.Fprintf(&script, "[%s /%s]\n", o.Label, o.Command)
				}
				script.WriteString("\n")
			}
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, []byte(script.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), script.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A payment that came too late is told with the reason: what was taken, stopped or given back.
func TestWhyAPaymentCameTooLate(t *testing.T) {
	t.Parallel()
	for code, want := range map[booking.Code]booking.Text{
		booking.CodeSlotFull:        {ZH: "号已释放并被约完", EN: "released and taken"},
		booking.CodeScheduleStopped: {ZH: "医生已停诊", EN: "cancelled by the hospital"},
		booking.CodeTooLate:         {ZH: "就诊时间已过", EN: "had passed"},
		booking.CodeDuplicate:       {ZH: "另外约了", EN: "booked for the same half-day again"},
		booking.CodeWrongStatus:     {ZH: "放弃或取消", EN: "given back or cancelled"},
		"":                          {ZH: "不能保留", EN: "could not be kept"},
	} {
		for _, lang := range []string{"zh", "en"} {
			n, err := renderer(t, "2026-07-01T01:00:00Z").RenderPaidTooLate(t.Context(), bots.Account{Platform: bots.WeChat, Lang: lang}, code, visit())
			if first, _, _ := strings.Cut(n.Text, "\n"); err != nil || !strings.Contains(first, want.In(lang)) {
				t.Errorf("%s in %s: %q, %v", code, lang, first, err)
			}
		}
	}
}

// No message has the patient's full name or numbers; what goes to Telegram has no name at all, no department and no place.
func TestMessagesKeepSecrets(t *testing.T) {
	t.Parallel()
	never := []string{"张小三", "E00000001", "13800138000"}
	abroad := append([]string{"张", "心内科", "Cardiology", "门诊楼", "Floor", "305"}, never...)
	for platform, secrets := range map[bots.Platform][]string{bots.WeChat: never, bots.Telegram: abroad} {
		for _, lang := range []string{"zh", "en"} {
			for _, e := range every {
				n, err := renderer(t, e.now).Render(t.Context(), bots.Account{Platform: platform, Lang: lang}, e.kind, e.change, visitOf(e.name))
				if err != nil {
					t.Fatal(err)
				}
				for _, secret := range secrets {
					if strings.Contains(fmt.Sprintf("%+v", n), secret) {
						t.Errorf("%s, %s, %s says %q: %+v", platform, lang, e.name, secret, n)
					}
				}
			}
		}
	}
}

// A visit that is quiet is told without the department and the patient, in the text and in a template.
func TestQuietVisits(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh", "en"} {
		for _, e := range every {
			v := visitOf(e.name)
			v.Quiet = true
			n, err := renderer(t, e.now).Render(t.Context(), bots.Account{Platform: bots.WeChat, Lang: lang}, e.kind, e.change, v)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"心内科", "Cardiology", "张*三"} {
				if strings.Contains(fmt.Sprintf("%+v", n), secret) {
					t.Errorf("%s, %s says %q: %+v", lang, e.name, secret, n)
				}
			}
		}
	}
}

func TestTemplateFields(t *testing.T) {
	t.Parallel()
	e := every[9] // stopped
	n, err := renderer(t, e.now).Render(t.Context(), bots.Account{Platform: bots.WeChat, Lang: "zh"}, e.kind, e.change, visitOf(e.name))
	if err != nil {
		t.Fatal(err)
	}
	want := []bots.Field{
		{Name: "hospital", Value: "仁和医院"}, {Name: "department", Value: "心内科"}, {Name: "doctor", Value: "林医生"},
		{Name: "title", Value: "主任医师"}, {Name: "time", Value: "7月3日 周五 08:30–09:00"}, {Name: "starts", Value: "2026年7月3日 08:30"}, {Name: "number", Value: "12"},
		{Name: "patient", Value: "张*三"}, {Name: "place", Value: "门诊楼3层A区 305"}, {Name: "fee", Value: "¥50"},
		{Name: "amount", Value: "¥50"}, {Name: "note", Value: "林医生临时参加急救。"}, {Name: "text", Value: n.Text},
	}
	if diff := cmp.Diff(want, n.Fields); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
