package wechat

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/bots"
)

// Config describes one Official Account. AppID, Secret, Token, DB and Now are required.
type Config struct {
	AppID  string
	Secret string // the app secret
	Token  string // signs the webhook's requests
	AESKey string // EncodingAESKey, 43 characters: safe mode, and plaintext is refused; "" means plaintext mode

	API   string // base URL of the API; "" means https://api.weixin.qq.com
	OAuth string // base URL of the authorize page; "" means API if that is set, else https://open.weixin.qq.com

	Certified bool                // the account may send weixin://bizmsgmenu links
	Templates map[string]Template // by Notice.Kind; a kind without one can only be sent inside a window

	Deadline time.Duration // how long the platform waits for a response; 0 means 5 s, as it does
	Client   *http.Client  // for API calls; nil means one of its own with a timeout of 10 s
	DB       *sqlx.DB
	Now      func() time.Time
	Log      *slog.Logger // nil means none
}

// Template is a message template that the platform has granted.
type Template struct {
	ID     string
	Fields map[string]string // Notice field's name → the template's keyword, such as "thing1"
}

// Accounts is what the adapter asks about people; *[bots.Store] has it.
type Accounts interface {
	Find(ctx context.Context, platform bots.Platform, externalID string) (bots.Account, error)
	SetBlocked(ctx context.Context, id bots.AccountID, blocked bool) error
}

// Updates takes what people do; *[bots.Inbox] has it.
type Updates interface {
	Handle(ctx context.Context, u bots.Update) (bots.Outcome, error)
	Answered(ctx context.Context, platform bots.Platform, key string) error
	Owe(u bots.Update)
	Count(platform bots.Platform, outcome string)
}

const (
	defaultAPI      = "https://api.weixin.qq.com"
	defaultOAuth    = "https://open.weixin.qq.com"
	defaultDeadline = 5 * time.Second
	defaultTimeout  = 10 * time.Second
)

// Account is an Official Account. Its methods may be called from any goroutine, and any number of Accounts, of the same AppID or
// of others, may live in one process.
type Account struct {
	cfg      Config
	accounts Accounts
	api      api
	tokens   tokens
	windows  windows
	nonces   nonces
	pruned   atomic.Int64 // Unix seconds of the last pruning of nonces
}

// New checks the configuration. It makes no call and asks no database.
func New(cfg Config, accounts Accounts) (*Account, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	a := &Account{cfg: cfg, accounts: accounts}
	a.api = api{base: cfg.API, client: cfg.Client}
	a.windows = windows{db: cfg.DB, appID: cfg.AppID, now: cfg.Now, unsaved: newUnsaved()}
	a.nonces = nonces{db: cfg.DB, appID: cfg.AppID, now: cfg.Now}
	var err error
	a.tokens, err = newTokens(cfg, a.api)
	return a, err
}

func (c *Config) complete() error {
	for _, required := range []struct{ name, value string }{{"AppID", c.AppID}, {"secret", c.Secret}, {"token", c.Token}} {
		if required.value == "" {
			return fmt.Errorf("wechat: the %s is missing", required.name)
		}
	}
	if c.DB == nil || c.Now == nil {
		return errors.New("wechat: the database or the clock is missing")
	}
	if c.AESKey != "" {
		if key, err := base64.RawStdEncoding.DecodeString(c.AESKey); err != nil || len(key) != 32 {
			return errors.New("wechat: the AES key must be the 43 characters of the account's EncodingAESKey")
		}
	}
	if c.OAuth == "" {
		c.OAuth = defaultOAuth
		if c.API != "" {
			c.OAuth = c.API
		}
	}
	if c.API == "" {
		c.API = defaultAPI
	}
	for _, base := range []*string{&c.API, &c.OAuth} {
		*base = strings.TrimRight(*base, "/")
		if u, err := url.Parse(*base); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return fmt.Errorf("wechat: %q is no base URL", *base)
		}
	}
	if c.Deadline == 0 {
		c.Deadline = defaultDeadline
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: defaultTimeout}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}
