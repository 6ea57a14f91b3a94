package bots_test

import (
	"context"
	"log/slog"
	"testing"

	"guahao/bots"
)

// forgetful is a conversation that forgets whoever asks for it.
type forgetful struct{}

func (forgetful) Step(_ context.Context, turn bots.Turn) (bots.Result, error) {
	r := bots.Result{Session: turn.Session, Reply: bots.Reply{Text: "ok"}, Forget: turn.Update.Text == "forget me"}
	r.Session.Data = []byte(`{"name":"somebody"}`)
	return r, nil
}

// Who is forgotten gets the answer to that very message, also when the platform delivers it again; what they send next is a stranger's. The other accounts of
// the same person go too, and nobody else's.
func TestForget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := bots.NewInbox(bots.InboxConfig{DB: w.db, Store: w.store(), Steps: forgetful{}, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	first := mustHandle(t, in, says("7", "1", "hello")).Account
	other := mustHandle(t, in, says("8", "2", "hello")).Account
	linked := mustHandle(t, in, says("9", "3", "hello")).Account
	if _, err := w.db.Exec("UPDATE chat_accounts SET user_id = ? WHERE id = ?", first.User, linked.ID); err != nil {
		t.Fatal(err)
	}
	last := says("7", "4", "forget me")
	for delivery := range 2 {
		out := mustHandle(t, in, last)
		if out.Reply.Text != "ok" || out.Account.ExternalID != "7" || out.Repeated != (delivery > 0) {
			t.Errorf("delivery %d came to %+v", delivery, out)
		}
	}
	var known []string
	if err := w.db.Select(&known, "SELECT external_id FROM chat_accounts ORDER BY id"); err != nil {
		t.Fatal(err)
	}
	if len(known) != 3 || known[0] == "7" || known[1] != "8" || known[2] == "9" {
		t.Errorf("the accounts are known by %v", known)
	}
	var sessions []bots.AccountID
	if err := w.db.Select(&sessions, "SELECT account_id FROM chat_sessions"); err != nil || len(sessions) != 1 || sessions[0] != other.ID {
		t.Errorf("there are sessions of %v, %v", sessions, err)
	}
	again := mustHandle(t, in, says("7", "5", "hello"))
	if again.Account.ID == first.ID || again.Account.User == first.User || again.Reply.Rev != 1 {
		t.Errorf("whoever comes back is %+v, at revision %d", again.Account, again.Reply.Rev)
	}
}
