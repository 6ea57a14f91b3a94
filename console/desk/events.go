package desk

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
)

const (
	lookAgain  = time.Second      // how often long work is looked at
	keepOpen   = 15 * time.Second // after which a silent stream says that it is there, before a proxy cuts it
	watchFor   = idleTimeout      // a page that was left open does not keep its session alive: then it has to be loaded again
	streamGone = 10 * time.Second // for one write
)

// live is the part of a page that changes by itself while long work goes on, and whether the work has ended. It is drawn with the page, and its
// Stream makes the page listen for it being drawn anew.
type live func(*request) (b block, done bool, err error)

// eventsOf is the address under which a page's live part is streamed.
func (r *request) eventsOf() string { return r.path + "/events" }

// stream sends the live part of a page as server-sent events: whenever it has changed, until the work has ended, the person has gone or may
// no longer see it, or the program stops. Browsers without scripts load the page anew (layout.html).
func (r *request) stream(show live) error {
	r.path = strings.TrimSuffix(r.URL.Path, "/events")
	b, done, err := show(r)
	if err != nil {
		return err
	}
	h := r.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // nginx would keep it all until the end
	r.w.WriteHeader(http.StatusOK)
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	began, last := time.Now(), ""
	for spoken := began; ; {
		b.Stream = r.eventsOf()
		text, err := r.fragment(b)
		if err != nil {
			return r.broken(err)
		}
		over := done || time.Since(began) > watchFor
		message := news(text, last, done, over, time.Since(spoken) > keepOpen)
		if message != "" {
			if !r.push(message) {
				return nil // the person has gone
			}
			spoken, last = time.Now(), text
		}
		if over || !r.watching(tick.C) {
			return nil
		}
		if b, done, err = show(r); err != nil {
			return r.broken(err)
		}
	}
}

// news is what there is to send: the part if it has changed, a sign of life if there was none for long, and the end.
func news(text, last string, done, over, silent bool) string {
	message := ""
	switch {
	case text != last:
		message = event("", text)
	case silent:
		message = ": still here\n\n"
	}
	switch {
	case done:
		message += event("end", "-")
	case over:
		message += event("rest", "-")
	}
	return message
}

// push sends at once; false means that nobody takes it.
func (r *request) push(message string) bool {
	out := http.NewResponseController(r.w)
	_ = out.SetWriteDeadline(time.Now().Add(streamGone)) // not every writer has deadlines
	_, err := r.w.Write([]byte(message))
	return err == nil && out.Flush() == nil
}

// watching waits for the next look; false means that it is over: the person has gone, is not signed in any more, or the program stops.
func (r *request) watching(next <-chan time.Time) bool {
	select {
	case <-r.Context().Done():
		return false
	case <-r.d.stopping:
		return false
	case <-next:
	}
	member, err := r.d.Staff.Member(r.ctx, r.member.ID)
	_ = r.broken(err)
	return err == nil && member.Epoch == r.member.Epoch
}

// broken ends a stream: its status has gone out, so all that can be done is to log. The page stays as it is.
func (r *request) broken(err error) error {
	if err != nil && r.Context().Err() == nil {
		r.d.Log.Error("console: a stream", "path", r.URL.Path, "error", err)
	}
	return nil
}

// event is one server-sent event; a line of data each, because a newline would end it.
func event(name, data string) string {
	var text strings.Builder
	if name != "" {
		fmt.Fprintf(&text, "event: %s\n", name)
	}
	for line := range strings.Lines(strings.TrimSpace(data)) {
		fmt.Fprintf(&text, "data: %s\n", strings.TrimRight(line, "\r\n"))
	}
	return text.String() + "\n"
}

// fragment draws one block.
func (r *request) fragment(b block) (string, error) {
	html, err := r.d.html.Clone()
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = html.Funcs(template.FuncMap{"T": r.say}).ExecuteTemplate(&out, "block", b)
	return out.String(), err
}

// StopStreams ends the streams that are open: a server that shuts down waits for them.
func (d *Desk) StopStreams() { d.stopOnce.Do(func() { close(d.stopping) }) }

// mountLive serves the live part of a page.
func (d *Desk) mountLive(mux *http.ServeMux, p page) {
	mux.Handle("GET /console/"+p.path+"/events", d.guard(p.needs, func(r *request) error { return r.stream(p.live) }))
}

// Live tells whether a block goes on changing by itself, for the layout.
func (v *view) Live() bool {
	for _, b := range v.Blocks {
		if b.Stream != "" {
			return true
		}
	}
	return false
}
