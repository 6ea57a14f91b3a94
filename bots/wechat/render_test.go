package wechat_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"guahao/bots"
	"guahao/bots/wechat"
)

// WeChat carries no documents: a file is a link, above what may be chosen next.
func TestFilesAreLinks(t *testing.T) {
	t.Parallel()
	files := []bots.File{{Name: "visit.ics", Label: "日历文件", URL: "https://h.example/files/x/visit.ics"}, {Name: "none.png", Label: "没有"}}
	got := wechat.Render(true, "给您", bots.Linked(files, []bots.Option{{Label: "返回"}}), 7, "zh")
	want := "给您\n\n" + `<a href="https://h.example/files/x/visit.ics">日历文件</a>` + "\n" +
		`0. <a href="weixin://bizmsgmenu?msgmenucontent=返回&msgmenuid=700">返回</a>`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got): %s", diff)
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	options := []bots.Option{
		{Label: "心血管内科", Index: 1}, {Label: "内科 & 外科", Index: 2}, {Label: "返回"}, {Label: "我的预约", Command: "my"},
		{Label: "停诊", Command: "stop 12"}, {Label: "去支付", URL: `https://h.example/pay/x?a="b"`},
	}
	for name, c := range map[string]struct {
		certified bool
		lang      string
		want      string
	}{
		"certified": {true, "zh", `选科室

1. <a href="weixin://bizmsgmenu?msgmenucontent=心血管内科&msgmenuid=701">心血管内科</a>
2. <a href="weixin://bizmsgmenu?msgmenucontent=2&msgmenuid=702">内科 & 外科</a>
0. <a href="weixin://bizmsgmenu?msgmenucontent=返回&msgmenuid=700">返回</a>
<a href="weixin://bizmsgmenu?msgmenucontent=我的预约&msgmenuid=3">我的预约</a>
<a href="weixin://bizmsgmenu?msgmenucontent=/stop 12&msgmenuid=0">停诊</a>
<a href="https://h.example/pay/x?a=%22b%22">去支付</a>`},
		"uncertified": {false, "zh", `选科室

1. 心血管内科
2. 内科 & 外科
0. 返回
回复“我的预约”
停诊：回复“/stop 12”
<a href="https://h.example/pay/x?a=%22b%22">去支付</a>`},
		"uncertified, English": {false, "en", `选科室

1. 心血管内科
2. 内科 & 外科
0. 返回
我的预约: reply /my
停诊: reply /stop 12
<a href="https://h.example/pay/x?a=%22b%22">去支付</a>`},
	} {
		if diff := cmp.Diff(c.want, wechat.Render(c.certified, "选科室\n", options, 7, c.lang)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// As it gets longer, a reply loses the long links first, then all links, then the end of its text, never its options.
func TestRenderGivesWay(t *testing.T) {
	t.Parallel()
	var options []bots.Option
	for n := range 11 {
		options = append(options, bots.Option{Label: fmt.Sprintf("第%d位医生的名字", n), Index: n})
	}
	line := "这是一行介绍文字。\n"
	for _, c := range []struct {
		lines       int
		links, hint bool
		content     string
	}{{1, true, false, "第3位医生的名字"}, {30, true, false, "3"}, {40, false, false, ""}, {100, false, true, ""}} {
		got := wechat.Render(true, strings.Repeat(line, c.lines), options, 1234, "zh")
		if len(got) > wechat.MaxText {
			t.Errorf("%d lines make %d bytes", c.lines, len(got))
		}
		if links := strings.Contains(got, "bizmsgmenu"); links != c.links || links && !strings.Contains(got, "msgmenucontent="+c.content+"&") {
			t.Errorf("%d lines: links %v, want %v with content %q:\n%s", c.lines, links, c.links, c.content, got)
		}
		if hint := strings.Contains(got, "已省略"); hint != c.hint {
			t.Errorf("%d lines: shortened %v, want %v", c.lines, hint, c.hint)
		}
		for _, o := range options {
			if !strings.Contains(got, o.Label) {
				t.Errorf("%d lines: %s is missing", c.lines, o.Label)
			}
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add("你好", "心内科", "my", "https://a.example", 3, int64(5), 10, true)
	f.Add("<a href=\"x\">", "]]>\x00\xff<", "stop 1", "javascript:\"x", -1, int64(-7), 90, false)
	f.Add(strings.Repeat("长\n", 900), strings.Repeat("长", 300), "", "", 150, int64(1)<<60, 20, true)
	f.Fuzz(func(t *testing.T, text, label, command, address string, index int, rev int64, n int, certified bool) {
		options := []bots.Option{{Label: "支付", URL: address}, {Label: label, Command: command}}
		for i := range min(max(n, 0), 100) {
			options = append(options, bots.Option{Label: label, Index: index + i})
		}
		got := wechat.Render(certified, text, options, rev, "zh")
		if len(got) > wechat.MaxText {
			t.Errorf("%d bytes", len(got))
		}
		if !utf8.ValidString(got) {
			t.Error("not UTF-8")
		}
		if opened, closed := strings.Count(got, "<a href=\""), strings.Count(got, "</a>"); opened != closed || strings.Count(got, "<") != 2*opened {
			t.Errorf("%d links are opened and %d closed: %q", opened, closed, got)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(fmt.Sprintf(document, 24)))
	for _, body := range []string{
		`<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType><Event>CLICK</Event><EventKey>c:</EventKey></xml>`,
		`<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><bizmsgmenuid>-1</bizmsgmenuid></xml>`,
		`<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime><MsgType>location</MsgType><Location_X>NaN</Location_X></xml>`,
		`<!DOCTYPE x><xml/>`, "",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		u, ok, err := wechat.Decode(body)
		if err != nil || !ok {
			return
		}
		if u.Key == "" || len(u.Key) > 128 || u.From == "" || len(u.From) > 64 || u.Platform != bots.WeChat || u.Kind == "" {
			t.Errorf("a bad update: %+v", u)
		}
		if u.Kind == bots.Press && (u.Button.Rev < 1 || u.Button.Index < 0) {
			t.Errorf("a bad button: %+v", u.Button)
		}
		if u.Kind == bots.Command && u.Command == "" {
			t.Error("a command without a name")
		}
		if !utf8.ValidString(u.Text) || u.At.Year() > 9999 {
			t.Errorf("a bad text or time: %+v", u)
		}
	})
}
