package wechat

import "guahao/bots"

// Decode reads a message and says what update it makes, for fuzzing.
func Decode(body []byte) (bots.Update, bool, error) {
	m, err := decode(body)
	if err != nil {
		return bots.Update{}, false, err
	}
	u, ok := m.update()
	return u, ok, nil
}

// Render writes a text with its options.
func Render(certified bool, text string, options []bots.Option, rev int64, lang string) string {
	a := &Account{cfg: Config{Certified: certified}}
	return a.render(text, options, rev, lang)
}

// MaxText is the limit of Render, in bytes.
const MaxText = maxText
