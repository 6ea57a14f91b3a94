package telegram

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"guahao/bots"
)

// Limits of the Bot API, in UTF-16 units where text is meant, in bytes for callback data.
const (
	maxText    = 4096
	maxCaption = 1024
	maxToast   = 200
	maxData    = 64
	maxKeys    = 100
	maxLabel   = 64 // not Telegram's limit: what fits a phone's width twice
	rowKeys    = 8
	rowColumns = 36 // how wide the labels of one row may be together; a Chinese character takes two
)

// rendered is a reply or a notice in Telegram's terms.
type rendered struct {
	text string // "" for nothing but a toast
	keys keyboard
	lang string
}

// render makes a text and an inline keyboard. Links that no button may open are written into the text.
func render(text string, options []bots.Option, rev int64, lang string) rendered {
	r := rendered{text: clean(text), lang: lang}
	var row []key
	number, columns, count := 0, 0, 0
	single := crowded(options)
	for _, o := range options {
		k, ok := keyOf(o, rev)
		if !ok {
			if o.URL != "" {
				r.text = strings.TrimSpace(r.text + "\n" + clean(o.Label) + ": " + o.URL)
			}
			continue
		}
		if count++; count > maxKeys {
			break
		}
		width := columnsOf(k.Text)
		if len(row) > 0 && (o.Row != number || len(row) == rowKeys || columns+width > rowColumns || single && o.Index > 0) {
			r.keys.Rows = append(r.keys.Rows, row)
			row, columns = nil, 0
		}
		row, number, columns = append(row, k), o.Row, columns+width
	}
	if len(row) > 0 {
		r.keys.Rows = append(r.keys.Rows, row)
	}
	return r
}

// crowded tells that two of the choices that shall stand side by side do not fit. Then none do: a list has one layout.
func crowded(options []bots.Option) bool {
	row, columns := 0, 0
	for _, o := range options {
		if o.Index == 0 { // the way back is no choice of the list
			continue
		}
		if o.Row != row {
			row, columns = o.Row, 0
		}
		width := columnsOf(shorten(clean(o.Label), maxLabel, "…"))
		if columns > 0 && columns+width > rowColumns {
			return true
		}
		columns += width
	}
	return false
}

// keyOf makes a key of an option; there is none for what has no label, or what Telegram would refuse.
func keyOf(o bots.Option, rev int64) (key, bool) {
	k := key{Text: shorten(clean(o.Label), maxLabel, "…")}
	switch {
	case o.URL != "":
		k.URL = o.URL
	case o.Command != "":
		k.Data = "c:" + strings.TrimPrefix(o.Command, "/")
	default:
		k.Data = fmt.Sprintf("b:%d:%d", rev, o.Index)
	}
	return k, k.Text != "" && len(k.Data) <= maxData && (k.URL == "" || canOpen(k.URL))
}

// canOpen tells whether a button may open the address: Telegram wants a host with a dot or a number, so not localhost.
func canOpen(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := u.Hostname()
	return net.ParseIP(host) != nil || strings.Contains(strings.Trim(host, "."), ".")
}

// clean takes out what Telegram refuses or removes.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\x00", "")
	return strings.TrimSpace(s)
}

// fit cuts a text that is longer than limit units at a line, or where there is none at a character, and says so.
func fit(s string, limit int, lang string) string {
	if units(s) <= limit {
		return s
	}
	hint := words(lang, cutHint)
	kept := prefix(s, limit-units(hint)-1)
	if at := strings.LastIndexByte(kept, '\n'); at > len(kept)/2 {
		kept = kept[:at]
	}
	return strings.TrimSpace(kept) + "\n" + hint
}

// shorten cuts without regard to lines.
func shorten(s string, limit int, end string) string {
	if units(s) <= limit {
		return s
	}
	return prefix(s, limit-units(end)) + end
}

// units counts as Telegram does: in UTF-16 code units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// prefix is the longest one of at most n units.
func prefix(s string, n int) string {
	for i, r := range s {
		if n -= utf16.RuneLen(r); n < 0 {
			return s[:i]
		}
	}
	return s
}

// columnsOf is about how wide a text is shown.
func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > utf8.RuneSelf && r > 0x2000 {
			n++
		}
	}
	return n
}
