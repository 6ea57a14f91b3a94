package dialog_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"guahao/bots"
	"guahao/dialog"
	"guahao/internal/staff"
)

// wholeSentence says enough to be answered at every step where something is chosen.
const wholeSentence = "明天上午心内科"

// lines are what people send, sensible and otherwise.
var lines = []string{
	"1", "2", "3", "4", "5", "8", "9", "0", "二", "①", "第一个", "选2", "99", "下一页", "上一页",
	"返回", "取消", "主菜单", "帮助", "人工", "到哪了", "English", "中文", "语言", "挂号", "我的预约", "就诊人", "取消预约",
	"你好", "谢谢", "好", "是", "不", "yes", "确认", "确认取消", "确认放弃", "确认删除", "确认预约", "Yes, cancel it",
	"心内科", "王", "王建国", "儿科", "xnk", "附一", "李思敏医生", "明天", "周四上午", "12月3日", "9点半", "31号", "下下周日",
	"林晓梅", "Anna Smith", "11010519491231002X", "110105194912310021", "E12345678", "13912345678", "1990-03-07", "男", "本人", "护照",
	"我的候补", "候补", "要这个号", "不要这个号", "改约", "确认改约", "加入候补", "确认退出", "主治医师 周二到周四 上午", "/take 1", "/decline 99999",
	"🙂", "'; DROP TABLE appointments; --", "\x00\x01\u200b", "{text}", "胸口疼", "/foo", "/my", "/broadcast", "BIND-23456789", "？",
	strings.Repeat("长", 300), "<a href=\"x\">x</a>", "停诊", "群发", "关联", "12345678",
	wholeSentence, "给妈妈挂下周三下午的儿科", "昨天上午心内科", "改到周四上午", "book cardiology tomorrow morning",
	"凭条", "日历", "加入日历", "更多服务", "以前的预约", "评价", "5分", "再约",
}

var commandNames = []string{"start", "book", "my", "help", "menu", "cancel", "lang", "patients", "back", "human", "broadcast", "stop", "staff", "waits", "link", "take", "decline", "more", "slip", "calendar", "nonsense"}

var strays = []bots.Kind{bots.Speech, bots.Photo, bots.Location, bots.Other, bots.Follow, bots.Kind("new")}

// sensible is what a person who gets on would answer in a state where pressing first options does not.
var sensible = map[string]string{
	"": "李思敏", "menu": "李思敏", "name": "林晓梅", "document": "11010519491231002X", "number": "E12345678", "birth": "1990-03-07", "phone": "13912345678", "guardian": "林建国", "guardian_phone": "13987654321",
	"confirm": "确认预约", "review": "保存", "relation": "本人", "words": "请准时到院", "cancel": "确认取消", "give_back": "确认放弃", "remove": "确认删除",
	"preview": "确认发送", "stop_confirm": "确认停诊", "stop_note": "医生外出", "doctor": "2", "day": "3", "period": "1", "time": "1", "patient": "1", "pay": "放弃",
}

// sensible gives such an answer; everybody has a number of their own.
func (p *person) sensible() string {
	if p.session.State == "document" {
		return residentID(int(p.account.ID))
	}
	return sensible[p.session.State]
}

// residentID makes the nth valid resident ID, by GB 11643.
func residentID(n int) string {
	number := fmt.Sprintf("110105%04d0101%03d", 1950+n/1000%60, n%1000)
	sum := 0
	for _, digit := range number {
		sum = (sum + int(digit-'0')) * 2
	}
	return number + "0123456789X"[(12-sum%11)%11:][:1]
}

// anything draws something that this person may do now.
func anything(t *rapid.T, p *person) bots.Update {
	switch rapid.IntRange(0, 11).Draw(t, "kind") {
	case 0, 1, 2, 3: // presses a button that is there
		if len(p.last.Options) > 0 {
			o := rapid.SampledFrom(p.last.Options).Draw(t, "option")
			if o.Command == "" {
				return bots.Update{Kind: bots.Press, Button: bots.Button{Rev: p.last.Rev, Index: o.Index}}
			}
			return bots.Update{Kind: bots.Command, Command: o.Command}
		}
	case 4: // presses one that is not, or not any more
		rev := p.session.Rev + int64(rapid.IntRange(-3, 1).Draw(t, "rev"))
		return bots.Update{Kind: bots.Press, Button: bots.Button{Rev: rev, Index: rapid.IntRange(-1, 20).Draw(t, "index")}}
	case 5:
		return bots.Update{Kind: bots.Command, Command: rapid.SampledFrom(commandNames).Draw(t, "command"), Arg: rapid.SampledFrom([]string{"", "en", "x", "1", "-1"}).Draw(t, "arg")}
	case 6:
		if rapid.IntRange(0, 5).Draw(t, "from elsewhere") == 0 {
			return fromElsewhere(t, p)
		}
		return bots.Update{Kind: rapid.SampledFrom(strays).Draw(t, "stray")}
	case 8, 9, 10:
		if line := p.sensible(); line != "" {
			return bots.Update{Kind: bots.Text, Text: line}
		}
	case 7:
		return bots.Update{Kind: bots.Text, Text: rapid.String().Draw(t, "text"), Voice: rapid.Bool().Draw(t, "voice")}
	}
	return bots.Update{Kind: bots.Text, Text: rapid.SampledFrom(lines).Draw(t, "line")}
}

// fromElsewhere draws what does not come from the person: staff who have taken over, or did once, and deadlines.
func fromElsewhere(t *rapid.T, p *person) bots.Update {
	arg := rapid.SampledFrom([]string{"", fmt.Sprint(p.handover()), "999999"}).Draw(t, "handover")
	switch rapid.IntRange(0, 3).Draw(t, "what") {
	case 0:
		return bots.Update{Kind: bots.Timeout}
	case 1:
		return bots.Update{Kind: bots.Release, Arg: arg}
	}
	return bots.Update{Kind: bots.Answer, Arg: arg, Text: rapid.SampledFrom([]string{"您好，请稍等", ""}).Draw(t, "answer")}
}

// handover is the one that the conversation is in; 0: the bot answers.
func (p *person) handover() (id int64) {
	var m struct{ Human struct{ ID int64 } }
	if json.Unmarshal(p.session.Data, &m) != nil {
		return 0
	}
	return m.Human.ID
}

// checked does something and holds what comes of it against what must come.
func (p *person) checked(t fataler, u bots.Update) bots.Reply {
	t.Helper()
	before, state := p.handover(), p.session.State
	reply, err := p.does(u)
	switch after := p.handover(); {
	case err != nil:
		t.Fatalf("%+v: %v", u, err)
	case u.Kind == bots.Timeout && before == 0 && (!reply.Empty() || p.session.State != "menu"):
		t.Fatalf("a deadline comes to %s: %s", p.session.State, reply.Text)
	case u.Kind == bots.Timeout && before != 0 && (after != 0 || reply.Text == ""):
		t.Fatalf("nobody wrote for long, and the bot says %q", reply.Text)
	case u.Kind == bots.Timeout:
	case before == 0 && (u.Kind == bots.Answer || u.Kind == bots.Release):
		if !reply.Empty() || p.session.State != state {
			t.Fatalf("staff who have not taken over get %q", reply.Text)
		}
	case before != 0 && after == before: // the bot is mute
		if p.session.State != state || len(reply.Options) > 0 || reply.Text != "" && u.Kind != bots.Answer && !strings.Contains(reply.Text, "120") {
			t.Fatalf("the bot does not leave it to staff: %+v", reply)
		}
		if u.Kind != bots.Answer && u.Kind != bots.Release && reply.Relay == nil {
			t.Fatalf("staff do not read %+v", u)
		}
	case before == 0 && after != 0 && reply.Relay == nil:
		t.Fatalf("it was handed over to nobody: %s", reply.Text)
	default:
		checkReply(t, reply)
		if before != 0 && u.Kind == bots.Release && p.session.State != state {
			t.Fatalf("it was given back at %s, not at %s", p.session.State, state)
		}
	}
	// In what is staff's a sentence about a visit cannot be meant.
	if u.Text == wholeSentence && (strings.Contains(reply.Text, "没看懂") || strings.Contains(reply.Text, "I did not understand")) && !dialog.OfStaff(state) {
		t.Fatalf("in %s a sentence gets no help: %s", state, reply.Text)
	}
	return reply
}

// TestAnythingGetsAnAnswer sends random conversations: there is never an error, never silence, never a reply beyond the
// limits, every option can be chosen, the main menu is one word away, and going back ends there.
func TestAnythingGetsAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen, handed := map[string]int{}, 0
	alone := w.dialog
	w.staffed = map[bots.Platform]bool{bots.WeChat: true, bots.Telegram: true}
	w.restart()
	staffed := w.dialog
	rapid.Check(t, func(rt *rapid.T) {
		w.moment.Store(monday.UnixNano())
		w.dialog = rapid.SampledFrom([]*dialog.Dialog{alone, staffed}).Draw(rt, "dialog")
		platform := rapid.SampledFrom([]bots.Platform{bots.WeChat, bots.Telegram}).Draw(rt, "platform")
		p := w.person(platform, rapid.SampledFrom([]string{"zh", "en", ""}).Draw(rt, "lang"))
		if rapid.IntRange(0, 4).Draw(rt, "staff") == 0 {
			_, code, _, err := w.staff.Add(t.Context(), staff.NewMember{Name: "员工", Grants: []staff.Grant{{Role: staff.Scheduler}}})
			w.check(err)
			p.says(code)
		}
		for range rapid.IntRange(0, 12).Draw(rt, "sensibly") {
			if line := p.sensible(); line != "" {
				p.checked(rt, bots.Update{Kind: bots.Text, Text: line})
				seen[p.session.State]++
			}
		}
		for range rapid.IntRange(1, 40).Draw(rt, "length") {
			u := anything(rt, p)
			reply := p.checked(rt, u)
			if p.handover() != 0 {
				handed++
			}
			if platform == bots.Telegram && p.session.State != "preview" && p.session.State != "stop_confirm" { // there, staff read what they wrote
				checkSecrets(rt, p, reply)
			}
			seen[p.session.State]++
			switch rapid.IntRange(0, 60).Draw(rt, "meanwhile") {
			case 0:
				if !reply.Empty() { // else nobody has read anything, and twice this is too long ago
					w.forward(20 * time.Minute)
				}
			case 1:
				w.pay(p)
			case 2:
				p.session.Data = json.RawMessage(rapid.SampledFrom([]string{"{", `{"v":9}`, "", "null", `[]`}).Draw(rt, "data"))
			}
		}
		if p.handover() != 0 {
			p.checked(rt, bots.Update{Kind: bots.Release})
		}
		if p.last.Rev == p.session.Rev { // else the buttons are out of date by something that was not answered
			checkOptions(rt, p)
		}
		checkWaysHome(rt, p)
		checkBackIsIdentity(rt, p)
	})
	if len(seen) < 30 || handed == 0 {
		t.Errorf("too few states were visited to mean much: %v", seen)
	}
	t.Logf("%d states were visited: %v", len(seen), seen)
}

// fataler is a test of either kind.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkReply holds a reply against what every reply must be.
func checkReply(t fataler, r bots.Reply) {
	t.Helper()
	switch {
	case strings.TrimSpace(r.Text) == "":
		t.Fatalf("an empty reply: %+v", r)
	case !utf8.ValidString(r.Text):
		t.Fatalf("a reply that is not UTF-8: %q", r.Text)
	case len(r.Text) > 2000:
		t.Fatalf("a reply of %d bytes: %s", len(r.Text), r.Text)
	case placeholder.MatchString(strings.ReplaceAll(r.Text, "{text}", "")):
		t.Fatalf("a place was not filled: %s", r.Text)
	case utf8.RuneCountInString(r.Toast) > 200:
		t.Fatalf("a toast of %d characters", utf8.RuneCountInString(r.Toast))
	case len(r.Options) == 0 || len(r.Options) > 14:
		t.Fatalf("a reply with %d options: %s", len(r.Options), r.Text)
	}
	seen := map[int]bool{}
	for _, o := range r.Options {
		if n := utf8.RuneCountInString(o.Label); n == 0 || n > 48 {
			t.Fatalf("the label %q has %d characters", o.Label, n)
		}
		if o.Index == 0 && o.Command != "" {
			continue // a word, not a number
		}
		if seen[o.Index] || o.Index > 99 {
			t.Fatalf("two options %d in %s", o.Index, r.Text)
		}
		seen[o.Index] = true
	}
}

// checkSecrets finds the names and numbers of patients, which no message on Telegram may have.
func checkSecrets(t fataler, p *person, r bots.Reply) {
	t.Helper()
	said := r.Text + r.Toast
	for _, o := range r.Options {
		said += o.Label
	}
	for _, secret := range []string{"林晓梅", "林*梅", "Anna", "A***", "11010", "110***", "E12345", "E*****"} {
		if strings.Contains(said, secret) {
			t.Fatalf("%q stands in a message on Telegram: %s", secret, said)
		}
	}
}

// hasEffects are the states in which the first choice changes what the second meets.
var hasEffects = map[string]bool{"confirm": true, "review": true, "pay": true, "give_back": true, "lapsed": true, "cancel": true, "remove": true,
	"preview": true, "stop_confirm": true}

// checkOptions tries every option of the last reply, by button and by number, each on a copy of the conversation.
func checkOptions(t *rapid.T, p *person) {
	for _, o := range p.last.Options {
		if o.Command != "" && o.Index == 0 {
			continue
		}
		byButton, byNumber := p.twin(), p.twin()
		pressed := byButton.must(bots.Update{Kind: bots.Press, Button: bots.Button{Rev: p.last.Rev, Index: o.Index}})
		typed := byNumber.must(bots.Update{Kind: bots.Text, Text: fmt.Sprint(o.Index)})
		for _, reply := range []bots.Reply{pressed, typed} {
			checkReply(t, reply)
		}
		sameState := byButton.session.State == byNumber.session.State
		if !sameState && !hasEffects[p.session.State] && !strings.Contains(typed.Text, o.Label) { // it must say which word to reply
			t.Fatalf("option %d %q: the button leads to %s, the number to %s:\n%s", o.Index, o.Label, byButton.session.State, byNumber.session.State, typed.Text)
		}
	}
}

// twin is the same conversation of another person of the family: what it does leaves the first as it was, except for what is
// in the database.
func (p *person) twin() *person {
	twin := &person{w: p.w, account: p.account, session: p.session, last: p.last}
	twin.session.Data = append(json.RawMessage(nil), p.session.Data...)
	return twin
}

// checkBackIsIdentity goes one step on by every option, and back: that is where it was.
func checkBackIsIdentity(t *rapid.T, p *person) {
	p = p.twin()
	p.must(bots.Update{Kind: bots.Photo}) // shows the step as it is by now: time may have shortened the list
	for _, o := range p.last.Options {
		if o.Command != "" || o.Index == 0 {
			continue
		}
		there := p.twin()
		before := remembered(there)
		there.must(bots.Update{Kind: bots.Press, Button: bots.Button{Rev: p.last.Rev, Index: o.Index}})
		if len(remembered(there).History) != len(before.History)+1 || there.session.State == "give_back" || before.State == "lapsed" {
			continue // a turned page, an effect, a way back that asks, or a new search that returned the lapsed place
		}
		there.says("返回")
		if diff := cmp.Diff(before, remembered(there)); diff != "" {
			t.Fatalf("by %q and back is not where it was (-before +after):\n%s", o.Label, diff)
		}
	}
}

// place is what going back restores.
type place struct {
	State   string
	Page    int
	Draft   map[string]any
	History []any
}

func remembered(p *person) place {
	at := place{State: p.session.State}
	if err := json.Unmarshal(p.session.Data, &at); err != nil {
		return place{State: p.session.State} // spoiled on purpose
	}
	return at
}

// checkWaysHome goes to the main menu by word, and by going back.
func checkWaysHome(t *rapid.T, p *person) {
	home := p.twin()
	home.says("主菜单")
	if home.session.State != "menu" {
		t.Fatalf("主菜单 leads from %s to %s", p.session.State, home.session.State)
	}
	back := p.twin()
	for range 60 {
		if back.session.State == "menu" {
			return
		}
		back.says("返回")
	}
	t.Fatalf("60 times back from %s leads to %s", p.session.State, back.session.State)
}
