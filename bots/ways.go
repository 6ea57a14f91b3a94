package bots

import "context"

// TemplateSender is a [Sender] that can reach a person whose chat is closed to messages by a template, too. Its Send does both, one
// after the other; here they stand alone, for who wants to try something else in between. Errors are as those of Send.
type TemplateSender interface {
	Sender
	// SendInChat sends a message, where the platform allows one now.
	SendInChat(ctx context.Context, to Account, n Notice) error
	// SendTemplate fills the template of the notice's kind. [ErrUnreachable]: there is none.
	SendTemplate(ctx context.Context, to Account, n Notice) error
}
