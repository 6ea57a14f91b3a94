package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

var repeatableRead = sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}

// Written is an entry as it stands in the log.
type Written struct {
	Seq      int64
	At       time.Time
	Actor    Actor
	Action   string
	Subject  string
	Hospital int64
	Before   json.RawMessage // nil: nothing
	After    json.RawMessage
	Note     string
}

// Filter chooses among what is written. Its zero fields choose nothing in particular.
type Filter struct {
	Seq       int64
	Staff     int64
	Action    string // or its noun, without the verb
	Subject   string
	Hospitals []int64 // nil: all
	From, To  time.Time
	Oldest    bool // the oldest first; else the newest
	Offset    int
	Limit     int // 0: 50
}

// List gives what the filter chooses, and how many rows that would be without its limit.
func (l *Log) List(ctx context.Context, f Filter) (list []Written, total int, err error) {
	where, args, err := f.where()
	if err != nil {
		return nil, 0, err
	}
	if err := l.db.GetContext(ctx, &total, "SELECT COUNT(seq) FROM audit_log "+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count the audit log: %w", err)
	}
	order := " ORDER BY seq DESC LIMIT ? OFFSET ?"
	if f.Oldest {
		order = " ORDER BY seq LIMIT ? OFFSET ?"
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	var rows []row
	if err := l.db.SelectContext(ctx, &rows, "SELECT "+columns+" FROM audit_log "+where+order, append(args, f.Limit, f.Offset)...); err != nil {
		return nil, 0, fmt.Errorf("read the audit log: %w", err)
	}
	for _, r := range rows {
		w, err := l.open(r)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, w)
	}
	return list, total, nil
}

func (f Filter) where() (string, []any, error) {
	conditions, args := []string{"seq > 0"}, []any{}
	and := func(condition string, values ...any) {
		conditions = append(conditions, condition)
		args = append(args, values...)
	}
	if f.Seq != 0 {
		and("seq = ?", f.Seq)
	}
	if f.Staff != 0 {
		and("staff_id = ?", f.Staff)
	}
	if f.Action != "" {
		and("(action = ? OR action LIKE ?)", f.Action, f.Action+".%")
	}
	if f.Subject != "" {
		and("subject = ?", f.Subject)
	}
	if f.Hospitals != nil {
		and("hospital_id IN (?)", append([]int64{-1}, f.Hospitals...))
	}
	if !f.From.IsZero() {
		and("at >= ?", f.From.UTC())
	}
	if !f.To.IsZero() {
		and("at < ?", f.To.UTC())
	}
	where, args, err := sqlx.In("WHERE "+strings.Join(conditions, " AND "), args...)
	if err != nil {
		return "", nil, fmt.Errorf("write the query for the audit log: %w", err)
	}
	return where, args, nil
}

// open unseals a row. What was changed behind the program's back does not open: it is shown without its content.
func (l *Log) open(r row) (Written, error) {
	w := Written{
		Seq: r.Seq, At: r.At, Actor: Actor{Staff: r.Staff, Via: r.Via, Address: r.Address},
		Action: r.Action, Subject: r.Subject, Hospital: r.Hospital,
	}
	text, err := l.keys.Open(r.Detail, r.detailAt())
	if err != nil {
		w.Note = "⚠ " + err.Error()
		return w, nil
	}
	var d detail
	if err := json.Unmarshal(text, &d); err != nil {
		return w, fmt.Errorf("row %d of the audit log: %w", r.Seq, err)
	}
	w.Before, w.After, w.Note = d.Before, d.After, d.Note
	return w, nil
}
