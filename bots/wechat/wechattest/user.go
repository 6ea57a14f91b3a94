package wechattest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNotFollowing is returned when somebody who does not follow the account would write to it.
var ErrNotFollowing = errors.New("the user does not follow the account")

// User is a person with WeChat. What they do is queued and delivered in order.
type User struct {
	OpenID string
	server *Server

	// below: guarded by server.mu
	following  bool
	refuses    bool // template messages
	messages   []Message
	typed      window // opened by a message
	clicked    window // opened by a click, a follow or a scan
	lastEvent  int64  // Unix seconds
	clientIDs  map[string]time.Time
	queue      []*delivery
	delivering bool
	toStaff    []string // what the customer-service staff got to read
	withStaff  bool     // one of them has the session: messages go to them
}

// Messages is the whole chat, oldest first.
func (u *User) Messages() []Message {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	return slices.Clone(u.messages)
}

// Last is the newest message that the account sent, or one with ID 0.
func (u *User) Last() Message {
	messages := u.Messages()
	for _, m := range slices.Backward(messages) {
		if m.From == "bot" {
			return m
		}
	}
	return Message{}
}

// Following tells whether the user follows the account.
func (u *User) Following() bool {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	return u.following
}

// Say sends a text.
func (u *User) Say(text string) error {
	return u.send("text", text, text, element{"Content", text})
}

// Tap taps the newest link of the account's messages whose label is or contains the given text. A msgmenu link makes
// the user send its content; a page's address is returned for whoever shows pages.
func (u *User) Tap(label string) (Link, error) {
	messages := u.Messages()
	for _, exact := range []bool{true, false} {
		for _, m := range slices.Backward(messages) {
			for _, l := range m.Links {
				if l.Label == label || !exact && strings.Contains(l.Label, label) {
					return l, u.follow(l)
				}
			}
		}
	}
	return Link{}, fmt.Errorf("no message has a link %q", label)
}

// TapIn taps the n-th link (from 0) of the message with that ID.
func (u *User) TapIn(message int64, n int) (Link, error) {
	for _, m := range u.Messages() {
		if m.ID == message && n >= 0 && n < len(m.Links) {
			return m.Links[n], u.follow(m.Links[n])
		}
	}
	return Link{}, fmt.Errorf("message %d has no link %d", message, n)
}

func (u *User) follow(l Link) error {
	if l.URL != "" {
		return nil
	}
	return u.SendMenu(l.Content, l.MenuID)
}

// SendMenu sends what a tap on a msgmenu link sends, whether or not such a link exists.
func (u *User) SendMenu(content, menuID string) error {
	return u.send("text", content, content, element{"Content", content}, element{"bizmsgmenuid", menuID})
}

// SendImage sends a photo.
func (u *User) SendImage() error {
	return u.send("image", "[图片]", "", element{"PicUrl", "http://mmbiz.qpic.cn/mmbiz_jpg/0/0"}, element{"MediaId", "media_image"})
}

// SendVoice sends a voice message; recognition is what the platform made of it, "" where that is switched off.
func (u *User) SendVoice(recognition string) error {
	return u.send("voice", "[语音] "+recognition, "", element{"MediaId", "media_voice"}, element{"Format", "amr"},
		element{"MediaId16K", "media_voice_16k"}, element{"Recognition", recognition})
}

// SendVideo sends a video.
func (u *User) SendVideo() error {
	return u.send("video", "[视频]", "", element{"MediaId", "media_video"}, element{"ThumbMediaId", "media_thumb"})
}

// SendLocation sends a place on the map, in degrees.
func (u *User) SendLocation(lat, lng float64, label string) error {
	return u.send("location", "[位置] "+label, "", element{"Location_X", degrees(lat)}, element{"Location_Y", degrees(lng)},
		element{"Scale", "15"}, element{"Label", label})
}

// SendLink sends the card of a web page.
func (u *User) SendLink(title, url string) error {
	return u.send("link", "[链接] "+title, "", element{"Title", title}, element{"Description", title}, element{"Url", url})
}

// SendUnknown sends a message of a type that no document mentions.
func (u *User) SendUnknown(msgType string) error { return u.send(msgType, "["+msgType+"]", "") }

func degrees(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }

// Subscribe follows the account.
func (u *User) Subscribe() error { return u.SubscribeBy("") }

// SubscribeBy follows the account by scanning a QR code with that scene.
func (u *User) SubscribeBy(scene string) error {
	s := u.server
	s.mu.Lock()
	u.following = true
	u.clicked = window{opened: s.now()}
	s.mu.Unlock()
	if scene == "" {
		return u.event("subscribe", element{"EventKey", ""})
	}
	return u.event("subscribe", element{"EventKey", "qrscene_" + scene}, element{"Ticket", "ticket"})
}

// Unsubscribe unfollows the account. The chat is gone from the phone; it is kept here for looking at it.
func (u *User) Unsubscribe() error {
	err := u.event("unsubscribe", element{"EventKey", ""})
	s := u.server
	s.mu.Lock()
	u.following, u.typed, u.clicked = false, window{}, window{}
	s.mu.Unlock()
	s.changed(u.OpenID)
	return err
}

// Scan scans a QR code of the account with that scene: it follows, or, if it does so already, reports the scene.
func (u *User) Scan(scene string) error {
	if !u.Following() {
		return u.SubscribeBy(scene)
	}
	u.open(&u.clicked)
	return u.event("SCAN", element{"EventKey", scene}, element{"Ticket", "ticket"})
}

// ClickMenu taps an entry of the custom menu by its key. Phones keep a menu for hours, so any key can come.
func (u *User) ClickMenu(key string) error {
	u.open(&u.clicked)
	return u.event("CLICK", element{"EventKey", key})
}

// ViewMenu taps an entry of the custom menu that leads to a page.
func (u *User) ViewMenu(url string) error {
	return u.event("VIEW", element{"EventKey", url}, element{"MenuId", "1"})
}

// ReportLocation is what the platform reports when a chat is opened, where the user allowed that.
func (u *User) ReportLocation(lat, lng float64) error {
	return u.event("LOCATION", element{"Latitude", degrees(lat)}, element{"Longitude", degrees(lng)}, element{"Precision", "30.0"})
}

// SendEvent sends any event.
func (u *User) SendEvent(name, key string) error { return u.event(name, element{"EventKey", key}) }

// RefuseTemplates makes the user refuse template messages, or take them again.
func (u *User) RefuseTemplates(on bool) {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	u.refuses = on
}

func (u *User) open(w *window) {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	*w = window{opened: u.server.now()}
}

// send queues a message, shows it in the chat, and opens the window that it earns.
func (u *User) send(kind, shown, raw string, content ...element) error {
	s := u.server
	s.mu.Lock()
	if !u.following {
		s.mu.Unlock()
		return ErrNotFollowing
	}
	id := s.nextID()
	w := &u.typed
	if slices.ContainsFunc(content, func(e element) bool { return e.name == "bizmsgmenuid" }) {
		w = &u.clicked
	}
	*w = window{opened: s.now()}
	if u.withStaff {
		u.toStaffInstead(id, kind, shown, raw, s.now())
		s.mu.Unlock()
		s.changed(u.OpenID)
		return nil
	}
	u.messages = append(u.messages, Message{ID: id, From: "user", Kind: kind, Text: shown, Raw: raw, Parts: []Part{{Text: shown}}, At: s.now()})
	content = append(content, element{"MsgId", strconv.FormatInt(id, 10)})
	s.queueLocked(u, &delivery{msgID: id, fault: true, body: s.envelope(u, s.now(), kind, content)})
	s.mu.Unlock()
	s.changed(u.OpenID)
	return nil
}

// event queues an event. The platform tells events apart by their second, so no two of one user share one here.
func (u *User) event(name string, content ...element) error {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if !u.following {
		return ErrNotFollowing
	}
	u.lastEvent = max(u.lastEvent+1, s.now().Unix())
	content = append([]element{{"Event", name}}, content...)
	s.queueLocked(u, &delivery{fault: name == "CLICK", body: s.envelope(u, time.Unix(u.lastEvent, 0), "event", content)})
	return nil
}

// show adds a message to the chat; it must be called without server.mu.
func (u *User) show(m Message) {
	s := u.server
	s.mu.Lock()
	m.ID = s.nextID()
	u.messages = append(u.messages, m)
	s.mu.Unlock()
	s.changed(u.OpenID)
}
