package telegram

import (
	"regexp"
	"slices"
	"strings"
)

var commandName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

// known are the commands that are also taken at the end of a line of text ("你好 /start"). At its beginning, any is.
var known = []string{"start", "book", "my", "help", "menu", "cancel", "lang", "broadcast", "stop"}

// parseCommand finds a command in what was typed: "/start", "/START@guahao_bot payload", "／start", "你好 /start". Telegram's own
// entities are not used: their offsets are strangers' input in UTF-16 units, and they miss the full-width slash.
func parseCommand(text string) (name, arg string, ok bool) {
	text = strings.TrimSpace(text)
	words := strings.Fields(text)
	if len(words) == 0 {
		return "", "", false
	}
	if name, ok := commandOf(words[0]); ok {
		return name, strings.TrimSpace(text[len(words[0]):]), true
	}
	name, ok = commandOf(words[len(words)-1])
	if !ok || !slices.Contains(known, name) {
		return "", "", false
	}
	return name, "", true
}

// commandOf reads one word as "/name" or "/name@bot".
func commandOf(word string) (string, bool) {
	word = strings.Map(halfWidth, word)
	if !strings.HasPrefix(word, "/") {
		return "", false
	}
	name, _, _ := strings.Cut(strings.ToLower(word[1:]), "@")
	return name, commandName.MatchString(name)
}

// halfWidth turns the full-width forms of ASCII, which Chinese keyboards write, into ASCII.
func halfWidth(r rune) rune {
	if r >= '！' && r <= '～' {
		return r - '！' + '!'
	}
	return r
}
