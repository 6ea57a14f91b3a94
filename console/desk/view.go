package desk

import (
	"bytes"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
)

// view is what a page shows.
type view struct {
	Title  string
	Up     []link // the pages above
	Links  []link // what can be done from here
	Blocks []block

	page   page
	r      *request
	Notice string
	Plain  bool  // the entrance: without navigation
	Mark   *mark // the page looks after itself
}

// mark is where a page asks whether it should be looked at again, and the answer that means no.
type mark struct{ Src, Now string }

// callPanel is who is called, in large type.
type callPanel struct{ Number, Line, State string }

// link is text that leads somewhere.
type link struct{ Text, Href string }

// block is a part of a page: one of these with a title.
type block struct {
	Title    string
	Text     string
	Tone     string     // good, bad, warn: how Text is meant
	Role     string     // alert: read out at once
	Call     *callPanel // with large buttons
	Figures  []figure
	Chart    *chart
	Progress *progress
	Facts    []fact
	Table    *table
	Grid     *grid
	Forms    []form
	Changes  []change
	Pre      string // text as it is
	Side     bool   // stands beside the block before it, where there is room
	Fold     bool   // can be opened
	Stream   string // where the block is streamed while it changes by itself; "": it does not
}

// figure is a number that matters.
type figure struct{ Label, Value, Note, Tone, Href string }

// chart is a picture that the server draws, and what it says in words.
type chart struct{ Src, Alt string }

// progress is how much of something is done, and the same in words.
type progress struct {
	Value, Max int
	Label      string
}

// fact is a line of what is known about something.
type fact struct {
	Label string
	cell
}

// cell is a value in a table or a fact.
type cell struct {
	Text  string
	Under string // a second, smaller line
	Href  string
	Tone  string // good, bad, warn, mute: as a badge
	Right bool
	Mono  bool
	Forms []form  // behind a button
	Press []press // what can be done with one click
}

// press is a button in a table: a form with nothing to fill in.
type press struct {
	Action string
	Label  string // words
	Tone   string
	Fields []field // hidden
}

// change is a line of a diff.
type change struct{ Label, Before, After string }

// form is something that can be done.
type form struct {
	Action string
	Get    bool
	Label  string // key of the button's words
	Tone   string // primary, danger
	Title  string
	Note   string
	Fields []field
	Fold   bool   // behind a button
	Inline bool   // in one line
	Live   bool   // a choice takes effect at once, where there is a script
	Rows   bool   // three fields beside each other
	Off    bool   // cannot be pressed now
	Key    string // that presses the button
	Upload bool   // has a field of Kind file
}

// field is a field of a form. Label, Hint and the labels of options are words, not keys, where they begin with a capital or a Chinese letter.
type field struct {
	Name, Label, Kind, Value string
	Options                  []option
	Hint, Auto               string
	Required, Focus, Mono    bool
	Max, Rows                int
	Key                      string // that leads to it
}

type option struct {
	Value, Label string
	Chosen       bool
}

// field gives a field with the value that it has, or with what was typed into it when the form was refused.
func (r *request) field(f field) field {
	if r.Method == http.MethodPost && f.Kind != "password" && f.Kind != "hidden" && r.PostForm.Has(f.Name) {
		f.Value = r.PostForm.Get(f.Name)
	}
	for i := range f.Options {
		f.Options[i].Chosen = f.Options[i].Value == f.Value
	}
	return f
}

// T gives a sentence of the catalogue.
func (v *view) T(key string, args ...any) string { return v.r.say(key, args...) }

// HTMLLang is the value of the lang attribute.
func (v *view) HTMLLang() string {
	if v.r.lang == "en" {
		return "en"
	}
	return "zh-CN"
}

// Nav is the navigation.
func (v *view) Nav() []navGroup {
	if v.Plain {
		return nil
	}
	return v.r.d.nav(v.r.member, v.page.root())
}

// root is the page of the navigation that a page belongs to.
func (p page) root() string {
	for i, c := range p.path {
		if c == '/' {
			return p.path[:i]
		}
	}
	return p.path
}

// Who is the member's name.
func (v *view) Who() string { return v.r.member.Name }

// Roles are the member's roles in words.
func (v *view) Roles() string { return v.r.roles(v.r.member) }

// Other is the address of this page in the other language.
func (v *view) Other() string {
	lang := "en"
	if v.r.lang == "en" {
		lang = "zh"
	}
	query := v.r.URL.Query()
	query.Set("lang", lang)
	return v.r.path + "?" + query.Encode()
}

// render writes a page.
func (r *request) render(status int, v *view) {
	v.r = r
	if r.member.ID == 0 {
		v.Plain = true
	}
	v.Notice = r.d.sessions.PopString(r.ctx, keyNotice)
	html, err := r.d.html.Clone()
	var out bytes.Buffer
	if err == nil {
		html.Funcs(template.FuncMap{"T": r.say})
		err = html.ExecuteTemplate(&out, "layout.html", v)
	}
	if err != nil {
		r.d.Log.Error("console: template", slog.Any("error", err))
		http.Error(r.w, r.say("sorry"), http.StatusInternalServerError)
		return
	}
	r.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	r.w.Header().Set("Content-Language", v.HTMLLang())
	r.w.WriteHeader(status)
	_, _ = r.w.Write(out.Bytes())
}

func itoa[T ~int | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }
