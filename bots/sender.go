package bots

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Notice is a message that no update asked for: a reminder, a change, a broadcast. It stands by itself, because it can
// arrive in the middle of a conversation: its options are commands and links only.
type Notice struct {
	Kind    string       // "booked", "reminder", "stopped", "broadcast" …; WeChat picks its message template by it
	Text    string       // the whole message
	Fields  []Field      // the same as named values, for a WeChat template message where only that may be sent
	Options []Option     // commands and URLs only
	URL     string       // where a tap on a template message leads; may be empty
	Attach  []Attachment // what goes along: the app makes Files of it
	Files   []File       // Text is the caption of the last one
}

// Field is one named value of a template message.
type Field struct{ Name, Value string }

// Sender delivers notices on one platform, within that platform's rate limits and windows.
//
// Send returns nil when the platform has taken the message, [ErrBlocked] when this person can never be reached until
// they come back, [ErrUnreachable] when the platform does not allow a message to this person just now, a [RetryError]
// when the platform asked to wait, and any other error for a failure that may pass. It blocks to keep the platform's
// pace, but gives way to ctx.
type Sender interface {
	Send(ctx context.Context, to Account, n Notice) error
}

// ErrBlocked says that the person has blocked or unfollowed the bot.
var ErrBlocked = errors.New("the person has blocked the bot")

// ErrUnreachable says that the platform allows no message to this person now: WeChat's 48-hour window is closed or its
// quota is used up, and no template is configured for this kind of notice.
var ErrUnreachable = errors.New("the platform allows no message to this person now")

// RetryError says that the platform asked to wait before anything more is sent to this chat (or, if All, to any).
type RetryError struct {
	After time.Duration
	All   bool
}

func (e *RetryError) Error() string { return fmt.Sprintf("the platform asks to wait %s", e.After) }
