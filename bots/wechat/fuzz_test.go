package wechat_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"guahao/bots"
	"guahao/bots/wechat"
)

// FuzzHandler sends any body, rightly signed, to the webhook: it does not panic, tells WeChat to come again with nothing, and answers with
// nothing, or a text within the limit.
func FuzzHandler(f *testing.F) {
	f.Add([]byte(fmt.Sprintf(document, 24)))
	const head = `<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1763863200</CreateTime>`
	for _, rest := range []string{
		`<MsgType>event</MsgType><Event>CLICK</Event><EventKey>c:</EventKey></xml>`,
		`<MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_</EventKey></xml>`,
		`<MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>7</MsgID><Status>failed:user block</Status></xml>`,
		`<MsgType>text</MsgType><Content>]]&gt;&lt;a href="x"&gt;</Content><bizmsgmenuid>-1</bizmsgmenuid><MsgId>1</MsgId></xml>`,
		`<MsgType>location</MsgType><Location_X>NaN</Location_X><MsgId>2</MsgId></xml>`,
		`<MsgType>voice</MsgType><Recognition>` + strings.Repeat("长", 900) + `</Recognition><MsgId>3</MsgId></xml>`,
	} {
		f.Add([]byte(head + rest))
	}
	f.Add([]byte(`<!DOCTYPE x><xml/>`))
	w := newWorld(f, setup{})
	w.steps.offer(bots.Option{Label: strings.Repeat("]]>", 40), Index: 1}, bots.Option{Label: "<a>", Command: "menu"}, bots.Option{Label: "去", URL: "https://h.example/?a=\"&b=]]>"})
	l, handler, nonce := w.letter("x"), w.first.account.Handler(w.first.inbox), 0
	f.Fuzz(func(t *testing.T, body []byte) {
		nonce++
		l.query.Set("nonce", fmt.Sprint("n", nonce)) // one that was used is good for one message only
		l.sign()
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/wechat/webhook?"+l.query.Encode(), bytes.NewReader(body)))
		switch answer.Code {
		case http.StatusOK:
			if err := withinLimits(answer.Body.String()); err != nil {
				t.Errorf("%v: %q", err, answer.Body)
			}
		case http.StatusBadRequest:
		default:
			t.Errorf("answered with %d", answer.Code)
		}
	})
}

// withinLimits tells what is wrong with a response to a message.
func withinLimits(response string) error {
	if response == "" || response == "success" {
		return nil
	}
	var reply struct{ MsgType, Content string }
	if err := xml.Unmarshal([]byte(response), &reply); err != nil {
		return fmt.Errorf("no XML: %w", err)
	}
	switch {
	case reply.MsgType != "text" && reply.MsgType != "transfer_customer_service":
		return fmt.Errorf("a reply of type %q", reply.MsgType)
	case len(reply.Content) > wechat.MaxText:
		return fmt.Errorf("%d bytes", len(reply.Content))
	case !utf8.ValidString(reply.Content):
		return errors.New("not UTF-8")
	}
	return nil
}
