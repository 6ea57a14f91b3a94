package wechattest

import (
	"encoding/json"
	"net/http"
	"slices"
	"unicode"
)

// Button is an entry of the custom menu.
type Button struct {
	Type string   `json:"type,omitempty"` // click or view; "" for one that opens others
	Name string   `json:"name"`
	Key  string   `json:"key,omitempty"`
	URL  string   `json:"url,omitempty"`
	Sub  []Button `json:"sub_button,omitempty"`
}

// Limits of the custom menu, in bytes; a phone shows 4 Chinese characters of a top button and 8 of a lower one.
const (
	maxButtons, maxSubButtons = 3, 5
	maxName, maxSubName       = 16, 60
	maxKey, maxURL            = 128, 1024
	shownName, shownSubName   = 8, 16 // half-width columns
)

// Menu is the custom menu as a phone shows it, empty when there is none.
func (s *Server) Menu() []Button {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.menu)
}

func (s *Server) createMenu(_ *http.Request, body []byte) any {
	var q struct {
		Button []Button `json:"button"`
	}
	if err := json.Unmarshal(body, &q); err != nil {
		s.violate("menu/create: %v", err)
		return failure(47001)
	}
	if code := checkMenu(q.Button); code != 0 {
		s.violate("menu/create: %s", errorMessages[code])
		return failure(code)
	}
	for _, b := range q.Button {
		if columns(b.Name) > shownName {
			s.violate("menu/create: %q is too wide to be shown", b.Name)
		}
		for _, sub := range b.Sub {
			if columns(sub.Name) > shownSubName {
				s.violate("menu/create: %q is too wide to be shown", sub.Name)
			}
		}
	}
	s.mu.Lock()
	s.menu = q.Button
	s.mu.Unlock()
	s.changed("")
	return success
}

func checkMenu(buttons []Button) int {
	if len(buttons) < 1 || len(buttons) > maxButtons {
		return 40016
	}
	for _, b := range buttons {
		if len(b.Sub) > maxSubButtons {
			return 40023
		}
		if b.Name == "" || len(b.Name) > maxName {
			return 40018
		}
		if len(b.Sub) == 0 {
			if code := checkButton(b, 40017, 40019, 40020); code != 0 {
				return code
			}
		}
		for _, sub := range b.Sub {
			if sub.Name == "" || len(sub.Name) > maxSubName {
				return 40025
			}
			if code := checkButton(sub, 40024, 40026, 40027); code != 0 {
				return code
			}
		}
	}
	return 0
}

func checkButton(b Button, wrongType, wrongKey, wrongURL int) int {
	switch b.Type {
	case "click":
		if b.Key == "" || len(b.Key) > maxKey {
			return wrongKey
		}
	case "view":
		if b.URL == "" || len(b.URL) > maxURL {
			return wrongURL
		}
	default:
		return wrongType
	}
	return 0
}

func columns(name string) int {
	n := 0
	for _, r := range name {
		n++
		if unicode.Is(unicode.Han, r) {
			n++
		}
	}
	return n
}

func (s *Server) getMenu(*http.Request, []byte) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.menu) == 0 {
		return failure(46003)
	}
	var answer struct {
		Menu struct {
			Button []Button `json:"button"`
		} `json:"menu"`
	}
	answer.Menu.Button = slices.Clone(s.menu)
	return answer
}

func (s *Server) deleteMenu(*http.Request, []byte) any {
	s.mu.Lock()
	s.menu = nil
	s.mu.Unlock()
	s.changed("")
	return success
}
