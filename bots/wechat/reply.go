package wechat

import (
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"

	wechatmessage "github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/util"
)

// write answers a message with a text, or with "success" when there is none, which is in plain in safe mode too.
func (a *Account) write(w http.ResponseWriter, to message, text string) error {
	if text == "" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := w.Write([]byte("success"))
		return err
	}
	reply := wechatmessage.NewText(text)
	reply.SetToUserName(wechatmessage.CDATA(to.FromUserName))
	reply.SetFromUserName(wechatmessage.CDATA(to.ToUserName))
	reply.SetCreateTime(a.cfg.Now().Unix())
	reply.SetMsgType(wechatmessage.MsgTypeText)
	return a.writeXML(w, reply)
}

// writeXML writes a reply, in safe mode encrypted.
func (a *Account) writeXML(w http.ResponseWriter, reply any) error {
	body, err := xml.Marshal(reply)
	if err != nil {
		return fmt.Errorf("write a reply: %w", err)
	}
	if a.cfg.AESKey != "" {
		if body, err = a.encrypt(body); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	_, err = w.Write(body)
	return err
}

// encrypt makes the envelope of safe mode.
func (a *Account) encrypt(body []byte) ([]byte, error) {
	random := []byte(rand.Text()[:16])
	encrypted, err := util.EncryptMsg(random, body, a.cfg.AppID, a.cfg.AESKey)
	if err != nil {
		return nil, fmt.Errorf("encrypt a reply: %w", err)
	}
	timestamp, nonce := a.cfg.Now().Unix(), rand.Text()[:16]
	return xml.Marshal(wechatmessage.ResponseEncryptedXMLMsg{
		EncryptedMsg: string(encrypted),
		MsgSignature: signature(a.cfg.Token, strconv.FormatInt(timestamp, 10), nonce, string(encrypted)),
		Timestamp:    timestamp,
		Nonce:        nonce,
	})
}
