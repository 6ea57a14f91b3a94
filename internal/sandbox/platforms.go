package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"guahao/bots/telegram/telegramtest"
	"guahao/bots/wechat/wechattest"
	"guahao/payments/alipay/alipaytest"
	"guahao/payments/wechatpay/wechatpaytest"
)

// PlatformOptions say what is simulated; the zero values of the three make working platforms.
type PlatformOptions struct {
	Telegram telegramtest.Options
	WeChat   wechattest.Options
	Pay      wechatpaytest.Options
	Alipay   *alipaytest.Options // nil: there is no Alipay
	Dir      string              // where the merchant's key files are written; must exist
	Now      func() time.Time    // the platforms' clock; nil means time.Now
}

// Platforms are the simulators, each on a loopback port of its own, and what a program is configured with to use them.
type Platforms struct {
	Telegram *telegramtest.Server
	WeChat   *wechattest.Server
	Pay      *wechatpaytest.Server
	Alipay   *alipaytest.Server // nil: there is none

	TelegramURL, WeChatURL, PayURL string
	AlipayURL                      string // of the gateway; "": there is none
	TemplatesFile                  string // which of the account's message templates is for which notice
	TelegramToken, TelegramSecret  string
	WeChatOptions                  wechattest.Options
	Merchant                       wechatpaytest.Credentials
	Application                    alipaytest.Credentials // at Alipay

	servers []*http.Server
}

const (
	simulatedAppID  = "wx6e9a0b1c2d3e4f50"
	simulatedSecret = "simulated-app-secret-0123456789a"
	simulatedToken  = "simulatedToken"
	botToken        = "7700112233:AAF-simulated_bot_token_0123456789ab"
	webhookSecret   = "simulated_webhook_secret"
)

// StartPlatforms starts the simulators. Close ends them.
func StartPlatforms(o PlatformOptions) (*Platforms, error) {
	o.complete()
	p := &Platforms{
		Telegram: telegramtest.New(o.Telegram), WeChat: wechattest.New(o.WeChat), Pay: wechatpaytest.New(o.Pay),
		TelegramToken: o.Telegram.Token, TelegramSecret: webhookSecret, WeChatOptions: o.WeChat,
	}
	for _, s := range []struct {
		handler http.Handler
		url     *string
	}{{p.Telegram, &p.TelegramURL}, {p.WeChat, &p.WeChatURL}, {p.Pay, &p.PayURL}} {
		url, err := p.listen(s.handler)
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		*s.url = url
	}
	merchant, err := p.Pay.Credentials(o.Dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write the merchant's keys: %w", err), p.Close())
	}
	p.Merchant = merchant
	if p.TemplatesFile, err = writeTemplates(o.Dir); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	if err := p.startAlipay(o); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	p.WeChat.Start()
	p.Pay.Start()
	return p, nil
}

func (p *Platforms) startAlipay(o PlatformOptions) error {
	if o.Alipay == nil {
		return nil
	}
	p.Alipay = alipaytest.New(*o.Alipay)
	url, err := p.listen(p.Alipay)
	if err != nil {
		return err
	}
	p.AlipayURL = url + "/gateway.do"
	if p.Application, err = p.Alipay.Credentials(o.Dir); err != nil {
		return fmt.Errorf("write the application's keys: %w", err)
	}
	p.Alipay.Start()
	return nil
}

func (o *PlatformOptions) complete() {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Telegram.Now, o.WeChat.Now, o.Pay.Now = o.Now, o.Now, o.Now
	if o.Alipay != nil {
		o.Alipay.Now = o.Now
	}
	if o.Telegram.Token == "" {
		o.Telegram.Token = botToken
	}
	w := &o.WeChat
	if w.AppID == "" {
		w.AppID, w.Secret, w.Token = simulatedAppID, simulatedSecret, simulatedToken
	}
	if w.Templates == nil {
		w.Templates = messageTemplates()
	}
	o.Pay.AppID = w.AppID
}

func (p *Platforms) listen(handler http.Handler) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("a simulator needs a loopback port: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	p.servers = append(p.servers, server)
	go func() { _ = server.Serve(listener) }() // ends with server.Shutdown in Close
	return "http://" + listener.Addr().String(), nil
}

// Close ends the deliveries and the servers.
func (p *Platforms) Close() error {
	p.Telegram.Close()
	p.WeChat.Close()
	p.Pay.Close()
	if p.Alipay != nil {
		p.Alipay.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var problems []error
	for _, s := range p.servers {
		if err := s.Shutdown(ctx); err != nil { // it waits for connections that were opened and never used, too
			problems = append(problems, s.Close())
		}
	}
	return errors.Join(problems...)
}
