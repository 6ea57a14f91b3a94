package telegramtest

import "time"

// Message is what a phone shows of one message.
type Message struct {
	ID       int
	From     string // "bot" or "user"
	Text     string // of a photo or a document: its caption
	Photo    []byte // PNG or JPEG; nil where there is none
	Document []byte // a file's content; nil where there is none
	FileName string // of a document
	Kind     string // "text", "photo", "document", "voice", "location", "sticker"
	Buttons  [][]Button
	Edited   int  // how often it was edited
	Deleted  bool // it is no longer shown
	EditedAt time.Time
	At       time.Time
}

// Button is one key of an inline keyboard: with Data it is pressed, with URL it opens a page.
type Button struct{ Text, Data, URL string }

// Toast is what popped up in answer to a press.
type Toast struct {
	Text  string
	Alert bool // a dialog that has to be closed, not a passing line
	At    time.Time
}

// message is the state behind Message.
type message struct {
	Message
	sender        *User // of a person's message
	replyTo       *message
	fileID        string
	width, height int
	extra         map[string]any // voice, location, sticker: as in the API's JSON
}

func (m *message) snapshot() Message {
	shown := m.Message
	shown.Buttons = copyButtons(m.Buttons)
	return shown // Photo and Document are never written to
}

func copyButtons(rows [][]Button) [][]Button {
	var copied [][]Button
	for _, row := range rows {
		copied = append(copied, append([]Button{}, row...))
	}
	return copied
}

// json is the API's Message object.
func (s *Server) json(u *User, m *message) map[string]any {
	from := s.bot.json()
	if m.sender != nil {
		from = m.sender.json()
	}
	o := map[string]any{
		"message_id": m.ID,
		"from":       from,
		"chat":       u.chat(),
		"date":       m.At.Unix(),
	}
	if m.Edited > 0 {
		o["edit_date"] = m.EditedAt.Unix()
	}
	if to := m.replyTo; to != nil {
		quoted := *to
		quoted.replyTo = nil // Telegram quotes one level
		o["reply_to_message"] = s.json(u, &quoted)
	}
	for name, value := range m.extra {
		o[name] = value
	}
	switch {
	case m.Document != nil:
		o["document"] = map[string]any{
			"file_id": m.fileID, "file_unique_id": "u" + m.fileID, "file_name": m.FileName, "file_size": len(m.Document),
		}
		if m.Text != "" {
			o["caption"] = m.Text
		}
	case m.Photo != nil:
		o["photo"] = []any{map[string]any{
			"file_id": m.fileID, "file_unique_id": "u" + m.fileID, "width": m.width, "height": m.height, "file_size": len(m.Photo),
		}}
		if m.Text != "" {
			o["caption"] = m.Text
		}
	case m.Text != "":
		o["text"] = m.Text
		if entities := commandEntities(m.Text); len(entities) > 0 {
			o["entities"] = entities
		}
	}
	if len(m.Buttons) > 0 {
		o["reply_markup"] = map[string]any{"inline_keyboard": buttonsJSON(m.Buttons)}
	}
	return o
}

func buttonsJSON(rows [][]Button) []any {
	list := make([]any, 0, len(rows))
	for _, row := range rows {
		keys := make([]any, 0, len(row))
		for _, b := range row {
			key := map[string]any{"text": b.Text}
			if b.URL != "" {
				key["url"] = b.URL
			} else {
				key["callback_data"] = b.Data
			}
			keys = append(keys, key)
		}
		list = append(list, keys)
	}
	return list
}
