package reminders

import "strings"

// Preview gives a draft exactly as its recipients will read it.
func (s *Store) Preview(d Draft, lang string) (string, error) {
	return s.words.say(lang, string(Broadcast), card{Note: strings.TrimSpace(d.Text)})
}
