package telegramtest

import (
	"context"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// botIdentity is who the bot is.
type botIdentity struct {
	id       int64
	username string
}

func identity(token, username string) botIdentity {
	id, _, _ := strings.Cut(token, ":")
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		n = 1
	}
	return botIdentity{id: n, username: username}
}

func (b botIdentity) json() map[string]any {
	return map[string]any{"id": b.id, "is_bot": true, "first_name": "Guahao", "username": b.username}
}

func (s *Server) getMe(context.Context, *params) (any, error) {
	me := s.bot.json()
	me["can_join_groups"], me["can_read_all_group_messages"], me["supports_inline_queries"] = true, false, false
	return me, nil
}

type botCommand struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

var commandName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

func (s *Server) setMyCommands(_ context.Context, p *params) (any, error) {
	var list []botCommand
	if err := json.Unmarshal([]byte(p.values["commands"]), &list); err != nil {
		return nil, refuse("can't parse commands JSON object")
	}
	if len(list) > maxCommands {
		return nil, refuse("BOT_COMMANDS_TOO_MUCH")
	}
	for _, c := range list {
		if !commandName.MatchString(c.Command) {
			return nil, refuse("BOT_COMMAND_INVALID")
		}
		if n := utf8.RuneCountInString(c.Description); n < 1 || n > 256 {
			return nil, refuse("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	lang := p.values["language_code"]
	if len(lang) != 0 && len(lang) != 2 {
		return nil, refuse("BOT_COMMAND_LANG_CODE_INVALID")
	}
	s.mu.Lock()
	defer s.unlock()
	s.commands[lang] = list
	s.touch(0)
	return true, nil
}

func (s *Server) getMyCommands(_ context.Context, p *params) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]botCommand{}, s.commands[p.values["language_code"]]...), nil
}

// Command is an entry of the bot's command menu.
type Command struct{ Name, Description string }

// Commands is the command menu that the app shows in a language of two letters: its own if there is one, else the one for all.
func (s *Server) Commands(lang string) []Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, ok := s.commands[lang]
	if !ok {
		list = s.commands[""]
	}
	var shown []Command
	for _, c := range list {
		shown = append(shown, Command{Name: c.Command, Description: c.Description})
	}
	return shown
}
