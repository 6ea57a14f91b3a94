package reminders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

const (
	// urgentBatch is how many notices are claimed at once that are no broadcast's. The more there are, the less is read besides
	// them; the fewer, the sooner an urgent one comes after them.
	urgentBatch = 250
	// turnless is for how long a replica claims without a turn after it could not have one: somebody who has it is frozen.
	turnless = time.Minute
)

// Batch is what one replica has claimed and shall tell.
type Batch struct {
	notices []notice
	found   int // of which others have claimed the rest
}

// Len is how many notices there are in it.
func (b Batch) Len() int { return len(b.notices) }

// Take claims what is due now, urgent notices before broadcasts, for [Store.Tell]. Of what it reads it takes all: while one replica looks,
// the others wait (table notice_turn). Each notice is read twice, when it is found and when it is claimed.
func (s *Store) Take(ctx context.Context) (Batch, error) {
	if !s.now().Before(s.noTurnUntil) {
		b, err := s.takeInTurn(ctx)
		if !errors.Is(err, errNoTurn) {
			return b, err
		}
		s.noTurnUntil = s.now().Add(turnless)
	}
	// Who gets no turn claims all the same: the condition of a claim decides, not the turn.
	found, err := s.due(ctx, s.db)
	if err != nil {
		return Batch{}, err
	}
	ours, err := s.claim(ctx, found)
	return Batch{notices: ours, found: len(found)}, err
}

// Tell sends what was taken.
func (s *Store) Tell(ctx context.Context, b Batch) error {
	p, err := s.readPauses(ctx, s.db)
	if err != nil {
		return err
	}
	return s.deliver(ctx, b.notices, p)
}

// errNoTurn says that another replica looks for what is due, and takes too long.
var errNoTurn = errors.New("another replica is at it")

func (s *Store) takeInTurn(ctx context.Context) (Batch, error) {
	var b Batch
	err := mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		var turn int
		if err := tx.GetContext(ctx, &turn, "SELECT id FROM notice_turn WHERE id = 1 FOR UPDATE"); err != nil {
			if mysql.IsRetryable(err) {
				return errNoTurn
			}
			return fmt.Errorf("wait for the turn to claim notices: %w", err)
		}
		found, err := s.due(ctx, tx)
		if err != nil {
			return err
		}
		b.found = len(found)
		b.notices, err = s.claimAll(ctx, tx, found)
		return err
	})
	return b, err
}

// claimAll claims what nobody else can have claimed since it was read, but for who is without a turn: then it is read again.
func (s *Store) claimAll(ctx context.Context, tx *sqlx.Tx, found []notice) ([]notice, error) {
	epochs := map[int64][]int64{}
	for i, n := range found {
		epochs[n.Epoch] = append(epochs[n.Epoch], n.ID)
		found[i].Epoch++
	}
	for epoch, ids := range epochs {
		statement, args, err := sqlx.In(`UPDATE notices SET status = 'claimed', epoch = ?, lease_until = ? WHERE id IN (?) AND epoch = ? AND status = 'queued'`,
			epoch+1, s.now().Add(lease), ids, epoch)
		if err != nil {
			return nil, fmt.Errorf("claim notices: %w", err)
		}
		result, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return nil, fmt.Errorf("claim notices: %w", err)
		}
		if rows, err := result.RowsAffected(); err != nil || rows != int64(len(ids)) {
			return nil, errors.Join(err, errNoTurn)
		}
	}
	return found, nil
}
