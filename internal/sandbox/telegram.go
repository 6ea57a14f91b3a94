package sandbox

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"sync"
	"time"

	"guahao/bots/telegram/telegramtest"
)

// telegramPhone is one person's Telegram. The person is made when they first do something, in the language that the page
// has then: it is the app's language on that phone.
type telegramPhone struct {
	sim *telegramtest.Server
	id  int64

	mu   sync.Mutex
	user *telegramtest.User
}

// telegramView is what the phone shows.
type telegramView struct {
	Started  bool              `json:"started"`
	Blocked  bool              `json:"blocked"`
	Commands []telegramCommand `json:"commands"`
	Messages []telegramMessage `json:"messages"`
	Toasts   []telegramToast   `json:"toasts"`
}

type telegramCommand struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

type telegramMessage struct {
	ID      string             `json:"id"`
	From    string             `json:"from"`
	Kind    string             `json:"kind"`
	Text    string             `json:"text,omitempty"`
	Photo   string             `json:"photo,omitempty"`   // the picture's address
	File    string             `json:"file,omitempty"`    // a document's name
	Size    int                `json:"size,omitempty"`    // of it, in bytes
	Address string             `json:"address,omitempty"` // and where it is
	Buttons [][]telegramButton `json:"buttons,omitempty"`
	Edited  bool               `json:"edited,omitempty"`
	At      time.Time          `json:"at"`
}

type telegramButton struct {
	Text string `json:"text"`
	Data string `json:"data,omitempty"`
	URL  string `json:"url,omitempty"`
}

type telegramToast struct {
	Text  string `json:"text"`
	Alert bool   `json:"alert,omitempty"`
}

// person is who uses the phone; lang counts the first time only.
func (p *telegramPhone) person(lang string) *telegramtest.User {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.user == nil {
		p.user = p.sim.User(p.id, lang)
	}
	return p.user
}

// known is who uses the phone, nil before they did anything.
func (p *telegramPhone) known() *telegramtest.User {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.user
}

func (p *telegramPhone) name() string {
	if p.id == StaffTelegram {
		return "staff"
	}
	return "telegram"
}

func (p *telegramPhone) view() telegramView {
	v := telegramView{Messages: []telegramMessage{}, Commands: []telegramCommand{}, Toasts: []telegramToast{}}
	user := p.known()
	if user == nil {
		return v
	}
	v.Started, v.Blocked = true, user.Blocked()
	for _, c := range p.sim.Commands(user.Lang[:min(2, len(user.Lang))]) {
		v.Commands = append(v.Commands, telegramCommand{c.Name, c.Description})
	}
	for _, m := range user.Messages() {
		if !m.Deleted {
			v.Messages = append(v.Messages, p.bubble(m))
		}
	}
	for _, t := range user.Toasts() {
		v.Toasts = append(v.Toasts, telegramToast{t.Text, t.Alert})
	}
	return v
}

func (p *telegramPhone) bubble(m telegramtest.Message) telegramMessage {
	b := telegramMessage{ID: strconv.Itoa(m.ID), From: side(m.From), Kind: m.Kind, Text: m.Text, Edited: m.Edited > 0, At: m.At}
	if m.Photo != nil {
		b.Photo = fmt.Sprintf("/photo/%s/%d?%d", p.name(), m.ID, m.Edited)
	}
	if m.Document != nil {
		b.File, b.Size, b.Address = m.FileName, len(m.Document), fmt.Sprintf("/document/%s/%d", p.name(), m.ID)
	}
	for _, row := range m.Buttons {
		var keys []telegramButton
		for _, k := range row {
			keys = append(keys, telegramButton{k.Text, k.Data, k.URL})
		}
		b.Buttons = append(b.Buttons, keys)
	}
	return b
}

// message finds a message of the chat that is still there.
func (p *telegramPhone) message(id string) (telegramtest.Message, error) {
	if user := p.known(); user != nil {
		for _, m := range user.Messages() {
			if strconv.Itoa(m.ID) == id && !m.Deleted {
				return m, nil
			}
		}
	}
	return telegramtest.Message{}, &problem{Status: http.StatusNotFound, Code: "gone", Text: "the message is gone"}
}

// typed is what a person does in a Telegram chat.
type typed struct {
	said
	Lang string `json:"lang"` // the page's
}

func (s *Sandbox) telegramRoutes(mux *http.ServeMux) {
	for name, p := range s.telegram {
		route := func(verb string, do func(*telegramtest.User, typed) error) {
			mux.Handle("POST /api/"+name+"/"+verb, action(s, func(_ context.Context, in typed) (done, error) {
				return done{}, do(p.person(in.Lang), in)
			}))
		}
		route("say", func(u *telegramtest.User, in typed) error { u.Say(in.Text); return nil })
		route("send", func(u *telegramtest.User, in typed) error { p.send(u, in); return nil })
		route("press", p.press)
		route("block", func(u *telegramtest.User, _ typed) error { u.Block(); return nil })
		route("unblock", func(u *telegramtest.User, _ typed) error { u.Unblock(); return nil })
	}
	mux.HandleFunc("GET /photo/{phone}/{message}", s.photo)
	mux.HandleFunc("GET /document/{phone}/{message}", s.document)
}

func (p *telegramPhone) press(u *telegramtest.User, in typed) error {
	id, err := strconv.Atoi(in.Message)
	if err == nil {
		err = u.Press(id, in.Button)
	}
	if err != nil { // it was edited away while the finger came down
		return &problem{Status: http.StatusNotFound, Code: "gone", Text: err.Error()}
	}
	return nil
}

func (p *telegramPhone) send(u *telegramtest.User, in typed) {
	switch in.Kind {
	case "voice":
		u.SendVoice()
	case "location":
		u.SendLocation(hereLat, hereLng)
	case "sticker":
		u.SendSticker()
	default:
		u.SendPhoto(in.Text)
	}
}

// photo serves the picture of a message.
func (s *Sandbox) photo(w http.ResponseWriter, r *http.Request) {
	m := s.asked(r)
	if m.Photo == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", http.DetectContentType(m.Photo))
	_, _ = w.Write(m.Photo)
}

// document serves the file of a message, to be saved: it is never shown on the demo's own origin.
func (s *Sandbox) document(w http.ResponseWriter, r *http.Request) {
	m := s.asked(r)
	if m.Document == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": m.FileName}))
	_, _ = w.Write(m.Document)
}

// asked is the message that a request names, or an empty one.
func (s *Sandbox) asked(r *http.Request) telegramtest.Message {
	p := s.telegram[r.PathValue("phone")]
	if p == nil {
		return telegramtest.Message{}
	}
	m, err := p.message(r.PathValue("message"))
	if err != nil {
		return telegramtest.Message{}
	}
	return m
}
