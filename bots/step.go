package bots

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"time"
)

// decide runs the step. Following and unfollowing change the account by themselves; there is no answer to someone who has left.
func (i *Inbox) decide(ctx context.Context, u Update, row locked) (change, error) {
	if u.Kind == Unfollow {
		return change{}, nil
	}
	turn, err := i.turn(u, row)
	if err != nil {
		return change{}, err
	}
	r, err := i.steps.Step(ctx, turn)
	if err != nil {
		return change{}, err
	}
	next := r.Session
	next.Rev = row.Rev + 1
	if u.Kind == Timeout && !next.Deadline.After(turn.Now) {
		next.Deadline = time.Time{} // it has had its timeout
	}
	c := change{session: &next, lang: r.Lang, reply: r.Reply, link: r.Link, forget: r.Forget}
	c.reply.Rev = next.Rev
	if len(next.Data) > 0 {
		if c.data, err = i.store.keys.Seal(next.Data, sessionPlace(row.ID)); err != nil {
			return change{}, fmt.Errorf("seal a session: %w", err)
		}
	}
	return c, nil
}

func (i *Inbox) turn(u Update, row locked) (Turn, error) {
	t := Turn{Account: row.account(), Update: u, Now: i.now(), Session: Session{Rev: row.Rev, State: row.State}}
	t.Account.Blocked = blockedBy(u, row)
	if row.DeadlineAt.Valid {
		t.Session.Deadline = row.DeadlineAt.Time
	}
	if len(row.Data) > 0 {
		plain, err := i.store.keys.Open(row.Data, sessionPlace(row.ID))
		if err != nil {
			return t, fmt.Errorf("open a session: %w", err)
		}
		t.Session.Data = json.RawMessage(plain)
	}
	return t, nil
}

// panicked is a panic of a step or of Finish, as an error. What was thrown is told only when the runtime threw it: anything else might hold
// what a person typed.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string {
	if r, ok := p.value.(runtime.Error); ok {
		return "panic: " + r.Error()
	}
	return fmt.Sprintf("panic with a %T", p.value)
}
