package telegramtest

import (
	"encoding/json"
	"net"
	"net/url"
	"strings"
	"unicode/utf8"
)

// parseKeyboard reads a reply_markup; "" and an empty keyboard are none.
func parseKeyboard(markup string) ([][]Button, error) {
	if markup == "" {
		return nil, nil
	}
	var keyboard struct {
		Rows [][]map[string]json.RawMessage `json:"inline_keyboard"`
	}
	if err := json.Unmarshal([]byte(markup), &keyboard); err != nil {
		return nil, refuse("object expected as reply markup")
	}
	var rows [][]Button
	count := 0
	for _, keys := range keyboard.Rows {
		var row []Button
		for _, key := range keys {
			b, err := parseButton(key)
			if err != nil {
				return nil, err
			}
			row = append(row, b)
		}
		count += len(row)
		if len(row) > maxRow {
			return nil, refuse("a row of the inline keyboard has more than 8 buttons")
		}
		if len(row) > 0 {
			rows = append(rows, row)
		}
	}
	if count > maxButtons {
		return nil, refuse("reply markup is too long")
	}
	return rows, nil
}

// parseButton takes the two kinds of buttons that this bot uses. Telegram takes the first action that it finds and ignores the
// others; here there must be exactly one.
func parseButton(key map[string]json.RawMessage) (Button, error) {
	var b Button
	for name, raw := range key {
		target := map[string]*string{"text": &b.Text, "callback_data": &b.Data, "url": &b.URL}[name]
		if target == nil {
			return b, refuse("can't parse inline keyboard button: the field \"" + name + "\" is not simulated")
		}
		if json.Unmarshal(raw, target) != nil || *target == "" {
			return b, refuse("can't parse inline keyboard button: Field \"" + name + "\" must be a non-empty String")
		}
	}
	switch {
	case b.Text == "":
		return b, refuse("can't parse inline keyboard button: Can't find field \"text\"")
	case b.Data == "" && b.URL == "":
		return b, refuse("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
	case b.Data != "" && b.URL != "":
		return b, refuse("can't parse inline keyboard button: exactly one action must be used")
	case len(b.Data) > maxData || !utf8.ValidString(b.Data):
		return b, refuse("BUTTON_DATA_INVALID")
	case b.URL != "" && !isLink(b.URL):
		return b, refuse("inline keyboard button URL '" + b.URL + "' is invalid: Wrong HTTP URL")
	}
	return b, nil
}

// isLink tells whether Telegram lets a button open that address: a host name needs a dot, so localhost does not do.
func isLink(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	return net.ParseIP(u.Hostname()) != nil || strings.Contains(u.Hostname(), ".")
}
