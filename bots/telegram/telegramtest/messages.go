package telegramtest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/jpeg" // so that a photo may be a JPEG
	_ "image/png"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

func (s *Server) sendMessage(_ context.Context, p *params) (any, error) {
	text, err := cleanText(p.values["text"], maxText, "message is too long")
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, refuse("message text is empty")
	}
	return s.send(p, &message{Message: Message{Kind: "text", Text: text}})
}

func (s *Server) sendPhoto(_ context.Context, p *params) (any, error) {
	caption, err := cleanText(p.values["caption"], maxCaption, "message caption is too long")
	if err != nil {
		return nil, err
	}
	m := &message{Message: Message{Kind: "photo", Text: caption, Photo: p.files["photo"]}}
	if m.Photo == nil {
		s.mu.Lock()
		m.Photo, m.fileID = s.files[p.values["photo"]], p.values["photo"]
		s.mu.Unlock()
		if m.Photo == nil {
			return nil, refuse("wrong file identifier/HTTP URL specified")
		}
	}
	size, format, err := image.DecodeConfig(bytes.NewReader(m.Photo))
	if err != nil || format != "png" && format != "jpeg" {
		return nil, refuse("IMAGE_PROCESS_FAILED")
	}
	if size.Width+size.Height > maxPhotoSides || size.Width > maxPhotoRatio*size.Height || size.Height > maxPhotoRatio*size.Width {
		return nil, refuse("PHOTO_INVALID_DIMENSIONS")
	}
	if len(m.Photo) > maxPhotoBytes {
		return nil, refuse("file is too big")
	}
	m.width, m.height = size.Width, size.Height
	return s.send(p, m)
}

// sendDocument takes an upload only: this program hands out no file twice.
func (s *Server) sendDocument(_ context.Context, p *params) (any, error) {
	caption, err := cleanText(p.values["caption"], maxCaption, "message caption is too long")
	if err != nil {
		return nil, err
	}
	m := &message{Message: Message{Kind: "document", Text: caption, Document: p.files["document"], FileName: p.names["document"]}}
	switch {
	case m.Document == nil:
		return nil, refuse("there is no document in the request")
	case len(m.Document) == 0:
		return nil, refuse("file must be non-empty")
	case len(m.Document) > maxFileBytes:
		return nil, refuse("file is too big")
	}
	return s.send(p, m)
}

// send adds the bot's message to the chat that the call names.
func (s *Server) send(p *params, m *message) (any, error) {
	buttons, err := parseKeyboard(p.values["reply_markup"])
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.unlock()
	u, err := s.reachable(p)
	if err != nil {
		return nil, err
	}
	if wait, early := s.limiter.take(u.ID, time.Now()); wait > 0 {
		return nil, &apiError{
			code: http.StatusTooManyRequests, description: "Too Many Requests: retry after " + strconv.Itoa(wait),
			retryAfter: wait, violation: early,
		}
	}
	m.From, m.Buttons = "bot", buttons
	s.add(u, m)
	if m.Document != nil {
		m.fileID = fmt.Sprintf("BQACAgUAAx%d", m.ID)
	}
	if m.Photo != nil && m.fileID == "" {
		m.fileID = fmt.Sprintf("AgACAgUAAx%d", m.ID)
		s.files[m.fileID] = m.Photo
	}
	s.show(u, m, false)
	return s.json(u, m), nil
}

// show tells who wants to know of a message that has come, or was changed; the lock is held.
func (s *Server) show(u *User, m *message, changed bool) {
	if s.options.Shown != nil {
		s.options.Shown(u.ID, m.snapshot(), changed)
	}
}

func (s *Server) sendChatAction(_ context.Context, p *params) (any, error) {
	if p.values["action"] == "" {
		return nil, refuse("wrong parameter action in request")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.reachable(p)
	return true, err
}

// chatOf finds the person that chat_id names; the lock is held.
func (s *Server) chatOf(p *params) (*User, error) {
	id := p.values["chat_id"]
	if id == "" {
		return nil, refuse("chat_id is empty")
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || s.users[n] == nil {
		return nil, unable("chat not found")
	}
	return s.users[n], nil
}

// reachable is chatOf for a message to that person.
func (s *Server) reachable(p *params) (*User, error) {
	u, err := s.chatOf(p)
	switch {
	case err != nil:
		return nil, err
	case u.blocked:
		return nil, &apiError{code: http.StatusForbidden, description: "Forbidden: bot was blocked by the user"}
	case !u.started:
		return nil, &apiError{code: http.StatusForbidden, description: "Forbidden: bot can't initiate conversation with a user"}
	}
	return u, nil
}

func (s *Server) editMessageText(_ context.Context, p *params) (any, error) {
	text, err := cleanText(p.values["text"], maxText, "MESSAGE_TOO_LONG")
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, refuse("message text is empty")
	}
	return s.edit(p, func(m *message) (string, error) {
		if m.Photo != nil || m.Document != nil {
			return "", refuse("there is no text in the message to edit")
		}
		return text, nil
	})
}

func (s *Server) editMessageCaption(_ context.Context, p *params) (any, error) {
	caption, err := cleanText(p.values["caption"], maxCaption, "MEDIA_CAPTION_TOO_LONG")
	if err != nil {
		return nil, err
	}
	return s.edit(p, func(m *message) (string, error) {
		if m.Photo == nil && m.Document == nil {
			return "", refuse("there is no caption in the message to edit")
		}
		return caption, nil
	})
}

func (s *Server) editMessageReplyMarkup(_ context.Context, p *params) (any, error) {
	return s.edit(p, func(m *message) (string, error) { return m.Text, nil })
}

// edit changes one of the bot's messages: its text to what change returns, its keyboard to the call's (none when it has none).
func (s *Server) edit(p *params, change func(*message) (text string, err error)) (any, error) {
	buttons, err := parseKeyboard(p.values["reply_markup"])
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.unlock()
	u, err := s.chatOf(p)
	if err != nil {
		return nil, err
	}
	m := u.byID[int(p.integer("message_id"))]
	switch {
	case p.integer("message_id") == 0:
		return nil, refuse("message identifier is not specified")
	case m == nil || m.Deleted:
		return nil, unable("message to edit not found")
	case m.From != "bot":
		return nil, refuse("message can't be edited")
	case u.blocked:
		return nil, &apiError{code: http.StatusForbidden, description: "Forbidden: bot was blocked by the user"}
	}
	text, err := change(m)
	if err != nil {
		return nil, err
	}
	if text == m.Text && reflect.DeepEqual(buttons, m.Buttons) {
		return nil, unable("message is not modified: specified new message content and reply markup are exactly the same as " +
			"a current content and reply markup of the message")
	}
	m.Text, m.Buttons, m.EditedAt = text, buttons, s.options.Now()
	m.Edited++
	s.touch(u.ID)
	s.show(u, m, true)
	return s.json(u, m), nil
}

// deletable is how long after it was sent a message can be deleted.
const deletable = 48 * time.Hour

func (s *Server) deleteMessage(_ context.Context, p *params) (any, error) {
	s.mu.Lock()
	defer s.unlock()
	u, err := s.chatOf(p)
	if err != nil {
		return nil, err
	}
	m := u.byID[int(p.integer("message_id"))]
	switch {
	case m == nil || m.Deleted:
		return nil, unable("message to delete not found")
	case s.options.Now().Sub(m.At) > deletable:
		return nil, unable("message can't be deleted for everyone")
	}
	m.Deleted = true
	s.touch(u.ID)
	return true, nil
}

// cleanText is a text as Telegram stores it: trimmed, and not longer than limit UTF-16 units.
func cleanText(text string, limit int, tooLong string) (string, error) {
	if !utf8.ValidString(text) {
		return "", refuse("strings must be encoded in UTF-8")
	}
	text = strings.TrimSpace(text)
	if len(utf16.Encode([]rune(text))) > limit {
		return "", refuse(tooLong)
	}
	return text, nil
}
