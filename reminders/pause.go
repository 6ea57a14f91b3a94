package reminders

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/bots"
	"guahao/internal/mysql"
)

// pauses are the times that the platforms asked us to wait until, as one round of sending knows them. They are kept in the
// database, so that a restart and other replicas obey.
type pauses struct {
	mu        sync.Mutex
	platforms map[bots.Platform]time.Time
	chats     map[bots.AccountID]time.Time
}

// until is the time before which nothing may be sent to the account; in the past if it may.
func (p *pauses) until(a bots.Account) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return later(p.platforms[a.Platform], p.chats[a.ID])
}

func (p *pauses) set(a bots.Account, all bool, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if all {
		p.platforms[a.Platform] = later(until, p.platforms[a.Platform])
	} else {
		p.chats[a.ID] = later(until, p.chats[a.ID])
	}
}

// of is until when a whole platform is paused; in the past if it is not.
func (p *pauses) of(on bots.Platform) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.platforms[on]
}

// readPauses reads the pauses of whole platforms that are not over.
func (s *Store) readPauses(ctx context.Context, q sqlx.QueryerContext) (*pauses, error) {
	p := &pauses{platforms: map[bots.Platform]time.Time{}, chats: map[bots.AccountID]time.Time{}}
	var rows []struct {
		Platform bots.Platform `db:"platform"`
		Until    time.Time     `db:"paused_until"`
	}
	const query = "SELECT platform, paused_until FROM notice_pauses WHERE account_id = 0 AND paused_until > ?"
	if err := sqlx.SelectContext(ctx, q, &rows, query, s.now()); err != nil {
		return nil, fmt.Errorf("read the platforms' pauses: %w", err)
	}
	for _, r := range rows {
		p.platforms[r.Platform] = r.Until
	}
	return p, nil
}

// chatPause reads the pause of one chat, which another round or replica may have met.
func (s *Store) chatPause(ctx context.Context, p *pauses, a bots.Account) error {
	var until time.Time
	const query = "SELECT paused_until FROM notice_pauses WHERE platform = ? AND account_id = ?"
	err := s.db.GetContext(ctx, &until, query, a.Platform, a.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the chat's pause: %w", err)
	}
	p.set(a, false, until)
	return nil
}

// pause remembers that a platform asked to wait, for one chat or for all.
func (s *Store) pause(ctx context.Context, a bots.Account, all bool, until time.Time) error {
	account := a.ID
	if all {
		account = 0
	}
	const statement = `INSERT INTO notice_pauses (platform, account_id, paused_until) VALUES (?, ?, ?)
		ON DUPLICATE KEY UPDATE paused_until = GREATEST(paused_until, ?)`
	err := mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, statement, a.Platform, account, until, until)
		return err
	})
	if err != nil {
		return fmt.Errorf("remember the platform's pause: %w", err)
	}
	return nil
}
