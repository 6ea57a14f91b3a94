package telegram

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"guahao/bots"
)

// DefaultAPI is Telegram itself.
const DefaultAPI = "https://api.telegram.org"

// Config is what the adapter works with. Token is needed; Secret for the webhook, not for polling.
type Config struct {
	Token  string           // from BotFather
	Secret string           // what the webhook's requests carry: 1–256 of A–Z a–z 0–9 _ -
	API    string           // base URL; DefaultAPI when empty
	Client *http.Client     // one with a timeout of 15 s when nil
	Now    func() time.Time // time.Now when nil
	Staff  int64            // the chat of the staff who take conversations over; 0: there is none
	Log    *slog.Logger     // slog.Default() when nil

	// PerSecond is how many notices a second all chats together get; [PerSecond] when 0. Telegram's own limit is about 30.
	PerSecond float64
}

// Bot is one Telegram bot. It is safe for concurrent use.
type Bot struct {
	api       *tg.Bot
	base      string
	client    *http.Client
	token     string
	secret    string
	id        int64 // the bot's own, with which its token begins
	staffChat int64 // 0: there is none
	accounts  *bots.Store
	now       func() time.Time
	log       *slog.Logger
	pace      *pace
	chats     bots.Lanes // a chat's replies leave in order

	mu   sync.Mutex
	told map[int64]bool // groups that have been told that they are not served
}

var _ bots.Sender = (*Bot)(nil)

var (
	tokenForm  = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]+$`)
	secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

// New makes the adapter without touching the network. Blocked people are marked in accounts.
func New(c Config, accounts *bots.Store) (*Bot, error) {
	if !tokenForm.MatchString(c.Token) {
		return nil, errors.New("the Telegram bot token is not of the form 123456:ABC-DEF")
	}
	if c.Secret != "" && !secretForm.MatchString(c.Secret) {
		return nil, errors.New("the Telegram webhook secret may have 1 to 256 of A–Z, a–z, 0–9, _ and -")
	}
	if c.API == "" {
		c.API = DefaultAPI
	}
	c.API = strings.TrimRight(c.API, "/")
	if u, err := url.Parse(c.API); err != nil || u.Host == "" {
		return nil, errors.New("the base URL of Telegram's API is no URL")
	}
	if c.Client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 64
		c.Client = &http.Client{Timeout: 15 * time.Second, Transport: transport}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	number, _, _ := strings.Cut(c.Token, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil, errors.New("the Telegram bot token begins with too large a number")
	}
	b := &Bot{
		id: id, staffChat: c.Staff,
		base: c.API, client: c.Client, token: c.Token, secret: c.Secret,
		accounts: accounts, now: c.Now, log: c.Log, pace: newPace(c.PerSecond), told: map[int64]bool{},
	}
	api, err := tg.New(c.Token,
		tg.WithSkipGetMe(),
		tg.WithServerURL(c.API),
		tg.WithHTTPClient(pollFor, c.Client),
		tg.WithErrorsHandler(func(err error) { b.log.Warn("Telegram's SDK", "error", b.explain("", err)) }),
	)
	if err != nil {
		return nil, fmt.Errorf("make a Telegram client: %w", b.explain("", err))
	}
	b.api = api
	return b, nil
}

// keyboard and key are an inline keyboard. The SDK's own button always writes an empty copy_text beside the real action.
type keyboard struct {
	Rows [][]key `json:"inline_keyboard"`
}

type key struct {
	Text string `json:"text"`
	Data string `json:"callback_data,omitempty"`
	URL  string `json:"url,omitempty"`
}

// orNil is nil for a keyboard without keys.
func (k keyboard) orNil() *keyboard {
	if len(k.Rows) == 0 {
		return nil
	}
	return &k
}

// markup is nil for a keyboard without keys: an interface that holds an empty one would be sent.
func (k keyboard) markup() models.ReplyMarkup {
	if len(k.Rows) == 0 {
		return nil
	}
	return k
}
