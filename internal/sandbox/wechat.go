package sandbox

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"guahao/bots/wechat/wechattest"
)

// wechatPhone is the patient's WeChat.
type wechatPhone struct {
	sim  *wechattest.Server
	user *wechattest.User
}

// wechatView is what the phone shows.
type wechatView struct {
	Following bool            `json:"following"`
	Menu      []wechatEntry   `json:"menu"`
	Messages  []wechatMessage `json:"messages"`
}

// wechatEntry is an entry of the custom menu: it clicks a key, opens a page, or has entries below it.
type wechatEntry struct {
	Name string        `json:"name"`
	Key  string        `json:"key,omitempty"`
	URL  string        `json:"url,omitempty"`
	Sub  []wechatEntry `json:"sub,omitempty"`
}

type wechatMessage struct {
	ID     string        `json:"id"`
	From   string        `json:"from"` // me, them, system
	Kind   string        `json:"kind"`
	Title  string        `json:"title,omitempty"`
	Parts  []wechatPart  `json:"parts,omitempty"`
	Fields []wechatField `json:"fields,omitempty"`
	URL    string        `json:"url,omitempty"` // of a template message
	At     time.Time     `json:"at"`
}

// wechatPart is a piece of text. Tap numbers a link among the message's links, from 1; URL is set when it opens a page.
type wechatPart struct {
	Text string `json:"text"`
	Tap  int    `json:"tap,omitempty"`
	URL  string `json:"url,omitempty"`
}

type wechatField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (p *wechatPhone) view() wechatView {
	v := wechatView{Following: p.user.Following(), Menu: wechatMenu(p.sim.Menu()), Messages: []wechatMessage{}}
	for _, m := range p.user.Messages() {
		v.Messages = append(v.Messages, wechatBubble(m))
	}
	return v
}

func wechatBubble(m wechattest.Message) wechatMessage {
	b := wechatMessage{ID: strconv.FormatInt(m.ID, 10), From: side(m.From), Kind: m.Kind, Title: m.Title, At: m.At}
	links := 0
	for _, part := range m.Parts {
		p := wechatPart{Text: part.Text}
		if part.Link != nil {
			links++
			p.Tap, p.URL = links, part.Link.URL
		}
		b.Parts = append(b.Parts, p)
	}
	for _, f := range m.Fields {
		b.Fields = append(b.Fields, wechatField{f.Name, f.Value})
	}
	if m.Kind == "template" && len(m.Links) > 0 {
		b.URL = m.Links[len(m.Links)-1].URL
	}
	return b
}

func wechatMenu(buttons []wechattest.Button) []wechatEntry {
	entries := []wechatEntry{}
	for _, b := range buttons {
		entries = append(entries, wechatEntry{Name: b.Name, Key: b.Key, URL: b.URL, Sub: wechatMenu(b.Sub)})
	}
	return entries
}

// side tells from whose side of the chat a message is, seen from the phone's owner.
func side(from string) string {
	switch from {
	case "user":
		return "me"
	case "bot":
		return "them"
	}
	return from
}

// said is what a person does in a chat. Which fields matter depends on what is done.
type said struct {
	Text    string `json:"text"`
	Kind    string `json:"kind"`    // of something that is not text
	Message string `json:"message"` // the message that is acted on
	Tap     int    `json:"tap"`     // its link
	Button  string `json:"button"`  // its button, by callback data
	Key     string `json:"key"`     // of the custom menu
	URL     string `json:"url"`
}

func (s *Sandbox) wechatRoutes(mux *http.ServeMux) {
	p := s.wechat
	route := func(verb string, do func(said) error) {
		mux.Handle("POST /api/wechat/"+verb, action(s, func(_ context.Context, in said) (done, error) {
			err := do(in)
			if errors.Is(err, wechattest.ErrNotFollowing) {
				err = &problem{Status: http.StatusConflict, Code: "not_following", Text: "follow the account first"}
			}
			return done{}, err
		}))
	}
	route("say", func(in said) error { return p.user.Say(in.Text) })
	route("send", p.send)
	route("tap", p.tap)
	route("menu", func(in said) error {
		if in.URL != "" {
			return p.user.ViewMenu(in.URL)
		}
		return p.user.ClickMenu(in.Key)
	})
	route("follow", func(said) error { return p.user.Subscribe() })
	route("unfollow", func(said) error { return p.user.Unsubscribe() })
}

// tap taps a link; what a page's address is for, the page itself opens.
func (p *wechatPhone) tap(in said) error {
	id, err := strconv.ParseInt(in.Message, 10, 64)
	if err == nil {
		_, err = p.user.TapIn(id, in.Tap-1)
	}
	if err != nil && !errors.Is(err, wechattest.ErrNotFollowing) {
		return &problem{Status: http.StatusNotFound, Code: "gone", Text: err.Error()}
	}
	return err
}

// The place that the phones send: People's Square, Shanghai, in degrees.
const hereLat, hereLng = 31.2304, 121.4737

// send sends something that is not text; for a voice message the text is what the platform recognises in it.
func (p *wechatPhone) send(in said) error {
	switch in.Kind {
	case "voice":
		return p.user.SendVoice(in.Text)
	case "location":
		return p.user.SendLocation(hereLat, hereLng, "人民广场")
	case "video":
		return p.user.SendVideo()
	default:
		return p.user.SendImage()
	}
}
