package bots

import "strings"

// goneMark begins the external id of an account whose person is forgotten. The row stays, because appointments and payments name it; it
// leads to nobody.
const goneMark = "gone:"

// forget takes from all accounts of a person what they are known by, with their sessions. The stored replies, which hold masked names at the
// most, go with the pruning of the inbox, within three days: to look for them would lock the inbox of everybody.
const forget = `DELETE s FROM chat_sessions s JOIN chat_accounts a ON a.id = s.account_id WHERE a.user_id = ?;
	UPDATE chat_accounts SET external_id = CONCAT('` + goneMark + `', id), blocked_at = ? WHERE user_id = ?`

func (a Account) forgotten() bool { return strings.HasPrefix(a.ExternalID, goneMark) }
