package wechat

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	wechatmessage "github.com/silenceper/wechat/v2/officialaccount/message"

	"guahao/bots"
)

// fieldLimits are how long a value of a keyword's type may be, in characters (模板消息 参数值规则). Types that are not here have a
// form of their own, such as time, which cannot be cut.
var fieldLimits = map[string]int{"thing": 20, "const": 20, "character_string": 32, "phone_number": 17, "car_number": 8, "phrase": 5}

// absent stands for a value that a notice does not have: a template refuses an empty one.
const absent = "无"

// templateMessage fills a template with a notice's fields.
func templateMessage(t Template, openID string, n bots.Notice) *wechatmessage.TemplateMessage {
	values := map[string]string{}
	for _, f := range n.Fields {
		values[f.Name] = f.Value
	}
	m := &wechatmessage.TemplateMessage{ToUser: openID, TemplateID: t.ID, URL: n.URL, Data: map[string]*wechatmessage.TemplateDataItem{}}
	for name, keyword := range t.Fields {
		m.Data[keyword] = &wechatmessage.TemplateDataItem{Value: fit(keyword, values[name])}
	}
	for _, o := range n.Options {
		if m.URL == "" {
			m.URL = o.URL
		}
	}
	m.ClientMsgID = messageID(openID, n)
	return m
}

// fit makes a value of what a keyword may hold.
func fit(keyword, value string) string {
	value = oneLine(value)
	if value == "" {
		return absent
	}
	limit := fieldLimits[strings.TrimRight(keyword, "0123456789")]
	if limit == 0 || utf8.RuneCountInString(value) <= limit {
		return value
	}
	return string([]rune(value)[:limit-1]) + "…"
}

// messageID is the same for the same notice, so that the platform delivers it once when an answer was lost (client_msg_id; at most
// 32 characters, remembered for 10 minutes).
func messageID(openID string, n bots.Notice) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q", openID, n.Kind, n.Text, n.Fields))
	return hex.EncodeToString(sum[:16])
}
