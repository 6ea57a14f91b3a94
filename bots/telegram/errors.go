package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"

	"guahao/bots"
)

// refusedError is a 400: Telegram will never take this. Description is Telegram's own, without what it quotes.
type refusedError struct{ method, description string }

func (e *refusedError) Error() string {
	return fmt.Sprintf("Telegram refused %s: %s", e.method, e.description)
}

// unreachableError is a failure on the way; it keeps the end of a context recognisable and nothing else of the SDK's error.
type unreachableError struct {
	what  string
	cause error
}

func (e *unreachableError) Error() string { return e.what }
func (e *unreachableError) Unwrap() error { return e.cause }

// ErrUnknownToken is a 401, and a 404 where even the form of the token is wrong. No repetition helps.
var ErrUnknownToken = errors.New("the bot token is unknown to Telegram")

var (
	quoted = regexp.MustCompile(`'[^']*'|"[^"]*"`)
	// gone are descriptions of 400s that say that this person cannot be written to.
	gone = []string{"chat not found", "user not found", "PEER_ID_INVALID", "user is deactivated", "chat_write_forbidden"}
)

// explain turns an error of the SDK into one that holds no token, no URL and no body: bots.ErrBlocked, *bots.RetryError,
// *refusedError, or a sentence.
func (b *Bot) explain(method string, err error) error {
	var wait *tg.TooManyRequestsError
	var network *url.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wait):
		return &bots.RetryError{After: time.Duration(wait.RetryAfter) * time.Second}
	case errors.Is(err, tg.ErrorForbidden):
		return bots.ErrBlocked
	case errors.Is(err, tg.ErrorBadRequest):
		_, description, _ := strings.Cut(err.Error(), "Bad Request: ")
		for _, sign := range gone {
			if strings.Contains(strings.ToLower(description), strings.ToLower(sign)) {
				return bots.ErrBlocked
			}
		}
		return &refusedError{method, b.redact(description)}
	case errors.Is(err, tg.ErrorUnauthorized):
		return ErrUnknownToken
	case errors.Is(err, tg.ErrorNotFound):
		return ErrUnknownToken
	case errors.Is(err, tg.ErrorConflict):
		return errors.New("another process polls with this bot token, or a webhook is set")
	case errors.Is(err, context.Canceled):
		return &unreachableError{"calling Telegram was given up", context.Canceled}
	case errors.Is(err, context.DeadlineExceeded):
		return &unreachableError{"Telegram did not answer in time", context.DeadlineExceeded}
	case errors.As(err, &network):
		return &unreachableError{"Telegram cannot be reached: " + b.redact(network.Err.Error()), nil}
	case strings.HasPrefix(err.Error(), "error response"):
		return fmt.Errorf("%s failed on Telegram's side", method)
	}
	return fmt.Errorf("the answer of Telegram to %s cannot be read", method)
}

// redact takes out the token and whatever a description quotes.
func (b *Bot) redact(s string) string {
	s = strings.ReplaceAll(s, b.token, "***")
	return quoted.ReplaceAllString(s, "'…'")
}

// isRefusal tells whether err is a 400 whose description has one of the signs.
func isRefusal(err error, signs ...string) bool {
	var refused *refusedError
	if !errors.As(err, &refused) {
		return false
	}
	for _, sign := range signs {
		if strings.Contains(refused.description, sign) {
			return true
		}
	}
	return len(signs) == 0
}
