package staff

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"guahao/booking"
	"guahao/internal/audit"
)

// totpPeriod is for how long a code is shown, in seconds. One before and one after are taken too: clocks differ.
const totpPeriod = 30

// NeedsTOTP tells whether somebody must have a second factor: administrators.
func (m Member) NeedsTOTP() bool { return m.Is(Admin) }

// NewTOTP makes a secret for a member's authenticator app, which is in force after ConfirmTOTP. uri is for the QR code, secret
// to be typed. One that is on already stays: ErrTOTPOn.
func (s *Store) NewTOTP(ctx context.Context, m Member, issuer string) (uri, secret string, err error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: m.Login, Period: totpPeriod})
	if err != nil {
		return "", "", fmt.Errorf("make a second factor: %w", err)
	}
	sealed, err := s.keys.Seal([]byte(key.Secret()), totpAt(m.ID))
	if err != nil {
		return "", "", err
	}
	result, err := s.db.ExecContext(ctx, "UPDATE staff_logins SET totp = ?, totp_step = 0 WHERE staff_id = ? AND totp_on = 0", sealed, m.ID)
	if err != nil {
		return "", "", fmt.Errorf("keep a second factor: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return "", "", errors.Join(ErrTOTPOn, err)
	}
	return key.URL(), key.Secret(), nil
}

// PendingTOTP gives the secret that NewTOTP made and that was not confirmed yet, "" when there is none.
func (s *Store) PendingTOTP(ctx context.Context, m Member) (string, error) {
	secret, on, err := s.totp(ctx, s.db, m.ID)
	if on {
		return "", err
	}
	return secret, err
}

// ErrTOTPOn is returned where a second factor is on already.
var ErrTOTPOn = errors.New("the second factor is on already")

// ConfirmTOTP turns the second factor on with a first right code.
func (s *Store) ConfirmTOTP(ctx context.Context, m Member, code string) error {
	return s.useTOTP(ctx, m, code, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE staff_logins SET totp_on = 1 WHERE staff_id = ?", m.ID); err != nil {
			return fmt.Errorf("turn the second factor on: %w", err)
		}
		return s.audit.Record(ctx, tx, audit.Entry{Action: "staff.totp", Subject: subject(m.ID), After: map[string]bool{"on": true}})
	})
}

// CheckTOTP checks a code of somebody whose password was right. Wrong ones count like wrong passwords; each is good once.
func (s *Store) CheckTOTP(ctx context.Context, m Member, code, address string) error {
	allowed, err := s.try(ctx, guessCode, m.Login, address)
	if err != nil || !allowed {
		return errors.Join(refused(allowed), err)
	}
	if err := s.useTOTP(ctx, m, code, func(*sqlx.Tx) error { return nil }); err != nil {
		return err
	}
	return s.succeeded(ctx, guessCode, m.Login, address)
}

func (s *Store) useTOTP(ctx context.Context, m Member, code string, then func(tx *sqlx.Tx) error) error {
	code = strings.Map(digit, code)
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		secret, _, err := s.totp(ctx, tx, m.ID)
		if err != nil {
			return err
		}
		step, ok, err := stepOf(secret, code, s.now())
		if err != nil || !ok {
			return errors.Join(ErrWrong, err)
		}
		result, err := tx.ExecContext(ctx, "UPDATE staff_logins SET totp_step = ? WHERE staff_id = ? AND totp_step < ?", step, m.ID, step)
		if err != nil {
			return fmt.Errorf("use a code: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(ErrWrong, err) // it was used before
		}
		return then(tx)
	})
}

// digit keeps digits, full-width ones too.
func digit(r rune) rune {
	if r = narrow(r); r >= '0' && r <= '9' {
		return r
	}
	return -1
}

// stepOf finds which of the codes around now a code is.
func stepOf(secret, code string, now time.Time) (step int64, ok bool, err error) {
	if secret == "" || len(code) != 6 {
		return 0, false, nil
	}
	for _, shift := range []int64{0, -1, 1} {
		at := now.Add(time.Duration(shift) * totpPeriod * time.Second)
		want, err := totp.GenerateCodeCustom(secret, at, totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, false, fmt.Errorf("compute a code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return at.Unix() / totpPeriod, true, nil
		}
	}
	return 0, false, nil
}

func (s *Store) totp(ctx context.Context, q sqlx.QueryerContext, id booking.StaffID) (secret string, on bool, err error) {
	var row struct {
		Secret []byte `db:"totp"`
		On     bool   `db:"totp_on"`
	}
	err = sqlx.GetContext(ctx, q, &row, "SELECT totp, totp_on FROM staff_logins WHERE staff_id = ?", id)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && row.Secret == nil) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read a second factor: %w", err)
	}
	plain, err := s.keys.Open(row.Secret, totpAt(id))
	return string(plain), row.On, err
}

func totpAt(id booking.StaffID) string { return fmt.Sprintf("staff_logins.totp:%d", id) }
