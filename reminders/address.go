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

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/mysql"
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
	ErrAddress = &booking.Error{Code: "bad_email", Message: booking.Text{
		ZH: "这不像一个邮箱地址，请再输一次，比如 name@example.com。", EN: "This does not look like an e-mail address. Please enter it again, such as name@example.com.",
	}}
	ErrEmailCode = &booking.Error{Code: "bad_email_code", Message: booking.Text{
		ZH: "验证码不对，或已经过期。请核对邮件里的 6 位数字，或返回重新填写邮箱。", EN: "The code is wrong or too old. Please look at the 6 digits in the e-mail again, or go back and enter the address anew.",
	}}
	ErrEmailMany = &booking.Error{Code: "many_email_codes", Message: booking.Text{
		ZH: "次数太多了，请过一小时再试。", EN: "That was too often. Please try again in an hour.",
	}}
	ErrEmailOff = &booking.Error{Code: "email_off", Message: booking.Text{ZH: "现在不能发邮件。", EN: "No e-mail can be sent now."}}
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

// EmailCode is the kind of the e-mail that has the code for an address. It goes to that address and nowhere else.
const EmailCode Kind = "email_code"

// AskEmail queues an e-mail with a code to an address that a person wants their notices at: Send sends it, so that nobody who holds a lock
// waits for a mail server. The address counts when the code comes back. Its refusals are [ErrAddress], [ErrEmailMany] and [ErrEmailOff].
func (s *Store) AskEmail(ctx context.Context, by bots.Account, address string) error {
	if s.mail == nil {
		return ErrEmailOff
	}
	address, err := ParseAddress(address)
	if err != nil {
		return err
	}
	if err := s.countEmail(ctx, by.User, "issued", mostCodes); err != nil {
		return err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return fmt.Errorf("make a code: %w", err)
	}
	code := fmt.Sprintf("%06d", n)
	row, _, err := s.addressRow(ctx, s.db, by.User)
	if err != nil {
		return err
	}
	sealed, err := s.keys.Seal([]byte(address), row.at("wanted"))
	if err != nil {
		return err
	}
	return mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		const keep = "UPDATE notice_emails SET wanted = ?, code = ?, expires_at = ?, tried = 0 WHERE user_id = ?"
		if _, err := tx.ExecContext(ctx, keep, sealed, s.codeDigest(by.User, code), s.now().Add(EmailCodeLife), by.User); err != nil {
			return fmt.Errorf("keep a code: %w", err)
		}
		return s.insert(ctx, tx, []entry{{
			kind: EmailCode, version: int64(by.User), account: by.ID, due: s.now(), copyBy: ByEmail, details: &details{Note: code, Address: address},
		}})
	})
}

// codeWay is the one way of an e-mail with a code; none when the code is too old by now.
func (s *Store) codeWay(to bots.Account, n notice) ([]Way, error) {
	d, err := s.open(n)
	if err != nil || !s.now().Before(n.CreatedAt.Add(EmailCodeLife)) {
		return nil, err
	}
	return []Way{{Channel: ByEmail, Account: outside(to), Email: d.Address}}, nil
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
