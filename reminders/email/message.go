package email

import "context"

// Message is one e-mail.
type Message struct {
	To      string
	Lang    string // "zh" or "en"
	Subject string
	Text    string // the HTML is made of it
	Files   []File
}

// File goes along.
type File struct {
	Name string
	Type string // MIME
	Data []byte
}

// Sender sends e-mail; *[SMTP] does. It may be used from several goroutines.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
