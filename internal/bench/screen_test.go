package bench_test

import (
	"testing"

	"guahao/internal/bench"
)

func TestPeopleReadTheirScreens(t *testing.T) {
	t.Parallel()
	_, document, _ := bench.Invent(0)
	cases := map[string]struct {
		text    string
		buttons []string
		want    bench.Reading
	}{
		"the menu":     {"请问需要什么？", []string{"预约挂号", "c:book", "我的预约", "c:my"}, bench.Reading{Step: "menu", Press: "c:book"}},
		"a thing":      {"请选择科室：", []string{"科室一", "b:3:1", "返回", "b:3:0"}, bench.Reading{Step: "department", Press: "b:3:1"}},
		"what is full": {"请选择时段：", []string{"08:00 约满", "b:3:1", "08:30 余2", "b:3:2", "返回", "b:3:0"}, bench.Reading{Step: "time", Press: "b:3:2"}},
		"something else": {"这个时段刚刚约满了。\n\n最近还有这些号：", []string{"周一 08:30 余1", "b:4:1", "看其他日期", "b:4:2", "看其他医生", "b:4:3"},
			bench.Reading{Step: "alternatives", Press: "b:4:1"}},
		"nothing else":   {"约满了", []string{"看其他日期", "b:4:1", "看其他医生", "b:4:2"}, bench.Reading{Step: "alternatives", Press: "b:4:2"}},
		"a document":     {"用哪种证件？", []string{"居民身份证", "b:5:1", "护照", "b:5:2"}, bench.Reading{Step: "document", Text: document}},
		"a confirmation": {"请核对：", []string{"确认预约", "b:6:1", "改日期", "b:6:2"}, bench.Reading{Step: "confirm", Press: "b:6:1"}},
		"one that was refused": {"已达到上限。\n\n可以改时间、改就诊人。\n\n请核对：", []string{"确认预约", "b:7:1", "改日期", "b:7:2"},
			bench.Reading{Step: "confirm", Press: "b:7:2"}},
		"the card": {"✅ 预约成功！", []string{"取消这个预约", "b:8:1", "主菜单", "c:menu"}, bench.Reading{Step: "booked", Press: "c:menu"}},
	}
	for name, c := range cases {
		got, err := bench.Read(c.text, c.buttons...)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
}

func TestAScreenThatMakesNoSenseIsAnError(t *testing.T) {
	t.Parallel()
	for name, buttons := range map[string][]string{
		"出错了 (ref 4711)": {"主菜单", "c:menu"},
		"请选择医生：":         {"返回", "b:3:0"},
	} {
		if got, err := bench.Read(name, buttons...); err == nil {
			t.Errorf("%s was answered with %+v", name, got)
		}
	}
}
