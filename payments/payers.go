package payments

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

const (
	// keepPayer is how long it is kept who paid. Nothing needs it after the payment: WeChat Pay and Alipay refund by the number of the
	// order, to wherever the money came from, and know the payer themselves.
	keepPayer  = 72 * time.Hour
	payerBatch = 1000
)

// ForgetPayers takes the providers' ids of the people who paid out of charges that are no longer pending. The charges stay: the law makes
// us keep them, and without the id they say nothing of who it was.
func (s *Store) ForgetPayers(ctx context.Context) error {
	const forget = "UPDATE charges SET payer = '' WHERE payer > '' AND status <> ? AND created_at < ? ORDER BY payer LIMIT ?"
	for {
		var done int64
		err := mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
			result, err := tx.ExecContext(ctx, forget, Pending, s.now().Add(-keepPayer), payerBatch)
			if err != nil {
				return err
			}
			done, err = result.RowsAffected()
			return err
		})
		if err != nil {
			return fmt.Errorf("forget who paid: %w", err)
		}
		if done < payerBatch {
			return nil
		}
	}
}
