package desk

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"guahao/booking"
	"guahao/internal/audit"
	"guahao/internal/staff"
	"guahao/payments"
	"guahao/reminders"
)

// request is a request of somebody who is signed in.
type request struct {
	*http.Request
	w      http.ResponseWriter
	d      *Desk
	ctx    context.Context // in which the member acts
	member staff.Member
	reach  booking.Reach // where the member has the permission that was asked for
	lang   string
	path   string         // of the page, without an action
	tz     *time.Location // see zone
	wrong  string         // a sentence that says why an action was not done; the page is shown again with it
	also   []block        // and what it is about
}

// The keys of a session.
const (
	keyStaff     = "staff"
	keyEpoch     = "epoch"
	keyPending   = "pending" // who has given the password, and not the code yet
	keyConfirmed = "confirmed"
	keyNotice    = "notice"
	keyLang      = "lang"
)

// signedIn gives the request of who is signed in. Others it has sent to the entrance, and administrators without a second factor to where they
// set it up.
func (d *Desk) signedIn(w http.ResponseWriter, hr *http.Request) (*request, bool) {
	r := &request{Request: hr, w: w, d: d, ctx: hr.Context(), lang: d.langOf(hr), path: hr.URL.Path}
	id := d.sessions.GetInt64(r.ctx, keyStaff)
	var err error
	if id != 0 {
		r.member, err = d.Staff.Member(r.ctx, booking.StaffID(id))
	}
	if err != nil && !errors.Is(err, staff.ErrNoMember) {
		r.oops(err)
		return nil, false
	}
	if r.member.ID == 0 || r.member.Epoch != d.sessions.GetInt(r.ctx, keyEpoch) {
		if id != 0 { // it has ended; who never was here leaves no session behind
			d.sessions.Remove(r.ctx, keyStaff)
		}
		http.Redirect(w, hr, at("login", "next", nextOf(hr)), http.StatusSeeOther)
		return nil, false
	}
	if r.member.NeedsTOTP() && !r.member.TOTP && !strings.HasPrefix(hr.URL.Path, "/console/account/totp") {
		http.Redirect(w, hr, at("account/totp"), http.StatusSeeOther)
		return nil, false
	}
	r.ctx = audit.As(r.ctx, audit.Actor{Staff: int64(r.member.ID), Via: audit.Console, Address: d.address(hr)})
	return r, true
}

// nextOf is the page to come back to after signing in.
func nextOf(r *http.Request) string {
	if r.Method != http.MethodGet || r.URL.Path == "/console/" {
		return ""
	}
	return r.URL.RequestURI()
}

// say gives a sentence in the member's language.
func (r *request) say(key string, args ...any) string { return r.d.words.say(r.lang, key, args...) }

// in gives a text in the member's language.
func (r *request) in(t booking.Text) string { return t.In(r.lang) }

// may tells whether the member has a permission for something of a department.
func (r *request) may(p staff.Permission, d booking.Department) bool {
	return r.member.Reach(p).Covers(d)
}

// id reads the number of the address.
func (r *request) id() (int64, error) {
	n, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || n <= 0 {
		return 0, booking.ErrNotFound
	}
	return n, nil
}

// value is what the form or the address says about a field, without spaces around it.
func (r *request) value(name string) string {
	if r.Method == http.MethodPost {
		return strings.TrimSpace(r.PostFormValue(name))
	}
	return strings.TrimSpace(r.URL.Query().Get(name))
}

// number is a value as a number, 0 where it is none.
func (r *request) number(name string) int64 {
	n, _ := strconv.ParseInt(r.value(name), 10, 64)
	return n
}

// notice says a sentence on the next page.
func (r *request) notice(key string, args ...any) {
	r.d.sessions.Put(r.ctx, keyNotice, r.say(key, args...))
}

// newKey names a form, so that sending it twice does what it says once.
func newKey() string {
	random := make([]byte, 12)
	rand.Read(random)
	return hex.EncodeToString(random)
}

// problem is a refusal in words of the catalogue.
type problem struct {
	key  string
	args []any
}

func (p *problem) Error() string { return p.key }

func refuse(key string, args ...any) error { return &problem{key, args} }

// sentence turns an error that a person can do something about into words.
func (r *request) sentence(err error) (string, bool) {
	err = reminders.Refusal(err)
	var refusal *booking.Error
	var known *problem
	switch {
	case errors.As(err, &refusal):
		return r.in(refusal.Message), true
	case errors.As(err, &known):
		return r.say(known.key, known.args...), true
	}
	for _, e := range []struct {
		is  error
		key string
	}{
		{staff.ErrPassword, "error.password"}, {staff.ErrLogin, "error.login"}, {staff.ErrLoginTaken, "error.login_taken"},
		{staff.ErrWrong, "error.wrong"}, {staff.ErrLocked, "error.locked"}, {staff.ErrLink, "error.link"}, {staff.ErrName, "error.name"},
		{staff.ErrGrant, "error.grant"}, {staff.ErrLastAdmin, "error.last_admin"}, {staff.ErrOutside, "error.outside"},
		{staff.ErrNoMember, "error.no_member"}, {payments.ErrNotFound, "error.no_payment"}, {payments.ErrAmount, "error.amount"},
	} {
		if errors.Is(err, e.is) {
			return r.say(e.key, staff.MinPassword), true
		}
	}
	return "", false
}

// oops answers an error: in words where there are some, else as a failure of ours with a reference for the log.
func (r *request) oops(err error) {
	switch {
	case errors.Is(err, booking.ErrNotFound), errors.Is(err, staff.ErrNoMember), errors.Is(err, payments.ErrNotFound):
		r.fail(http.StatusNotFound, "unknown")
		return
	case r.Context().Err() != nil:
		return // nobody is there to read it
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		r.fail(http.StatusRequestEntityTooLarge, "too_large")
		return
	}
	if text, ok := r.sentence(err); ok {
		r.render(http.StatusUnprocessableEntity, &view{Title: r.say("refused"), Blocks: []block{{Text: text, Tone: "bad"}}})
		return
	}
	reference := newKey()[:8]
	r.d.Log.Error("console failed", slog.String("path", r.URL.Path), slog.String("reference", reference), slog.Any("error", err))
	r.render(http.StatusInternalServerError, &view{Title: r.say("sorry"), Blocks: []block{{Text: r.say("sorry_text", reference), Tone: "bad"}}})
}

// fail answers with a page that only says what is the matter.
func (r *request) fail(status int, key string) {
	r.render(status, &view{Title: r.say(key), Blocks: []block{{Text: r.say(key + "_text")}}})
}

// zone is where the member's hospital is: that of the reach when it is one hospital, else that of the first.
func (r *request) zone() *time.Location {
	if r.tz == nil {
		r.tz = r.findZone()
	}
	return r.tz
}

func (r *request) findZone() *time.Location {
	hospitals, err := r.d.Booking.Hospitals(r.ctx)
	if err != nil || len(hospitals) == 0 {
		return time.UTC
	}
	for _, h := range hospitals {
		if h.ID == r.reach.Only() {
			return h.Location()
		}
	}
	return hospitals[0].Location()
}

// moment writes a time in the zone of the member's hospital.
func (r *request) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(r.zone()).Format("2006-01-02 15:04")
}

func yuan(fen interface{ String() string }) string { return fmt.Sprintf("¥%s", fen) }
