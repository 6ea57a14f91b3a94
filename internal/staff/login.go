package staff

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/internal/audit"
	"guahao/internal/mysql"
)

// linkLife is how long the link that sets a password is good for.
const linkLife = 24 * time.Hour

var (
	// ErrLogin is returned for a login name that is none.
	ErrLogin = errors.New("a login name has 2 to 32 of a–z, 0–9, dot, dash and underscore")
	// ErrLoginTaken is returned for a login name that somebody else has.
	ErrLoginTaken = errors.New("somebody else has this login name")
	// ErrWrong is returned for a login name, a password or a code that is wrong. It does not say which.
	ErrWrong = errors.New("the login name, the password or the code is wrong")
	// ErrLocked is returned after too many wrong ones.
	ErrLocked = errors.New("too many wrong tries: wait a quarter of an hour")
	// ErrLink is returned for a link that does not exist, was used, or is older than 24 hours.
	ErrLink = errors.New("the link is wrong, used or expired")
	// ErrNoLogin is returned where a member has no login name.
	ErrNoLogin = errors.New("this member has no login name")
)

var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,31}$`)

// fold gives a login name as it is stored: full-width letters and capitals do no harm.
func fold(login string) string {
	return strings.ToLower(strings.Map(narrow, strings.TrimSpace(login)))
}

// checkLogin gives a login name in its form; "" stays.
func checkLogin(login string) (string, error) {
	login = fold(login)
	if login != "" && !loginForm.MatchString(login) {
		return "", ErrLogin
	}
	return login, nil
}

// insertLogin gives a member a login name and opens a link to set the password; without a name it does nothing.
func (s *Store) insertLogin(ctx context.Context, tx *sqlx.Tx, id booking.StaffID, login string) (link string, err error) {
	if login == "" {
		return "", nil
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO staff_logins (staff_id, login, epoch, totp_on, totp_step) VALUES (?, ?, 1, 0, 0)", id, login)
	if mysql.IsDuplicate(err, "staff_logins_login") {
		return "", ErrLoginTaken
	}
	if err != nil {
		return "", fmt.Errorf("give a login name: %w", err)
	}
	return s.openLink(ctx, tx, id)
}

func (s *Store) openLink(ctx context.Context, tx *sqlx.Tx, id booking.StaffID) (string, error) {
	random := make([]byte, 24)
	rand.Read(random)
	token := base64.RawURLEncoding.EncodeToString(random)
	_, err := tx.ExecContext(ctx, "UPDATE staff_logins SET link_digest = ?, link_expires_at = ? WHERE staff_id = ?", s.linkDigest(token), s.now().UTC().Add(linkLife), id)
	if err != nil {
		return "", fmt.Errorf("open a link: %w", err)
	}
	return token, nil
}

func (s *Store) linkDigest(token string) []byte { return s.keys.Digest("staff.link", token) }

// NewLink opens a link with which a member sets a new password: the old one is void at once, and so are sessions and the second factor,
// because whoever lost one may have lost the other. login gives a name to who has none.
func (s *Store) NewLink(ctx context.Context, id booking.StaffID, login string, within booking.Reach) (link string, err error) {
	if login, err = checkLogin(login); err != nil {
		return "", err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		m, err := s.lock(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case !m.inside(within):
			return ErrOutside
		case m.Login == "" && login == "":
			return ErrNoLogin
		case m.Login == "":
			link, err = s.insertLogin(ctx, tx, id, login)
		default:
			if _, err := tx.ExecContext(ctx, "UPDATE staff_logins SET password = NULL, totp = NULL, totp_on = 0 WHERE staff_id = ?", id); err != nil {
				return fmt.Errorf("void a password: %w", err)
			}
			if err := endSessions(ctx, tx, id); err != nil {
				return err
			}
			link, err = s.openLink(ctx, tx, id)
		}
		if err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{Action: "staff.link", Subject: subject(id)})
	})
	return link, err
}

// Link tells whose a link is.
func (s *Store) Link(ctx context.Context, token string) (Member, error) {
	m, ok, err := first(s.read(ctx, s.db, "WHERE l.link_digest = ? AND l.link_expires_at > ?", s.linkDigest(token), s.now().UTC()))
	if err == nil && !ok {
		err = ErrLink
	}
	return m, err
}

// UseLink sets the password with a link, once.
func (s *Store) UseLink(ctx context.Context, token, password string) (Member, error) {
	m, err := s.Link(ctx, token)
	if err != nil {
		return Member{}, err
	}
	if err := checkPassword(password, m.Login); err != nil {
		return Member{}, err
	}
	hash := hashPassword(password)
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE staff_logins SET password = ?, link_digest = NULL, link_expires_at = NULL, epoch = epoch + 1 WHERE link_digest = ?",
			hash, s.linkDigest(token))
		if err != nil {
			return fmt.Errorf("set a password: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(ErrLink, err)
		}
		return s.audit.Record(acting(ctx, m.ID), tx, audit.Entry{Action: "staff.password", Subject: subject(m.ID)})
	})
	if err != nil {
		return Member{}, err
	}
	return s.Member(ctx, m.ID)
}

// acting keeps how somebody acts, and says who.
func acting(ctx context.Context, id booking.StaffID) context.Context {
	a, _ := audit.Acting(ctx)
	a.Staff = int64(id)
	return audit.As(ctx, a)
}

// SignIn checks a login name and a password. The second factor, where it is on, is for CheckTOTP.
func (s *Store) SignIn(ctx context.Context, login, password, address string) (Member, error) {
	login = fold(login)
	if allowed, err := s.try(ctx, guessPassword, login, address); err != nil || !allowed {
		return Member{}, errors.Join(refused(allowed), err)
	}
	m, ok, err := s.ByLogin(ctx, login)
	if err != nil {
		return Member{}, err
	}
	right, err := s.passwordOf(ctx, m.ID, password)
	if err != nil || !right || !ok {
		return Member{}, errors.Join(ErrWrong, err)
	}
	return m, s.succeeded(ctx, guessPassword, login, address)
}

// Confirm checks the password of somebody who is signed in, with the limits of SignIn.
func (s *Store) Confirm(ctx context.Context, m Member, password, address string) error {
	allowed, err := s.try(ctx, guessPassword, m.Login, address)
	if err != nil || !allowed {
		return errors.Join(refused(allowed), err)
	}
	right, err := s.passwordOf(ctx, m.ID, password)
	if err != nil || !right {
		return errors.Join(ErrWrong, err)
	}
	return s.succeeded(ctx, guessPassword, m.Login, address)
}

func refused(allowed bool) error {
	if allowed {
		return nil
	}
	return ErrLocked
}

// passwordOf compares. For who has no password it takes as long as for others, so that nobody learns from the time who is staff.
func (s *Store) passwordOf(ctx context.Context, id booking.StaffID, password string) (bool, error) {
	var hash sql.NullString
	err := s.db.GetContext(ctx, &hash, "SELECT password FROM staff_logins WHERE staff_id = ?", id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("read a password: %w", err)
	}
	if !hash.Valid {
		hashPassword(password)
		return false, nil
	}
	return passwordFits(hash.String, password)
}

// ChangePassword sets another one for who knows the present one. Other sessions end.
func (s *Store) ChangePassword(ctx context.Context, m Member, present, next, address string) error {
	if err := s.Confirm(ctx, m, present, address); err != nil {
		return err
	}
	if err := checkPassword(next, m.Login); err != nil {
		return err
	}
	hash := hashPassword(next)
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE staff_logins SET password = ? WHERE staff_id = ?", hash, m.ID); err != nil {
			return fmt.Errorf("set a password: %w", err)
		}
		if err := endSessions(ctx, tx, m.ID); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{Action: "staff.password", Subject: subject(m.ID)})
	})
}

// endSessions makes all open sessions of a member void.
func endSessions(ctx context.Context, tx *sqlx.Tx, id booking.StaffID) error {
	if _, err := tx.ExecContext(ctx, "UPDATE staff_logins SET epoch = epoch + 1 WHERE staff_id = ?", id); err != nil {
		return fmt.Errorf("end the sessions: %w", err)
	}
	return nil
}

// SignedIn notes that a member has come in.
func (s *Store) SignedIn(ctx context.Context, m Member) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE staff_logins SET signed_in_at = ? WHERE staff_id = ?", s.now().UTC(), m.ID); err != nil {
			return fmt.Errorf("note that somebody signed in: %w", err)
		}
		return s.audit.Record(acting(ctx, m.ID), tx, audit.Entry{Action: "staff.sign_in", Subject: subject(m.ID)})
	})
}
