package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"guahao/migrations"
)

const checkTimeout = 20 * time.Second

// Check compares the configuration with the live database and platforms and writes a line about each: what is right, what
// is off, what is wrong and what to do. It tells whether nothing is wrong.
func Check(ctx context.Context, cfg Config, out io.Writer) bool {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	good := true
	line := func(what string, on bool, err error) {
		switch {
		case err != nil:
			good = false
			fmt.Fprintf(out, "WRONG  %s: %s\n", what, strings.ReplaceAll(err.Error(), "\n", "; "))
		case !on:
			fmt.Fprintf(out, "off    %s\n", what)
		default:
			fmt.Fprintf(out, "right  %s\n", what)
		}
	}
	a, err := New(ctx, cfg)
	line("configuration, keys and database", true, err)
	if err != nil {
		return false
	}
	defer a.Close()
	line("migrations", true, a.checkMigrations(ctx))
	line("Telegram", a.telegram != nil, a.checkTelegram(ctx))
	line("WeChat", a.wechat != nil, a.checkWeChat(ctx))
	line("WeChat Pay", a.gateway != nil, a.checkPay(ctx))
	line("Alipay", a.alipay != nil, a.checkAlipay(ctx))
	line("SMS", a.cfg.SMS.Provider != "", nil) // nothing can be asked without a message
	line("e-mail", a.smtp != nil, a.checkMail(ctx))
	line("public URL", true, a.checkPublicURL())
	return good
}

func (a *App) checkMigrations(ctx context.Context) error {
	pending, err := migrations.Pending(ctx, a.db)
	if err == nil && pending > 0 {
		err = fmt.Errorf("%d are not applied: run 'guahao migrate'", pending)
	}
	return err
}

func (a *App) checkTelegram(ctx context.Context) error {
	if a.telegram == nil {
		return nil
	}
	if a.cfg.Telegram.Poll { // which removes a webhook
		return a.telegram.CheckToken(ctx)
	}
	return a.telegram.Check(ctx)
}

func (a *App) checkWeChat(ctx context.Context) error {
	if a.wechat == nil {
		return nil
	}
	return a.wechat.Check(ctx)
}

func (a *App) checkPay(ctx context.Context) error {
	if a.gateway == nil {
		return a.checkPaymentsUnderWay(ctx)
	}
	return a.gateway.Check(ctx)
}

// checkPaymentsUnderWay: without the provider nobody asks about charges that are open, and no refund is handed in.
func (a *App) checkPaymentsUnderWay(ctx context.Context) error {
	if a.Payments.On() {
		return nil
	}
	stats, err := a.Payments.Stats(ctx)
	if err != nil || len(stats) == 0 {
		return err
	}
	parts := make([]string, len(stats))
	for i, s := range stats {
		parts[i] = fmt.Sprintf("%d %s %s since %s", s.Count, s.Kind, s.Status, s.Oldest.UTC().Format(time.RFC3339))
	}
	return fmt.Errorf("payments are switched off while some are under way (%s): configure the merchant until they are finished", strings.Join(parts, ", "))
}

func (a *App) checkAlipay(ctx context.Context) error {
	if a.alipay == nil {
		return nil
	}
	return a.alipay.Check(ctx)
}

// checkPublicURL: platforms deliver only to https, and patients open the pay page at it.
func (a *App) checkPublicURL() error {
	real := a.cfg.Telegram.API == "" && a.cfg.WeChat.API == "" && a.cfg.WeChatPay.API == "" && a.cfg.Alipay.API == ""
	reached := a.telegram != nil && !a.cfg.Telegram.Poll || a.wechat != nil || a.gateway != nil || a.alipay != nil
	if real && reached && !strings.HasPrefix(a.cfg.PublicURL, "https://") {
		return fmt.Errorf("GUAHAO_PUBLIC_URL is %s: the platforms deliver to https only", a.cfg.PublicURL)
	}
	return nil
}

// CreateMenu creates the Official Account's custom menu.
func (a *App) CreateMenu(ctx context.Context) error {
	if a.wechat == nil {
		return errors.New("WeChat is not configured: GUAHAO_WECHAT_APPID is not set")
	}
	return a.wechat.CreateMenu(ctx)
}
