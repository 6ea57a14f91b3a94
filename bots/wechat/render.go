package wechat

import (
	"fmt"
	"strings"

	"guahao/bots"
)

// maxText is how many bytes of UTF-8 a text may have. The platform says 2048 and cuts at 2047.
const maxText = 2047

// style is how much of the text's limit the options may cost.
type style int

const (
	labelLinks  style = iota // tapping a link sends the option's label: best to read in the chat
	numberLinks              // tapping it sends the option's number: shorter
	noLinks                  // lines to be typed
)

// render writes a text with its options within the platform's limit. Links are spared first, then the text is cut.
func (a *Account) render(text string, options []bots.Option, rev int64, lang string) string {
	text = strings.TrimRight(tidy(text), "\n ")
	styles := []style{labelLinks, numberLinks, noLinks}
	if !a.cfg.Certified {
		styles = styles[2:]
	}
	var list string
	for _, s := range styles {
		list = renderOptions(options, rev, lang, s)
		if whole := join(text, list); len(whole) <= maxText {
			return whole
		}
	}
	list = cut(list, maxText/2, lang)
	return join(cut(text, maxText-len(list)-2, lang), list)
}

func join(text, list string) string {
	if text == "" || list == "" {
		return text + list
	}
	return text + "\n\n" + list
}

func renderOptions(options []bots.Option, rev int64, lang string, s style) string {
	lines := make([]string, 0, len(options))
	for _, o := range options {
		lines = append(lines, renderOption(o, rev, lang, s))
	}
	return strings.Join(lines, "\n")
}

// renderOption writes one line. A command without a number, as in a notice, is a link, or the words that stand for it.
func renderOption(o bots.Option, rev int64, lang string, s style) string {
	label, command := oneLine(o.Label), oneLine(o.Command)
	number := fmt.Sprintf("%d. ", o.Index)
	switch {
	case o.URL != "":
		return anchor(o.URL, label)
	case command != "" && o.Index == 0 && s == noLinks:
		return hint(command, label, lang)
	case s == noLinks:
		return number + label
	case command == "" && (rev < 1 || o.Index >= indexBase):
		return number + label // no id could name it
	}
	content, id := label, rev*indexBase+int64(o.Index)
	if s == numberLinks || label == "" || strings.ContainsAny(label, `"'&=#%?+/\`) {
		content = fmt.Sprint(o.Index)
	}
	if command != "" {
		id = int64(commandID(command))
		if id == 0 || content != label {
			content = "/" + command
		}
		if o.Index == 0 {
			number = ""
		}
	}
	return number + anchor(fmt.Sprintf("weixin://bizmsgmenu?msgmenucontent=%s&msgmenuid=%d", content, id), label)
}

func oneLine(text string) string { return strings.Join(strings.Fields(tidy(text)), " ") }

// hint says what to type for a command.
func hint(command, label, lang string) string {
	word := "/" + command
	if lang == "en" {
		return fmt.Sprintf("%s: reply %s", label, word)
	}
	if known, ok := commandWords[command]; ok {
		word = known
	}
	if word == label {
		return fmt.Sprintf("回复“%s”", label)
	}
	return fmt.Sprintf("%s：回复“%s”", label, word)
}

func anchor(href, label string) string {
	return `<a href="` + attribute.Replace(clean(href)) + `">` + label + `</a>`
}

// attribute keeps an address inside of its quotes.
var attribute = strings.NewReplacer(`"`, "%22", "<", "%3C", ">", "%3E", "\n", "%0A", "\r", "%0D", "\t", "%09")

// tidy makes a text safe to show: no characters that XML forbids, and no angle brackets, with which somebody's name could
// make a link of its own.
func tidy(text string) string {
	return brackets.Replace(clean(strings.ReplaceAll(text, "\r\n", "\n")))
}

var brackets = strings.NewReplacer("<", "＜", ">", "＞")

// cut shortens a text to at most limit bytes, between two lines where there is a good place, and says so.
func cut(text string, limit int, lang string) string {
	if len(text) <= limit {
		return text
	}
	more := "\n……（内容较长，已省略）"
	if lang == "en" {
		more = "\n… (shortened)"
	}
	room := limit - len(more)
	if room <= 0 {
		return ""
	}
	head := strings.ToValidUTF8(text[:room], "")
	at := strings.LastIndexByte(head, '\n')
	switch {
	case at > room/2, at >= 0 && strings.Contains(head, "<a "):
		head = head[:at]
	case strings.Contains(head, "<a "): // no half links
		return ""
	}
	return strings.TrimRight(head, "\n ") + more
}
