package reminders

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/mysql"
)

// lookAgain is how soon a lane looks again that has nobody to write to while audiences are being read.
const lookAgain = 20 * time.Millisecond

// lane writes to the recipients of broadcasts on one platform, so that none waits for another platform's pace. What a round of it needs to know of its
// recipients is read for a page of them at a time; what is in flight is one message for each of its writers.
type lane struct {
	*Store
	on     bots.Platform
	pauses *pauses
	texts  map[BroadcastID]texts
	ends   chan ending
}

// letter is one message of a broadcast that is ours to send.
type letter struct {
	notice
	to      bots.Account // ID 0: there is no such account any more
	refuses bool
	text    wording
	broken  error     // why the text cannot be read
	until   time.Time // the end of the lease
}

// texts are a broadcast's, by language.
type texts map[string]wording

// run writes until there is nobody left or ctx ends. It tells whether there was anybody.
func (l *lane) run(ctx context.Context, a *audiences) (any bool, err error) {
	l.ends = make(chan ending)
	letters := make(chan letter)
	var noting errgroup.Group
	noting.Go(func() error { l.noteEnds(); return nil })
	writers, working := errgroup.WithContext(ctx)
	for range concurrency {
		writers.Go(func() error {
			for x := range letters {
				if err := l.deliverLetter(ctx, x); err != nil {
					return err
				}
			}
			return nil
		})
	}
	any, err = l.feed(working, a, letters)
	close(letters)
	err = errors.Join(err, writers.Wait())
	close(l.ends)
	_ = noting.Wait() // it has no error of its own: who waits is told
	return any, err
}

// feed hands letters to the writers, a page after the other, what is urgent first.
func (l *lane) feed(ctx context.Context, a *audiences, letters chan<- letter) (any bool, err error) {
	for ctx.Err() == nil {
		if l.pauses.of(l.on).After(l.now()) {
			return any, nil
		}
		if err := l.urgentFirst(ctx, l.pauses); err != nil {
			return any, err
		}
		read := isClosed(a.read) // before the look at who is next
		page, err := l.next(ctx)
		if err != nil {
			return any, err
		}
		if len(page) == 0 {
			if read {
				return any, nil
			}
			waitFor(ctx, lookAgain)
			continue
		}
		any = true
		for i, x := range page {
			select {
			case letters <- x:
			case <-ctx.Done():
				return true, l.giveBack(context.WithoutCancel(ctx), page[i:])
			}
		}
	}
	return any, nil
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func waitFor(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// urgentFirst sends what is urgent and has become due meanwhile. One lane does it while the others wait: they shall not go on either.
func (s *Store) urgentFirst(ctx context.Context, p *pauses) error {
	s.first.Lock()
	defer s.first.Unlock()
	for ctx.Err() == nil {
		if any, err := s.urgent(ctx, p); err != nil || !any {
			return err
		}
	}
	return nil
}

// next claims the next page of recipients, taking turns among the broadcasts, and reads what has to be known of them.
func (l *lane) next(ctx context.Context) ([]letter, error) {
	found, err := l.waiting(ctx)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	until := l.now().Add(lease)
	ours, err := l.claimPage(ctx, found, until)
	if err != nil || len(ours) == 0 {
		return nil, err
	}
	page, err := l.address(ctx, ours, until)
	if err != nil {
		return nil, errors.Join(err, l.giveBack(context.WithoutCancel(ctx), page))
	}
	return page, nil
}

// waiting finds who is next on the lane's platform: as many of each broadcast that may go on.
func (l *lane) waiting(ctx context.Context) ([]notice, error) {
	list, err := l.underWay(ctx, expanding, sending)
	if err != nil {
		return nil, err
	}
	now := l.now()
	var ready []BroadcastID
	for _, b := range list {
		zone := time.UTC
		if b.Schedule == 0 && !b.AtNight {
			if zone, err = l.zoneOf(ctx, b.audience.Filter); err != nil {
				return nil, err
			}
		}
		if b.Schedule == 0 && b.begun(now) && (b.AtNight || !quietUntil(now, zone).After(now)) {
			ready = append(ready, b.ID)
		}
	}
	const query = `SELECT id, kind, broadcast_id, account_id, COALESCE(visit_id, 0) AS visit_id, due_at, epoch, attempts, created_at FROM notices
		WHERE broadcast_id = ? AND status = 'queued' AND platform = ? AND next_attempt_at <= ? ORDER BY next_attempt_at, id LIMIT ?`
	var found []notice
	for _, id := range ready {
		var some []notice
		if err := l.db.SelectContext(ctx, &some, query, id, l.on, now, (batch+len(ready)-1)/len(ready)); err != nil {
			return nil, fmt.Errorf("find who is next in broadcast %d: %w", id, err)
		}
		found = append(found, some...)
	}
	return found, nil
}

// claimPage makes those recipients ours that are still nobody's.
func (l *lane) claimPage(ctx context.Context, found []notice, until time.Time) ([]notice, error) {
	ids := make([]int64, len(found))
	epochs := map[int64]int64{}
	for i, n := range found {
		ids[i] = n.ID
	}
	slices.Sort(ids) // whoever locks several locks them in this order
	lock, args, err := sqlx.In("SELECT id, epoch FROM notices WHERE id IN (?) "+l.free+" ORDER BY id FOR UPDATE", ids)
	if err != nil {
		return nil, fmt.Errorf("write the claim: %w", err)
	}
	err = mysql.InTx(ctx, l.db, func(tx *sqlx.Tx) error {
		var rows []struct{ ID, Epoch int64 }
		if err := tx.SelectContext(ctx, &rows, lock, args...); err != nil || len(rows) == 0 {
			return err
		}
		clear(epochs)
		taken := make([]int64, len(rows))
		for i, row := range rows {
			taken[i], epochs[row.ID] = row.ID, row.Epoch+1
		}
		take, args, err := sqlx.In("UPDATE notices SET status = 'claimed', epoch = epoch + 1, lease_until = ? WHERE id IN (?)", until, taken)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, take, args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim recipients: %w", err)
	}
	var ours []notice
	for _, n := range found {
		if epoch, ok := epochs[n.ID]; ok {
			n.Epoch = epoch
			ours = append(ours, n)
		}
	}
	return ours, nil
}

// address reads the accounts, wishes and pauses of a page. The page is returned even with an error, to be given back.
func (l *lane) address(ctx context.Context, ours []notice, until time.Time) ([]letter, error) {
	page := make([]letter, len(ours))
	ids := make([]bots.AccountID, len(ours))
	for i, n := range ours {
		page[i], ids[i] = letter{notice: n, until: until}, n.Account
	}
	accounts, err := l.accounts.AccountsIn(ctx, ids)
	if err != nil {
		return page, err
	}
	refusing, err := l.refusing(ctx, accounts)
	if err != nil {
		return page, err
	}
	if err := l.chatPauses(ctx, ids); err != nil {
		return page, err
	}
	byID := make(map[bots.AccountID]bots.Account, len(accounts))
	for _, a := range accounts {
		byID[a.ID] = a
	}
	for i := range page {
		x := &page[i]
		x.to = byID[x.Account]
		x.refuses = refusing[x.to.User]
		x.text, x.broken = l.textOf(ctx, x.Broadcast, x.to.Lang)
		if mysql.IsDown(x.broken) {
			return page, x.broken
		}
	}
	return page, nil
}

// textOf reads a broadcast once: its text never changes.
func (l *lane) textOf(ctx context.Context, id BroadcastID, lang string) (wording, error) {
	known, ok := l.texts[id]
	if !ok {
		b, err := l.readBroadcast(ctx, id)
		if err != nil {
			return wording{}, err
		}
		known = texts{}
		for _, lang := range []string{"zh", "en"} {
			if known[lang], err = parseWording(b.in(lang)); err != nil {
				return wording{}, err
			}
		}
		l.texts[id] = known
	}
	if lang != "en" {
		lang = "zh"
	}
	return known[lang], nil
}

// chatPauses reads the pauses of some chats, which another round or replica may have met.
func (l *lane) chatPauses(ctx context.Context, ids []bots.AccountID) error {
	query, args, err := sqlx.In("SELECT account_id, paused_until FROM notice_pauses WHERE platform = ? AND account_id IN (?)", l.on, ids)
	if err != nil {
		return fmt.Errorf("ask for the chats' pauses: %w", err)
	}
	var rows []struct {
		Account bots.AccountID `db:"account_id"`
		Until   time.Time      `db:"paused_until"`
	}
	if err := l.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return fmt.Errorf("read the chats' pauses: %w", err)
	}
	for _, r := range rows {
		l.pauses.set(bots.Account{ID: r.Account, Platform: l.on}, false, r.Until)
	}
	return nil
}

// deliverLetter brings one letter to an end, or back into the queue. When ctx is done it starts nothing more, but what is being sent is sent and noted.
func (l *lane) deliverLetter(ctx context.Context, x letter) error {
	stopping := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), onePatience)
	defer cancel()
	if stopping {
		return l.giveBack(ctx, []letter{x})
	}
	if l.now().Add(onePatience).After(x.until) { // the page took long, or the clock was moved
		if ours, err := l.hold(ctx, x.notice); err != nil || !ours {
			return err
		}
	}
	switch {
	case x.to.ID == 0:
		return l.end(ctx, l.on, x.notice, Obsolete, false, "not_found")
	case x.refuses:
		return l.end(ctx, l.on, x.notice, Declined, false, "")
	case x.to.Blocked:
		return l.end(ctx, l.on, x.notice, Blocked, false, "")
	}
	if until := l.pauses.until(x.to); until.After(l.now()) {
		return l.postpone(ctx, x.notice, until, false, "paused")
	}
	message, gone, err := l.letterTo(ctx, x)
	switch {
	case err != nil:
		return l.unreadable(ctx, x.notice, err)
	case gone:
		return l.end(ctx, l.on, x.notice, Obsolete, false, "")
	}
	sending, cancelSending := context.WithTimeout(ctx, sendPatience)
	defer cancelSending()
	if err := l.senders[l.on].Send(sending, x.to, message); err != nil {
		return l.note(ctx, x.to, x.notice, err)
	}
	return l.sent(x.notice)
}

// note notes that a platform did not take a letter, and puts it back if it may take it later.
func (l *lane) note(ctx context.Context, to bots.Account, n notice, err error) error {
	var wait *bots.RetryError
	switch {
	case errors.Is(err, bots.ErrBlocked):
		return errors.Join(l.end(ctx, l.on, n, Blocked, true, ""), l.accounts.SetBlocked(ctx, to.ID, true))
	case errors.Is(err, bots.ErrUnreachable):
		return l.end(ctx, l.on, n, Unreachable, true, "")
	case errors.As(err, &wait):
		until := l.now().Add(max(wait.After, time.Second))
		l.pauses.set(to, wait.All, until)
		return errors.Join(l.pause(ctx, to, wait.All, until), l.again(ctx, l.on, n, until, maxWaits, "asked_to_wait"))
	default:
		return l.again(ctx, l.on, n, l.now().Add(backoff(n.Attempts)), maxAttempts, "platform")
	}
}

// letterTo writes a broadcast as one recipient reads it. Whose visit is gone gets none that would speak of it.
func (l *lane) letterTo(ctx context.Context, x letter) (m bots.Notice, gone bool, err error) {
	if x.broken != nil {
		return m, false, x.broken
	}
	var visit booking.Visit
	if len(x.text.asked) > 0 {
		visit, err = l.bookings.Visit(ctx, x.Visit)
		if status := visit.Appointment.Status; err != nil || status == booking.Cancelled || status == booking.Expired {
			return m, err == nil, err
		}
	}
	return l.letter(x.to.Lang, x.to.Platform, x.text.fill(l.words, visit, x.to))
}

// letter is a broadcast's text with what stands around it.
func (s *Store) letter(lang string, on bots.Platform, text string) (m bots.Notice, gone bool, err error) {
	c := card{Note: text}
	m = bots.Notice{Kind: Broadcast.notice()}
	if m.Text, err = s.words.say(lang, string(Broadcast), c); err != nil {
		return m, false, err
	}
	m.Fields = c.fields(m.Text)
	m.Options, err = s.options(lang, notice{Kind: Broadcast}, nil)
	if on == bots.WeChat {
		m.URL = s.publicURL
	}
	return m, false, err
}

// giveBack queues letters again that were not tried.
func (l *lane) giveBack(ctx context.Context, page []letter) error {
	return l.inOneGo(ctx, page, "status = 'queued', lease_until = NULL")
}

// inOneGo changes letters that are still ours, by their epochs.
func (l *lane) inOneGo(ctx context.Context, page []letter, set string, args ...any) error {
	byEpoch := map[int64][]int64{}
	for _, x := range page {
		byEpoch[x.Epoch] = append(byEpoch[x.Epoch], x.ID)
	}
	return mysql.InTx(ctx, l.db, func(tx *sqlx.Tx) error {
		for epoch, ids := range byEpoch {
			slices.Sort(ids)
			statement, all, err := sqlx.In("UPDATE notices SET "+set+" WHERE id IN (?) AND epoch = ? AND status = 'claimed'", append(args[:len(args):len(args)], ids, epoch)...)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, statement, all...); err != nil {
				return fmt.Errorf("note what became of letters: %w", err)
			}
		}
		return nil
	})
}

// ending is a letter that was sent, and whoever waits for that being noted.
type ending struct {
	notice notice
	noted  chan<- error
}

// sent notes that a letter was sent, together with those that were sent at the same moment: one commit for all. It returns when that is noted, so that
// never more is in flight than there are writers.
func (l *lane) sent(n notice) error {
	noted := make(chan error, 1)
	l.ends <- ending{n, noted}
	if err := <-noted; err != nil {
		return err
	}
	l.observe(l.on, n.Kind, Sent)
	return nil
}

// noteEnds notes what was sent until there is no more.
func (l *lane) noteEnds() {
	for first := range l.ends {
		some := []ending{first}
		for more := true; more && len(some) < concurrency; {
			select {
			case e, open := <-l.ends:
				if more = open; open {
					some = append(some, e)
				}
			default:
				more = false
			}
		}
		page := make([]letter, len(some))
		for i, e := range some {
			page[i].notice = e.notice
		}
		ctx, cancel := context.WithTimeout(context.Background(), onePatience)
		err := l.inOneGo(ctx, page, "status = 'sent', lease_until = NULL, ended_at = ?, attempts = attempts + 1, last_error = ''", l.now())
		cancel()
		for _, e := range some {
			e.noted <- err
		}
	}
}
