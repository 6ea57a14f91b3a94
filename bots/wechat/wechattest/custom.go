package wechattest

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// Windows and quotas of customer-service messages.
const (
	typedWindow   = 48 * time.Hour
	typedQuota    = 5
	clickedWindow = time.Minute
	clickedQuota  = 3
	maxCustomText = 2048 // bytes
)

// window is what one action of a user allows.
type window struct {
	opened time.Time
	used   int
}

func (w *window) isOpen(now time.Time, length time.Duration) bool {
	return !w.opened.IsZero() && now.Before(w.opened.Add(length))
}

// allow takes one message out of the user's windows, or returns the error code; it needs server.mu.
func (u *User) allow(now time.Time) int {
	clicked, typed := u.clicked.isOpen(now, clickedWindow), u.typed.isOpen(now, typedWindow)
	switch {
	case clicked && u.clicked.used < clickedQuota:
		u.clicked.used++
	case typed && u.typed.used < typedQuota:
		u.typed.used++
	case clicked || typed:
		return 45047
	default:
		return 45015
	}
	return 0
}

type menuItem struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

type customMessage struct {
	ToUser  string `json:"touser"`
	MsgType string `json:"msgtype"`
	Text    *struct {
		Content string `json:"content"`
	} `json:"text"`
	Menu *struct {
		Head string     `json:"head_content"`
		List []menuItem `json:"list"`
		Tail string     `json:"tail_content"`
	} `json:"msgmenu"`
}

func (s *Server) customSend(_ *http.Request, body []byte) any {
	var q customMessage
	if err := json.Unmarshal(body, &q); err != nil {
		s.violate("custom/send: %v", err)
		return failure(47001)
	}
	m, code := s.customContent(q)
	if code != 0 {
		s.violate("custom/send: %s", errorMessages[code])
		return failure(code)
	}
	s.mu.Lock()
	u := s.users[q.ToUser]
	switch {
	case u == nil:
		code = 40003
	case !u.following:
		code = 43004
	default:
		code = u.allow(s.now())
	}
	s.mu.Unlock()
	if code != 0 {
		return failure(code)
	}
	s.checkLinks("custom/send", m)
	u.show(m)
	return success
}

func (s *Server) customContent(q customMessage) (Message, int) {
	switch {
	case q.MsgType == "text" && q.Text != nil:
		content := q.Text.Content
		switch {
		case strings.TrimSpace(content) == "":
			return Message{}, 44004
		case len(content) > maxCustomText:
			return Message{}, 45002
		case !utf8.ValidString(content):
			return Message{}, 47001
		}
		return s.textMessage(content), 0
	case q.MsgType == "msgmenu" && q.Menu != nil:
		if s.options.Uncertified {
			return Message{}, 48001
		}
		return s.customMenu(q)
	}
	return Message{}, 40008
}

func (s *Server) customMenu(q customMessage) (Message, int) {
	m := Message{From: "bot", Kind: "text", At: s.now(), Parts: []Part{{Text: q.Menu.Head + "\n"}}}
	for _, item := range q.Menu.List {
		if item.Content == "" || !digits.MatchString(item.ID) {
			return Message{}, 47003
		}
		l := Link{Label: item.Content, Content: item.Content, MenuID: item.ID}
		m.Links = append(m.Links, l)
		m.Parts = append(m.Parts, Part{Text: item.Content, Link: &l}, Part{Text: "\n"})
	}
	m.Parts = append(m.Parts, Part{Text: q.Menu.Tail})
	for _, p := range m.Parts {
		m.Text += p.Text
	}
	m.Raw = m.Text
	return m, 0
}

func (s *Server) customTyping(_ *http.Request, body []byte) any {
	var q struct {
		ToUser  string `json:"touser"`
		Command string `json:"command"`
	}
	if err := json.Unmarshal(body, &q); err != nil {
		s.violate("custom/typing: %v", err)
		return failure(47001)
	}
	if q.Command != "Typing" && q.Command != "CancelTyping" {
		s.violate("custom/typing: the command is %q", q.Command)
		return failure(45072)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u, now := s.users[q.ToUser], s.now()
	if u == nil {
		return failure(40003)
	}
	if !u.typed.isOpen(now, typedWindow) && !u.clicked.isOpen(now, clickedWindow) {
		return failure(45015)
	}
	return success
}
