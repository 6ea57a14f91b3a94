package bots_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/bots"
)

// forgetful is a conversation that forgets whoever asks for it.
type forgetful struct{}

func (forgetful) Step(_ context.Context, turn bots.Turn) (bots.Result, error) {
	r := bots.Result{Session: turn.Session, Reply: bots.Reply{Text: "ok"}, Forget: turn.Update.Text == "forget me"}
	r.Session.Data = []byte(`{"name":"somebody"}`)
	return r, nil
}

// leadTo lists the columns of all tables that name any of the accounts, whatever table that is.
func (w *world) leadTo(t *testing.T, accounts ...bots.AccountID) []string {
	t.Helper()
	var columns []struct{ Table, Name string }
	if err := w.db.Select(&columns, `SELECT table_name AS 'table', column_name AS name FROM information_schema.columns
		WHERE table_schema = DATABASE() AND column_name IN ('account_id', 'claimed_by') ORDER BY table_name, column_name`); err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, c := range columns {
		for _, account := range accounts {
			var rows int
			if err := w.db.Get(&rows, "SELECT COUNT("+c.Name+") FROM "+c.Table+" WHERE "+c.Name+" = ?", account); err != nil {
				t.Fatal(err)
			}
			if rows > 0 {
				list = append(list, c.Table+"."+c.Name)
				break
			}
		}
	}
	return list
}

// tell makes accounts tell staff something, and show codes for linking.
func (w *world) tell(t *testing.T, accounts ...bots.Account) (codes []string) {
	t.Helper()
	for _, a := range accounts {
		if _, err := w.store().OpenHandover(t.Context(), a.ID, "menu", "where do I park?", "tell"); err != nil {
			t.Fatal(err)
		}
		code, err := w.store().LinkCode(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, code)
	}
	return codes
}

// Who is forgotten gets the answer to that very message, also when the platform delivers it again; what they send next is a stranger's. The other accounts of
// the same person go too, and nobody else's.
func TestForget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := bots.NewInbox(bots.InboxConfig{DB: w.db, Store: w.store(), Steps: forgetful{}, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	first := mustHandle(t, in, says("7", "1", "hello")).Account
	hello := says("8", "2", "hello")
	hello.Platform = bots.WeChat
	other := mustHandle(t, in, hello).Account
	linked := mustHandle(t, in, says("9", "3", "hello")).Account
	codes := w.tell(t, first, linked, other)
	if err := w.store().ClaimLink(t.Context(), codes[2], first); err != nil {
		t.Fatal(err)
	}
	if _, err := w.db.Exec("UPDATE chat_accounts SET user_id = ? WHERE id = ?", first.User, linked.ID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"chat_inbox.account_id", "chat_sessions.account_id", "handovers.account_id", "link_codes.account_id", "link_codes.claimed_by"},
		w.leadTo(t, first.ID, linked.ID)); diff != "" {
		t.Fatalf("the search does not find what is there: %s", diff)
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
	if diff := cmp.Diff([]string{"chat_inbox.account_id"}, w.leadTo(t, first.ID, linked.ID)); diff != "" { // the inbox is pruned
		t.Errorf("what still leads to who is forgotten: %s", diff)
	}
	if diff := cmp.Diff([]string{"chat_inbox.account_id", "chat_sessions.account_id", "handovers.account_id", "link_codes.account_id"}, w.leadTo(t, other.ID)); diff != "" {
		t.Errorf("what is left of somebody else: %s", diff)
	}
	again := mustHandle(t, in, says("7", "5", "hello"))
	if err := w.store().ClaimLink(t.Context(), codes[2], again.Account); err != nil {
		t.Errorf("the code that who is forgotten had claimed is not free: %v", err)
	}
	if again.Account.ID == first.ID || again.Account.User == first.User || again.Reply.Rev != 1 {
		t.Errorf("whoever comes back is %+v, at revision %d", again.Account, again.Reply.Rev)
	}
}
