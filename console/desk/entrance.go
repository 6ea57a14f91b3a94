package desk

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"guahao/booking"
	"guahao/internal/audit"
	"guahao/internal/staff"
)

// entrance puts on the mux what is served to who is not signed in: nothing else is.
func (d *Desk) entrance(mux *http.ServeMux) {
	mux.Handle("GET /console/assets/desk.css", asset("page/desk.css", "text/css; charset=utf-8"))
	mux.Handle("GET /console/assets/desk.js", asset("page/desk.js", "text/javascript; charset=utf-8"))
	mux.Handle("GET /console/assets/icon.svg", asset("page/icon.svg", "image/svg+xml"))
	mux.HandleFunc("GET /console/login", d.open(d.showLogin))
	mux.HandleFunc("POST /console/login", d.open(d.login))
	mux.HandleFunc("GET /console/login/code", d.open(d.showCode))
	mux.HandleFunc("POST /console/login/code", d.open(d.code))
	mux.HandleFunc("POST /console/logout", d.open(d.logout))
	mux.HandleFunc("GET /console/welcome/{token}", d.open(d.showWelcome))
	mux.HandleFunc("POST /console/welcome/{token}", d.open(d.welcome))
}

// open serves a request of nobody in particular.
func (d *Desk) open(serve func(*request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, hr *http.Request) {
		actor := audit.Actor{Via: audit.Console, Address: d.address(hr)}
		r := &request{Request: hr, w: w, d: d, ctx: audit.As(hr.Context(), actor), lang: d.langOf(hr), path: hr.URL.Path}
		err := hr.ParseForm()
		if err == nil {
			err = serve(r)
		}
		if err != nil {
			r.oops(err)
		}
	}
}

func (d *Desk) showLogin(r *request) error {
	if d.sessions.GetInt64(r.ctx, keyStaff) != 0 && r.wrong == "" {
		http.Redirect(r.w, r.Request, "/console/", http.StatusSeeOther)
		return nil
	}
	r.entrance("login", form{Action: at("login", "next", safeNext(r.URL.Query().Get("next"))), Label: "login.go", Tone: "primary", Fields: []field{
		r.field(field{Name: "login", Label: "field.login", Kind: "text", Auto: "username", Required: true, Focus: true, Max: 64}),
		{Name: "password", Label: "field.password", Kind: "password", Auto: "current-password", Required: true, Max: 200},
	}, Note: r.say("login.note")})
	return nil
}

// entrance shows one of the forms in front of the door.
func (r *request) entrance(title string, f form) {
	v := &view{Title: r.say(title), Plain: true}
	status := http.StatusOK
	if r.wrong != "" {
		status = http.StatusUnprocessableEntity
		v.Blocks = append(v.Blocks, block{Text: r.wrong, Tone: "bad", Role: "alert"})
	}
	v.Blocks = append(v.Blocks, block{Forms: []form{f}})
	r.render(status, v)
}

// safeNext keeps an address only if it is one of ours.
func safeNext(next string) string {
	if !strings.HasPrefix(next, "/console/") || strings.ContainsAny(next, "\\\r\n") || strings.Contains(next, "/..") {
		return ""
	}
	return next
}

func (d *Desk) login(r *request) error {
	m, err := d.Staff.SignIn(r.ctx, r.PostForm.Get("login"), r.PostForm.Get("password"), d.address(r.Request))
	if err != nil {
		return r.again(err, d.showLogin)
	}
	if err := d.sessions.RenewToken(r.ctx); err != nil {
		return err
	}
	next := safeNext(r.URL.Query().Get("next"))
	if m.TOTP {
		d.sessions.Put(r.ctx, keyPending, int64(m.ID))
		http.Redirect(r.w, r.Request, at("login/code", "next", next), http.StatusSeeOther)
		return nil
	}
	return d.enter(r, m, next)
}

// again shows a form once more with the reason.
func (r *request) again(err error, show func(*request) error) error {
	text, ok := r.sentence(err)
	if !ok {
		return err
	}
	if errors.Is(err, staff.ErrLocked) {
		r.d.Log.Warn("console: too many tries to sign in", slog.String("address", r.d.address(r.Request)))
	}
	r.wrong = text
	return show(r)
}

// enter opens the session of who has shown who they are.
func (d *Desk) enter(r *request, m staff.Member, next string) error {
	if err := d.sessions.RenewToken(r.ctx); err != nil {
		return err
	}
	d.sessions.Remove(r.ctx, keyPending)
	d.sessions.Remove(r.ctx, keyConfirmed)
	d.sessions.Put(r.ctx, keyStaff, int64(m.ID))
	d.sessions.Put(r.ctx, keyEpoch, m.Epoch)
	if err := d.Staff.SignedIn(r.ctx, m); err != nil {
		return err
	}
	if next == "" {
		next = "/console/"
	}
	http.Redirect(r.w, r.Request, next, http.StatusSeeOther)
	return nil
}

func (d *Desk) showCode(r *request) error {
	if d.sessions.GetInt64(r.ctx, keyPending) == 0 {
		http.Redirect(r.w, r.Request, at("login"), http.StatusSeeOther)
		return nil
	}
	r.entrance("login.code", form{Action: at("login/code", "next", safeNext(r.URL.Query().Get("next"))), Label: "login.go", Tone: "primary", Fields: []field{
		{Name: "code", Label: "field.code", Kind: "text", Auto: "one-time-code", Required: true, Focus: true, Max: 12, Mono: true},
	}, Note: r.say("login.code_note")})
	return nil
}

func (d *Desk) code(r *request) error {
	id := d.sessions.GetInt64(r.ctx, keyPending)
	if id == 0 {
		return d.showCode(r)
	}
	m, err := d.Staff.Member(r.ctx, booking.StaffID(id))
	if err != nil {
		return err
	}
	if err := d.Staff.CheckTOTP(r.ctx, m, r.PostForm.Get("code"), d.address(r.Request)); err != nil {
		return r.again(err, d.showCode)
	}
	return d.enter(r, m, safeNext(r.URL.Query().Get("next")))
}

func (d *Desk) logout(r *request) error {
	if err := d.sessions.Destroy(r.ctx); err != nil {
		return err
	}
	http.Redirect(r.w, r.Request, at("login"), http.StatusSeeOther)
	return nil
}

func (d *Desk) showWelcome(r *request) error {
	m, err := d.Staff.Link(r.ctx, r.PathValue("token"))
	if err != nil {
		text, ok := r.sentence(err)
		if ok {
			r.render(http.StatusNotFound, &view{Title: r.say("welcome"), Plain: true, Blocks: []block{{Text: text, Tone: "bad"}}})
			return nil
		}
		return err
	}
	r.entrance("welcome", form{Action: r.URL.Path, Label: "welcome.go", Tone: "primary", Note: r.say("welcome.note", m.Name, m.Login), Fields: []field{
		{Name: "login", Kind: "hidden", Value: m.Login},
		{Name: "password", Label: "field.new_password", Kind: "password", Auto: "new-password", Required: true, Focus: true, Hint: r.say("password.hint", staff.MinPassword), Max: 200},
		{Name: "again", Label: "field.again", Kind: "password", Auto: "new-password", Required: true, Max: 200},
	}})
	return nil
}

func (d *Desk) welcome(r *request) error {
	if r.PostForm.Get("password") != r.PostForm.Get("again") {
		return r.again(refuse("error.again"), d.showWelcome)
	}
	m, err := d.Staff.UseLink(r.ctx, r.PathValue("token"), r.PostForm.Get("password"))
	if errors.Is(err, staff.ErrPassword) {
		return r.again(err, d.showWelcome)
	}
	if err != nil {
		return d.showWelcome(r)
	}
	return d.enter(r, m, "")
}
