package wechat

import (
	"context"
	"errors"
	"net/http"
	"time"

	wechatmessage "github.com/silenceper/wechat/v2/officialaccount/message"

	"guahao/bots"
)

const (
	customPath   = "/cgi-bin/message/custom/send"
	templatePath = "/cgi-bin/message/template/send"
)

// How long to wait when the platform says that it is too much.
const (
	waitBusy   = 5 * time.Second
	waitMinute = time.Minute
	waitDaily  = 10 * time.Minute // the daily quota can be raised or reset by hand at any time
)

var _ bots.TemplateSender = (*Account)(nil)

// Send delivers a notice as a customer-service message where a window is open, else as a template message where the kind
// has a template. See [bots.Sender] for its errors.
func (a *Account) Send(ctx context.Context, to bots.Account, n bots.Notice) error {
	err := a.SendInChat(ctx, to, n)
	if !errors.Is(err, bots.ErrUnreachable) {
		return err
	}
	return a.SendTemplate(ctx, to, n)
}

// SendInChat delivers a notice as a customer-service message, where a window is open.
func (a *Account) SendInChat(ctx context.Context, to bots.Account, n bots.Notice) error {
	if to.Blocked {
		return bots.ErrBlocked
	}
	return a.sendInWindow(ctx, to.ExternalID, a.render(n.Text, bots.Linked(n.Files, n.Options), 0, to.Lang))
}

// SendTemplate delivers a notice as a template message, where its kind has a template.
func (a *Account) SendTemplate(ctx context.Context, to bots.Account, n bots.Notice) error {
	template, ok := a.cfg.Templates[n.Kind]
	switch {
	case to.Blocked:
		return bots.ErrBlocked
	case !ok:
		return bots.ErrUnreachable
	}
	return outcome(a.call(ctx, http.MethodPost, templatePath, templateMessage(template, to.ExternalID, n), nil))
}

// sendInWindow sends a text as a customer-service message, or returns [bots.ErrUnreachable].
func (a *Account) sendInWindow(ctx context.Context, openID, text string) error {
	for range 2 * len(windowRules) { // the platform may close each of them, and the person may open one again meanwhile
		taken, ok, err := a.windows.take(ctx, openID)
		if err != nil {
			return err
		}
		if !ok {
			return bots.ErrUnreachable
		}
		err = a.call(ctx, http.MethodPost, customPath, wechatmessage.NewCustomerTextMessage(openID, text), nil)
		if err == nil {
			return nil
		}
		var refused *APIError
		if !errors.As(err, &refused) {
			return err // it may have been sent: what was taken stays taken
		}
		if refused.Code == codeWindowClosed || refused.Code == codeWindowUsed {
			if err := a.windows.exhaust(ctx, taken); err != nil {
				return err
			}
			continue
		}
		return errors.Join(outcome(err), a.windows.giveBack(ctx, taken))
	}
	return bots.ErrUnreachable
}

// outcome makes of the platform's refusal what [bots.Sender] promises.
func outcome(err error) error {
	var refused *APIError
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Code {
	case codeNotFollowing, codeRefuses, codeNoSuchUser:
		return bots.ErrBlocked
	case codeBusy:
		return &bots.RetryError{After: waitBusy}
	case codeMinuteQuota:
		return &bots.RetryError{After: waitMinute, All: true}
	case codeDailyQuota:
		return &bots.RetryError{After: waitDaily, All: true}
	}
	return err
}
