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
	"guahao/internal/vault"
)

// maxName is in characters.
const maxName = 64

var (
	// ErrName is returned by Add for a name that is empty or longer than 64 characters.
	ErrName = errors.New("a staff member's name has 1 to 64 characters")
	// ErrNoMember is returned by Remove when there is nobody of that id.
	ErrNoMember = errors.New("there is no such staff member")
)

// Member is one of the hospital's people.
type Member struct {
	ID          booking.StaffID
	Name        string
	Hospital    booking.HospitalID // 0: all hospitals
	Account     bots.AccountID     // 0: the code has not been used yet
	CodeExpires time.Time          // of the code that was not used yet
	CreatedAt   time.Time
	BoundAt     time.Time
}

// LogValue leaves out the name.
func (m Member) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("id", int64(m.ID)), slog.Int64("hospital", int64(m.Hospital)))
}

// Store keeps the members. It may be used from several goroutines.
type Store struct {
	db   *sqlx.DB
	keys *vault.Keys
	now  func() time.Time
}

// New makes a store on a migrated database.
func New(db *sqlx.DB, keys *vault.Keys, now func() time.Time) *Store {
	return &Store{db: db, keys: keys, now: now}
}

// Add takes a person in and makes their code, which is shown this once and cannot be read again.
func (s *Store) Add(ctx context.Context, name string, hospital booking.HospitalID) (Member, string, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > maxName || !utf8.ValidString(name) {
		return Member{}, "", ErrName
	}
	uid := make([]byte, 16)
	rand.Read(uid)
	sealed, err := s.keys.Seal([]byte(name), nameAt(uid))
	if err != nil {
		return Member{}, "", err
	}
	code := newCode()
	m := Member{Name: name, Hospital: hospital, CreatedAt: s.now().UTC()}
	m.CodeExpires = m.CreatedAt.Add(codeLife)
	result, err := s.db.ExecContext(ctx,
		`INSERT INTO staff (uid, name, hospital_id, code_digest, code_expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		uid, sealed, hospital, s.digest(code), m.CodeExpires, m.CreatedAt)
	if err != nil {
		return Member{}, "", fmt.Errorf("add a staff member: %w", err)
	}
	id, err := result.LastInsertId()
	m.ID = booking.StaffID(id)
	return m, code, err
}

// ByAccount finds the member that an account is bound to.
func (s *Store) ByAccount(ctx context.Context, account bots.AccountID) (Member, bool, error) {
	members, err := s.read(ctx, "WHERE account_id = ?", account)
	if err != nil || len(members) == 0 {
		return Member{}, false, err
	}
	return members[0], true, nil
}

// List gives all members in the order in which they were added.
func (s *Store) List(ctx context.Context) ([]Member, error) { return s.read(ctx, "ORDER BY id") }

// Remove ends a membership at once: the account is no longer staff, and a code not yet used is void.
func (s *Store) Remove(ctx context.Context, id booking.StaffID) error {
	result, err := s.db.ExecContext(ctx, "DELETE FROM staff WHERE id = ?", id)
	if err != nil {
		return fmt.Errorf("remove a staff member: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrNoMember, err)
	}
	return nil
}

type row struct {
	ID          booking.StaffID    `db:"id"`
	UID         []byte             `db:"uid"`
	Name        []byte             `db:"name"`
	Hospital    booking.HospitalID `db:"hospital_id"`
	Account     sql.NullInt64      `db:"account_id"`
	CodeExpires time.Time          `db:"code_expires_at"`
	CreatedAt   time.Time          `db:"created_at"`
	BoundAt     sql.NullTime       `db:"bound_at"`
}

func (s *Store) read(ctx context.Context, where string, args ...any) ([]Member, error) {
	var rows []row
	const columns = "SELECT id, uid, name, hospital_id, account_id, code_expires_at, created_at, bound_at FROM staff "
	if err := s.db.SelectContext(ctx, &rows, columns+where, args...); err != nil {
		return nil, fmt.Errorf("read the staff: %w", err)
	}
	members := make([]Member, 0, len(rows))
	for _, r := range rows {
		m, err := s.member(r)
		if err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	return members, nil
}

func (s *Store) member(r row) (Member, error) {
	name, err := s.keys.Open(r.Name, nameAt(r.UID))
	if err != nil {
		return Member{}, fmt.Errorf("staff member %d: %w", r.ID, err)
	}
	return Member{
		ID: r.ID, Name: string(name), Hospital: r.Hospital, Account: bots.AccountID(r.Account.Int64),
		CodeExpires: r.CodeExpires, CreatedAt: r.CreatedAt, BoundAt: r.BoundAt.Time,
	}, nil
}

func nameAt(uid []byte) string { return "staff.name:" + hex.EncodeToString(uid) }
