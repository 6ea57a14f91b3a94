package telegramtest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// apiError is an answer with "ok": false.
type apiError struct {
	code        int
	description string
	retryAfter  int
	violation   bool // the program is to blame
}

func (e *apiError) Error() string { return e.description }

// refuse is a 400 that a correct program never gets.
func refuse(description string) error {
	return &apiError{code: http.StatusBadRequest, description: "Bad Request: " + description, violation: true}
}

// unable is a 400 that circumstances cause: the message is gone, unchanged, too old.
func unable(description string) error {
	return &apiError{code: http.StatusBadRequest, description: "Bad Request: " + description}
}

// method is one of the Bot API: what it may be called with, and what it does. It is called without locks.
type method struct {
	do     func(s *Server, ctx context.Context, p *params) (any, error)
	params string // the names that it knows, separated by spaces
}

const (
	sendParams = "chat_id reply_markup disable_notification protect_content link_preview_options reply_parameters "
	editParams = "chat_id message_id reply_markup "
)

func methods() map[string]method {
	return map[string]method{
		"getMe":                  {(*Server).getMe, ""},
		"setWebhook":             {(*Server).setWebhook, "url secret_token allowed_updates max_connections drop_pending_updates ip_address certificate"},
		"deleteWebhook":          {(*Server).deleteWebhook, "drop_pending_updates"},
		"getWebhookInfo":         {(*Server).getWebhookInfo, ""},
		"getUpdates":             {(*Server).getUpdates, "offset limit timeout allowed_updates"},
		"setMyCommands":          {(*Server).setMyCommands, "commands scope language_code"},
		"getMyCommands":          {(*Server).getMyCommands, "scope language_code"},
		"sendMessage":            {(*Server).sendMessage, sendParams + "text"},
		"sendPhoto":              {(*Server).sendPhoto, sendParams + "photo caption"},
		"sendDocument":           {(*Server).sendDocument, sendParams + "document caption"},
		"sendChatAction":         {(*Server).sendChatAction, "chat_id action"},
		"editMessageText":        {(*Server).editMessageText, editParams + "text link_preview_options"},
		"editMessageCaption":     {(*Server).editMessageCaption, editParams + "caption"},
		"editMessageReplyMarkup": {(*Server).editMessageReplyMarkup, editParams},
		"deleteMessage":          {(*Server).deleteMessage, "chat_id message_id"},
		"answerCallbackQuery":    {(*Server).answerCallbackQuery, "callback_query_id text show_alert url cache_time"},
	}
}

// ServeHTTP is https://api.telegram.org: /bot<token>/<method>.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, name, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/bot"), "/")
	switch {
	case !ok || !strings.HasPrefix(r.URL.Path, "/bot"):
		write(w, nil, &apiError{code: http.StatusNotFound, description: "Not Found"})
		return
	case token != s.options.Token:
		write(w, nil, &apiError{code: http.StatusUnauthorized, description: "Unauthorized"})
		return
	case r.Method != http.MethodPost && r.Method != http.MethodGet:
		write(w, nil, &apiError{code: http.StatusNotFound, description: "Not Found"})
		return
	}
	if f := s.Faults.take(&s.Faults.slow, name); f != nil {
		pause(r.Context(), f.delay)
	}
	if f := s.Faults.take(&s.Faults.answers, name); f != nil {
		write(w, nil, injected(f))
		return
	}
	result, err := s.call(r, name)
	if f := s.Faults.take(&s.Faults.lost, name); f != nil {
		panic(http.ErrAbortHandler) // breaks the connection
	}
	write(w, result, err)
}

func (s *Server) call(r *http.Request, name string) (any, error) {
	p, err := readParams(r)
	return s.do(r.Context(), name, p, err)
}

// do calls a method, unless its parameters could not be read, and notes whether the program is to blame for what comes of it.
func (s *Server) do(ctx context.Context, name string, p *params, err error) (any, error) {
	m, known := s.methods[name]
	switch {
	case !known:
		err = &apiError{code: http.StatusNotFound, description: "Not Found: method not found", violation: true}
	case errors.Is(err, errCutOff):
		err = unable(err.Error())
	case err != nil:
		err = refuse("can't parse the request: " + err.Error())
	default:
		err = onlyKnown(p, m.params)
	}
	var result any
	if err == nil {
		result, err = m.do(s, ctx, p)
	}
	var refused *apiError
	if errors.As(err, &refused) && refused.violation {
		s.mu.Lock()
		s.violate(name + ": " + refused.description)
		s.mu.Unlock()
	}
	return result, err
}

// onlyKnown refuses a parameter that the method does not have. Telegram ignores it, which hides a mistake; parse_mode is not
// simulated, because the program writes plain text.
func onlyKnown(p *params, known string) error {
	names := map[string]bool{}
	for _, name := range strings.Fields(known) {
		names[name] = true
	}
	var strange []string
	for name := range p.values {
		if !names[name] {
			strange = append(strange, name)
		}
	}
	for name := range p.files {
		if !names[name] {
			strange = append(strange, name)
		}
	}
	if len(strange) == 0 {
		return nil
	}
	sort.Strings(strange)
	return refuse("unknown parameters " + strings.Join(strange, ", "))
}

func injected(f *fault) error {
	texts := map[int]string{
		http.StatusBadRequest:          "Bad Request: chat not found",
		http.StatusUnauthorized:        "Unauthorized",
		http.StatusForbidden:           "Forbidden: bot was blocked by the user",
		http.StatusConflict:            "Conflict",
		http.StatusTooManyRequests:     "Too Many Requests: retry after " + strconv.Itoa(f.retryAfter),
		http.StatusInternalServerError: "Internal Server Error",
		http.StatusBadGateway:          "Bad Gateway",
	}
	text := texts[f.status]
	if text == "" {
		text = http.StatusText(f.status)
	}
	return &apiError{code: f.status, description: text, retryAfter: f.retryAfter}
}

func write(w http.ResponseWriter, result any, err error) {
	answer := map[string]any{"ok": true, "result": result}
	status := http.StatusOK
	var refused *apiError
	if errors.As(err, &refused) {
		status = refused.code
		answer = map[string]any{"ok": false, "error_code": refused.code, "description": refused.description}
		if refused.retryAfter > 0 {
			answer["parameters"] = map[string]any{"retry_after": refused.retryAfter}
			w.Header().Set("Retry-After", strconv.Itoa(refused.retryAfter))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // a client that is gone is no matter of ours
}

// pause waits for d of the real clock, or less when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
