package staff_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/staff"
	"guahao/internal/vault/vaulttest"
)

// everywhere is the reach of who may change all members.
var everywhere = booking.Reach{{}}

func TestMain(m *testing.M) { mariadbtest.Main(m) }

// clock is moved by hand.
type clock struct{ nanos atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(0, c.nanos.Load()) }

func (c *clock) forward(d time.Duration) { c.nanos.Add(int64(d)) }

func setUp(t *testing.T) (*staff.Store, *sqlx.DB, *clock) {
	t.Helper()
	db := mariadbtest.DB(t)
	c := &clock{}
	c.nanos.Store(time.Date(2026, 7, 1, 1, 0, 0, 0, time.UTC).UnixNano())
	return staff.New(db, vaulttest.Keys(t), c.now), db, c
}

func add(t *testing.T, s *staff.Store, name string) (staff.Member, string) {
	t.Helper()
	m, code, _, err := s.Add(t.Context(), staff.NewMember{Name: name, Grants: []staff.Grant{{Role: staff.Scheduler, Hospital: 3}}})
	if err != nil {
		t.Fatal(err)
	}
	return m, code
}

func TestBindMakesAnAccountStaff(t *testing.T) {
	t.Parallel()
	s, db, _ := setUp(t)
	added, code := add(t, s, " 王老师 ")
	if got, ok := staff.FindCode(code); !ok || got != code {
		t.Errorf("the code %q is not in its normal form", code)
	}
	if _, ok, err := s.ByAccount(t.Context(), 7); ok || err != nil {
		t.Errorf("account 7 is staff before it sent the code: %v", err)
	}
	bound, err := s.Bind(t.Context(), "绑定 "+strings.ToLower(code)+"，谢谢", 7)
	if err != nil {
		t.Fatal(err)
	}
	found, ok, err := s.ByAccount(t.Context(), 7)
	if err != nil || !ok || !cmp.Equal(found, bound) {
		t.Errorf("found %v, %v, %v; want %v", found, ok, err, bound)
	}
	if found.ID != added.ID || found.Name != "王老师" || !found.Reach(staff.StopClinics).Whole(3) || found.BoundAt.IsZero() {
		t.Errorf("found %+v", found)
	}
	var sealed []byte
	if err := db.Get(&sealed, "SELECT name FROM staff"); err != nil || strings.Contains(string(sealed), "王") {
		t.Errorf("the name stands in the database in the clear: %q, %v", sealed, err)
	}
	if text := fmt.Sprint(slog.AnyValue(found).Resolve()); strings.Contains(text, "王") {
		t.Errorf("the name is in the log: %s", text)
	}
}

func TestCodeIsGoodOnceForTwentyAtOnce(t *testing.T) {
	t.Parallel()
	s, _, _ := setUp(t)
	_, code := add(t, s, "门诊办")
	var won atomic.Int32
	var wait sync.WaitGroup
	for account := range bots.AccountID(20) {
		wait.Go(func() {
			switch _, err := s.Bind(t.Context(), code, 100+account); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, staff.ErrCode):
				t.Error(err)
			}
		})
	}
	wait.Wait()
	members, err := s.List(t.Context())
	if err != nil || won.Load() != 1 || len(members) != 1 || members[0].Account == 0 {
		t.Errorf("%d were bound, %+v, %v", won.Load(), members, err)
	}
}

// The negative control: a code that is not used up lets several in.
func TestCodeThatIsNotUsedUpIsGoodAgain(t *testing.T) {
	t.Parallel()
	s, db, _ := setUp(t)
	_, code := add(t, s, "门诊办")
	for account := range bots.AccountID(3) {
		var digest []byte
		if err := db.Get(&digest, "SELECT code_digest FROM staff"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Bind(t.Context(), code, 100+account); err != nil {
			t.Fatalf("account %d: %v: the test above proves nothing", account, err)
		}
		db.MustExec("UPDATE staff SET code_digest = ?", digest)
	}
}

func TestCodeExpires(t *testing.T) {
	t.Parallel()
	s, _, c := setUp(t)
	_, code := add(t, s, "门诊办")
	c.forward(24 * time.Hour)
	if _, err := s.Bind(t.Context(), code, 7); !errors.Is(err, staff.ErrCode) {
		t.Errorf("after a day: %v", err)
	}
}

func TestGuessingIsLimited(t *testing.T) {
	t.Parallel()
	s, _, c := setUp(t)
	_, code := add(t, s, "门诊办")
	var wrong, stopped atomic.Int32
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			_, err := s.Bind(t.Context(), "BIND-ZZZZZZZZ", 7)
			switch {
			case errors.Is(err, staff.ErrCode):
				wrong.Add(1)
			case errors.Is(err, staff.ErrTooMany):
				stopped.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if wrong.Load() != 5 || stopped.Load() != 15 {
		t.Errorf("%d tried, %d were stopped; want 5 and 15", wrong.Load(), stopped.Load())
	}
	if _, err := s.Bind(t.Context(), code, 7); !errors.Is(err, staff.ErrTooMany) {
		t.Errorf("the right code after too many tries: %v", err)
	}
	c.forward(time.Hour)
	if _, err := s.Bind(t.Context(), code, 7); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

func TestAccountMovesToANewMember(t *testing.T) {
	t.Parallel()
	s, _, _ := setUp(t)
	_, first := add(t, s, "甲")
	second, next := add(t, s, "乙")
	for _, code := range []string{first, next} {
		if _, err := s.Bind(t.Context(), code, 7); err != nil {
			t.Fatal(err)
		}
	}
	if found, ok, err := s.ByAccount(t.Context(), 7); err != nil || !ok || found.ID != second.ID {
		t.Errorf("found %v, %v, %v", found, ok, err)
	}
}

func TestRemoveEndsItAtOnce(t *testing.T) {
	t.Parallel()
	s, _, _ := setUp(t)
	bound, code := add(t, s, "甲")
	if _, err := s.Bind(t.Context(), code, 7); err != nil {
		t.Fatal(err)
	}
	unbound, unused := add(t, s, "乙")
	for _, id := range []booking.StaffID{bound.ID, unbound.ID} {
		if err := s.Remove(t.Context(), id, everywhere); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok, err := s.ByAccount(t.Context(), 7); ok || err != nil {
		t.Errorf("still staff: %v, %v", ok, err)
	}
	if _, err := s.Bind(t.Context(), unused, 8); !errors.Is(err, staff.ErrCode) {
		t.Errorf("the removed member's code: %v", err)
	}
	if err := s.Remove(t.Context(), bound.ID, everywhere); !errors.Is(err, staff.ErrNoMember) {
		t.Errorf("removing again: %v", err)
	}
}

func TestAddWantsAName(t *testing.T) {
	t.Parallel()
	s, _, _ := setUp(t)
	for _, name := range []string{"", "  ", strings.Repeat("王", 65), "\xff"} {
		if _, _, _, err := s.Add(t.Context(), staff.NewMember{Name: name}); !errors.Is(err, staff.ErrName) {
			t.Errorf("name %q: %v", name, err)
		}
	}
}
