package wechat

import (
	"context"
	"errors"
	"net/http"
	"time"

	"guahao/bots"
)

// stepTime bounds one step, whoever still waits for it.
const stepTime = time.Minute

// refusal is a request that gets no further.
type refusal struct {
	status int
	reason string // for the log: it holds nothing that a stranger wrote
}

// counted is how a refusal is counted; what was not handled is counted by the inbox.
var counted = map[int]string{
	http.StatusUnauthorized: bots.OutcomeUnauthorized, http.StatusBadRequest: bots.OutcomeBad,
	http.StatusMethodNotAllowed: bots.OutcomeBad,
}

func unauthorized(reason string) *refusal { return &refusal{http.StatusUnauthorized, reason} }
func badBody(reason string) *refusal      { return &refusal{http.StatusBadRequest, reason} }

// Handler is the webhook. 401 is a request that is not the platform's, 400 one that cannot be read, 500 one that was not
// handled and shall come again. A step that is late is answered by breaking the connection ([http.ErrAbortHandler]).
func (a *Account) Handler(in Updates) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		var refused *refusal
		switch r.Method {
		case http.MethodGet:
			refused = a.echo(w, r)
		case http.MethodPost:
			refused = a.receive(w, r, in)
		default:
			w.Header().Set("Allow", "GET, POST")
			refused = &refusal{http.StatusMethodNotAllowed, "the method is neither GET nor POST"}
		}
		if refused != nil {
			if outcome, ok := counted[refused.status]; ok {
				in.Count(bots.WeChat, outcome)
			}
			a.cfg.Log.WarnContext(r.Context(), "wechat webhook: request refused", "status", refused.status, "reason", refused.reason)
			http.Error(w, http.StatusText(refused.status), refused.status)
		}
	})
}

// echo answers the check that the platform makes when the webhook's address is saved.
func (a *Account) echo(w http.ResponseWriter, r *http.Request) *refusal {
	if refused := a.authenticate(r); refused != nil {
		return refused
	}
	q := r.URL.Query()
	echo := q.Get("echostr")
	if echo == "" || len(echo) > 256 {
		return badBody("echostr is missing or too long")
	}
	// A triple that was seen with GET must not be good for a POST.
	if refused := a.remember(r, []byte("GET "+echo)); refused != nil {
		return refused
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(echo))
	return nil
}

func (a *Account) receive(w http.ResponseWriter, r *http.Request, in Updates) *refusal {
	started := time.Now()
	body, refused := a.open(w, r)
	if refused != nil {
		return refused
	}
	m, err := decode(body)
	if err != nil {
		return badBody(err.Error())
	}
	update, ok := m.update()
	if refused := a.remember(r, body); refused != nil {
		if refused.status == http.StatusInternalServerError && ok {
			a.keepWindow(m)
			in.Owe(update)
		}
		return refused
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), stepTime)
	defer cancel()
	if err := a.note(ctx, m); err != nil {
		return a.unhandled(err)
	}
	if !ok {
		in.Count(bots.WeChat, bots.OutcomeIgnored)
		_ = a.write(w, m, "")
		return nil
	}
	outcome, err := in.Handle(ctx, update)
	if err != nil { // the inbox has logged it
		return &refusal{http.StatusInternalServerError, "not handled"}
	}
	reply := outcome.Reply
	text := a.render(reply.Text, bots.Linked(reply.Files, reply.Options), reply.Rev, outcome.Account.Lang)
	re := response{message: m, key: update.Key, text: text, started: started}
	switch {
	case update.Kind == bots.Release: // by staff: nobody waits for the response to it
		re.text = ""
		a.sayBesides(ctx, m, text, outcome)
	case reply.Relay != nil:
		re.transfer = a.sayBesides(ctx, m, text, outcome)
	}
	return a.respond(ctx, w, r, in, re)
}

type response struct {
	message message
	key     string
	text    string
	started time.Time
	// transfer gives the message to the account's customer-service staff, instead of the text.
	transfer bool
}

// respond writes the reply while the platform waits for it, and leaves it to the platform's next try when it is late.
func (a *Account) respond(ctx context.Context, w http.ResponseWriter, r *http.Request, in Updates, re response) *refusal {
	patience := a.cfg.Deadline * 9 / 10
	if took := time.Since(re.started); took >= patience || r.Context().Err() != nil {
		// The third and last response of the platform is due two deadlines after the first.
		if took >= 2*a.cfg.Deadline+patience && re.text != "" {
			a.respondLate(ctx, in, re)
		}
		panic(http.ErrAbortHandler)
	}
	write := func() error { return a.write(w, re.message, re.text) }
	if re.transfer {
		write = func() error { return a.transfer(w, re.message) }
	}
	if err := write(); err != nil {
		a.cfg.Log.WarnContext(ctx, "wechat webhook: the reply could not be written")
		return nil
	}
	a.answered(ctx, in, re.key)
	return nil
}

// respondLate sends the reply that no response can carry any more.
func (a *Account) respondLate(ctx context.Context, in Updates, re response) {
	if err := a.sendInWindow(ctx, re.message.FromUserName, re.text); err != nil {
		a.cfg.Log.WarnContext(ctx, "wechat webhook: the late reply could not be sent", "error", err)
		return
	}
	a.answered(ctx, in, re.key)
}

func (a *Account) answered(ctx context.Context, in Updates, key string) {
	if err := in.Answered(ctx, bots.WeChat, key); err != nil {
		a.cfg.Log.WarnContext(ctx, "wechat webhook: an answer could not be noted as sent", "error", err)
	}
}

// keepWindow keeps in memory what could not be written now.
func (a *Account) keepWindow(m message) {
	if kind := m.opens(); kind != "" {
		a.windows.unsaved.keep(m.FromUserName, opening{kind, m.at(), m.key()})
	}
}

// unhandled makes the platform deliver again.
func (a *Account) unhandled(err error) *refusal {
	a.cfg.Log.Error("wechat webhook: the database did not do its part", "error", err)
	return &refusal{http.StatusInternalServerError, "not handled"}
}

// note keeps what a message tells about its sender: what may be sent to them, and whether they refuse messages.
func (a *Account) note(ctx context.Context, m message) error {
	if kind := m.opens(); kind != "" {
		if err := a.windows.open(ctx, m.FromUserName, kind, m.at(), m.key()); err != nil {
			a.keepWindow(m)
		}
	}
	if !m.refusedTemplate() {
		return nil
	}
	account, err := a.accounts.Find(ctx, bots.WeChat, m.FromUserName)
	if errors.Is(err, bots.ErrNoAccount) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.accounts.SetBlocked(ctx, account.ID, true)
}
