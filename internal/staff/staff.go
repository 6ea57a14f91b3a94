package staff

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/audit"
	"guahao/internal/mysql"
	"guahao/internal/vault"
)

// maxName is in characters.
const maxName = 64

var (
	// ErrName is returned by Add for a name that is empty or longer than 64 characters.
	ErrName = errors.New("a staff member's name has 1 to 64 characters")
	// ErrNoMember is returned where there is nobody of that id.
	ErrNoMember = errors.New("there is no such staff member")
)

// Member is one of the hospital's people.
type Member struct {
	ID          booking.StaffID
	Name        string
	Grants      []Grant        // in the order of the roles
	Account     bots.AccountID // 0: no chat is bound
	CodeExpires time.Time      // of the code for the chat that was not used yet
	CreatedAt   time.Time
	BoundAt     time.Time

	Login       string // how they sign in to the console; "" for those who do not
	HasPassword bool
	TOTP        bool      // the second factor is on
	LinkExpires time.Time // of the link that sets the password; zero: none is open
	SignedInAt  time.Time
	Epoch       int // raised by what ends sessions
}

// LogValue leaves out the name.
func (m Member) LogValue() slog.Value { return slog.GroupValue(slog.Int64("id", int64(m.ID))) }

// Store keeps the members. It may be used from several goroutines.
type Store struct {
	db    *sqlx.DB
	keys  *vault.Keys
	now   func() time.Time
	audit *audit.Log
}

// New makes a store on a migrated database.
func New(db *sqlx.DB, keys *vault.Keys, now func() time.Time) *Store {
	return &Store{db: db, keys: keys, now: now, audit: audit.New(db, keys, now)}
}

// NewMember is who is taken in.
type NewMember struct {
	Name   string
	Grants []Grant
	Login  string // "" for who needs the chat only
}

// Add takes a person in. code is for the chat; link, "" without a login, is the token of the link that sets the console's password. Both are
// shown this once and cannot be read again.
func (s *Store) Add(ctx context.Context, n NewMember) (m Member, code, link string, err error) {
	n.Name = strings.TrimSpace(n.Name)
	if size := utf8.RuneCountInString(n.Name); size == 0 || size > maxName || !utf8.ValidString(n.Name) {
		return m, "", "", ErrName
	}
	if n.Grants, err = normal(n.Grants); err != nil {
		return m, "", "", err
	}
	if n.Login, err = checkLogin(n.Login); err != nil {
		return m, "", "", err
	}
	uid := make([]byte, 16)
	rand.Read(uid)
	sealed, err := s.keys.Seal([]byte(n.Name), nameAt(uid))
	if err != nil {
		return m, "", "", err
	}
	code = newCode()
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		now := s.now().UTC()
		result, err := tx.ExecContext(ctx, `INSERT INTO staff (uid, name, hospital_id, code_digest, code_expires_at, created_at) VALUES (?, ?, 0, ?, ?, ?)`,
			uid, sealed, s.digest(code), now.Add(codeLife), now)
		if err != nil {
			return fmt.Errorf("add a staff member: %w", err)
		}
		id, err := result.LastInsertId()
		if err != nil {
			return err
		}
		if err := insertGrants(ctx, tx, booking.StaffID(id), n.Grants); err != nil {
			return err
		}
		if link, err = s.insertLogin(ctx, tx, booking.StaffID(id), n.Login); err != nil {
			return err
		}
		if m, err = s.lock(ctx, tx, booking.StaffID(id)); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{Action: "staff.add", Subject: subject(m.ID), After: map[string]any{"name": n.Name, "login": n.Login, "grants": n.Grants}})
	})
	return m, code, link, err
}

// ByAccount finds the member that a chat account is bound to.
func (s *Store) ByAccount(ctx context.Context, account bots.AccountID) (Member, bool, error) {
	return first(s.read(ctx, s.db, "WHERE s.account_id = ?", account))
}

// Member gives one, or ErrNoMember.
func (s *Store) Member(ctx context.Context, id booking.StaffID) (Member, error) {
	m, ok, err := first(s.read(ctx, s.db, "WHERE s.id = ?", id))
	if err == nil && !ok {
		err = ErrNoMember
	}
	return m, err
}

// ByLogin finds who signs in by that name.
func (s *Store) ByLogin(ctx context.Context, login string) (Member, bool, error) {
	return first(s.read(ctx, s.db, "WHERE l.login = ?", fold(login)))
}

func first(list []Member, err error) (Member, bool, error) {
	if err != nil || len(list) == 0 {
		return Member{}, false, err
	}
	return list[0], true, nil
}

// List gives all members in the order in which they were added.
func (s *Store) List(ctx context.Context) ([]Member, error) {
	return s.read(ctx, s.db, "ORDER BY s.id")
}

// Remove ends a membership at once: the chat account is no longer staff, sessions end, and a code or link not yet used is void.
func (s *Store) Remove(ctx context.Context, id booking.StaffID, within booking.Reach) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		m, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if !m.inside(within) {
			return ErrOutside
		}
		for _, statement := range []string{
			"DELETE FROM staff_grants WHERE staff_id = ?", "DELETE FROM staff_logins WHERE staff_id = ?", "DELETE FROM staff WHERE id = ?",
		} {
			if _, err := tx.ExecContext(ctx, statement, id); err != nil {
				return fmt.Errorf("remove a staff member: %w", err)
			}
		}
		if err := keepAnAdmin(ctx, tx, m); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{Action: "staff.remove", Subject: subject(id), Before: map[string]any{"name": m.Name, "login": m.Login, "grants": m.Grants}})
	})
}

// inside tells whether everything that the member may do lies within a reach: only then may an administrator of that reach change them.
func (m Member) inside(within booking.Reach) bool {
	if within.Everywhere() {
		return true
	}
	for _, g := range m.Grants {
		if !within.Whole(g.Hospital) {
			return false
		}
	}
	return true
}

func subject(id booking.StaffID) string { return fmt.Sprintf("staff:%d", id) }

func (s *Store) inTx(ctx context.Context, fn func(tx *sqlx.Tx) error) error {
	return mysql.InTx(ctx, s.db, fn)
}

type row struct {
	ID          booking.StaffID `db:"id"`
	UID         []byte          `db:"uid"`
	Name        []byte          `db:"name"`
	Account     sql.NullInt64   `db:"account_id"`
	CodeExpires time.Time       `db:"code_expires_at"`
	CreatedAt   time.Time       `db:"created_at"`
	BoundAt     sql.NullTime    `db:"bound_at"`
	Login       string          `db:"login"`
	HasPassword bool            `db:"has_password"`
	TOTP        bool            `db:"totp_on"`
	LinkExpires sql.NullTime    `db:"link_expires_at"`
	SignedInAt  sql.NullTime    `db:"signed_in_at"`
	Epoch       int             `db:"epoch"`
}

const memberQuery = `SELECT s.id, s.uid, s.name, s.account_id, s.code_expires_at, s.created_at, s.bound_at, COALESCE(l.login, '') AS login,
	l.password IS NOT NULL AS has_password, COALESCE(l.totp_on, 0) AS totp_on, l.link_expires_at, l.signed_in_at, COALESCE(l.epoch, 0) AS epoch
	FROM staff s LEFT JOIN staff_logins l ON l.staff_id = s.id `

// lock locks a member's row for the rest of the transaction and reads it.
func (s *Store) lock(ctx context.Context, tx *sqlx.Tx, id booking.StaffID) (Member, error) {
	var locked booking.StaffID
	err := tx.GetContext(ctx, &locked, "SELECT id FROM staff WHERE id = ? FOR UPDATE", id)
	if errors.Is(err, sql.ErrNoRows) {
		return Member{}, ErrNoMember
	}
	if err != nil {
		return Member{}, fmt.Errorf("lock a staff member: %w", err)
	}
	m, _, err := first(s.read(ctx, tx, "WHERE s.id = ?", id))
	return m, err
}

func (s *Store) read(ctx context.Context, q sqlx.QueryerContext, where string, args ...any) ([]Member, error) {
	var rows []row
	if err := sqlx.SelectContext(ctx, q, &rows, memberQuery+where, args...); err != nil {
		return nil, fmt.Errorf("read the staff: %w", err)
	}
	grants, err := readGrants(ctx, q, rows)
	if err != nil {
		return nil, err
	}
	members := make([]Member, 0, len(rows))
	for _, r := range rows {
		name, err := s.keys.Open(r.Name, nameAt(r.UID))
		if err != nil {
			return nil, fmt.Errorf("staff member %d: %w", r.ID, err)
		}
		members = append(members, Member{
			ID: r.ID, Name: string(name), Grants: grants[r.ID], Account: bots.AccountID(r.Account.Int64),
			CodeExpires: r.CodeExpires, CreatedAt: r.CreatedAt, BoundAt: r.BoundAt.Time,
			Login: r.Login, HasPassword: r.HasPassword, TOTP: r.TOTP, LinkExpires: r.LinkExpires.Time, SignedInAt: r.SignedInAt.Time, Epoch: r.Epoch,
		})
	}
	return members, nil
}

func readGrants(ctx context.Context, q sqlx.QueryerContext, of []row) (map[booking.StaffID][]Grant, error) {
	if len(of) == 0 {
		return nil, nil
	}
	ids := make([]booking.StaffID, len(of))
	for i, r := range of {
		ids[i] = r.ID
	}
	query, args, err := sqlx.In("SELECT staff_id, role, hospital_id, department_id FROM staff_grants WHERE staff_id IN (?)", ids)
	if err != nil {
		return nil, fmt.Errorf("write the query for roles: %w", err)
	}
	var rows []struct {
		Staff booking.StaffID `db:"staff_id"`
		Grant
	}
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read the roles: %w", err)
	}
	grants := map[booking.StaffID][]Grant{}
	for _, r := range rows {
		grants[r.Staff] = append(grants[r.Staff], r.Grant)
	}
	for id := range grants {
		if grants[id], err = normal(grants[id]); err != nil {
			return nil, fmt.Errorf("staff member %d: %w", id, err)
		}
	}
	return grants, nil
}

func nameAt(uid []byte) string { return "staff.name:" + hex.EncodeToString(uid) }
