package wechattest

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Message is one entry of a user's chat with the account.
type Message struct {
	ID     int64
	From   string // "bot", "user", or "system" for the platform's own lines
	Kind   string // text, image, voice, video, location, link, emoji or template
	Title  string // of a template message
	Text   string // as it is seen: links are their labels
	Raw    string // as it was sent
	Parts  []Part // Text in pieces, for showing it with its links
	Links  []Link // those of Parts, and where a tap on a template message leads
	Fields []Field
	At     time.Time
}

// Part is a piece of a message's text; Link is nil for plain text.
type Part struct {
	Text string
	Link *Link
}

// Link is something in a message that can be tapped: a page (URL), or a weixin://bizmsgmenu link (MenuID), a tap on which
// makes the user send Content.
type Link struct {
	Label   string
	URL     string
	Content string
	MenuID  string
}

// Field is one line of a template message.
type Field struct{ Name, Keyword, Value string }

var (
	anchors   = regexp.MustCompile(`(?is)<a\s+[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>(.*?)</a>`)
	addresses = regexp.MustCompile(`https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+`)
)

// parseText finds what a phone makes tappable: <a href> links and bare addresses.
func parseText(raw string) (text string, parts []Part, links []Link) {
	add := func(label string, link *Link) {
		if label != "" {
			parts = append(parts, Part{Text: label, Link: link})
		}
	}
	plain := func(s string) {
		rest := 0
		for _, at := range addresses.FindAllStringIndex(s, -1) {
			add(s[rest:at[0]], nil)
			add(s[at[0]:at[1]], &Link{Label: s[at[0]:at[1]], URL: s[at[0]:at[1]]})
			rest = at[1]
		}
		add(s[rest:], nil)
	}
	rest := 0
	for _, at := range anchors.FindAllStringSubmatchIndex(raw, -1) {
		plain(raw[rest:at[0]])
		href := group(raw, at, 1) + group(raw, at, 2)
		link := parseLink(html.UnescapeString(href), group(raw, at, 3))
		add(link.Label, &link)
		rest = at[1]
	}
	plain(raw[rest:])
	var seen strings.Builder
	for _, p := range parts {
		seen.WriteString(p.Text)
		if p.Link != nil {
			links = append(links, *p.Link)
		}
	}
	return seen.String(), parts, links
}

func group(s string, at []int, n int) string {
	if at[2*n] < 0 {
		return ""
	}
	return s[at[2*n]:at[2*n+1]]
}

const msgMenu = "weixin://bizmsgmenu?"

func parseLink(href, label string) Link {
	query, isMenu := strings.CutPrefix(href, msgMenu)
	if !isMenu {
		return Link{Label: label, URL: href}
	}
	link := Link{Label: label}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if decoded, err := url.PathUnescape(value); err == nil {
			value = decoded
		}
		switch name {
		case "msgmenucontent":
			link.Content = value
		case "msgmenuid":
			link.MenuID = value
		}
	}
	return link
}

// textMessage is what the account sent as text.
func (s *Server) textMessage(raw string) Message {
	text, parts, links := parseText(raw)
	return Message{From: "bot", Kind: "text", Text: text, Raw: raw, Parts: parts, Links: links, At: s.now()}
}

// checkLinks notes links that a real phone would not make tappable.
func (s *Server) checkLinks(where string, m Message) {
	if strings.Count(strings.ToLower(m.Raw), "<a ") != len(anchors.FindAllString(m.Raw, -1)) {
		s.violate("%s: an <a> is not closed or has no href", where)
	}
	for _, l := range m.Links {
		isMenu := l.URL == ""
		switch {
		case isMenu && s.options.Uncertified:
			s.violate("%s: weixin://bizmsgmenu links are for certified accounts", where)
		case isMenu && l.Content == "":
			s.violate("%s: a msgmenu link has no msgmenucontent", where)
		case isMenu && !digits.MatchString(l.MenuID):
			s.violate("%s: msgmenuid %q is not a number", where, l.MenuID)
		case !isMenu && !strings.HasPrefix(l.URL, "http://") && !strings.HasPrefix(l.URL, "https://"):
			s.violate("%s: a link leads to %q", where, l.URL)
		case strings.TrimSpace(l.Label) == "":
			s.violate("%s: a link has no label", where)
		}
	}
}

var digits = regexp.MustCompile(`^[0-9]{1,18}$`)
