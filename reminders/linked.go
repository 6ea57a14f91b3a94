package reminders

import (
	"context"

	"guahao/bots"
)

// Linked is the kind that tells who showed a code for linking that another account has used it: on the platform where it was shown,
// because whoever types somebody else's code sees that person's appointments.
const Linked Kind = "linked"

// LinkedTx queues it in the transaction that links the accounts. with is the platform of the other account.
func (s *Store) LinkedTx(ctx context.Context, tx bots.Tx, to bots.AccountID, with bots.Platform) error {
	return s.insert(ctx, tx, []entry{{kind: Linked, account: to, due: s.now(), details: &details{With: with}}})
}

// linkedCard names the platform of the other account, and nothing that is a person's.
func (s *Store) linkedCard(lang string, n notice) (card, error) {
	d, err := s.open(n)
	if err != nil {
		return card{}, err
	}
	return card{Platform: s.word(lang, "platform."+string(d.With))}, nil
}
