package bots

import (
	"context"
	"errors"
)

// Consult is the error of a step that wants to know something from outside first. Nothing of the step is kept; InboxConfig.Consult is asked
// outside of all locks and transactions, and the step is run anew with Update.Hint. A step that has a hint asks no more.
type Consult struct{ Question string }

func (*Consult) Error() string { return "bots: a step wants to consult somebody" }

// consulted asks what a step wants to know, once, and gives the update with what was answered: "" when nobody knows.
func (i *Inbox) consulted(ctx context.Context, u Update, err error) (Update, bool) {
	var question *Consult
	if u.Hinted || !errors.As(err, &question) {
		return u, false
	}
	u.Hinted = true
	if i.consult != nil {
		u.Hint = i.consult(ctx, question.Question)
	}
	return u, true
}
