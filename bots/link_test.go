package bots_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"guahao/bots"
)

// moves notes what the belongings were told to do.
type moves struct {
	mu   sync.Mutex
	list []string
}

func (m *moves) MergeUsers(_ context.Context, _ bots.Tx, from, to bots.UserID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, fmt.Sprintf("user %d to %d", from, to))
	return nil
}

func (m *moves) Linked(_ context.Context, _ bots.Tx, shown bots.AccountID, with bots.Platform) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, fmt.Sprintf("account %d hears of %s", shown, with))
	return nil
}

func (m *moves) Redirect(_ context.Context, _ bots.Tx, from, to bots.AccountID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, fmt.Sprintf("account %d to %d", from, to))
	return nil
}

// linking is a conversation that links with the account that is named in the text, or parts.
type linking struct{}

func (linking) Step(_ context.Context, t bots.Turn) (bots.Result, error) {
	r := bots.Result{Session: t.Session, Reply: bots.Reply{Text: "ok"}}
	var with bots.AccountID
	switch n, _ := fmt.Sscanf(t.Update.Text, "link %d", &with); {
	case n == 1:
		r.Link = &bots.Link{With: with}
	case t.Update.Text == "part":
		r.Link = &bots.Link{Part: true}
	}
	return r, nil
}

// family is a person with an account on each platform, not linked yet.
func family(t *testing.T, w *world, m *moves) (in *bots.Inbox, wechat, telegram bots.Account) {
	t.Helper()
	in = bots.NewInbox(bots.InboxConfig{DB: w.db, Store: w.store(), Steps: linking{}, Now: w.clock.Now, Belongings: m})
	first := says("oAnn", "1", "hello")
	first.Platform = bots.WeChat
	wechat = mustHandle(t, in, first).Account
	telegram = mustHandle(t, in, says("77", "1", "hello")).Account
	return in, wechat, telegram
}

func userOf(t *testing.T, w *world, id bots.AccountID) bots.UserID {
	t.Helper()
	a, err := w.store().Account(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a.User
}

func TestCodesLinkOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, wechat, telegram := family(t, w, &moves{})
	store := w.store()
	code, err := store.LinkCode(t.Context(), wechat.ID)
	if err != nil || len(code) != 8 {
		t.Fatalf("the code %q: %v", code, err)
	}
	claim := func(code string, by bots.Account, want error) {
		t.Helper()
		if err := store.ClaimLink(t.Context(), code, by); !errors.Is(err, want) {
			t.Errorf("account %d claims: %v, want %v", by.ID, err, want)
		}
	}
	claim(code, wechat, bots.ErrLinkSelf)
	claim("00000000", telegram, bots.ErrLinkCode)
	claim(code, telegram, nil)
	claim(code, telegram, nil) // the step ran again
	stranger := mustHandle(t, w.replica(t), says("78", "2", "hello")).Account
	claim(code, stranger, bots.ErrLinkCode)
	if owner, err := store.ClaimedLink(t.Context(), telegram); err != nil || owner.ID != wechat.ID {
		t.Errorf("claimed is account %d: %v", owner.ID, err)
	}
	if _, err := store.ClaimedLink(t.Context(), stranger); !errors.Is(err, bots.ErrLinkCode) {
		t.Errorf("a stranger may confirm: %v", err)
	}
	w.clock.Move(bots.LinkCodeLife + time.Second)
	if _, err := store.ClaimedLink(t.Context(), telegram); !errors.Is(err, bots.ErrLinkCode) {
		t.Errorf("an old code can be confirmed: %v", err)
	}
	claim(code, telegram, bots.ErrLinkCode)
	claim("00000000", telegram, bots.ErrLinkCode)
	claim("00000000", telegram, bots.ErrLinkTooMany)
	w.clock.Move(time.Hour)
	claim("00000000", telegram, bots.ErrLinkCode)
	for n := range 6 {
		if _, err := store.LinkCode(t.Context(), stranger.ID); (err != nil) != (n == 5) {
			t.Errorf("code %d of an hour: %v", n+1, err)
		}
	}
	var stored int
	if err := w.db.Get(&stored, "SELECT COUNT(account_id) FROM link_codes WHERE digest = ?", []byte(code)); err != nil || stored > 0 {
		t.Errorf("a code stands in the database in plain: %v", err)
	}
}

// Linking gives the account the other's person, in the transaction of the step; parting leaves everything with the account that asks
// for it, whichever of the two the person began with.
func TestLinkAndPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := &moves{}
	in, wechat, telegram := family(t, w, m)
	say := func(a bots.Account, key, text string) bots.Outcome {
		t.Helper()
		u := says(a.ExternalID, key, text)
		u.Platform = a.Platform
		return mustHandle(t, in, u)
	}
	out := say(telegram, "link", fmt.Sprintf("link %d", wechat.ID))
	if out.Account.User != wechat.User || userOf(t, w, telegram.ID) != wechat.User {
		t.Errorf("after linking the user is %d, want %d", out.Account.User, wechat.User)
	}
	if again := say(telegram, "again", fmt.Sprintf("link %d", wechat.ID)); again.Account.User != wechat.User {
		t.Errorf("linking again came to %+v", again)
	}
	say(wechat, "part", "part") // the one whose number the person has
	if userOf(t, w, telegram.ID) != bots.UserID(telegram.ID) || userOf(t, w, wechat.ID) != wechat.User {
		t.Error("after parting they are still one person")
	}
	say(telegram, "link2", fmt.Sprintf("link %d", wechat.ID))
	say(telegram, "part2", "part") // the other one
	if userOf(t, w, telegram.ID) != bots.UserID(telegram.ID) || userOf(t, w, wechat.ID) != bots.UserID(wechat.ID) {
		t.Error("after parting they are still one person")
	}
	say(telegram, "part3", "part") // alone: nothing happens
	wx, tg := wechat.ID, telegram.ID
	want := []string{
		fmt.Sprintf("user %d to %d", tg, wx), fmt.Sprintf("account %d hears of telegram", wx), fmt.Sprintf("account %d to %d", tg, wx),
		fmt.Sprintf("user %d to %d", tg, wx), fmt.Sprintf("account %d hears of telegram", wx), fmt.Sprintf("user %d to %d", wx, tg), fmt.Sprintf("account %d to %d", wx, tg),
	}
	if diff := cmp.Diff(want, m.list); diff != "" {
		t.Errorf("what was moved (-want +got):\n%s", diff)
	}
}

// A person has one account on each platform: a third one is refused, and nothing is moved.
func TestOneAccountOnEachPlatform(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := &moves{}
	in, wechat, telegram := family(t, w, m)
	mustHandle(t, in, says(telegram.ExternalID, "link", fmt.Sprintf("link %d", wechat.ID)))
	stranger := mustHandle(t, in, says("78", "2", "hello")).Account
	mustHandle(t, in, says("78", "3", fmt.Sprintf("link %d", wechat.ID)))
	mustHandle(t, in, says("78", "4", fmt.Sprintf("link %d", telegram.ID)))
	mustHandle(t, in, says(telegram.ExternalID, "5", fmt.Sprintf("link %d", stranger.ID)))
	mustHandle(t, in, says("78", "6", "link 999999"))
	if userOf(t, w, stranger.ID) != bots.UserID(stranger.ID) || userOf(t, w, telegram.ID) != wechat.User || len(m.list) != 2 {
		t.Errorf("a third account was linked: %v", m.list)
	}
	code, err := w.store().LinkCode(t.Context(), stranger.ID)
	if err != nil {
		t.Fatal(err)
	}
	linked, err := w.store().Account(t.Context(), telegram.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store().ClaimLink(t.Context(), code, linked); !errors.Is(err, bots.ErrLinkTaken) {
		t.Errorf("who is linked claims another code: %v", err)
	}
}

// Two accounts that link with each other at once become one person, and nobody waits for ever.
func TestLinkingBothWaysAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for round := range 5 {
		m := &moves{}
		first, second := w.linking(m), w.linking(m)
		a := says(fmt.Sprint("oAnn", round), "a1", "hello")
		a.Platform, a.Key = bots.WeChat, fmt.Sprint("a1-", round)
		b := says(fmt.Sprint(1000+round), fmt.Sprint("b1-", round), "hello")
		wechat, telegram := mustHandle(t, first, a).Account, mustHandle(t, second, b).Account
		a.Key, a.Text = fmt.Sprint("a2-", round), fmt.Sprintf("link %d", telegram.ID)
		b.Key, b.Text = fmt.Sprint("b2-", round), fmt.Sprintf("link %d", wechat.ID)
		var both sync.WaitGroup
		both.Go(func() { _, _ = first.Handle(t.Context(), a) })
		both.Go(func() { _, _ = second.Handle(t.Context(), b) })
		both.Wait()
		if userOf(t, w, wechat.ID) != userOf(t, w, telegram.ID) {
			t.Error("they are two persons")
		}
	}
}

func (w *world) linking(m *moves) *bots.Inbox {
	return bots.NewInbox(bots.InboxConfig{DB: w.db, Store: w.store(), Steps: linking{}, Now: w.clock.Now, Belongings: m})
}

// The session of the other account can be read, and only by whoever is the same person.
func TestSiblingSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, wechat, telegram := family(t, w, &moves{})
	counting := w.replica(t)
	u := says(wechat.ExternalID, "n", "wait 60")
	u.Platform = bots.WeChat
	mustHandle(t, counting, u)
	store := w.store()
	if _, _, ok, err := store.SiblingSession(t.Context(), telegram); ok || err != nil {
		t.Errorf("a stranger's session is read: %v", err)
	}
	telegram.User = wechat.User
	session, platform, ok, err := store.SiblingSession(t.Context(), telegram)
	if err != nil || !ok || platform != bots.WeChat || session.State != "counting" || string(session.Data) != `{"n":1}` {
		t.Errorf("the session is %+v on %s, %v: %v", session, platform, ok, err)
	}
	w.clock.Move(time.Hour)
	if _, _, ok, _ := store.SiblingSession(t.Context(), telegram); ok {
		t.Error("a session that has lapsed is read")
	}
}
