package telegram

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"guahao/bots"
)

// incoming is an update with what is needed to answer it on Telegram.
type incoming struct {
	update bots.Update
	chat   int64
	press  *press // for a press of a button
	wanted bool   // false: nobody is served by it
	why    string // the reason, for the log
	say    string // a sentence to answer what is not wanted with; "" for silence
}

// press is a callback query.
type press struct {
	query   string // its id
	message int    // the message that holds the button; 0 when it cannot be edited any more
	file    bool   // that message is a picture or a document, which cannot become a text
}

// read makes of Telegram's update what the inbox takes, or says why nobody is served.
func (b *Bot) read(u *models.Update) incoming {
	var in incoming
	switch {
	case u.Message != nil:
		in = b.readMessage(u.Message)
	case u.CallbackQuery != nil:
		in = b.readPress(u.CallbackQuery)
	case u.MyChatMember != nil:
		in = readMembership(u.MyChatMember)
	case u.EditedMessage != nil:
		in = readEdit(u.EditedMessage)
	case u.ChannelPost != nil || u.EditedChannelPost != nil:
		in = incoming{why: "a channel's post"}
	default:
		in = incoming{why: "a kind of update that is not asked for"}
	}
	in.update.Platform = bots.Telegram
	in.update.Key = strconv.FormatInt(u.ID, 10)
	in.update.From = strconv.FormatInt(in.chat, 10)
	if in.update.At.IsZero() {
		in.update.At = b.now()
	}
	return in
}

func (b *Bot) readMessage(m *models.Message) incoming {
	switch {
	case m.From == nil || m.From.IsBot:
		return incoming{why: "another bot, or nobody"}
	case m.Chat.Type != models.ChatTypePrivate:
		return b.readGroup(m)
	case isService(m):
		return incoming{why: "a service message"}
	}
	in := incoming{wanted: true, chat: m.Chat.ID}
	in.update = bots.Update{Message: strconv.Itoa(m.ID), Lang: language(m.From.LanguageCode), At: moment(m.Date)}
	content(m, &in.update)
	return in
}

// content tells what a message is.
func content(m *models.Message, u *bots.Update) {
	switch {
	case m.Text != "":
		if name, arg, ok := parseCommand(m.Text); ok {
			u.Kind, u.Command, u.Arg = bots.Command, name, arg
			return
		}
		u.Kind, u.Text = bots.Text, m.Text
	case m.Voice != nil || m.VideoNote != nil || m.Audio != nil:
		u.Kind = bots.Speech
	case len(m.Photo) > 0:
		u.Kind, u.Text = bots.Photo, m.Caption
	case m.Location != nil:
		u.Kind, u.Lat, u.Lng = bots.Location, m.Location.Latitude, m.Location.Longitude
	case m.Venue != nil:
		u.Kind, u.Lat, u.Lng = bots.Location, m.Venue.Location.Latitude, m.Venue.Location.Longitude
	default:
		u.Kind = bots.Other
	}
}

// isService tells whether Telegram wrote the message about the chat itself, rather than the person.
func isService(m *models.Message) bool {
	return m.PinnedMessage != nil || m.MessageAutoDeleteTimerChanged != nil ||
		m.ChatBackgroundSet != nil || m.WriteAccessAllowed != nil || m.LeftChatMember != nil || len(m.NewChatMembers) > 0
}

// readGroup answers the first command in a group; the rest of what is said there is not for us.
func (b *Bot) readGroup(m *models.Message) incoming {
	in := incoming{chat: m.Chat.ID, why: "a group"}
	if _, _, ok := parseCommand(m.Text); ok && b.tellOnce(m.Chat.ID) {
		in.say = words(language(m.From.LanguageCode), onlyPrivate)
	}
	return in
}

// tellOnce tells whether a group is still to be told; it remembers some thousands, then starts anew.
func (b *Bot) tellOnce(chat int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.told[chat] {
		return false
	}
	if len(b.told) >= 4096 {
		clear(b.told)
	}
	b.told[chat] = true
	return true
}

func readEdit(m *models.Message) incoming {
	in := incoming{chat: m.Chat.ID, why: "an edited message"}
	if m.Chat.Type == models.ChatTypePrivate && m.From != nil && !m.From.IsBot {
		in.say = words(language(m.From.LanguageCode), notEdited)
	}
	return in
}

func readMembership(m *models.ChatMemberUpdated) incoming {
	if m.Chat.Type != models.ChatTypePrivate || m.From.IsBot {
		return incoming{why: "the membership of a group"}
	}
	in := incoming{chat: m.Chat.ID, wanted: true}
	in.update = bots.Update{Kind: bots.Follow, Lang: language(m.From.LanguageCode), At: moment(m.Date)}
	if t := m.NewChatMember.Type; t == models.ChatMemberTypeBanned || t == models.ChatMemberTypeLeft {
		in.update.Kind = bots.Unfollow
	}
	return in
}

func (b *Bot) readPress(q *models.CallbackQuery) incoming {
	if q.From.IsBot || q.From.ID == 0 {
		return incoming{why: "another bot, or nobody"}
	}
	in := incoming{wanted: true, chat: q.From.ID, press: &press{query: q.ID}} // a private chat has its person's id
	in.update = bots.Update{Lang: language(q.From.LanguageCode), At: b.now()}
	chat := q.From.ID
	if m := q.Message.Message; m != nil {
		chat = m.Chat.ID
		in.press.message, in.press.file = m.ID, len(m.Photo) > 0 || m.Document != nil
		in.update.Message = strconv.Itoa(m.ID)
	} else if m := q.Message.InaccessibleMessage; m != nil {
		chat = m.Chat.ID
	}
	pressed(q.Data, &in.update)
	if chat != q.From.ID { // somebody else's button, or one in a group: it is no choice of this person's session
		in.press.message, in.press.file = 0, false
		in.update.Kind, in.update.Button, in.update.Message = bots.Press, noButton, ""
		in.update.Command, in.update.Arg = "", ""
	}
	return in
}

// noButton is of no session's revision.
var noButton = bots.Button{Rev: -1, Index: -1}

// pressed reads callback data.
func pressed(data string, u *bots.Update) {
	u.Kind, u.Button = bots.Press, noButton
	kind, rest, _ := strings.Cut(data, ":")
	switch kind {
	case "c":
		name, arg, _ := strings.Cut(rest, " ")
		if commandName.MatchString(name) {
			u.Kind, u.Button, u.Command, u.Arg = bots.Command, bots.Button{}, name, arg
		}
	case "b":
		revText, indexText, _ := strings.Cut(rest, ":")
		rev, err1 := strconv.ParseInt(revText, 10, 64)
		index, err2 := strconv.ParseInt(indexText, 10, 32)
		if err1 == nil && err2 == nil && rev >= 0 && index >= 0 {
			u.Button = bots.Button{Rev: rev, Index: int(index)}
		}
	}
}

// moment is the zero time for a date that is missing.
func moment(date int) time.Time {
	if date <= 0 {
		return time.Time{}
	}
	return time.Unix(int64(date), 0)
}

// language is the hint that an app's language gives: "zh", "en", or "" when it does not tell.
func language(code string) string {
	switch {
	case code == "":
		return ""
	case strings.HasPrefix(strings.ToLower(code), "zh"):
		return "zh"
	}
	return "en"
}
