package dialog_test

import (
	"context"
	"regexp"
	"sync"

	"guahao/reminders/email"
)

// mailbox keeps the e-mails that the program sends.
type mailbox struct {
	mu    sync.Mutex
	mails []email.Message
}

func (b *mailbox) Send(_ context.Context, m email.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = append(b.mails, m)
	return nil
}

var sixDigits = regexp.MustCompile(`\d{6}`)

// code is the one in the last e-mail.
func (b *mailbox) code() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.mails) == 0 {
		return ""
	}
	return sixDigits.FindString(b.mails[len(b.mails)-1].Subject)
}
