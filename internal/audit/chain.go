package audit

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
)

// row is a row of audit_log.
type row struct {
	Seq      int64     `db:"seq"`
	At       time.Time `db:"at"`
	Staff    int64     `db:"staff_id"`
	Via      string    `db:"via"`
	Address  string    `db:"address"`
	Action   string    `db:"action"`
	Subject  string    `db:"subject"`
	Hospital int64     `db:"hospital_id"`
	Detail   []byte    `db:"detail"`
	Previous []byte    `db:"previous"`
	Hash     []byte    `db:"hash"`
}

const columns = "seq, at, staff_id, via, address, action, subject, hospital_id, detail, previous, hash"

type head struct {
	Seq  int64  `db:"seq"`
	Hash []byte `db:"hash"`
}

func (r row) detailAt() string {
	return "audit_log.detail:" + r.Action + "/" + r.Subject + "/" + strconv.FormatInt(r.At.UnixMicro(), 10)
}

// hash covers everything but the row's number: the number says where the row stands, the hash of the one before where it stood.
func (l *Log) hash(r row) []byte {
	var text []byte
	add := func(field []byte) {
		text = binary.BigEndian.AppendUint64(text, uint64(len(field)))
		text = append(text, field...)
	}
	for _, n := range []int64{r.At.UnixMicro(), r.Staff, r.Hospital} {
		text = binary.BigEndian.AppendUint64(text, uint64(n))
	}
	for _, s := range []string{r.Via, r.Address, r.Action, r.Subject} {
		add([]byte(s))
	}
	add(r.Detail)
	add(r.Previous)
	return l.keys.Digest("audit_log.chain", string(text))
}

// Wrong is what may be the matter with a row.
type Wrong string

// The faults of a chain.
const (
	Changed Wrong = "changed" // the row is not as it was written
	Removed Wrong = "removed" // rows are missing before this one, or at the end
	Moved   Wrong = "moved"   // the row did not follow the one that it follows now
)

// Fault is one of them. Seq is the row where it shows.
type Fault struct {
	Seq int64
	Wrong
}

// Head is where the chain ends: to be noted down elsewhere, as its String.
type Head struct {
	Seq  int64
	Hash []byte
}

// String is the head in writing: 1204-9f86d081…
func (h Head) String() string { return fmt.Sprintf("%d-%s", h.Seq, hex.EncodeToString(h.Hash)) }

// ErrHead is returned by ParseHead.
var ErrHead = errors.New("this is no head of an audit log: write it as 'guahao audit verify' printed it")

// ParseHead reads what String wrote.
func ParseHead(text string) (Head, error) {
	seq, digits, ok := bytes.Cut([]byte(text), []byte("-"))
	n, err := strconv.ParseInt(string(seq), 10, 64)
	hash, bad := hex.DecodeString(string(digits))
	if !ok || err != nil || bad != nil || n < 0 || len(hash) != 32 {
		return Head{}, ErrHead
	}
	return Head{Seq: n, Hash: hash}, nil
}

// verifyPage is how many rows are read at a time.
const verifyPage = 1000

// Verify goes through the whole chain and tells what is wrong with it, where it ends, and how many rows it has. noted are heads that somebody
// wrote down earlier: each must still be in the chain.
func (l *Log) Verify(ctx context.Context, noted ...Head) (faults []Fault, end Head, rows int64, err error) {
	err = l.inSnapshot(ctx, func(tx *sqlx.Tx) error {
		faults, rows = nil, 0
		last := head{Hash: make([]byte, 32)}
		for {
			var page []row
			if err := tx.SelectContext(ctx, &page, "SELECT "+columns+" FROM audit_log WHERE seq > ? ORDER BY seq LIMIT ?", last.Seq, verifyPage); err != nil {
				return fmt.Errorf("read the audit log: %w", err)
			}
			for _, r := range page {
				faults = append(faults, l.check(last, r, noted)...)
				last = head{r.Seq, r.Hash}
			}
			rows += int64(len(page))
			if len(page) < verifyPage {
				break
			}
		}
		var kept head
		if err := tx.GetContext(ctx, &kept, "SELECT seq, hash FROM audit_head WHERE id = 1"); err != nil {
			return fmt.Errorf("read the audit log's end: %w", err)
		}
		if kept.Seq != last.Seq || !bytes.Equal(kept.Hash, last.Hash) {
			faults = append(faults, Fault{max(kept.Seq, last.Seq), Removed})
		}
		for _, h := range noted {
			if h.Seq > last.Seq {
				faults = append(faults, Fault{h.Seq, Removed})
			}
		}
		end = Head(last)
		return nil
	})
	return faults, end, rows, err
}

// check compares a row with the one before it and with what was noted.
func (l *Log) check(last head, r row, noted []Head) (faults []Fault) {
	switch {
	case !bytes.Equal(l.hash(r), r.Hash):
		faults = append(faults, Fault{r.Seq, Changed})
	case r.Seq != last.Seq+1:
		faults = append(faults, Fault{r.Seq, Removed})
	case !bytes.Equal(r.Previous, last.Hash):
		faults = append(faults, Fault{r.Seq, Moved})
	}
	for _, h := range noted {
		if h.Seq == r.Seq && !bytes.Equal(h.Hash, r.Hash) && len(faults) == 0 {
			faults = append(faults, Fault{r.Seq, Changed})
		}
	}
	return faults
}

// inSnapshot reads the log and its end as they were at one moment, while others go on writing.
func (l *Log) inSnapshot(ctx context.Context, read func(tx *sqlx.Tx) error) error {
	tx, err := l.db.BeginTxx(ctx, &repeatableRead)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	return read(tx)
}
