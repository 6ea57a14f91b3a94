package telegram

import (
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"net/http"

	"guahao/bots"
)

// maxBody bounds an update; Telegram's are some kilobytes.
const maxBody = 1 << 20

// Handler is the webhook. It answers 401 to a wrong secret (and to any when none is configured), 400 to what is no update, 500 when
// Telegram shall deliver again, and 200 when the update was handled and its reply sent, or is the response.
func (b *Bot) Handler(inbox *bots.Inbox) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "post updates here", http.StatusMethodNotAllowed)
			return
		}
		if !b.isSecret(r.Header.Get("X-Telegram-Bot-Api-Secret-Token")) {
			inbox.Count(bots.Telegram, bots.OutcomeUnauthorized)
			b.log.WarnContext(r.Context(), "a webhook request with a wrong secret", "platform", bots.Telegram)
			http.Error(w, "wrong secret", http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			b.refuse(w, r, inbox, "the body is too large or broken off")
			return
		}
		u, err := decode(body)
		if err != nil {
			b.refuse(w, r, inbox, err.Error())
			return
		}
		call, err := b.process(r.Context(), inbox, u, true)
		if err != nil {
			http.Error(w, "deliver it again", http.StatusInternalServerError)
			return
		}
		b.acknowledge(w, r, call)
	})
}

// acknowledge says that an update was handled; call, which may be nil, goes along.
func (b *Bot) acknowledge(w http.ResponseWriter, r *http.Request, call *ride) {
	var body []byte
	if call != nil {
		var err error
		if body, err = call.body(); err != nil {
			b.log.ErrorContext(r.Context(), "a call could not ride in the response", "method", call.method, "error", err)
		}
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // who has hung up delivers again
}

func (b *Bot) refuse(w http.ResponseWriter, r *http.Request, inbox *bots.Inbox, why string) {
	inbox.Count(bots.Telegram, bots.OutcomeBad)
	b.log.WarnContext(r.Context(), "a webhook request that is no update", "platform", bots.Telegram, "reason", why)
	http.Error(w, why, http.StatusBadRequest)
}

// isSecret compares in a time that does not depend on what is right, nor on its length.
func (b *Bot) isSecret(given string) bool {
	want, got := sha256.Sum256([]byte(b.secret)), sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && b.secret != ""
}
