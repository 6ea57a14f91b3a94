package hisapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"guahao/booking"
	"guahao/internal/app"
	"guahao/internal/audit"
	"guahao/internal/hisapi"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/sandbox"
	"guahao/internal/vault/vaulttest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

// morning is when the world begins: a Monday, 09:30 in Shanghai.
var morning = time.Date(2026, 11, 23, 9, 30, 0, 0, time.FixedZone("CST", 8*3600))

// world is the program with the interface, and what it has written to its log.
type world struct {
	*testing.T
	clock *sandbox.Clock
	app   *app.App
	db    *sqlx.DB
	url   string
	log   bytes.Buffer
	spec  *document
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{T: t, clock: sandbox.NewClock(morning), spec: readDocument(t)}
	key := filepath.Join(dir, "keys.json")
	w.must(vaulttest.Keys(t).Save(key))
	dsn := mariadbtest.DSN(t)
	w.db = mariadbtest.Open(t, dsn)
	platforms, err := sandbox.StartPlatforms(sandbox.PlatformOptions{Dir: dir, Now: w.clock.Now})
	w.must(err)
	cfg := app.Config{DSN: dsn, KeyFile: key, Phone: "010-12320", Now: w.clock.Now, PublicURL: "https://guahao.test", Log: slog.New(slog.NewTextHandler(&w.log, nil))}
	cfg.Simulated(platforms)
	w.app, err = app.New(context.WithoutCancel(t.Context()), cfg)
	w.must(err)
	front := httptest.NewServer(w.app.Handler())
	w.url = front.URL + "/api/v1"
	t.Cleanup(func() {
		front.Close()
		_ = w.app.Close()
		_ = platforms.Close()
	})
	w.must(w.app.Booking.Seed(t.Context()))
	w.must(w.app.Booking.Roll(t.Context()))
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// token makes a token for the first hospital.
func (w *world) token(t hisapi.Token) string {
	w.Helper()
	if t.Hospital == 0 {
		t.Hospital = 1
	}
	t.Name = "HIS"
	_, secret, err := w.app.Tokens().Make(audit.As(w.Context(), audit.Actor{Via: audit.Command}), t)
	w.must(err)
	return secret
}

type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request, and holds the answer against the document.
func (w *world) ask(token, method, path, key, body string) answer {
	w.Helper()
	a := w.send(token, method, path, key, body)
	plain, _, _ := strings.Cut(path, "?")
	w.spec.check(w.T, method, plain, a)
	return a
}

// send sends a request. It may be called by several goroutines: what goes wrong is an answer without a status.
func (w *world) send(token, method, path, key, body string) answer {
	r, err := http.NewRequestWithContext(w.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		return answer{body: err.Error()}
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{body: err.Error()}
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{body: err.Error()}
	}
	return answer{response.StatusCode, response.Header, string(content)}
}

func (w *world) want(a answer, status int, words ...string) {
	w.Helper()
	if a.status != status {
		w.Errorf("answered %d instead of %d: %s", a.status, status, a.body)
	}
	for _, word := range words {
		if !strings.Contains(a.body, word) {
			w.Errorf("the answer has no %q: %s", word, a.body)
		}
	}
}

// document is the interface as it is described.
type document struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct{ Schema map[string]any }
		}
		Parameters []struct{ Name string }
		Security   *[]any
	}
	compiler *jsonschema.Compiler
}

func readDocument(t *testing.T) *document {
	t.Helper()
	content, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	d := &document{compiler: jsonschema.NewCompiler()}
	if err := json.Unmarshal(content, d); err != nil {
		t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("openapi.json", whole); err != nil {
		t.Fatal(err)
	}
	return d
}

// check holds an answer against the schema of its address and status.
func (d *document) check(t *testing.T, method, path string, a answer) {
	t.Helper()
	described, ok := d.Paths[path][strings.ToLower(method)]
	kind := a.header.Get("Content-Type")
	pointer := fmt.Sprintf("#/paths/%s/%s/responses/%d/content/%s/schema", strings.ReplaceAll(path, "/", "~1"), strings.ToLower(method), a.status, strings.ReplaceAll(kind, "/", "~1"))
	if !ok { // an address that there is not is refused with a problem too
		pointer = "#/components/schemas/Problem"
	} else if _, ok := described.Responses[fmt.Sprint(a.status)].Content[kind]; !ok {
		t.Errorf("%s %s answers %d, %s, which the document does not have: %s", method, path, a.status, kind, a.body)
		return
	}
	schema, err := d.compiler.Compile("openapi.json" + pointer)
	if err != nil {
		t.Errorf("%s: %v", pointer, err)
		return
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(a.body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Errorf("%s %s: %v in %s", method, path, err, a.body)
	}
}

// TestDocument: the document has each route of the handlers and no others, with what they need.
func TestDocument(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	routes := map[string]bool{}
	for _, r := range hisapi.Routes() {
		routes[r.Method+" "+r.Path] = true
		described, ok := d.Paths[r.Path][strings.ToLower(r.Method)]
		if !ok {
			t.Errorf("%s %s is not in the document", r.Method, r.Path)
			continue
		}
		key := slices.ContainsFunc(described.Parameters, func(p struct{ Name string }) bool { return p.Name == "Idempotency-Key" })
		if key != r.Writes || (described.Security != nil) != r.Open {
			t.Errorf("%s %s needs another key or token than the document says", r.Method, r.Path)
		}
	}
	for path, methods := range d.Paths {
		for method := range methods {
			if !routes[strings.ToUpper(method)+" "+path] {
				t.Errorf("the document has %s %s, which nothing serves", method, path)
			}
		}
	}
}

// TestDocumentFindsAWrongAnswer is the control of what each answer is held against.
func TestDocumentFindsAWrongAnswer(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	schema, err := d.compiler.Compile("openapi.json#/components/schemas/Patient")
	if err != nil {
		t.Fatal(err)
	}
	for text, good := range map[string]bool{`{"id":1,"name":"*a"}`: true, `{"id":"1","name":"*a"}`: false, `{"id":1}`: false, `{"id":1,"name":"a","more":1}`: false} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil || (schema.Validate(value) == nil) != good {
			t.Errorf("%s is good: %t", text, !good)
		}
	}
}

func TestInterface(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	master := w.token(hisapi.Token{Writes: true})
	reader := w.token(hisapi.Token{})
	secret := w.token(hisapi.Token{Personal: true})
	v := w.visit("赵玉兰")

	t.Run("tokens", func(t *testing.T) {
		w := w.in(t)
		w.want(w.ask("", "GET", "/openapi.json", "", ""), 200, `"openapi": "3.1.0"`)
		for _, bad := range []string{"", "x", "ghs_", "ghs_1_", "ghs_1_" + strings.Repeat("0", 64), "ghs_999_" + strings.Repeat("0", 64), reader[:len(reader)-1], reader + "0", strings.TrimPrefix(reader, "ghs_")} {
			a := w.ask(bad, "GET", "/directory", "", "")
			w.want(a, 401, "no_token")
			if a.header.Get("WWW-Authenticate") == "" {
				t.Error("it does not say how to sign in")
			}
		}
		w.want(w.ask(reader, "PUT", "/directory", "k", `{}`), 403, "read_only")
		w.want(w.ask(reader, "POST", "/schedules", "k", `{}`), 403, "read_only")
		w.want(w.ask(reader, "GET", "/nothing", "", ""), 404)
		w.want(w.ask(reader, "GET", "/appointments?datum=2026-11-23", "", ""), 400, "datum")
		gone := w.token(hisapi.Token{})
		list, err := w.app.Tokens().List(t.Context())
		w.must(err)
		ctx := audit.As(t.Context(), audit.Actor{Via: audit.Command})
		w.must(w.app.Tokens().Revoke(ctx, list[len(list)-1].ID))
		w.want(w.ask(gone, "GET", "/directory", "", ""), 401)
		if err := w.app.Tokens().Revoke(ctx, list[len(list)-1].ID); err == nil {
			t.Error("a token is revoked twice")
		}
		var kept int
		w.must(w.db.Get(&kept, "SELECT COUNT(1) FROM audit_log WHERE action IN ('api_token.make', 'api_token.revoke')"))
		if kept != 5 {
			t.Errorf("%d rows of the audit log are of tokens", kept)
		}
	})

	t.Run("directory", func(t *testing.T) {
		w := w.in(t)
		w.want(w.ask(reader, "GET", "/directory", "", ""), 200, `"code":"`+v.Doctor.Code+`"`, v.Department.Name.ZH)
		body := fmt.Sprintf(`{"departments":[{"code":%q,"floor":{"zh":"新楼9层","en":"Floor 9"}}],"doctors":[{"code":%q,"title":"chief"}]}`, v.Department.Code, v.Doctor.Code)
		first := w.ask(master, "PUT", "/directory", "d1", body)
		w.want(first, 200, `"changed":`)
		again := w.ask(master, "PUT", "/directory", "d1", body)
		if again.body != first.body || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("sent again it answers %s", again.body)
		}
		w.want(w.ask(master, "PUT", "/directory", "d1", `{}`), 422, "key_used")
		w.want(w.ask(master, "PUT", "/directory", "d2", body), 200, `"changed":0`)
		w.want(w.ask(master, "PUT", "/directory", "", body), 400, "no_key")
		w.want(w.ask(master, "PUT", "/directory", strings.Repeat("k", 65), body), 400, "no_key")
		w.want(w.ask(master, "PUT", "/directory", "d\xff", body), 400, "no_key")
		w.want(w.ask(master, "PUT", "/directory", "d3", `{"doctors":[],"color":1}`), 400, `color`)
		w.want(w.ask(master, "PUT", "/directory", "d4", `{} {}`), 400, "bad_json")
		w.want(w.ask(master, "PUT", "/directory", "d5", `{"doctors":7}`), 400, "doctors")
		w.want(w.ask(master, "PUT", "/directory", "d6", strings.Repeat(" ", 5<<20)), 413)
		// One that is wrong leaves the others as they were.
		w.want(w.ask(master, "PUT", "/directory", "d7", fmt.Sprintf(`{"departments":[{"code":%q,"floor":{"zh":"旧楼","en":""}}],"doctors":[{"code":%q,"title":"wizard"}]}`, v.Department.Code, v.Doctor.Code)), 422, "职称")
		w.want(w.ask(master, "PUT", "/directory", "d8", `{"doctors":[{"code":"X999"}]}`), 422, "X999")
		grow := `{"departments":[{"code":"N1","name":{"zh":"新楼","en":"New wing"}},{"code":"N11","parent":"N1","name":{"zh":"睡眠科","en":"Sleep"}}],
			"doctors":[{"code":"N900","department":"N11","name":{"zh":"沈眠","en":"Shen Mian"},"title":"chief"}]}`
		w.want(w.ask(master, "PUT", "/directory", "d9", grow), 200, `"changed":3`)
		w.want(w.ask(reader, "GET", "/directory", "", ""), 200, `"code":"N900","department":"N11"`, "睡眠科")
		w.want(w.ask(master, "PUT", "/directory", "d10", grow), 200, `"changed":0`)
		w.want(w.ask(master, "PUT", "/directory", "d11", `{"departments":[{"code":"N12","parent":"N11","name":{"zh":"三级","en":""}}]}`), 422, "N11")
		w.want(w.ask(master, "PUT", "/directory", "d12", `{"doctors":[{"code":"N901","department":"N1","name":{"zh":"某人","en":""},"title":"chief"}]}`), 422, "N901")
		w.want(w.ask(master, "PUT", "/directory", "d13", `{"doctors":[{"code":"N900","department":"`+v.Department.Code+`"}]}`), 422, "moved")
		w.want(w.ask(master, "PUT", "/directory", "d14", `{"departments":[{"code":"","name":{"zh":"无","en":""}}]}`), 422, "编码")
		d, err := w.app.Booking.Department(t.Context(), v.Department.ID)
		if err != nil || d.Floor.ZH != "新楼9层" {
			t.Errorf("the department is on %v (%v)", d.Floor, err)
		}
		other := w.token(hisapi.Token{Hospital: 2, Writes: true})
		if a := w.ask(other, "GET", "/directory", "", ""); strings.Contains(a.body, v.Hospital.Name.ZH) {
			t.Error("a token of another hospital sees this one's directory")
		}
	})

	t.Run("schedules", func(t *testing.T) {
		w := w.in(t)
		half := booking.HalfKey{Doctor: v.Doctor.ID, Date: "2026-11-29", Period: booking.Evening}
		there := func() bool { _, err := w.app.Booking.HalfDay(t.Context(), half); return err == nil }
		open := func(more string) string {
			return fmt.Sprintf(`{"changes":[{"action":"open","doctor":%q,"date":"2026-11-29","period":"evening","kind":"general","fee_fen":2000,"room":"9","start":"18:00","slot_minutes":20,"slots":3,"per_slot":2}%s]}`, v.Doctor.Code, more)
		}
		one := func(rest string) string { return fmt.Sprintf(`,{"doctor":%q,%s}`, v.Doctor.Code, rest) }
		w.want(w.ask(master, "POST", "/schedules?preview=true", "s1", open("")), 200, `"status":"draft"`, `"places_added":6`)
		if there() {
			t.Error("a preview has changed something")
		}
		for i, c := range []struct{ more, says string }{
			{one(`"action":"open","date":"2026-11-28","period":"evening","start":"6 pm","slot_minutes":20,"slots":3,"per_slot":2`), `"change":1`},
			{one(`"action":"dance","date":"2026-11-28","period":"evening","start":"18:00","slot_minutes":20,"slots":3,"per_slot":2`), "dance"},
			{one(`"action":"open","date":"2026-01-01","period":"evening","start":"18:00","slot_minutes":20,"slots":3,"per_slot":2`), "已经过去"},
			{one(`"action":"open","date":"2026-11-29","period":"evening","start":"18:00","slot_minutes":20,"slots":3,"per_slot":2`), "已经有门诊"},
			{one(`"action":"weekly","weekday":"friday","period":"evening","start":"18:00","slot_minutes":20,"slots":3,"per_slot":2,"from":"2026-12-10","to":"2026-12-01"`), "早于开始日期"},
			{one(fmt.Sprintf(`"action":"places","date":%q,"period":%q,"start":%q,"slot_minutes":%d,"slots":1,"per_slot":0`, v.Schedule.Date, v.Schedule.Period, v.Slot.StartsAt.In(v.Hospital.Location()).Format("15:04"),
				int(v.Slot.EndsAt.Sub(v.Slot.StartsAt).Minutes()))), "挤掉已约的患者"},
			{`,{"action":"stop","doctor":"X999","date":"2026-11-29","period":"evening"}`, "X999"},
		} {
			w.want(w.ask(master, "POST", "/schedules", fmt.Sprintf("bad%d", i), open(c.more)), 422, "bad_changes", `"change":1`, c.says)
		}
		w.want(w.ask(master, "POST", "/schedules", "s2", `{"changes":[]}`), 422)
		w.want(w.ask(master, "POST", "/schedules?preview=maybe", "s3", open("")), 400)
		if there() {
			t.Error("a refused request has changed something")
		}
		first := w.ask(master, "POST", "/schedules", "s4", open(""))
		w.want(first, 200, `"status":"applied"`)
		if again := w.ask(master, "POST", "/schedules", "s4", open("")); again.body != first.body || !there() {
			t.Errorf("sent again it answers %s", again.body)
		}
		// A request that was cut short before its answer was kept is done again, and makes the same.
		w.db.MustExec("UPDATE api_requests SET status = NULL, answer = NULL WHERE request_key = 's4'")
		if again := w.ask(master, "POST", "/schedules", "s4", open("")); again.body != first.body {
			t.Errorf("done again it answers %s, before %s", again.body, first.body)
		}
		w.want(w.ask(master, "POST", "/schedules?preview=true", "s4", open("")), 422, "key_used")
		stop := fmt.Sprintf(`{"note":"x","changes":[{"action":"stop","doctor":%q,"date":"2026-11-29","period":"evening"}]}`, v.Doctor.Code)
		w.want(w.ask(master, "POST", "/schedules", "s5", stop), 200, `"status":"applied"`)
		if h, err := w.app.Booking.HalfDay(t.Context(), half); err != nil || h.Status != booking.Stopped {
			t.Errorf("stopped it is %s (%v)", h.Status, err)
		}
	})

	t.Run("appointments", func(t *testing.T) {
		w := w.in(t)
		day := "/appointments?date=" + string(v.Schedule.Date)
		a := w.ask(reader, "GET", day, "", "")
		w.want(a, 200, `"status":"`+string(v.Appointment.Status)+`"`, booking.MaskName("赵玉兰"), `"more":false`)
		if strings.Contains(a.body, "赵玉兰") || strings.Contains(a.body, "phone") {
			t.Errorf("a token without the scope sees who it is: %s", a.body)
		}
		w.want(w.ask(secret, "GET", day, "", ""), 200, "赵玉兰", v.Patient.Number, v.Patient.Phone)
		var seen int
		w.must(w.db.Get(&seen, "SELECT COUNT(1) FROM audit_log WHERE action = 'api.appointments' AND via = 'api'"))
		if seen != 1 {
			t.Errorf("written down %d times", seen)
		}
		if a := w.ask(w.token(hisapi.Token{Hospital: 2, Personal: true}), "GET", day, "", ""); strings.Contains(a.body, "赵玉兰") {
			t.Error("another hospital's token sees the appointment")
		}
		// A change is told when it has settled; the cursor goes on from there.
		w.want(w.ask(reader, "GET", "/appointments?changed_since=0", "", ""), 200, `"appointments":[]`, `"next":"0"`)
		w.clock.Advance(2 * time.Minute)
		var p struct {
			Next         string
			More         bool
			Appointments []struct{ ID booking.AppointmentID }
		}
		w.must(json.Unmarshal([]byte(w.ask(reader, "GET", "/appointments?changed_since=0&limit=1", "", "").body), &p))
		if len(p.Appointments) != 1 || p.Appointments[0].ID != v.Appointment.ID || !p.More && p.Next == "0" {
			t.Errorf("changed is %+v", p)
		}
		for p.More {
			w.must(json.Unmarshal([]byte(w.ask(reader, "GET", "/appointments?limit=1&changed_since="+p.Next, "", "").body), &p))
		}
		w.want(w.ask(reader, "GET", "/appointments?changed_since="+p.Next, "", ""), 200, `"appointments":[]`)
		second := w.visit("钱多多")
		w.clock.Advance(2 * time.Minute)
		w.want(w.ask(reader, "GET", "/appointments?changed_since="+p.Next, "", ""), 200, fmt.Sprintf(`"id":%d`, second.Appointment.ID))
		// Pages of a day.
		w.want(w.ask(reader, "GET", day+"&limit=1", "", ""), 200, `"more":true`, fmt.Sprintf(`"next":"%d"`, v.Appointment.ID))
		w.want(w.ask(reader, "GET", fmt.Sprintf("%s&after=%d", day, v.Appointment.ID), "", ""), 200, fmt.Sprintf(`"id":%d`, second.Appointment.ID))
		for _, bad := range []string{"", "?date=tomorrow", "?date=2026-11-23&changed_since=0", "?date=2026-11-23&limit=0", "?date=2026-11-23&limit=201", "?changed_since=-1", "?changed_since=x", "?date=2026-11-23&after=x", "?changed_since=1&after=1"} {
			w.want(w.ask(reader, "GET", "/appointments"+bad, "", ""), 400)
		}
	})

	t.Run("at once", func(t *testing.T) {
		w := w.in(t)
		body := fmt.Sprintf(`{"changes":[{"action":"open","doctor":%q,"date":"2026-12-06","period":"evening","start":"18:00","slot_minutes":20,"slots":3,"per_slot":2}]}`, v.Doctor.Code)
		var wait sync.WaitGroup
		answers := make([]answer, 8)
		for i := range answers {
			wait.Go(func() { answers[i] = w.send(master, "POST", "/schedules", "same", body) })
		}
		wait.Wait()
		for _, a := range answers {
			w.want(a, 200, `"status":"applied"`)
			if a.body != answers[0].body {
				t.Errorf("the same request makes %s and %s", a.body, answers[0].body)
			}
		}
	})

	t.Run("a stop", func(t *testing.T) {
		w := w.in(t)
		body := fmt.Sprintf(`{"note":"医生外出","changes":[{"action":"stop","doctor":%q,"date":%q,"period":%q}]}`, v.Doctor.Code, v.Schedule.Date, v.Schedule.Period)
		a := w.ask(master, "POST", "/schedules", "stop", body)
		w.want(a, 200, `"status":"applied"`)
		if strings.Contains(a.body, `"patients_affected":0`) {
			t.Errorf("nobody is affected: %s", a.body)
		}
		now, err := w.app.Booking.Visit(t.Context(), v.Appointment.ID)
		w.must(err)
		if now.Appointment.Status.Active() {
			t.Errorf("the appointment is %s when its clinic is stopped", now.Appointment.Status)
		}
	})

	t.Run("old keys", func(t *testing.T) {
		w := w.in(t)
		api := hisapi.New(hisapi.Config{DB: w.db, Booking: w.app.Booking, Audit: w.app.Audit, Now: w.clock.Now, Log: slog.New(slog.DiscardHandler)})
		w.must(api.Prune(t.Context()))
		w.want(w.ask(master, "PUT", "/directory", "d1", `{}`), 422, "key_used")
		w.clock.Advance(31 * 24 * time.Hour)
		w.must(api.Prune(t.Context()))
		w.want(w.ask(master, "PUT", "/directory", "d1", `{}`), 200, `"changed":0`)
	})

	for _, token := range []string{master, reader, secret} {
		if strings.Contains(w.log.String(), token) || strings.Contains(w.log.String(), token[len(token)-64:]) {
			t.Error("a token is in the log")
		}
	}
}

// in is the world in a subtest.
func (w *world) in(t *testing.T) *world {
	c := &world{T: t, clock: w.clock, app: w.app, db: w.db, url: w.url, spec: w.spec}
	return c
}

// visit books a place of a clinic of the day that costs nothing until the visit.
func (w *world) visit(name string) booking.Visit {
	w.Helper()
	var n int
	w.must(w.db.Get(&n, "SELECT COUNT(1) FROM chat_accounts"))
	result, err := w.db.Exec(`INSERT INTO chat_accounts (user_id, platform, external_id, lang, last_seen_at, created_at) VALUES (0, 'telegram', ?, 'zh', ?, ?)`,
		fmt.Sprint(700000+n), w.clock.Now().UTC(), w.clock.Now().UTC())
	w.must(err)
	id, err := result.LastInsertId()
	w.must(err)
	w.db.MustExec("UPDATE chat_accounts SET user_id = id WHERE id = ?", id)
	p, err := w.app.Booking.AddPatient(w.Context(), booking.UserID(id), booking.NewPatient{Name: name, Document: booking.Passport, Number: fmt.Sprintf("E%08d", 10000000+n),
		Phone: fmt.Sprintf("1380000%04d", n), BirthDate: "1961-03-08", Sex: booking.Female, Relation: booking.Self}, "patient")
	w.must(err)
	var slot booking.SlotID
	w.must(w.db.Get(&slot, `SELECT s.id FROM slots s JOIN schedules c ON c.id = s.schedule_id JOIN departments d ON d.id = c.department_id
		WHERE c.hospital_id = 1 AND c.visit_date = '2026-11-23' AND s.starts_at > ? AND s.taken < s.capacity AND d.code NOT LIKE '%PED%' ORDER BY s.starts_at, s.id LIMIT 1`, w.clock.Now().Add(time.Hour).UTC()))
	v, err := w.app.Booking.Hold(w.Context(), booking.HoldRequest{Slot: slot, Patient: p.ID, User: p.User, Account: booking.AccountID(id), Key: "hold"})
	w.must(err)
	v, err = w.app.Booking.Visit(w.Context(), v.Appointment.ID)
	w.must(err)
	return v
}
