package reminders

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"net/mail"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/bots"
	"guahao/internal/mysql"
	"guahao/reminders/email"
)

const (
	// EmailCodeLife is how long the code in an e-mail is good for.
	EmailCodeLife = 15 * time.Minute
	emailWindow   = time.Hour // within which codes and tries are counted
	mostCodes     = 4         // e-mails with a code
	mostTries     = 10        // codes that were typed
	maxAddress    = 254       // RFC 5321, 4.5.3.1
)

// What may be wrong with an address or its code.
var (
	ErrAddress   = errors.New("this is no e-mail address")
	ErrEmailCode = errors.New("the code is wrong, used up or too old")
	ErrEmailMany = errors.New("too many codes within an hour")
	ErrEmailDown = errors.New("the e-mail with the code could not be sent")
	ErrEmailOff  = errors.New("no e-mail is sent here")
)

// ParseAddress checks an e-mail address and writes its domain in lower case.
func ParseAddress(text string) (string, error) {
	text = strings.TrimSpace(text)
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || len(text) > maxAddress || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", ErrAddress
	}
	at := strings.LastIndexByte(text, '@')
	local, domain := text[:at], strings.ToLower(text[at+1:])
	if !strings.Contains(domain, ".") || strings.ContainsAny(local, `"`) || strings.ContainsAny(domain, "[]") {
		return "", ErrAddress
	}
	return local + "@" + domain, nil
}

// MailOn tells whether there is e-mail here at all.
func (s *Store) MailOn() bool { return s.mail != nil }

// addressRow is what is kept about a person's e-mail.
type addressRow struct {
	UID     []byte       `db:"uid"`
	Address []byte       `db:"address"`
	Wanted  []byte       `db:"wanted"`
	Code    []byte       `db:"code"`
	Expires sql.NullTime `db:"expires_at"`
}

func (s *Store) addressRow(ctx context.Context, q sqlx.QueryerContext, user bots.UserID) (addressRow, bool, error) {
	var row addressRow
	err := sqlx.GetContext(ctx, q, &row, "SELECT uid, address, wanted, code, expires_at FROM notice_emails WHERE user_id = ?", user)
	if errors.Is(err, sql.ErrNoRows) {
		return row, false, nil
	}
	if err != nil {
		return row, false, fmt.Errorf("read a person's e-mail: %w", err)
	}
	return row, true, nil
}

// Email is a person's confirmed address, "" if there is none.
func (s *Store) Email(ctx context.Context, user bots.UserID) (string, error) {
	row, _, err := s.addressRow(ctx, s.db, user)
	if err != nil || row.Address == nil {
		return "", err
	}
	plain, err := s.keys.Open(row.Address, row.at("address"))
	if err != nil {
		return "", fmt.Errorf("the e-mail of user %d: %w", user, err)
	}
	return string(plain), nil
}

// AskEmail sends a code to an address that a person wants their notices at. It counts when the code comes back. Its refusals are
// [ErrAddress], [ErrEmailMany], [ErrEmailDown] and [ErrEmailOff]. No row is locked while the e-mail is being sent.
func (s *Store) AskEmail(ctx context.Context, user bots.UserID, lang, address string) error {
	if s.mail == nil {
		return ErrEmailOff
	}
	address, err := ParseAddress(address)
	if err != nil {
		return err
	}
	if err := s.countEmail(ctx, user, "issued", mostCodes); err != nil {
		return err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return fmt.Errorf("make a code: %w", err)
	}
	code := fmt.Sprintf("%06d", n)
	row, _, err := s.addressRow(ctx, s.db, user)
	if err != nil {
		return err
	}
	sealed, err := s.keys.Seal([]byte(address), row.at("wanted"))
	if err != nil {
		return err
	}
	const keep = "UPDATE notice_emails SET wanted = ?, code = ?, expires_at = ?, tried = 0 WHERE user_id = ?"
	if _, err := s.db.ExecContext(ctx, keep, sealed, s.codeDigest(user, code), s.now().Add(EmailCodeLife), user); err != nil {
		return fmt.Errorf("keep a code: %w", err)
	}
	text, err := s.words.say(lang, "email.code", card{Note: code})
	if err != nil {
		return err
	}
	sending, cancel := context.WithTimeout(ctx, sendPatience)
	defer cancel()
	if err := s.mail.Send(sending, email.Message{To: address, Lang: lang, Subject: subject(text), Text: text}); err != nil {
		s.log.WarnContext(ctx, "a code could not be sent by e-mail", "error", err)
		return ErrEmailDown
	}
	return nil
}

// ConfirmEmail takes the code that was in the e-mail, and gives the address that counts from now on. Its refusals are [ErrEmailCode]
// and [ErrEmailMany].
func (s *Store) ConfirmEmail(ctx context.Context, user bots.UserID, code string) (address string, err error) {
	if err := s.countEmail(ctx, user, "tried", mostTries); err != nil {
		return "", err
	}
	err = mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		row, found, err := s.addressRow(ctx, tx, user)
		if err != nil {
			return err
		}
		good := subtle.ConstantTimeCompare(row.Code, s.codeDigest(user, code)) == 1
		if !found || row.Wanted == nil || !good || !s.now().Before(row.Expires.Time) {
			return ErrEmailCode
		}
		plain, err := s.keys.Open(row.Wanted, row.at("wanted"))
		if err != nil {
			return fmt.Errorf("the e-mail of user %d: %w", user, err)
		}
		sealed, err := s.keys.Seal(plain, row.at("address"))
		if err != nil {
			return err
		}
		const confirm = "UPDATE notice_emails SET address = ?, wanted = NULL, code = NULL, expires_at = NULL WHERE user_id = ? AND code = ?"
		done, err := affected(tx.ExecContext(ctx, confirm, sealed, user, row.Code))
		if err == nil && !done {
			return ErrEmailCode // it was used at this moment
		}
		address = string(plain)
		return err
	})
	return address, err
}

// DropEmail takes a person's address out.
func (s *Store) DropEmail(ctx context.Context, user bots.UserID) error {
	const drop = "UPDATE notice_emails SET address = NULL, wanted = NULL, code = NULL, expires_at = NULL WHERE user_id = ?"
	if _, err := s.db.ExecContext(ctx, drop, user); err != nil {
		return fmt.Errorf("take an e-mail out: %w", err)
	}
	return nil
}

// countEmail counts what a person does with codes, and refuses what is too much within an hour.
func (s *Store) countEmail(ctx context.Context, user bots.UserID, what string, most int) error {
	now := s.now()
	old := now.Add(-emailWindow)
	var uid [16]byte
	if _, err := rand.Read(uid[:]); err != nil {
		return fmt.Errorf("make the name of a row: %w", err)
	}
	count := `INSERT INTO notice_emails (user_id, uid, since, ` + what + `) VALUES (?, ?, ?, 1) ON DUPLICATE KEY UPDATE
		issued = IF(since <= ?, 0, issued), tried = IF(since <= ?, 0, tried), since = IF(since <= ?, ?, since), ` + what + ` = ` + what + ` + 1`
	if _, err := s.db.ExecContext(ctx, count, user, uid[:], now, old, old, old, now); err != nil {
		return fmt.Errorf("count a code: %w", err)
	}
	var done int
	if err := s.db.GetContext(ctx, &done, "SELECT "+what+" FROM notice_emails WHERE user_id = ?", user); err != nil {
		return fmt.Errorf("read how many codes there were: %w", err)
	}
	if done > most {
		return ErrEmailMany
	}
	return nil
}

// codeDigest is all that the database knows of a code. It is this person's: another's with the same digits has another digest.
func (s *Store) codeDigest(user bots.UserID, code string) []byte {
	return s.keys.Digest("email.code", fmt.Sprint(user, ":", code))
}

// at names the place of a sealed address.
func (r addressRow) at(column string) string {
	return fmt.Sprintf("notice_emails.%s:%x", column, r.UID)
}
