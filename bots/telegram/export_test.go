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

// ParseCommand is the parser of commands.
var ParseCommand = parseCommand
