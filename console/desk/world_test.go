package desk_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pquerna/otp/totp"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/app"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/sandbox"
	"guahao/internal/staff"
	"guahao/internal/vault/vaulttest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

// morning is when every world begins: a Monday, 09:30 in Shanghai.
var morning = time.Date(2026, 11, 23, 9, 30, 0, 0, time.FixedZone("CST", 8*3600))

const password = "open the console"

// world is the program with its console, between simulated platforms, on a database of its own.
type world struct {
	*testing.T
	ctx       context.Context
	clock     *sandbox.Clock
	platforms *sandbox.Platforms
	app       *app.App
	db        *sqlx.DB
	url       string
	cfg       app.Config
	people    int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{T: t, ctx: t.Context(), clock: sandbox.NewClock(morning)}
	key := filepath.Join(dir, "keys.json")
	w.must(vaulttest.Keys(t).Save(key))
	dsn := bookingtest.City(t, morning)
	w.db = mariadbtest.Open(t, dsn)
	var err error
	w.platforms, err = sandbox.StartPlatforms(sandbox.PlatformOptions{Dir: dir, Now: w.clock.Now})
	w.must(err)
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.app.Handler().ServeHTTP(rw, r) }))
	w.url = front.URL
	w.cfg = app.Config{DSN: dsn, KeyFile: key, Phone: "010-12320", Now: w.clock.Now, PublicURL: front.URL, Log: slog.New(slog.NewTextHandler(&testLog{t}, &slog.HandlerOptions{Level: slog.LevelError}))}
	w.cfg.Simulated(w.platforms)
	w.app = w.start()
	t.Cleanup(func() {
		_ = w.platforms.Close()
		front.Close()
	})
	return w
}

// start makes a replica of the program.
func (w *world) start() *app.App {
	w.Helper()
	a, err := app.New(context.WithoutCancel(w.ctx), w.cfg)
	w.must(err)
	w.Cleanup(func() { _ = a.Close() })
	return a
}

type testLog struct{ t *testing.T }

func (l *testLog) Write(line []byte) (int, error) {
	l.t.Logf("%s", line)
	return len(line), nil
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// hire takes in somebody with a login of that name, the world's password, and a second factor where the role needs one.
func (w *world) hire(login string, grants ...staff.Grant) (m staff.Member, secret string) {
	w.Helper()
	_, _, link, err := w.app.Staff.Add(w.ctx, staff.NewMember{Name: "测试" + login, Login: login, Grants: grants})
	w.must(err)
	m, err = w.app.Staff.UseLink(w.ctx, link, password)
	w.must(err)
	if !m.NeedsTOTP() {
		return m, ""
	}
	_, secret, err = w.app.Staff.NewTOTP(w.ctx, m, "Guahao")
	w.must(err)
	w.must(w.app.Staff.ConfirmTOTP(w.ctx, m, code(w, secret, -30*time.Second)))
	m, err = w.app.Staff.Member(w.ctx, m.ID)
	w.must(err)
	return m, secret
}

func code(w *world, secret string, shift time.Duration) string {
	w.Helper()
	code, err := totp.GenerateCode(secret, w.clock.Now().Add(shift))
	w.must(err)
	return code
}

// patient is a new person with a chat account and one patient.
func (w *world) patient(name string) (booking.Patient, booking.AccountID) {
	w.Helper()
	w.people++
	result, err := w.db.Exec(`INSERT INTO chat_accounts (user_id, platform, external_id, lang, last_seen_at, created_at) VALUES (0, 'telegram', ?, 'zh', ?, ?)`,
		fmt.Sprint(700000+w.people), w.clock.Now().UTC(), w.clock.Now().UTC())
	w.must(err)
	id, err := result.LastInsertId()
	w.must(err)
	w.db.MustExec("UPDATE chat_accounts SET user_id = id WHERE id = ?", id)
	p, err := w.app.Booking.AddPatient(w.ctx, booking.UserID(id), booking.NewPatient{
		Name: name, Document: booking.Passport, Number: fmt.Sprintf("E%08d", 10000000+w.people), Phone: fmt.Sprintf("1380000%04d", w.people),
		BirthDate: "1961-03-08", Sex: booking.Female, Relation: booking.Self,
	}, "patient")
	w.must(err)
	return p, booking.AccountID(id)
}

// slots lists free slots of a day in a hospital, those of general clinics first to come.
func (w *world) slots(hospital booking.HospitalID, date booking.Date) []booking.Slot {
	w.Helper()
	var ids []booking.SlotID
	w.must(w.db.Select(&ids, `SELECT s.id FROM slots s JOIN schedules c ON c.id = s.schedule_id JOIN departments d ON d.id = c.department_id
		WHERE c.hospital_id = ? AND c.visit_date = ? AND s.starts_at > ? AND d.code NOT LIKE '%PED%' ORDER BY s.starts_at, s.id LIMIT 60`, hospital, date, w.clock.Now().UTC()))
	var list []booking.Slot
	for _, id := range ids {
		s, err := w.app.Booking.Slot(w.ctx, id)
		w.must(err)
		list = append(list, s)
	}
	return list
}

// book books a visit, and pays for it where there is something to pay.
func (w *world) book(name string, slot booking.SlotID) booking.Visit {
	w.Helper()
	p, account := w.patient(name)
	v, err := w.app.Booking.Hold(w.ctx, booking.HoldRequest{Slot: slot, Patient: p.ID, User: p.User, Account: account, Key: "hold"})
	w.must(err)
	if v.Appointment.Status == booking.Held {
		c, err := w.app.Payments.ByRef(w.ctx, fmt.Sprintf("appointment:%d", v.Appointment.ID))
		w.must(err)
		qr, err := w.app.Payments.CodeURL(w.ctx, c.Token)
		w.must(err)
		w.must(w.platforms.Pay.ScanPay(qr, "oPayer"))
		_, err = w.app.Payments.Refresh(w.ctx, c.Token)
		w.must(err)
	}
	v, err = w.app.Booking.Visit(w.ctx, v.Appointment.ID)
	w.must(err)
	if v.Appointment.Status != booking.Booked {
		w.Fatalf("the visit is %s", v.Appointment.Status)
	}
	return v
}

// browser is somebody at a computer, without scripts and pictures.
type browser struct {
	*world
	client http.Client
	base   string
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &browser{world: w, client: http.Client{Jar: jar}, base: w.url}
}

// answer is what came back, after redirects.
type answer struct {
	status int
	path   string
	body   string
	header http.Header
}

func (b *browser) do(request *http.Request, err error) answer {
	b.Helper()
	b.must(err)
	response, err := b.client.Do(request)
	b.must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	b.must(err)
	return answer{response.StatusCode, response.Request.URL.Path, string(body), response.Header}
}

func (b *browser) get(path string) answer {
	b.Helper()
	return b.do(http.NewRequestWithContext(b.ctx, http.MethodGet, b.base+path, nil))
}

// post sends a form of pairs.
func (b *browser) post(path string, pairs ...string) answer {
	b.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	request, err := http.NewRequestWithContext(b.ctx, http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	b.must(err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(request, nil)
}

// signIn signs in with the world's password, and a code where there is a secret.
func (b *browser) signIn(login, secret string) answer {
	b.Helper()
	a := b.post("/console/login", "login", login, "password", password)
	if secret != "" {
		b.clock.Advance(time.Minute) // a code is good once
		a = b.post("/console/login/code", "code", code(b.world, secret, 0))
	}
	if a.status != http.StatusOK || strings.HasPrefix(a.path, "/console/login") {
		b.Fatalf("%s was not let in: %d %s", login, a.status, a.path)
	}
	return a
}

func (a answer) says(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(a.body, word) {
			t.Errorf("%s (%d) does not say %q:\n%s", a.path, a.status, word, a.main())
		}
	}
}

// main is the words of the page, without its tags and its frame.
func (a answer) main() string {
	_, body, _ := strings.Cut(a.body, "<main")
	var words []string
	for part := range strings.SplitSeq(body, "<") {
		if _, text, _ := strings.Cut(part, ">"); strings.TrimSpace(text) != "" {
			words = append(words, strings.TrimSpace(text))
		}
	}
	return strings.Join(words, " | ")
}
