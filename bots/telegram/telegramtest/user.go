package telegramtest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"strconv"
	"strings"
	"unicode/utf16"
)

// User is a person in a private chat with the bot, or a group that has the bot in it. What a person does is queued for the program at once; [Server.Flush] waits
// until the program has acknowledged it.
type User struct {
	ID   int64
	Lang string // the app's language, as an IETF tag: "zh-hans", "en" …; empty where the app does not tell

	s        *Server
	group    bool
	started  bool // has written to the bot, so that it may write back
	blocked  bool
	messages []*message
	byID     map[int]*message
	toasts   []Toast
}

// User returns the person of that id, who is made on first mention. A lang of "zh" is what Telegram's Chinese app sends:
// "zh-hans".
func (s *Server) User(id int64, lang string) *User {
	s.mu.Lock()
	defer s.unlock()
	if u, ok := s.users[id]; ok {
		return u
	}
	if lang == "zh" {
		lang = "zh-hans"
	}
	u := &User{ID: id, Lang: lang, s: s, byID: map[int]*message{}}
	s.users[id] = u
	return u
}

// Start makes the person somebody who has started the bot at some time, so that it may write to them.
func (u *User) Start() {
	u.s.mu.Lock()
	defer u.s.unlock()
	u.started = true
}

// Group returns the group of that id, which is negative. Its messages come from people: see [User.SayIn].
func (s *Server) Group(id int64) *User {
	g := s.User(id, "")
	s.mu.Lock()
	defer s.unlock()
	g.group, g.started = true, true
	return g
}

// SayIn writes a text into a group.
func (u *User) SayIn(group *User, text string) int {
	return group.write(u, &message{Message: Message{Kind: "text", Text: text}})
}

// ReplyIn writes a text into a group as the answer to one of its messages. A bot that may not read along gets those to its own messages.
func (u *User) ReplyIn(group *User, messageID int, text string) int {
	group.s.mu.Lock()
	to := group.byID[messageID]
	group.s.mu.Unlock()
	return group.write(u, &message{Message: Message{Kind: "text", Text: text}, replyTo: to})
}

// Say types and sends a text, which appears in the person's chat too. The app sends what is longer than 4096 characters in
// pieces, and nothing when there are only spaces. It returns the last message's id.
func (u *User) Say(text string) int {
	text = strings.TrimSpace(text)
	id := 0
	for text != "" {
		piece := firstUnits(text, maxText)
		id = u.write(u, &message{Message: Message{Kind: "text", Text: piece}})
		text = text[len(piece):]
	}
	return id
}

// SendPhoto sends a small picture with a caption, which may be empty.
func (u *User) SendPhoto(caption string) int {
	var picture bytes.Buffer
	_ = png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))) // writing to memory does not fail
	return u.write(u, &message{
		Message: Message{Kind: "photo", Photo: picture.Bytes(), Text: caption},
		fileID:  "AgAC-user", width: 8, height: 8,
	})
}

// SendVoice sends a voice message of 3 s.
func (u *User) SendVoice() int {
	return u.write(u, &message{Message: Message{Kind: "voice"}, extra: map[string]any{"voice": map[string]any{
		"file_id": "AwAC-user", "file_unique_id": "uAwAC-user", "duration": 3, "mime_type": "audio/ogg", "file_size": 9000,
	}}})
}

// SendLocation sends a place, in degrees.
func (u *User) SendLocation(lat, lng float64) int {
	return u.write(u, &message{Message: Message{Kind: "location"}, extra: map[string]any{
		"location": map[string]any{"latitude": lat, "longitude": lng},
	}})
}

// SendSticker sends a sticker.
func (u *User) SendSticker() int {
	return u.write(u, &message{Message: Message{Kind: "sticker"}, extra: map[string]any{"sticker": map[string]any{
		"file_id": "CAAC-user", "file_unique_id": "uCAAC-user", "type": "regular", "width": 512, "height": 512,
		"is_animated": false, "is_video": false, "emoji": "👍",
	}}})
}

// Edit changes a text that the person has sent.
func (u *User) Edit(messageID int, text string) error {
	s := u.s
	s.mu.Lock()
	defer s.unlock()
	m := u.byID[messageID]
	if m == nil || m.Deleted || m.From != "user" || m.Kind != "text" {
		return fmt.Errorf("message %d is no text of user %d", messageID, u.ID)
	}
	m.Text, m.EditedAt = text, s.options.Now()
	m.Edited++
	s.enqueue(u.ID, "edited_message", s.json(u, m))
	s.touch(u.ID)
	return nil
}

// Forget deletes a message from the chat, for both sides, as the app offers. The bot is not told.
func (u *User) Forget(messageID int) {
	u.s.mu.Lock()
	defer u.s.unlock()
	if m := u.byID[messageID]; m != nil {
		m.Deleted = true
		u.s.touch(u.ID)
	}
}

// write adds a message of sender, who is the chat's person except in a group, to the chat and queues it.
func (u *User) write(sender *User, m *message) int {
	s := u.s
	s.mu.Lock()
	defer s.unlock()
	m.From, m.sender = "user", sender
	s.add(u, m)
	if u.blocked { // the app offers no input line in a blocked chat: writing unblocks first, as its button does
		u.setBlocked(false)
	}
	u.started = true
	s.enqueue(u.ID, "message", s.json(u, m))
	return m.ID
}

// add puts a message into the chat; the lock is held.
func (s *Server) add(u *User, m *message) {
	s.lastMessage++
	m.ID, m.At = s.lastMessage, s.options.Now()
	u.messages = append(u.messages, m)
	u.byID[m.ID] = m
	s.touch(u.ID)
}

// Press presses the button of a message that has that label, or that callback data. A button that opens a page brings the
// program nothing and is an error here.
func (u *User) Press(messageID int, label string) error {
	s := u.s
	s.mu.Lock()
	defer s.unlock()
	m := u.byID[messageID]
	if m == nil || m.Deleted {
		return fmt.Errorf("user %d has no message %d", u.ID, messageID)
	}
	for _, row := range m.Buttons {
		for _, b := range row {
			if b.Text != label && (b.Data != label || b.Data == "") {
				continue
			}
			if b.URL != "" {
				return fmt.Errorf("the button %q opens %s", b.Text, b.URL)
			}
			s.press(u, m, b.Data)
			return nil
		}
	}
	return fmt.Errorf("message %d has no button %q", messageID, label)
}

// PressData sends a callback with data of one's own making from the newest message of the bot, as a forged client could.
func (u *User) PressData(data string) error {
	s := u.s
	s.mu.Lock()
	defer s.unlock()
	for i := len(u.messages) - 1; i >= 0; i-- {
		if m := u.messages[i]; m.From == "bot" && !m.Deleted {
			s.press(u, m, data)
			return nil
		}
	}
	return fmt.Errorf("the bot has written nothing to user %d", u.ID)
}

// PressOf sends a callback from a message in somebody else's chat, as after forwarding would be if Telegram let it.
func (u *User) PressOf(other *User, messageID int, data string) error {
	s := u.s
	s.mu.Lock()
	defer s.unlock()
	m := other.byID[messageID]
	if m == nil {
		return fmt.Errorf("user %d has no message %d", other.ID, messageID)
	}
	s.pressIn(u, other, m, data)
	return nil
}

// Block blocks the bot: it gets told, and can write no more.
func (u *User) Block() { u.block(true) }

// Unblock lets the bot write again, and tells it.
func (u *User) Unblock() { u.block(false) }

func (u *User) block(blocked bool) {
	u.s.mu.Lock()
	defer u.s.unlock()
	if u.blocked != blocked {
		u.setBlocked(blocked)
	}
}

func (u *User) setBlocked(blocked bool) {
	s := u.s
	u.blocked = blocked
	member := map[string]any{"user": s.bot.json(), "status": "member"}
	kicked := map[string]any{"user": s.bot.json(), "status": "kicked", "until_date": 0}
	before, after := kicked, member
	if blocked {
		before, after = member, kicked
	}
	s.enqueue(u.ID, "my_chat_member", map[string]any{
		"chat": u.chat(), "from": u.json(), "date": s.options.Now().Unix(), "old_chat_member": before, "new_chat_member": after,
	})
	s.touch(u.ID)
}

// Messages is the chat, oldest first, deleted messages included and marked. It is a copy.
func (u *User) Messages() []Message {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	list := make([]Message, 0, len(u.messages))
	for _, m := range u.messages {
		list = append(list, m.snapshot())
	}
	return list
}

// Last is the newest message of the bot that is not deleted; its ID is 0 when there is none.
func (u *User) Last() Message {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	for i := len(u.messages) - 1; i >= 0; i-- {
		if m := u.messages[i]; m.From == "bot" && !m.Deleted {
			return m.snapshot()
		}
	}
	return Message{}
}

// Toasts lists what popped up in answer to presses, oldest first.
func (u *User) Toasts() []Toast {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return append([]Toast{}, u.toasts...)
}

// Blocked tells whether the person has blocked the bot.
func (u *User) Blocked() bool {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return u.blocked
}

// WaitIdle waits until the program has acknowledged all that this person did, or Telegram has given it up.
func (u *User) WaitIdle(ctx context.Context) error {
	return u.s.wait(ctx, func() bool { q := u.s.queues[u.ID]; return q == nil || len(q.updates) == 0 })
}

func (u *User) json() map[string]any {
	o := map[string]any{"id": u.ID, "is_bot": false, "first_name": "User " + strconv.FormatInt(u.ID, 10)}
	if u.Lang != "" {
		o["language_code"] = u.Lang
	}
	return o
}

func (u *User) chat() map[string]any {
	if u.group {
		return map[string]any{"id": u.ID, "type": "group", "title": "Group " + strconv.FormatInt(u.ID, 10)}
	}
	return map[string]any{"id": u.ID, "type": "private", "first_name": "User " + strconv.FormatInt(u.ID, 10)}
}

// commandEntities marks the bot commands of a text as Telegram does: a slash at the start of a word, offsets in UTF-16 units.
func commandEntities(text string) []any {
	var list []any
	units := 0
	for i, word := range strings.SplitAfter(text, " ") {
		length := 0
		for length < len(word) && isCommandByte(word[length], length) {
			length++
		}
		if strings.HasPrefix(word, "/") && length > 1 && (i == 0 || units > 0) {
			list = append(list, map[string]any{"type": "bot_command", "offset": units, "length": length})
		}
		units += len(utf16.Encode([]rune(word)))
	}
	return list
}

func isCommandByte(c byte, at int) bool {
	if at == 0 {
		return c == '/'
	}
	return c == '_' || c == '@' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// firstUnits is the longest prefix of s that has at most n UTF-16 units.
func firstUnits(s string, n int) string {
	for i, r := range s {
		if n -= utf16.RuneLen(r); n < 0 {
			return s[:i]
		}
	}
	return s
}
