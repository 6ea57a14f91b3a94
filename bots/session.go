package bots

import (
	"context"
	"encoding/json"
	"time"
)

// Session is where one account's conversation stands. Its row serialises the account's updates over all replicas.
type Session struct {
	Rev      int64           // raised by one with each update that was handled
	State    string          // the dialog's state; "" before the first update
	Data     json.RawMessage // the dialog's own; encrypted in the database
	Deadline time.Time       // when to make a Timeout update; zero means never
}

// Turn is one update together with what is known about the person who sent it.
type Turn struct {
	Account Account
	Session Session // as it was before this update
	Update  Update
	Now     time.Time
}

// Result is what a step makes of a turn.
type Result struct {
	Session Session // the inbox raises Rev by itself
	Reply   Reply
	Lang    string // the account's language from now on; "" leaves it as it is
	Link    *Link  // a change of whose account it is; nil: none
	Forget  bool   // forget the person: all their accounts and sessions; what they send next is a stranger's
}

// Stepper is the conversation. Step is called while the session's row is locked. It may read the database and call
// effects, which must be idempotent under a key made of account and session revision, because a step that was not
// committed is run again. It makes no network calls. An error means that nothing was done and the platform shall deliver
// the update again; whatever a person did wrong is not an error but a Reply.
type Stepper interface {
	Step(ctx context.Context, turn Turn) (Result, error)
}
