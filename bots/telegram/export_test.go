package telegram

import "guahao/bots"

// ReadBody reads a webhook's body as the handler does, for the fuzz target.
func (b *Bot) ReadBody(body []byte) (u bots.Update, wanted bool, err error) {
	update, err := decode(body)
	if err != nil {
		return bots.Update{}, false, err
	}
	in := b.read(update)
	return in.update, in.wanted, nil
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
