package app

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"path"
	"strings"
	"time"

	"guahao/booking"
	"guahao/bots"
)

// ticket is what a link to a file holds, sealed: nobody can guess one, and nothing has to be stored for it.
type ticket struct {
	Kind    string         `json:"k"`
	Of      int64          `json:"o,omitempty"`
	Account bots.AccountID `json:"a"`
	Until   int64          `json:"u"` // Unix seconds
}

const ticketPlace = "files.link"

// link is where an account's owner fetches a file.
func (f *filing) link(to bots.Account, w bots.Attachment, m maker) (string, error) {
	plain, err := json.Marshal(ticket{Kind: w.Kind, Of: w.Of, Account: to.ID, Until: f.now().Add(m.life).Unix()})
	if err != nil {
		return "", err
	}
	sealed, err := f.keys.Seal(plain, ticketPlace)
	if err != nil {
		return "", err
	}
	return f.publicURL + "/files/" + base64.RawURLEncoding.EncodeToString(sealed) + "/" + m.name, nil
}

// open reads a link's ticket: errGone when it is none of ours or its time is over.
func (f *filing) open(token string) (ticket, error) {
	var t ticket
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return t, errGone
	}
	plain, err := f.keys.Open(sealed, ticketPlace)
	if err != nil || json.Unmarshal(plain, &t) != nil || f.now().Unix() >= t.Until {
		return t, errGone
	}
	return t, nil
}

// fetch makes the file of a ticket as it is now.
func (f *filing) fetch(ctx context.Context, t ticket) (m maker, to bots.Account, data []byte, err error) {
	m, ok := f.makers[t.Kind]
	if !ok {
		return m, to, nil, errGone
	}
	if to, err = f.accounts.Account(ctx, t.Account); err != nil {
		if errors.Is(err, bots.ErrNoAccount) {
			err = errGone
		}
		return m, to, nil, err
	}
	data, err = m.make(ctx, to, t.Of)
	return m, to, data, err
}

// filePage serves GET /files/{token}/{name}. WeChat's own browser opens pictures and pages only: for anything else it gets a page that says
// how to open the same address in the phone's browser, where it is the file.
func (a *App) filePage(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'")
	t, err := a.filing.open(r.PathValue("token"))
	if err != nil {
		a.fileWords(w, http.StatusNotFound, fileGone)
		return
	}
	m, to, data, err := a.filing.fetch(r.Context(), t)
	switch {
	case errors.Is(err, errGone), errors.Is(err, booking.ErrNotFound):
		a.fileWords(w, http.StatusGone, fileGone)
		return
	case err != nil:
		a.cfg.Log.ErrorContext(r.Context(), "a file could not be made", "kind", t.Kind, "account", t.Account, "error", err)
		a.fileWords(w, http.StatusInternalServerError, fileFailed)
		return
	case !shown(m.name) && strings.Contains(r.UserAgent(), "MicroMessenger"):
		page := fileOutside
		page.Title = m.label
		page.Lang = to.Lang
		a.fileWords(w, http.StatusOK, page)
		return
	}
	h.Set("Content-Type", fileTypes[path.Ext(m.name)])
	if !shown(m.name) {
		h.Set("Content-Disposition", `attachment; filename="`+m.name+`"`)
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(data)))
}

// shown tells whether a browser, WeChat's own too, shows a file rather than saves it.
func shown(name string) bool { return path.Ext(name) == ".png" || path.Ext(name) == ".html" }

// fileTypes are the types of what there is to fetch.
var fileTypes = map[string]string{
	".png": "image/png", ".ics": "text/calendar; charset=utf-8", ".json": "application/json", ".txt": "text/plain; charset=utf-8",
	".html": "text/html; charset=utf-8", ".zip": "application/zip",
}

// fileText is a page of a few words. Without a language it is in both.
type fileText struct {
	Lang        string
	Title, Text booking.Text
}

var (
	fileGone = fileText{
		Title: booking.Text{ZH: "链接已失效", EN: "This link has expired"},
		Text:  booking.Text{ZH: "请回到聊天，在“我的预约”里重新打开。", EN: "Please go back to the chat and open it again from “My appointments”."},
	}
	fileFailed = fileText{
		Title: booking.Text{ZH: "暂时打不开", EN: "It cannot be opened now"},
		Text:  booking.Text{ZH: "请过一会儿再试。", EN: "Please try again in a while."},
	}
	fileOutside = fileText{Text: booking.Text{
		ZH: "微信里打不开这个文件。请点右上角的“…”，选择“在浏览器打开”。",
		EN: "WeChat cannot open this file. Please tap “…” at the top right and choose “Open in browser”.",
	}}
)

var filePageTemplate = template.Must(template.New("file").Parse(`<!doctype html>
<html lang="{{if eq .Lang "en"}}en{{else}}zh-CN{{end}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow"><title>{{if eq .Lang "en"}}{{.Title.EN}}{{else}}{{.Title.ZH}}{{end}}</title>
<style>body{font:1.25rem/1.7 system-ui,sans-serif;margin:0;padding:2.5rem 1.5rem;color:#1f2933;background:#f6f7f9}
main{max-width:30rem;margin:auto;background:#fff;border-radius:1rem;padding:1.75rem}h1{font-size:1.6rem;margin:0 0 .75rem}p{margin:.5rem 0}
.en{color:#5a6672;font-size:1rem}@media(prefers-color-scheme:dark){body{background:#14181c;color:#e6eaee}main{background:#1f252b}.en{color:#a6b0ba}}</style></head><body><main>
{{if eq .Lang "en"}}<h1>{{.Title.EN}}</h1><p>{{.Text.EN}}</p>{{else}}<h1>{{.Title.ZH}}</h1><p>{{.Text.ZH}}</p>{{if not .Lang}}<p class="en" lang="en">{{.Title.EN}}. {{.Text.EN}}</p>{{end}}{{end}}
</main></body></html>
`))

func (a *App) fileWords(w http.ResponseWriter, status int, page fileText) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = filePageTemplate.Execute(w, page) // a reader who is gone is no matter of ours
}
