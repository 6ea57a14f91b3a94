package reminders_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"guahao/booking"
	"guahao/bots"
	"guahao/reminders"
)

func TestWhatABroadcastMaySay(t *testing.T) {
	t.Parallel()
	unknown := &reminders.PlaceholderError{}
	for _, tt := range []struct {
		name  string
		draft reminders.Draft
		want  error // nil: it may
	}{
		{"plain", reminders.Draft{Text: "体温<38℃的请走A门 & 5>3，{不是占位符\n"}, nil},
		{"the longest", reminders.Draft{Text: strings.Repeat("长", reminders.MaxText)}, nil},
		{"placeholders", reminders.Draft{Text: "{姓名}您好，您{日期}{时间}在{医院}{科室}{医生}的门诊改到3诊室。"}, nil},
		{"full-width braces, English names", reminders.Draft{Text: "｛姓名｝您好，{ Doctor }"}, nil},
		{"English beside it", reminders.Draft{Text: "停电", TextEN: "No power, {name}"}, nil},
		{"none", reminders.Draft{Text: " \n"}, reminders.ErrText},
		{"too long", reminders.Draft{Text: strings.Repeat("长", reminders.MaxText+1)}, reminders.ErrText},
		{"too long once filled in", reminders.Draft{Text: strings.Repeat("长", reminders.MaxText-10) + "{医院}"}, reminders.ErrText},
		{"not UTF-8", reminders.Draft{Text: "\xff"}, reminders.ErrText},
		{"English too long", reminders.Draft{Text: "停电", TextEN: strings.Repeat("x", reminders.MaxText+1)}, reminders.ErrText},
		{"HTML", reminders.Draft{Text: "请带<b>病历</b>"}, reminders.ErrMarkup},
		{"a script", reminders.Draft{Text: "<SCRIPT src=x>"}, reminders.ErrMarkup},
		{"a comment", reminders.Draft{Text: "a<!-- b -->"}, reminders.ErrMarkup},
		{"an entity", reminders.Draft{Text: "A&nbsp;B"}, reminders.ErrMarkup},
		{"HTML in English", reminders.Draft{Text: "停电", TextEN: "<i>x</i>"}, reminders.ErrMarkup},
		{"unknown", reminders.Draft{Text: "{手机}"}, unknown},
		{"to followers", reminders.Draft{AllFollowers: true, Text: "{姓名}您好"}, reminders.ErrNoVisit},
	} {
		err := tt.draft.Check()
		if want := tt.want; want == error(unknown) {
			if !errors.As(err, &unknown) || unknown.Name != "手机" {
				t.Errorf("%s: %v", tt.name, err)
			}
		} else if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", tt.name, err, want)
		}
		if refusal := reminders.Refusal(err); (err != nil) != booking.IsRefusal(refusal) && err != nil {
			t.Errorf("%s: there are no words for %v", tt.name, err)
		}
	}
}

// Each reads what is theirs, in their language; what leaves the country names neither patient nor department, and whose visit is gone reads nothing.
func TestPlaceholders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	clinic := w.session("2026-07-06", 1, 10, 5000)
	here, abroad, english, gone := w.account(bots.WeChat, "zh"), w.account(bots.Telegram, "zh"), w.account(bots.WeChat, "en"), w.account(bots.WeChat, "zh")
	for _, a := range []bots.AccountID{here, abroad, english} {
		w.book(a, clinic.ID)
	}
	lost := w.book(gone, clinic.ID)
	w.send()
	draft := reminders.Draft{
		Filter: booking.AudienceFilter{Hospital: w.hospital, Kind: booking.Expert}, Text: "{姓名}您好，{日期} {时间}{医生}（{科室}）改到3诊室。",
		TextEN: "Dear {name}, {doctor} on {date} at {time} is in room 3.",
	}
	preview, err := w.store.Preview(t.Context(), draft, "zh")
	if err != nil || !strings.HasSuffix(preview, "张**您好，7月6日 周一 08:00林医生（心内科）改到3诊室。") && !strings.Contains(preview, "林医生（心内科）") {
		t.Errorf("the preview is %q, %v", preview, err)
	}
	id, err := w.store.StartBroadcast(t.Context(), draft, "k")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Expand(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.cancel(gone, lost)
	w.send()
	w.stands(id, reminders.Done, reminders.Report{Total: 4, Sent: 3, Obsolete: 1, Finished: true})
	for account, want := range map[bots.AccountID]string{
		here: "张*三您好，7月6日 周一 08:00林医生（心内科）改到3诊室。", abroad: "就诊人您好，7月6日 周一 08:00林医生（就诊科室）改到3诊室。",
		english: "Dear 张*三, Dr Lin on Mon 6 Jul at 08:00 is in room 3.",
	} {
		if got := w.phone.last(account); !strings.HasSuffix(got, want) {
			t.Errorf("account %d reads %q, want %q", account, got, want)
		}
	}
	list, total, err := w.store.Recipients(t.Context(), reminders.RecipientQuery{Broadcast: id, Status: reminders.Obsolete, Limit: 10})
	if err != nil || total != 1 || list[0].Account != gone || list[0].Visit != lost {
		t.Errorf("%+v of %d, %v", list, total, err)
	}
	if n, err := w.store.Estimate(t.Context(), reminders.Draft{Filter: booking.AudienceFilter{Kind: booking.General}, Text: "x"}); err != nil || n.Recipients != 0 {
		t.Errorf("of another kind of clinic: %+v, %v", n, err)
	}
}

// What staff write is read without a panic, and what is let through has no markup and a length that fits.
func FuzzWording(f *testing.F) {
	for _, seed := range []string{"停电", "{姓名}您好", "｛医生｝", "<b>", "&amp;", "{", "{{}}", "{姓名", "\xff", strings.Repeat("长", 601)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if err := (reminders.Draft{Text: text}).Check(); err != nil {
			return
		}
		if n := utf8.RuneCountInString(strings.TrimSpace(text)); n == 0 || !utf8.ValidString(text) {
			t.Errorf("%q is let through", text)
		}
	})
}
