package telegram

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/go-telegram/bot/models"
)

// decode reads a webhook's body. What the SDK cannot read is read again without the parts that this program does not serve, so that
// a new kind of chat member does not stop the queue for a day.
func decode(body []byte) (*models.Update, error) {
	if u := decodePress(body); u != nil {
		return u, nil
	}
	var u models.Update
	if err := json.Unmarshal(body, &u); err != nil {
		var served struct {
			ID            int64                 `json:"update_id"`
			Message       *models.Message       `json:"message"`
			CallbackQuery *models.CallbackQuery `json:"callback_query"`
		}
		if json.Unmarshal(body, &served) != nil {
			return nil, errors.New("the body is no update")
		}
		u = models.Update{ID: served.ID, Message: served.Message, CallbackQuery: served.CallbackQuery}
	}
	if u.ID == 0 {
		return nil, errors.New("the body is no update")
	}
	return &u, nil
}

// pressedMessage is what is looked at of the message whose button was pressed.
type pressedMessage struct {
	ID       int                `json:"message_id"`
	Date     int                `json:"date"` // 0 when the message can no longer be seen
	Chat     models.Chat        `json:"chat"`
	Photo    []models.PhotoSize `json:"photo"`
	Document *models.Document   `json:"document"`
}

// decodePress reads the update that comes most often, a press of a button, without the text and the keys of the message that it comes with, which the SDK
// would read four times over. It gives nil for any other update.
func decodePress(body []byte) *models.Update {
	if !bytes.Contains(body, []byte(`"callback_query"`)) {
		return nil
	}
	var u struct {
		ID    int64 `json:"update_id"`
		Press *struct {
			ID      string          `json:"id"`
			From    models.User     `json:"from"`
			Message *pressedMessage `json:"message"`
			Data    string          `json:"data"`
		} `json:"callback_query"`
	}
	if json.Unmarshal(body, &u) != nil || u.ID == 0 || u.Press == nil {
		return nil
	}
	q := &models.CallbackQuery{ID: u.Press.ID, From: u.Press.From, Data: u.Press.Data}
	if m := u.Press.Message; m != nil {
		q.Message = m.forSDK()
	}
	return &models.Update{ID: u.ID, CallbackQuery: q}
}

func (m *pressedMessage) forSDK() models.MaybeInaccessibleMessage {
	if m.Date == 0 {
		return models.MaybeInaccessibleMessage{
			Type:                models.MaybeInaccessibleMessageTypeInaccessibleMessage,
			InaccessibleMessage: &models.InaccessibleMessage{MessageID: m.ID, Chat: m.Chat},
		}
	}
	return models.MaybeInaccessibleMessage{Message: &models.Message{ID: m.ID, Date: m.Date, Chat: m.Chat, Photo: m.Photo, Document: m.Document}}
}
