package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"guahao/internal/handout"
)

// A person takes their data away, and is forgotten. Afterwards the links are dead, and the same phone is a stranger's.
func TestMyData(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"telegram", "wechat"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			p := w.person(platform, 1)
			books(w, p, 1, tomorrow)
			p.say("我的数据")
			p.tap("导出我的数据")
			file := w.file(p, "我的数据（JSON）")
			var data handout.Personal
			if err := json.Unmarshal(file, &data); err != nil {
				t.Fatalf("%v: %s", err, file)
			}
			if len(data.Patients) != 1 || len(data.Visits) != 1 || len(data.Accounts) != 1 || data.Visits[0].PaidYuan == "" {
				t.Fatalf("the export is %+v", data)
			}
			if masked := strings.Contains(data.Patients[0].Number, "*"); masked != (platform == "telegram") {
				t.Errorf("the document's number is %q", data.Patients[0].Number)
			}
			var link string
			if person, ok := p.(wechatPerson); ok {
				page, err := person.Tap("我的数据（网页）")
				w.must(err)
				link = page.URL
				if status, header, body := w.fetch(link, "MicroMessenger"); status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/html") || !strings.Contains(string(body), data.Patients[0].Name) {
					t.Errorf("the page answers %d", status)
				}
			}
			p.say("注销账号")
			p.say("确认注销")
			expect(w, p, "您还有未就诊的预约")
			p.say("1")
			p.tap("取消这个预约")
			p.say("确认取消")
			w.settle()
			p.say("注销账号")
			p.say("确认注销")
			expect(w, p, "已注销")
			if link != "" {
				if status, _, _ := w.fetch(link, "MicroMessenger"); status != http.StatusGone {
					t.Errorf("the link of who is forgotten answers %d", status)
				}
			}
			p.say("就诊人")
			expect(w, p, "还没有就诊人")
			var known []string
			w.query(&known, "SELECT external_id FROM chat_accounts ORDER BY id")
			if len(known) != 2 || !strings.HasPrefix(known[0], "gone:") {
				t.Errorf("the accounts are known by %v", known)
			}
		})
	}
}
