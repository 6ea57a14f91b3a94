package wechattest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Template is a message template that the account has been granted. Content has a line for each field, such as
// "就诊人：{{thing1.DATA}}".
type Template struct {
	ID      string `json:"template_id"`
	Title   string `json:"title"`
	Content string `json:"content"`
}

var keywords = regexp.MustCompile(`\{\{([A-Za-z_]+[0-9]*)\.DATA\}\}`)

// fieldRules are what a value of a keyword's type may be (模板消息 参数值规则). Keywords of the old kind, as first, keyword1 and
// remark, have no type.
var fieldRules = map[string]func(string) bool{
	"thing":            func(v string) bool { return utf8.RuneCountInString(v) <= 20 && !strings.ContainsAny(v, "\r\n") },
	"character_string": regexp.MustCompile(`^[\x20-\x7e]{1,32}$`).MatchString,
	"time":             times.MatchString,
	"date":             times.MatchString,
	"amount":           regexp.MustCompile(`^[¥￥$]?[0-9]{1,10}(\.[0-9]{1,2})?元?$`).MatchString,
	"number":           regexp.MustCompile(`^[0-9.]{1,32}$`).MatchString,
	"phone_number":     regexp.MustCompile(`^[0-9+\-]{1,17}$`).MatchString,
	"car_number":       func(v string) bool { return utf8.RuneCountInString(v) <= 8 },
	"const":            func(v string) bool { return utf8.RuneCountInString(v) <= 20 },
	"phrase":           regexp.MustCompile(`^\p{Han}{1,5}$`).MatchString,
}

const (
	dayForm   = `(\d{4}年\d{1,2}月\d{1,2}日|\d{4}[-/]\d{1,2}[-/]\d{1,2})`
	clockForm = `\d{1,2}:\d{2}(:\d{2})?`
)

var times = regexp.MustCompile(`^(` + dayForm + `( ?` + clockForm + `)?|` + clockForm + `)(~(` + dayForm + ` ?)?` + clockForm + `)?$`)

type templateMessage struct {
	ToUser      string `json:"touser"`
	TemplateID  string `json:"template_id"`
	URL         string `json:"url"`
	ClientMsgID string `json:"client_msg_id"`
	Data        map[string]struct {
		Value string `json:"value"`
	} `json:"data"`
}

func (s *Server) templateSend(_ *http.Request, body []byte) any {
	var q templateMessage
	if err := json.Unmarshal(body, &q); err != nil {
		s.violate("template/send: %v", err)
		return failure(47001)
	}
	if s.options.Uncertified {
		return failure(48001)
	}
	at := slices.IndexFunc(s.options.Templates, func(t Template) bool { return t.ID == q.TemplateID })
	if at < 0 {
		s.violate("template/send: the account has no template %q", q.TemplateID)
		return failure(40037)
	}
	m, wrong := s.templateContent(s.options.Templates[at], q)
	if wrong != "" {
		s.violate("template/send: %s", wrong)
		return result{ErrCode: 47003, ErrMsg: errorMessages[47003] + " " + wrong}
	}
	s.mu.Lock()
	u := s.users[q.ToUser]
	if u == nil || !u.following {
		s.mu.Unlock()
		if u == nil {
			return failure(40003)
		}
		return failure(43004)
	}
	id, again := s.nextID(), u.sentBefore(q.ClientMsgID, s.now())
	refuses := u.refuses
	s.mu.Unlock()
	if !again && !refuses {
		u.show(m)
	}
	s.finishTemplate(u, id, refuses)
	return result{ErrMsg: "ok", MsgID: id}
}

// finishTemplate queues the event that tells how the delivery ended.
func (s *Server) finishTemplate(u *User, id int64, refused bool) {
	status := "success"
	if refused {
		status = "failed:user block"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.lastEvent = max(u.lastEvent+1, s.now().Unix())
	s.queueLocked(u, &delivery{body: s.envelope(u, time.Unix(u.lastEvent, 0), "event", []element{
		{"Event", "TEMPLATESENDJOBFINISH"}, {"MsgID", strconv.FormatInt(id, 10)}, {"Status", status},
	})})
}

// clientIDLife is how long the platform remembers a client_msg_id.
const clientIDLife = 10 * time.Minute

// sentBefore needs server.mu.
func (u *User) sentBefore(id string, now time.Time) bool {
	if id == "" {
		return false
	}
	if at, ok := u.clientIDs[id]; ok && now.Sub(at) < clientIDLife {
		return true
	}
	if u.clientIDs == nil {
		u.clientIDs = map[string]time.Time{}
	}
	u.clientIDs[id] = now
	return false
}

// templateContent fills the template in. The second result says what is wrong.
func (s *Server) templateContent(t Template, q templateMessage) (Message, string) {
	m := Message{From: "bot", Kind: "template", Title: t.Title, At: s.now()}
	if len(q.ClientMsgID) > 32 {
		return m, "client_msg_id has more than 32 bytes"
	}
	if page, err := url.Parse(q.URL); q.URL != "" && (err != nil || page.Host == "") {
		return m, "the url is no address"
	}
	known := map[string]bool{}
	for line := range strings.SplitSeq(t.Content, "\n") {
		found := keywords.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		known[found[1]] = true
		value := q.Data[found[1]].Value
		rule := fieldRules[strings.TrimRight(found[1], "0123456789")]
		if value == "" || rule != nil && !rule(value) {
			return m, "data." + found[1] + ".value invalid"
		}
		name := strings.TrimRight(strings.TrimSpace(keywords.ReplaceAllString(line, "")), "：:")
		m.Fields = append(m.Fields, Field{Name: name, Keyword: found[1], Value: value})
		m.Text += keywords.ReplaceAllLiteralString(line, value) + "\n"
	}
	for keyword := range q.Data {
		if !known[keyword] {
			return m, "data." + keyword + " is not in the template"
		}
	}
	m.Text = strings.TrimSuffix(m.Text, "\n")
	m.Raw, m.Parts = m.Text, []Part{{Text: m.Text}}
	if q.URL != "" {
		m.Links = []Link{{Label: "详情", URL: q.URL}}
	}
	return m, ""
}

func (s *Server) listTemplates(*http.Request, []byte) any {
	return struct {
		List []Template `json:"template_list"`
	}{append([]Template{}, s.options.Templates...)}
}
