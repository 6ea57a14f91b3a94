package wechattest_test

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/bots/wechat/wechattest"
)

func text(to, content string) map[string]any {
	return map[string]any{"touser": to, "msgtype": "text", "text": map[string]any{"content": content}}
}

const send = "/cgi-bin/message/custom/send"

func TestCustomMessages(t *testing.T) {
	t.Parallel()
	s := newStage(t, wechattest.Options{})
	u := s.platform.User(openID)
	s.did(u.Subscribe())
	codes := func(n int) (got []int) {
		for range n {
			got = append(got, s.with("POST", send, text(openID, "好")))
		}
		return got
	}
	if got := codes(4); !slices.Equal(got, []int{0, 0, 0, 45047}) {
		t.Errorf("after following: %v", got)
	}
	s.clock.move(time.Minute)
	if got := codes(1); got[0] != 45015 {
		t.Errorf("a minute later: %v", got)
	}
	s.did(u.Say("你好"))
	if got := codes(6); !slices.Equal(got, []int{0, 0, 0, 0, 0, 45047}) {
		t.Errorf("after a message: %v", got)
	}
	s.did(u.SendMenu("1", "101"))
	if got := codes(4); !slices.Equal(got, []int{0, 0, 0, 45047}) {
		t.Errorf("after a tap on a msgmenu link: %v", got)
	}
	s.clock.move(48 * time.Hour)
	if got := codes(1); got[0] != 45015 {
		t.Errorf("two days later: %v", got)
	}
	checkViolation(t, s.platform, "")
	s.did(u.Say("你好"))
	if code := s.with("POST", send, map[string]any{"touser": openID, "msgtype": "msgmenu", "msgmenu": map[string]any{
		"head_content": "满意吗", "list": []any{map[string]any{"id": "101", "content": "满意"}}, "tail_content": "谢谢",
	}}); code != 0 || u.Last().Links[0].MenuID != "101" {
		t.Errorf("a msgmenu gets %d and shows %+v", code, u.Last())
	}
	for name, c := range map[string]struct {
		body any
		want int
	}{
		"too long":      {text(openID, strings.Repeat("长", 683)), 45002},
		"empty":         {text(openID, " "), 44004},
		"unknown type":  {map[string]any{"touser": openID, "msgtype": "hologram"}, 40008},
		"no such user":  {text("oNobody", "好"), 40003},
		"no JSON":       {"{", 47001},
		"no body":       {"", 44002},
		"not following": {text("oStranger", "好"), 43004},
	} {
		s.platform.User("oStranger")
		if code := s.with("POST", send, c.body); code != c.want {
			t.Errorf("%s gets %d, want %d", name, code, c.want)
		}
	}
	if code := s.with("GET", send, nil); code != 43002 {
		t.Errorf("GET gets %d", code)
	}
	if code := s.with("POST", "/cgi-bin/message/mass/send", "{}"); code != 40066 {
		t.Errorf("an unknown endpoint gets %d", code)
	}
	if code := s.with("POST", "/cgi-bin/message/custom/typing", map[string]any{"touser": openID, "command": "Typing"}); code != 0 {
		t.Errorf("typing gets %d", code)
	}
	checkViolation(t, s.platform, "custom/send")
}

func TestTemplateMessages(t *testing.T) {
	t.Parallel()
	s := newStage(t, wechattest.Options{Templates: []wechattest.Template{
		{ID: "T", Title: "提醒", Content: "姓名：{{thing1.DATA}}\n时间：{{time2.DATA}}\n单号：{{character_string3.DATA}}"},
	}})
	u := s.platform.User(openID)
	s.did(u.Subscribe())
	fields := map[string]string{"thing1": "王小明", "time2": "2025年11月24日 08:30", "character_string3": "A-12"}
	message := func(change map[string]string) map[string]any {
		data := map[string]any{}
		all := maps.Clone(fields)
		maps.Copy(all, change)
		for keyword, value := range all {
			data[keyword] = map[string]any{"value": value}
		}
		return map[string]any{"touser": openID, "template_id": "T", "url": "https://a.example", "data": data, "miniprogram": map[string]any{"appid": "", "pagepath": ""}}
	}
	const path = "/cgi-bin/message/template/send"
	if code := s.with("POST", path, message(nil)); code != 0 {
		t.Fatalf("a good one gets %d", code)
	}
	s.did(nil)
	if last := s.lastSeen(); !strings.Contains(last, "TEMPLATESENDJOBFINISH") || !strings.Contains(last, "success") {
		t.Errorf("the delivery result is %s", last)
	}
	if got := u.Last(); got.Kind != "template" || got.Title != "提醒" || len(got.Fields) != 3 || got.Links[0].URL != "https://a.example" {
		t.Errorf("the phone shows %+v", got)
	}
	for _, good := range []string{"08:30", "2025-11-24 08:30:00", "2025年11月24日", "2025年11月24日 08:30~09:00"} {
		if code := s.with("POST", path, message(map[string]string{"time2": good})); code != 0 {
			t.Errorf("the time %q gets %d", good, code)
		}
	}
	checkViolation(t, s.platform, "")
	for name, change := range map[string]map[string]string{
		"21 characters": {"thing1": strings.Repeat("长", 21)}, "a line break": {"thing1": "a\nb"}, "empty": {"thing1": ""},
		"no time": {"time2": "明天上午"}, "Chinese in a number": {"character_string3": "十二"}, "unknown keyword": {"thing9": "x"},
	} {
		if code := s.with("POST", path, message(change)); code != 47003 {
			t.Errorf("%s gets %d, want 47003", name, code)
		}
	}
	other := message(nil)
	other["template_id"] = "U"
	if code := s.with("POST", path, other); code != 40037 {
		t.Errorf("an unknown template gets %d", code)
	}
	u.RefuseTemplates(true)
	s.did(nil)
	before := len(u.Messages())
	s.with("POST", path, message(nil))
	s.did(nil)
	if last := s.lastSeen(); !strings.Contains(last, "failed:user block") || len(u.Messages()) != before {
		t.Errorf("who refuses gets %d messages and the result is %s", len(u.Messages())-before, last)
	}
	s.did(u.Unsubscribe())
	if code := s.with("POST", path, message(nil)); code != 43004 {
		t.Errorf("who does not follow gets %d", code)
	}
}

func TestMenus(t *testing.T) {
	t.Parallel()
	s := newStage(t, wechattest.Options{})
	click := func(name string) wechattest.Button {
		return wechattest.Button{Type: "click", Name: name, Key: "k"}
	}
	many := func(n int) (list []wechattest.Button) {
		for range n {
			list = append(list, click("项"))
		}
		return list
	}
	create := func(buttons ...wechattest.Button) int {
		return s.with("POST", "/cgi-bin/menu/create", map[string]any{"button": buttons})
	}
	if code := s.with("GET", "/cgi-bin/menu/get", nil); code != 46003 {
		t.Errorf("getting no menu gets %d", code)
	}
	good := []wechattest.Button{click("预约挂号"), {Name: "更多", Sub: many(5)}, {Type: "view", Name: "网页", URL: "https://a.example"}}
	if code := create(good...); code != 0 {
		t.Fatalf("a good menu gets %d", code)
	}
	if diff := cmp.Diff(good, s.platform.Menu()); diff != "" {
		t.Errorf("the menu (-want +got):\n%s", diff)
	}
	checkViolation(t, s.platform, "")
	for name, c := range map[string]struct {
		buttons []wechattest.Button
		want    int
	}{
		"none":            {nil, 40016},
		"four":            {many(4), 40016},
		"six below":       {[]wechattest.Button{{Name: "更多", Sub: many(6)}}, 40023},
		"no name":         {[]wechattest.Button{click("")}, 40018},
		"17 bytes":        {[]wechattest.Button{click(strings.Repeat("x", 17))}, 40018},
		"long key":        {[]wechattest.Button{{Type: "click", Name: "a", Key: strings.Repeat("x", 129)}}, 40019},
		"no address":      {[]wechattest.Button{{Type: "view", Name: "a"}}, 40020},
		"unknown type":    {[]wechattest.Button{{Type: "warp", Name: "a"}}, 40017},
		"no type below":   {[]wechattest.Button{{Name: "更多", Sub: []wechattest.Button{{Name: "a"}}}}, 40024},
		"long name below": {[]wechattest.Button{{Name: "更多", Sub: []wechattest.Button{click(strings.Repeat("x", 61))}}}, 40025},
	} {
		if code := create(c.buttons...); code != c.want {
			t.Errorf("%s gets %d, want %d", name, code, c.want)
		}
	}
	create(click("五个字的名"))
	violations := s.platform.Violations()
	if !strings.Contains(violations[len(violations)-1], "too wide") {
		t.Error("a name that no phone shows in full is no violation")
	}
	if code := s.with("GET", "/cgi-bin/menu/delete", nil); code != 0 || len(s.platform.Menu()) != 0 {
		t.Errorf("deleting gets %d and leaves %d entries", code, len(s.platform.Menu()))
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	s := newStage(t, wechattest.Options{})
	s.answers(func(string) (int, string) {
		return 200, reply(openID, "gh_guahao", `选 <a href="weixin://bizmsgmenu?msgmenucontent=心内科&msgmenuid=101">心血管内科</a> 或 <A HREF='https://a.example/x?a=1&amp;b=2'>网页</A>，见 https://b.example/。`)
	})
	u := s.platform.User(openID)
	var told atomic.Int64
	cancel := s.platform.Subscribe(func(string) { told.Add(1) })
	s.did(u.Subscribe())
	want := []wechattest.Link{
		{Label: "心血管内科", Content: "心内科", MenuID: "101"}, {Label: "网页", URL: "https://a.example/x?a=1&b=2"},
		{Label: "https://b.example/", URL: "https://b.example/"},
	}
	last := u.Last()
	if diff := cmp.Diff(want, last.Links); diff != "" {
		t.Errorf("the links (-want +got):\n%s", diff)
	}
	if want := "选 心血管内科 或 网页，见 https://b.example/。"; last.Text != want {
		t.Errorf("the text is %q, want %q", last.Text, want)
	}
	if _, err := u.TapIn(last.ID, 0); err != nil {
		t.Error(err)
	}
	s.did(nil)
	if got := s.lastSeen(); !strings.Contains(got, "<bizmsgmenuid>101</bizmsgmenuid>") || !strings.Contains(got, "心内科") {
		t.Errorf("a tap sends %s", got)
	}
	if link, err := u.Tap("网页"); err != nil || link.URL == "" {
		t.Errorf("a tap on a page gives %+v, %v", link, err)
	}
	if _, err := u.Tap("没有"); err == nil {
		t.Error("a link that is not there was tapped")
	}
	seen := told.Load()
	if seen < 3 {
		t.Errorf("%d changes were told, want the greeting, the tap and its reply", seen)
	}
	cancel()
	s.did(u.Say("你好"))
	if told.Load() != seen {
		t.Error("changes are told after cancel")
	}
}
