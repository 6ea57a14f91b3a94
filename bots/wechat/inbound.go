package wechat

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	wechatmessage "github.com/silenceper/wechat/v2/officialaccount/message"

	"guahao/bots"
)

// message is what the platform delivers, a message or an event. All values are text, because one that is not of the
// expected form must not cost the whole message.
type message struct {
	XMLName      xml.Name `xml:"xml"`
	ToUserName   string
	FromUserName string
	CreateTime   string
	MsgType      wechatmessage.MsgType

	MsgID       string `xml:"MsgId"`
	Content     string
	BizMsgMenu  string `xml:"bizmsgmenuid"`
	Recognition string
	LocationX   string `xml:"Location_X"`
	LocationY   string `xml:"Location_Y"`

	Event       wechatmessage.EventType
	EventKey    string
	TemplateMsg string `xml:"MsgID"` // of TEMPLATESENDJOBFINISH
	Status      string
}

var openIDs = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// decode reads a message in plain. Its errors hold nothing of the message.
func decode(body []byte) (message, error) {
	var m message
	if err := xml.Unmarshal([]byte(clean(string(body))), &m); err != nil {
		return message{}, errors.New("the message is no XML")
	}
	if !openIDs.MatchString(m.FromUserName) || !openIDs.MatchString(m.ToUserName) {
		return message{}, errors.New("the message does not say from whom and to whom it is")
	}
	if m.MsgType == "" || m.MsgType == wechatmessage.MsgTypeEvent && m.Event == "" {
		return message{}, errors.New("the message does not say what it is")
	}
	if seconds, err := strconv.ParseInt(m.CreateTime, 10, 64); err != nil || seconds < 0 || seconds > maxSeconds {
		return message{}, errors.New("the message does not say when it was sent")
	}
	return m, nil
}

// maxSeconds is the end of the year 9999, the last that a DATETIME holds.
const maxSeconds = 253402300799

// clean drops what XML forbids but phones can type, such as control characters.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return r
		case r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}

func (m message) at() time.Time {
	seconds, _ := strconv.ParseInt(m.CreateTime, 10, 64) // decode has checked it
	return time.Unix(seconds, 0).UTC()
}

// maxKey is how long a dedupe key gets, in bytes.
const maxKey = 120

// key is the dedupe key: the MsgId of a message, sender, time and kind of an event.
func (m message) key() string {
	if m.MsgType != wechatmessage.MsgTypeEvent && m.MsgID != "" && len(m.MsgID) <= 32 {
		return m.MsgID
	}
	rest := strings.Join([]string{string(m.Event), m.EventKey, m.TemplateMsg}, ":")
	if m.MsgType != wechatmessage.MsgTypeEvent {
		rest = string(m.MsgType) + ":" + m.Content
	}
	key := m.FromUserName + ":" + m.CreateTime + ":" + rest
	if len(key) <= maxKey && m.MsgType == wechatmessage.MsgTypeEvent {
		return key
	}
	sum := sha256.Sum256([]byte(rest))
	return m.FromUserName + ":" + m.CreateTime + ":" + hex.EncodeToString(sum[:16])
}

// update says what the person did. It is false for what nobody did, or did without expecting an answer.
func (m message) update() (bots.Update, bool) {
	u := bots.Update{Platform: bots.WeChat, Key: m.key(), From: m.FromUserName, At: m.at()}
	if m.MsgType == wechatmessage.MsgTypeEvent {
		return m.event(u)
	}
	u.Message = m.MsgID
	switch m.MsgType {
	case wechatmessage.MsgTypeText:
		return m.text(u), true
	case wechatmessage.MsgTypeVoice:
		u.Kind = bots.Speech
		if said := strings.TrimSpace(m.Recognition); said != "" {
			u.Kind, u.Text, u.Voice = bots.Text, said, true
		}
	case wechatmessage.MsgTypeImage:
		u.Kind = bots.Photo
	case wechatmessage.MsgTypeLocation:
		u.Kind = bots.Location
		lat, errLat := strconv.ParseFloat(m.LocationX, 64)
		lng, errLng := strconv.ParseFloat(m.LocationY, 64)
		if errLat != nil || errLng != nil || !(lat >= -90 && lat <= 90 && lng >= -180 && lng <= 180) {
			u.Kind = bots.Other
			break
		}
		u.Lat, u.Lng = wgs(lat, lng)
	default: // video, shortvideo, link, and what the platform may invent
		u.Kind = bots.Other
	}
	return u, true
}

// text is a typed line, a typed command, or a tap on a msgmenu link.
func (m message) text(u bots.Update) bots.Update {
	u.Kind, u.Text = bots.Text, m.Content
	id, err := strconv.ParseInt(strings.TrimSpace(m.BizMsgMenu), 10, 64)
	switch {
	case err == nil && id >= indexBase:
		u.Kind, u.Button = bots.Press, bots.Button{Rev: id / indexBase, Index: int(id % indexBase)}
		return u
	case err == nil && id > 0 && int(id) < len(commandIDs):
		u.Kind = bots.Command
		u.Command, u.Arg = parseCommand(commandIDs[id])
		return u
	}
	if typedCommand.MatchString(strings.TrimSpace(m.Content)) {
		u.Kind = bots.Command
		u.Command, u.Arg = parseCommand(m.Content)
	}
	return u
}

// scenePrefix is what a subscribe event puts before the scene of the QR code that was scanned.
const scenePrefix = "qrscene_"

func (m message) event(u bots.Update) (bots.Update, bool) {
	switch m.Event {
	case wechatmessage.EventSubscribe:
		u.Kind, u.Arg = bots.Follow, strings.TrimPrefix(m.EventKey, scenePrefix)
	case wechatmessage.EventUnsubscribe:
		u.Kind = bots.Unfollow
	case wechatmessage.EventScan: // a follower scanned a QR code of ours: as Telegram's /start with a payload
		u.Kind, u.Command, u.Arg = bots.Command, "start", m.EventKey
	case eventStaffTook:
		u.Kind = bots.Answer // without words: what staff say comes by the platform
	case eventStaffLeft:
		u.Kind = bots.Release
	case wechatmessage.EventClick:
		u.Kind = bots.Command
		name, ours := strings.CutPrefix(m.EventKey, commandKey)
		if u.Command, u.Arg = parseCommand(name); !ours || u.Command == "" {
			u.Command, u.Arg = "menu", "" // a key of a menu that we no longer have: show what there is
		}
	default:
		// VIEW and view_miniprogram: a page opens, and what happens there is the page's. LOCATION: reported whenever a chat is
		// opened, not by the person. TEMPLATESENDJOBFINISH: a delivery result. Pushes about payments, cards, publishing and what
		// the platform may invent: nobody waits for an answer in the chat.
		return u, false
	}
	return u, true
}

// opens says which window for customer-service messages the person opened. A tap on a msgmenu link counts as a click.
func (m message) opens() windowKind {
	switch {
	case m.MsgType != wechatmessage.MsgTypeEvent && m.BizMsgMenu == "":
		return byMessage
	case m.MsgType != wechatmessage.MsgTypeEvent:
		return byClick
	}
	switch m.Event {
	case wechatmessage.EventSubscribe, wechatmessage.EventScan, wechatmessage.EventClick:
		return byClick
	}
	return ""
}

// refusedTemplate tells that a template message was not delivered because the person refuses them.
func (m message) refusedTemplate() bool {
	return m.Event == wechatmessage.EventTemplateSendJobFinish && strings.EqualFold(strings.ReplaceAll(m.Status, " ", ""), "failed:userblock")
}
