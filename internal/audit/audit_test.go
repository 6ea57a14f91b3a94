package audit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/mysql"
	"guahao/internal/vault/vaulttest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

func now() time.Time { return time.Date(2026, 7, 1, 1, 2, 3, 456_789_000, time.UTC) }

// written is a log with some rows.
func written(t *testing.T, rows int) (*audit.Log, *sqlx.DB) {
	t.Helper()
	db := mariadbtest.DB(t)
	l := audit.New(db, vaulttest.Keys(t), now)
	for n := range rows {
		ctx := audit.As(t.Context(), audit.Actor{Staff: 7, Via: audit.Console, Address: "10.0.0.9"})
		e := audit.Entry{Action: "policy.set", Subject: fmt.Sprintf("policy:1/%d", n+1), Hospital: 1, Before: map[string]int{"days": n}, After: map[string]int{"days": n + 1}}
		if err := l.Alone(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	return l, db
}

func verify(t *testing.T, l *audit.Log, noted ...audit.Head) []audit.Fault {
	t.Helper()
	faults, _, _, err := l.Verify(t.Context(), noted...)
	if err != nil {
		t.Fatal(err)
	}
	return faults
}

func TestVerifyFindsWhatWasDoneToTheLog(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   []string
		want []audit.Fault
	}{
		"nothing":           {},
		"a changed actor":   {[]string{"UPDATE audit_log SET staff_id = 8 WHERE seq = 3"}, []audit.Fault{{Seq: 3, Wrong: audit.Changed}}},
		"a changed time":    {[]string{"UPDATE audit_log SET at = DATE_ADD(at, INTERVAL 1 MICROSECOND) WHERE seq = 3"}, []audit.Fault{{Seq: 3, Wrong: audit.Changed}}},
		"a changed content": {[]string{"UPDATE audit_log SET detail = CONCAT(detail, 'x') WHERE seq = 3"}, []audit.Fault{{Seq: 3, Wrong: audit.Changed}}},
		"a changed hash": {[]string{"UPDATE audit_log SET hash = UNHEX(REPEAT('ab', 32)) WHERE seq = 3"},
			[]audit.Fault{{Seq: 3, Wrong: audit.Changed}, {Seq: 4, Wrong: audit.Moved}}},
		"a content exchanged for another's": {[]string{"UPDATE audit_log a JOIN audit_log b ON b.seq = 2 SET a.detail = b.detail WHERE a.seq = 3"},
			[]audit.Fault{{Seq: 3, Wrong: audit.Changed}}},
		"a removed row":     {[]string{"DELETE FROM audit_log WHERE seq = 3"}, []audit.Fault{{Seq: 4, Wrong: audit.Removed}}},
		"the first removed": {[]string{"DELETE FROM audit_log WHERE seq = 1"}, []audit.Fault{{Seq: 2, Wrong: audit.Removed}}},
		"the last removed":  {[]string{"DELETE FROM audit_log WHERE seq = 6"}, []audit.Fault{{Seq: 6, Wrong: audit.Removed}}},
		"a removed row, the gap closed": {[]string{"DELETE FROM audit_log WHERE seq = 3", "UPDATE audit_log SET seq = seq - 1 WHERE seq > 3 ORDER BY seq", "UPDATE audit_head SET seq = 5"},
			[]audit.Fault{{Seq: 3, Wrong: audit.Moved}}},
		"two rows exchanged": {[]string{"UPDATE audit_log SET seq = 100 WHERE seq = 3", "UPDATE audit_log SET seq = 3 WHERE seq = 4", "UPDATE audit_log SET seq = 4 WHERE seq = 100"},
			[]audit.Fault{{Seq: 3, Wrong: audit.Moved}, {Seq: 4, Wrong: audit.Moved}, {Seq: 5, Wrong: audit.Moved}}},
		"all removed": {[]string{"DELETE FROM audit_log"}, []audit.Fault{{Seq: 6, Wrong: audit.Removed}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, db := written(t, 6)
			for _, statement := range c.do {
				db.MustExec(statement)
			}
			if diff := cmp.Diff(c.want, verify(t, l)); diff != "" {
				t.Errorf("want, got:\n%s", diff)
			}
		})
	}
}

// TestForgedRowNeedsTheKey lets somebody with the database, and not the key, write a row whose chain fits by SHA-256 or by another key.
func TestForgedRowNeedsTheKey(t *testing.T) {
	t.Parallel()
	l, db := written(t, 2)
	forger := audit.New(db, vaulttest.Keys(t), now)
	if err := forger.Alone(t.Context(), audit.Entry{Action: "policy.set", Subject: "policy:1/9"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]audit.Fault{{Seq: 3, Wrong: audit.Changed}}, verify(t, l)); diff != "" {
		t.Error(diff)
	}
}

func TestNotedHeadFindsACutOffTail(t *testing.T) {
	t.Parallel()
	l, db := written(t, 6)
	_, head, rows, err := l.Verify(t.Context())
	if err != nil || rows != 6 {
		t.Fatal(rows, err)
	}
	noted, err := audit.ParseHead(head.String())
	if err != nil || noted.Seq != 6 {
		t.Fatal(noted, err)
	}
	db.MustExec("DELETE FROM audit_log WHERE seq > 4")
	db.MustExec("UPDATE audit_head h JOIN audit_log a ON a.seq = 4 SET h.seq = 4, h.hash = a.hash")
	if faults := verify(t, l); faults != nil {
		t.Errorf("without the noted head nothing can be seen, and yet: %v", faults) // the control: the forgery is a good one
	}
	if diff := cmp.Diff([]audit.Fault{{Seq: 6, Wrong: audit.Removed}}, verify(t, l, noted)); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "6", "6-", "6-zz", "-1-" + strings.Repeat("00", 32), "x-" + strings.Repeat("00", 32)} {
		if _, err := audit.ParseHead(bad); !errors.Is(err, audit.ErrHead) {
			t.Errorf("%q is taken for a head", bad)
		}
	}
}

func TestManyWritersMakeOneChain(t *testing.T) {
	t.Parallel()
	l, db := written(t, 0)
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			for range 10 {
				if err := l.Alone(t.Context(), audit.Entry{Action: "a.b", Subject: fmt.Sprintf("writer:%d", n)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	faults, head, rows, err := l.Verify(t.Context())
	if err != nil || faults != nil || rows != 80 || head.Seq != 80 {
		t.Errorf("%v, %d rows, head %d, %v", faults, rows, head.Seq, err)
	}
	_ = db
}

// TestRowIsTheChange: what is rolled back leaves no row, and no gap.
func TestRowIsTheChange(t *testing.T) {
	t.Parallel()
	l, db := written(t, 1)
	failed := errors.New("the change failed")
	err := mysql.InTx(t.Context(), db, func(tx *sqlx.Tx) error {
		return errors.Join(l.Record(t.Context(), tx, audit.Entry{Action: "a.b", Subject: "c:1"}), failed)
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if err := l.Alone(t.Context(), audit.Entry{Action: "a.b", Subject: "c:2"}); err != nil {
		t.Fatal(err)
	}
	list, total, err := l.List(t.Context(), audit.Filter{})
	if err != nil || total != 2 || list[0].Subject != "c:2" || list[0].Seq != 2 {
		t.Errorf("%+v, %d, %v", list, total, err)
	}
	if faults := verify(t, l); faults != nil {
		t.Error(faults)
	}
}

func TestListSaysWhatWasWritten(t *testing.T) {
	t.Parallel()
	l, db := written(t, 3)
	ctx := audit.As(context.Background(), audit.Actor{Staff: 9, Via: audit.Chat})
	if err := l.Alone(ctx, audit.Entry{Action: "clinic.stop", Subject: "schedule:5", Hospital: 2, Note: "医生生病"}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		filter audit.Filter
		want   []int64
	}{
		"all":          {audit.Filter{}, []int64{4, 3, 2, 1}},
		"oldest first": {audit.Filter{Oldest: true}, []int64{1, 2, 3, 4}},
		"by member":    {audit.Filter{Staff: 9}, []int64{4}},
		"by noun":      {audit.Filter{Action: "policy"}, []int64{3, 2, 1}},
		"by verb":      {audit.Filter{Action: "clinic.stop"}, []int64{4}},
		"not a prefix": {audit.Filter{Action: "clin"}, nil},
		"by subject":   {audit.Filter{Subject: "policy:1/2"}, []int64{2}},
		"by hospital":  {audit.Filter{Hospitals: []int64{2}}, []int64{4}},
		"of none":      {audit.Filter{Hospitals: []int64{}}, nil},
		"a page":       {audit.Filter{Offset: 1, Limit: 2}, []int64{3, 2}},
		"later":        {audit.Filter{From: now().Add(time.Second)}, nil},
		"until":        {audit.Filter{To: now()}, nil},
	} {
		list, _, err := l.List(t.Context(), c.filter)
		var got []int64
		for _, w := range list {
			got = append(got, w.Seq)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
	list, _, _ := l.List(t.Context(), audit.Filter{Limit: 2})
	if list[0].Note != "医生生病" || string(list[1].Before) != `{"days":2}` || string(list[1].After) != `{"days":3}` || list[1].Actor.Address != "10.0.0.9" || !list[1].At.Equal(now()) {
		t.Errorf("%+v", list)
	}
	var sealed []byte
	if err := db.Get(&sealed, "SELECT detail FROM audit_log WHERE seq = 4"); err != nil || strings.Contains(string(sealed), "医生") {
		t.Errorf("what was changed stands in the database in the clear: %v", err)
	}
}
