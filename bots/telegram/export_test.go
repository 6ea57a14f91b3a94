package telegram

import (
	"encoding/json"

	"github.com/go-telegram/bot/models"

	"guahao/bots"
)

// ReadBody reads a webhook's body as the handler does, for the fuzz target.
func (b *Bot) ReadBody(body []byte) (u bots.Update, wanted bool, err error) {
	update, err := decode(body)
	if err != nil {
		return bots.Update{}, false, err
	}
	in := b.read(update)
	return in.update, in.wanted, nil
}

// ReadWhole is ReadBody of what the SDK makes of the whole body, with whether a picture or a document was pressed.
func (b *Bot) ReadWhole(body []byte) (u bots.Update, message int, file bool, err error) {
	var update models.Update
	if err := json.Unmarshal(body, &update); err != nil {
		return u, 0, false, err
	}
	in := b.read(&update)
	return in.update, in.press.message, in.press.file, nil
}

// ReadPress is ReadWhole as the handler does it.
func (b *Bot) ReadPress(body []byte) (u bots.Update, message int, file bool, err error) {
	update, err := decode(body)
	if err != nil {
		return u, 0, false, err
	}
	in := b.read(update)
	return in.update, in.press.message, in.press.file, nil
}

// Doubt makes the bot hear of every refusal, as after one: no message rides in a response.
func (b *Bot) Doubt() { b.pace.told(0, 0) }

// Layout gives the labels of the keyboard that options make, row by row.
func Layout(options []bots.Option) (rows [][]string) {
	for _, row := range render("", options, 1, "en").keys.Rows {
		var labels []string
		for _, k := range row {
			labels = append(labels, k.Text)
		}
		rows = append(rows, labels)
	}
	return rows
}

// ParseCommand is the parser of commands.
var ParseCommand = parseCommand
