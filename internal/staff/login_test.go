package staff_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"guahao/booking"
	"guahao/internal/staff"
)

const password = "挂号系统的好密码 7"

// hired is a member with a login and a password.
func hired(t *testing.T, s *staff.Store, login string, grants ...staff.Grant) staff.Member {
	t.Helper()
	_, _, link, err := s.Add(t.Context(), staff.NewMember{Name: "陈老师", Login: login, Grants: grants})
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.UseLink(t.Context(), link, password)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	s, db, _ := setUp(t)
	m := hired(t, s, "chen.li", staff.Grant{Role: staff.Nurse})
	for _, login := range []string{"chen.li", " Chen.Li ", "ＣＨＥＮ．ｌｉ"} {
		if got, err := s.SignIn(t.Context(), login, password, "10.0.0.1"); err != nil || got.ID != m.ID {
			t.Errorf("%q: %v", login, err)
		}
	}
	for _, c := range [][2]string{{"chen.li", password + " "}, {"chen.li", ""}, {"chen", password}, {"", password}, {"chen.li'--", password}} {
		if _, err := s.SignIn(t.Context(), c[0], c[1], "10.0.0.1"); !errors.Is(err, staff.ErrWrong) {
			t.Errorf("%q, %q: %v", c[0], c[1], err)
		}
	}
	var stored string
	if err := db.Get(&stored, "SELECT password FROM staff_logins"); err != nil || !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(stored, "挂号") {
		t.Errorf("stored is %q, %v", stored, err)
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	s, _, _ := setUp(t)
	_, _, link, err := s.Add(t.Context(), staff.NewMember{Name: "甲", Login: "worker7"})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "short", "123456789", "aaaaaaaaaaaaaaaa", "ababababababab", "my Worker7 pass", strings.Repeat("长长短短说话", 30), "not utf8 \xff\xfe..."} {
		if _, err := s.UseLink(t.Context(), link, bad); !errors.Is(err, staff.ErrPassword) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := s.UseLink(t.Context(), link, "correct horse"); err != nil {
		t.Errorf("a link that was refused bad passwords is lost: %v", err)
	}
}

func TestLinkIsGoodOnceForADay(t *testing.T) {
	t.Parallel()
	s, _, c := setUp(t)
	m, _, link, err := s.Add(t.Context(), staff.NewMember{Name: "甲", Login: "jia"})
	if err != nil {
		t.Fatal(err)
	}
	var won atomic.Int32
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if _, err := s.UseLink(t.Context(), link, password); err == nil {
				won.Add(1)
			} else if !errors.Is(err, staff.ErrLink) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if won.Load() != 1 {
		t.Errorf("the link was used %d times", won.Load())
	}
	old, err := s.NewLink(t.Context(), m.ID, "", everywhere)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignIn(t.Context(), "jia", password, "10.0.0.1"); !errors.Is(err, staff.ErrWrong) {
		t.Errorf("the old password is good beside the new link: %v", err)
	}
	next, err := s.NewLink(t.Context(), m.ID, "", everywhere)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Link(t.Context(), old); !errors.Is(err, staff.ErrLink) {
		t.Errorf("an older link: %v", err)
	}
	c.forward(24*time.Hour + time.Second)
	for _, token := range []string{next, "", "x", strings.Repeat("a", 5000)} {
		if _, err := s.UseLink(t.Context(), token, password); !errors.Is(err, staff.ErrLink) {
			t.Errorf("%.10q: %v", token, err)
		}
	}
}

func TestLogins(t *testing.T) {
	t.Parallel()
	s, _, _ := setUp(t)
	hired(t, s, "chen")
	if _, _, _, err := s.Add(t.Context(), staff.NewMember{Name: "乙", Login: "CHEN"}); !errors.Is(err, staff.ErrLoginTaken) {
		t.Errorf("a login that is taken: %v", err)
	}
	for _, bad := range []string{"a", "-chen", "a b", "陈", "a@b", strings.Repeat("a", 33)} {
		if _, _, _, err := s.Add(t.Context(), staff.NewMember{Name: "乙", Login: bad}); !errors.Is(err, staff.ErrLogin) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if list, err := s.List(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("what was refused left something: %d members, %v", len(list), err)
	}
}

// TestLimitsOfSigningIn: five wrong passwords for one name, thirty from one address, and a quarter of an hour later again. Guesses that come
// at once are counted like others.
func TestLimitsOfSigningIn(t *testing.T) {
	t.Parallel()
	s, _, c := setUp(t)
	hired(t, s, "chen")
	var judged, locked atomic.Int32
	var wait sync.WaitGroup
	for n := range 20 {
		wait.Go(func() {
			_, err := s.SignIn(t.Context(), "chen", "wrong", fmt.Sprintf("10.0.0.%d", n))
			switch {
			case errors.Is(err, staff.ErrWrong):
				judged.Add(1)
			case errors.Is(err, staff.ErrLocked):
				locked.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if judged.Load() != 5 || locked.Load() != 15 {
		t.Errorf("%d were judged, %d locked out", judged.Load(), locked.Load())
	}
	if _, err := s.SignIn(t.Context(), "chen", password, "10.0.0.99"); !errors.Is(err, staff.ErrLocked) {
		t.Errorf("the right one while locked: %v", err)
	}
	c.forward(15 * time.Minute)
	if _, err := s.SignIn(t.Context(), "chen", password, "10.0.0.99"); err != nil {
		t.Errorf("a quarter of an hour later: %v", err)
	}
	for n := range 30 {
		if _, err := s.SignIn(t.Context(), fmt.Sprintf("nobody%d", n), "wrong", "10.9.9.9"); !errors.Is(err, staff.ErrWrong) {
			t.Fatalf("try %d from one address: %v", n, err)
		}
	}
	if _, err := s.SignIn(t.Context(), "chen", password, "10.9.9.9"); !errors.Is(err, staff.ErrLocked) {
		t.Errorf("the 31st from one address: %v", err)
	}
	if _, err := s.SignIn(t.Context(), "chen", password, "10.0.0.1"); err != nil {
		t.Errorf("from another address: %v", err)
	}
}

// TestSuccessIsNotCounted: who signs in a hundred times a day is never locked out.
func TestSuccessIsNotCounted(t *testing.T) {
	t.Parallel()
	s, _, _ := setUp(t)
	hired(t, s, "chen")
	for range 40 {
		if _, err := s.SignIn(t.Context(), "chen", password, "10.0.0.1"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	s, _, c := setUp(t)
	m := hired(t, s, "boss", staff.Grant{Role: staff.Admin})
	if !m.NeedsTOTP() {
		t.Error("an administrator needs no second factor")
	}
	_, secret, err := s.NewTOTP(t.Context(), m, "Guahao")
	if err != nil {
		t.Fatal(err)
	}
	code := func(at time.Time) string {
		code, err := totp.GenerateCode(secret, at)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	if err := s.ConfirmTOTP(t.Context(), m, "000000"); !errors.Is(err, staff.ErrWrong) {
		t.Errorf("a wrong first code: %v", err)
	}
	if err := s.ConfirmTOTP(t.Context(), m, code(c.now())); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.NewTOTP(t.Context(), m, "Guahao"); !errors.Is(err, staff.ErrTOTPOn) {
		t.Errorf("a second secret beside the one that is on: %v", err)
	}
	check := func(name, code string, want error) {
		t.Helper()
		if err := s.CheckTOTP(t.Context(), m, code, "10.0.0.1"); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	check("the same code again", code(c.now()), staff.ErrWrong)
	c.forward(time.Minute)
	check("written with a space and full-width digits", code(c.now())[:3]+" "+code(c.now())[3:], nil)
	check("the one before, after a later one was used", code(c.now().Add(-30*time.Second)), staff.ErrWrong)
	check("the next one: the phone's clock is ahead", code(c.now().Add(30*time.Second)), nil)
	check("one of two minutes ahead", code(c.now().Add(2*time.Minute)), staff.ErrWrong)
	check("nothing", "", staff.ErrWrong)
}

// TestPasswordGivesNoNewTriesForCodes: who has the password cannot guess the code by signing in again and again.
func TestPasswordGivesNoNewTriesForCodes(t *testing.T) {
	t.Parallel()
	s, _, c := setUp(t)
	m := hired(t, s, "boss", staff.Grant{Role: staff.Admin})
	_, secret, err := s.NewTOTP(t.Context(), m, "Guahao")
	if err != nil {
		t.Fatal(err)
	}
	first, _ := totp.GenerateCode(secret, c.now())
	if err := s.ConfirmTOTP(t.Context(), m, first); err != nil {
		t.Fatal(err)
	}
	judged := 0
	for range 12 {
		if _, err := s.SignIn(t.Context(), "boss", password, "10.0.0.1"); err != nil {
			t.Fatal(err)
		}
		if err := s.CheckTOTP(t.Context(), m, "123456", "10.0.0.1"); errors.Is(err, staff.ErrWrong) {
			judged++
		}
	}
	if judged != 5 {
		t.Errorf("%d codes were judged", judged)
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	s, db, _ := setUp(t)
	boss := hired(t, s, "boss", staff.Grant{Role: staff.Admin})
	m := hired(t, s, "chen", staff.Grant{Role: staff.Nurse, Hospital: 1, Department: 4})
	for name, c := range map[string]struct {
		grants []staff.Grant
		within booking.Reach
		want   error
	}{
		"another role":                         {[]staff.Grant{{Role: staff.Scheduler, Hospital: 1}}, everywhere, nil},
		"a role that does not exist":           {[]staff.Grant{{Role: "boss"}}, everywhere, staff.ErrGrant},
		"a cashier of a department":            {[]staff.Grant{{Role: staff.Cashier, Hospital: 1, Department: 4}}, everywhere, staff.ErrGrant},
		"a department of all hospitals":        {[]staff.Grant{{Role: staff.Nurse, Department: 4}}, everywhere, staff.ErrGrant},
		"by the administrator of the hospital": {[]staff.Grant{{Role: staff.Cashier, Hospital: 1}}, booking.Reach{{Hospital: 1}}, nil},
		"by another hospital's":                {[]staff.Grant{{Role: staff.Nurse, Hospital: 1}}, booking.Reach{{Hospital: 2}}, staff.ErrOutside},
		"more than the giver has":              {[]staff.Grant{{Role: staff.Admin}}, booking.Reach{{Hospital: 1}}, staff.ErrOutside},
	} {
		if err := s.SetGrants(t.Context(), m.ID, c.grants, c.within); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	before, _ := s.Member(t.Context(), m.ID)
	if err := s.SetGrants(t.Context(), m.ID, []staff.Grant{{Role: staff.Auditor}}, everywhere); err != nil {
		t.Fatal(err)
	}
	if after, _ := s.Member(t.Context(), m.ID); after.Epoch <= before.Epoch {
		t.Error("open sessions go on with the old roles")
	}
	for name, do := range map[string]func() error{
		"other roles": func() error { return s.SetGrants(t.Context(), boss.ID, []staff.Grant{{Role: staff.Nurse}}, everywhere) },
		"none":        func() error { return s.SetGrants(t.Context(), boss.ID, nil, everywhere) },
		"removed":     func() error { return s.Remove(t.Context(), boss.ID, everywhere) },
	} {
		if err := do(); !errors.Is(err, staff.ErrLastAdmin) {
			t.Errorf("the last administrator, %s: %v", name, err)
		}
	}
	if still, err := s.Member(t.Context(), boss.ID); err != nil || !still.Is(staff.Admin) {
		t.Errorf("what was refused was half done: %+v, %v", still, err)
	}
	var rows int
	if err := db.Get(&rows, "SELECT COUNT(seq) FROM audit_log WHERE action = 'staff.roles'"); err != nil || rows != 3 {
		t.Errorf("%d changes of roles are in the audit log, %v", rows, err)
	}
}

func TestReachFollowsTheTable(t *testing.T) {
	t.Parallel()
	m := staff.Member{Grants: []staff.Grant{{Role: staff.Nurse, Hospital: 1, Department: 4}, {Role: staff.Cashier, Hospital: 2}}}
	in4 := booking.Department{ID: 4, Hospital: 1}
	below4 := booking.Department{ID: 5, Hospital: 1, Parent: 4}
	in6 := booking.Department{ID: 6, Hospital: 1}
	check := m.Reach(staff.AttendAppointments)
	if !check.Covers(in4) || !check.Covers(below4) || check.Covers(in6) || check.Whole(1) || check.Touches(2) {
		t.Errorf("a nurse of department 4 checks in at %v", check)
	}
	if m.May(staff.StopClinics) || m.May("") || m.May("no.such") {
		t.Error("what the table does not say is allowed")
	}
	if money := m.Reach(staff.SeePayments); !money.Whole(2) || money.Touches(1) {
		t.Errorf("payments are seen at %v", money)
	}
}

// TestWhoWasStaffBefore runs what the migration does for those who were bound before there were roles: they can still broadcast and stop clinics,
// where they could, and are still rung about money.
func TestWhoWasStaffBefore(t *testing.T) {
	t.Parallel()
	s, db, _ := setUp(t)
	everywhere, _ := add(t, s, "甲")
	one, code := add(t, s, "乙")
	if _, err := s.Bind(t.Context(), code, 8); err != nil {
		t.Fatal(err)
	}
	db.MustExec("DELETE FROM staff_grants")
	db.MustExec("UPDATE staff SET hospital_id = 3 WHERE id = ?", one.ID)
	file, err := os.ReadFile("../../migrations/00025_staff_console.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(file), "INSERT IGNORE INTO staff_grants")
	statement, _, _ := strings.Cut(rest, ";")
	for range 2 { // it can be repeated
		db.MustExec("INSERT IGNORE INTO staff_grants" + statement)
	}
	list, err := s.List(t.Context())
	if err != nil || len(list) != 2 || list[0].ID != everywhere.ID {
		t.Fatal(list, err)
	}
	for _, p := range []staff.Permission{staff.SendBroadcasts, staff.StopClinics, staff.SeeBooks} {
		if !list[0].Reach(p).Everywhere() || !list[1].Reach(p).Whole(3) || list[1].Reach(p).Touches(2) || list[1].Account != 8 {
			t.Errorf("%s: %v and %v", p, list[0].Reach(p), list[1].Reach(p))
		}
	}
}
