package understand_test

import (
	"testing"

	"guahao/booking"
	"guahao/dialog/understand"
)

func TestNumbersAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"1": 1, "１": 1, "一": 1, "①": 1, "1️⃣": 1, "⑴": 1, "❶": 1, "第一个": 1, "第1个": 1, "选1": 1, "我选1": 1, "1.": 1, "1、": 1, "(1)": 1, "【1】": -1, "1号": 1,
		"选择3吧": 3, "我要2": 2, "#4": 4, "no. 5": 5, "number 5": 5, "option two": 2, "the first one": 1, "third": 3, "两": 2, "十": 10, "十二": 12,
		"二十": 20, "二十一": 21, "99": 99, "0": 0, "零": 0, " 7 ": 7, "3!": 3, "第三项，谢谢": 3, "壹": 1,
		"": -1, "100": -1, "2026": -1, "1990-03-07": -1, "十十": -1, "一二": -1, "心内科": -1, "1a": -1, "-1": -1, "1.5": -1, "🙂": -1, "第": -1,
	} {
		got, ok := understand.Number(line)
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
	c := newCity(t)
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
		m := c.read(tt.line)
		minute := -1
		if m.Time.Said {
			minute = m.Time.Minute
		}
		if m.First != tt.date || m.Last != tt.date || m.Period() != tt.period || minute != tt.minute {
			t.Errorf("%q is read as %q to %q, %q %d; want %q %q %d", tt.line, m.First, m.Last, m.Period(), minute, tt.date, tt.period, tt.minute)
		}
	}
	for _, line := range []string{"", "心内科", "1", "4月31日", "13/40", "25点", "第3个", "monkey", "sunrise clinic"} {
		if m := c.read(line); m.When() {
			t.Errorf("%q is read as %+v; want no day", line, m)
		}
	}
}

func TestFillersAroundNames(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for line, want := range map[string]string{
		"我想挂心内科的号": "心内科", "请问有没有儿科门诊": "儿科", "我要看王建国医生": "王建国", "帮我挂个皮肤科吧": "皮肤科", "allergy": "allergy",
		"I want to book an appointment with Dr. Wang please": "wang", "Cardiology Department": "cardiology",
	} {
		if got := c.reader.Name(line); got != want {
			t.Errorf("the name in %q is read as %q, want %q", line, got, want)
		}
	}
}
