package bots

import (
	"strings"
	"time"
)

// goneMark begins the external id of an account whose person is forgotten. The row stays, because appointments and payments name it; it
// leads to nobody.
const goneMark = "gone:"

// forget takes from all accounts of a person what they are known by, with their sessions, what they told staff, and their codes for linking; a
// code of somebody else's that one of them has claimed can be claimed again. The stored replies, which hold masked names at the
// most, go with the pruning of the inbox, within three days: to look for them would lock the inbox of everybody.
const forget = `DELETE s FROM chat_sessions s JOIN chat_accounts a ON a.id = s.account_id WHERE a.user_id = ?;
	DELETE h FROM handovers h JOIN chat_accounts a ON a.id = h.account_id WHERE a.user_id = ?;
	DELETE c FROM link_codes c JOIN chat_accounts a ON a.id = c.account_id WHERE a.user_id = ?;
	UPDATE link_codes c JOIN chat_accounts a ON a.id = c.claimed_by SET c.claimed_by = NULL WHERE a.user_id = ?;
	UPDATE chat_accounts SET external_id = CONCAT('` + goneMark + `', id), blocked_at = ? WHERE user_id = ?`

// forgetting is what forget needs to know.
func forgetting(user UserID, now time.Time) []any {
	return []any{user, user, user, user, now, user}
}

func (a Account) forgotten() bool { return strings.HasPrefix(a.ExternalID, goneMark) }
