package app

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is everything that a deployment decides. Its zero value with a DSN and a KeyFile is a program that has no
// platform configured: it serves its health and its pages.
type Config struct {
	DSN       string // MySQL DSN, go-sql-driver's form
	KeyFile   string // key set that encrypts personal data
	Addr      string // listen address; default 127.0.0.1:8080
	Beacon    string // base URL of a drand server; "": draws mix in only what the applications say
	PublicURL string // the URL that patients and platforms reach, without a slash at the end; default http:// + Addr
	Phone     string // the number of the service desk, told to whoever asks for a person

	RefundAlarm string // how long a refund may take before staff are told, as "4h" or "90m"; "" means 4h

	Model ModelConfig

	Proxies string // addresses and networks of the proxies whose X-Forwarded-For is believed; "" means this machine

	Telegram  TelegramConfig
	WeChat    WeChatConfig
	WeChatPay WeChatPayConfig
	Alipay    AlipayConfig
	SMS       SMSConfig
	Mail      MailConfig

	Now    func() time.Time // the clock; nil means time.Now
	Client *http.Client     // for all calls to platforms; nil means one with timeouts
	Log    *slog.Logger     // nil means JSON on standard error

	refundAlarm time.Duration // RefundAlarm, read; 0: the default
	proxies     []netip.Prefix
}

// TelegramConfig is the bot. It is off when Token is empty.
type TelegramConfig struct {
	Token  string
	Secret string // of the webhook: 1–256 of A–Z a–z 0–9 _ -
	API    string // base URL; "" means the real one
	Poll   bool   // ask for updates instead of a webhook: for development

	Staff string // id of the group in which staff answer whoever asks for a person; "" means nobody does

	PerSecond float64 // notices a second to all chats together; 0 means 29, a little less than Telegram takes
}

// WeChatConfig is the Official Account. It is off when AppID is empty.
type WeChatConfig struct {
	AppID     string
	Secret    string
	Token     string
	AESKey    string // with a key, plaintext messages are refused
	API       string // base URL; "" means the real one
	Certified bool   // may use msgmenu links and template messages
	Staff     bool   // the account has customer-service staff (客服)
	Templates string // JSON file: notice kind → template id and keywords; "" means none
}

// WeChatPayConfig is the merchant. Payment is off when MchID is empty.
type WeChatPayConfig struct {
	MchID         string
	Serial        string // serial number of the merchant's certificate
	KeyFile       string // the merchant's private key, PEM
	APIv3Key      string // 32 bytes
	PublicKeyID   string // PUB_KEY_ID_…
	PublicKeyFile string // WeChat Pay's public key, PEM
	API           string // base URL; "" means the real one
}

// AlipayConfig is the application on Alipay's open platform. It is off when AppID is empty. With WeChat Pay too, payers choose.
type AlipayConfig struct {
	AppID         string
	KeyFile       string // the application's private key
	PublicKeyFile string // Alipay's public key
	SellerID      string // the account that the money goes to, 2088…; "" means the one that signed for the application
	API           string // the gateway's URL; "" means the real one
}

// ModelConfig is an OpenAI-compatible model that is shown complaints which triage does not understand. It is off when URL is empty.
type ModelConfig struct {
	URL  string // base URL: https://host/v1
	Key  string
	Name string
}

func (m ModelConfig) check() error {
	if m == (ModelConfig{}) {
		return nil
	}
	if u, err := url.Parse(m.URL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return fmt.Errorf("GUAHAO_LLM_URL is %q: want https://host/v1", m.URL)
	}
	return required("the model", m.Name, "GUAHAO_LLM_MODEL")
}

// setting is one variable of the environment and the flag of the same meaning.
type setting struct {
	env, flag, usage string
	field            func(*Config) any // *string or *bool
}

var settings = []setting{
	{"GUAHAO_DSN", "dsn", "MySQL DSN: user:password@tcp(host:3306)/guahao", func(c *Config) any { return &c.DSN }},
	{"GUAHAO_KEY_FILE", "key-file", "key set that encrypts personal data, made by 'guahao keys'", func(c *Config) any { return &c.KeyFile }},
	{"GUAHAO_ADDR", "addr", "listen address (default 127.0.0.1:8080)", func(c *Config) any { return &c.Addr }},
	{"GUAHAO_PUBLIC_URL", "public-url", "the URL that patients and platforms reach", func(c *Config) any { return &c.PublicURL }},
	{"GUAHAO_PHONE", "phone", "telephone number of the service desk", func(c *Config) any { return &c.Phone }},
	{"GUAHAO_REFUND_ALARM", "refund-alarm", "how long a refund may take before staff are told: 4h, 90m (default 4h)", func(c *Config) any { return &c.RefundAlarm }},
	{"GUAHAO_BEACON", "beacon", "server of the public random numbers that are mixed into draws by lot: https://api.drand.sh (default: none)", func(c *Config) any { return &c.Beacon }},
	{"GUAHAO_LLM_URL", "llm-url", "OpenAI-compatible server that may be asked about complaints which triage does not understand: https://host/v1 (default: none)", func(c *Config) any { return &c.Model.URL }},
	{"GUAHAO_LLM_KEY", "llm-key", "its key", func(c *Config) any { return &c.Model.Key }},
	{"GUAHAO_LLM_MODEL", "llm-model", "name of the model", func(c *Config) any { return &c.Model.Name }},
	{"GUAHAO_PROXIES", "proxies", "reverse proxies whose X-Forwarded-For is believed, as addresses or networks (default: this machine)", func(c *Config) any { return &c.Proxies }},
	{"GUAHAO_TELEGRAM_TOKEN", "telegram-token", "bot token", func(c *Config) any { return &c.Telegram.Token }},
	{"GUAHAO_TELEGRAM_SECRET", "telegram-secret", "secret of the webhook", func(c *Config) any { return &c.Telegram.Secret }},
	{"GUAHAO_TELEGRAM_API", "telegram-api", "base URL of the Bot API", func(c *Config) any { return &c.Telegram.API }},
	{"GUAHAO_TELEGRAM_POLL", "telegram-poll", "true: long polling instead of a webhook, for development", func(c *Config) any { return &c.Telegram.Poll }},
	{"GUAHAO_TELEGRAM_STAFF_CHAT", "telegram-staff-chat", "id of the group in which staff answer whoever asks for a person: -100…", func(c *Config) any { return &c.Telegram.Staff }},
	{"GUAHAO_WECHAT_APPID", "wechat-appid", "AppID of the Official Account", func(c *Config) any { return &c.WeChat.AppID }},
	{"GUAHAO_WECHAT_SECRET", "wechat-secret", "AppSecret of the Official Account", func(c *Config) any { return &c.WeChat.Secret }},
	{"GUAHAO_WECHAT_TOKEN", "wechat-token", "token of the message callback", func(c *Config) any { return &c.WeChat.Token }},
	{"GUAHAO_WECHAT_AESKEY", "wechat-aeskey", "EncodingAESKey; with it, plaintext messages are refused", func(c *Config) any { return &c.WeChat.AESKey }},
	{"GUAHAO_WECHAT_API", "wechat-api", "base URL of the WeChat API", func(c *Config) any { return &c.WeChat.API }},
	{"GUAHAO_WECHAT_CERTIFIED", "wechat-certified", "true: the account is certified and may send menu links", func(c *Config) any { return &c.WeChat.Certified }},
	{"GUAHAO_WECHAT_STAFF", "wechat-staff", "true: the account has customer-service staff (客服), to whom conversations are handed over", func(c *Config) any { return &c.WeChat.Staff }},
	{"GUAHAO_WECHAT_TEMPLATES", "wechat-templates", "JSON file with the account's message templates", func(c *Config) any { return &c.WeChat.Templates }},
	{"GUAHAO_WECHATPAY_MCHID", "wechatpay-mchid", "merchant number", func(c *Config) any { return &c.WeChatPay.MchID }},
	{"GUAHAO_WECHATPAY_SERIAL", "wechatpay-serial", "serial number of the merchant's certificate", func(c *Config) any { return &c.WeChatPay.Serial }},
	{"GUAHAO_WECHATPAY_KEY_FILE", "wechatpay-key-file", "the merchant's private key, PEM", func(c *Config) any { return &c.WeChatPay.KeyFile }},
	{"GUAHAO_WECHATPAY_APIV3_KEY", "wechatpay-apiv3-key", "APIv3 key, 32 bytes", func(c *Config) any { return &c.WeChatPay.APIv3Key }},
	{"GUAHAO_WECHATPAY_PUBLIC_KEY_ID", "wechatpay-public-key-id", "id of WeChat Pay's public key: PUB_KEY_ID_…", func(c *Config) any { return &c.WeChatPay.PublicKeyID }},
	{"GUAHAO_WECHATPAY_PUBLIC_KEY_FILE", "wechatpay-public-key-file", "WeChat Pay's public key, PEM", func(c *Config) any { return &c.WeChatPay.PublicKeyFile }},
	{"GUAHAO_WECHATPAY_API", "wechatpay-api", "base URL of WeChat Pay", func(c *Config) any { return &c.WeChatPay.API }},
	{"GUAHAO_ALIPAY_APPID", "alipay-appid", "app id on Alipay's open platform", func(c *Config) any { return &c.Alipay.AppID }},
	{"GUAHAO_ALIPAY_KEY_FILE", "alipay-key-file", "the application's private key", func(c *Config) any { return &c.Alipay.KeyFile }},
	{"GUAHAO_ALIPAY_PUBLIC_KEY_FILE", "alipay-public-key-file", "Alipay's public key", func(c *Config) any { return &c.Alipay.PublicKeyFile }},
	{"GUAHAO_ALIPAY_SELLER_ID", "alipay-seller-id", "the account that the money goes to: 2088…", func(c *Config) any { return &c.Alipay.SellerID }},
	{"GUAHAO_ALIPAY_API", "alipay-api", "URL of Alipay's gateway", func(c *Config) any { return &c.Alipay.API }},
}

func allSettings() []setting { return slices.Concat(settings, outsideSettings()) }

// Flags adds a flag for each setting to the set; where it is not given, the environment's value stays.
func (c *Config) Flags(set *flag.FlagSet, getenv func(string) string) error {
	var problems []error
	for _, s := range allSettings() {
		usage := s.usage + " [" + s.env + "]"
		switch p := s.field(c).(type) {
		case *string:
			set.StringVar(p, s.flag, "", usage) // no default: -h would print the secrets of the environment
			*p = getenv(s.env)
		case *bool:
			on, err := parseBool(getenv(s.env))
			if err != nil {
				problems = append(problems, fmt.Errorf("%s is %q: want true or false", s.env, getenv(s.env)))
			}
			set.BoolVar(p, s.flag, false, usage)
			*p = on
		}
	}
	return errors.Join(problems...)
}

// Environment is the configuration as variables of an environment: what Flags reads back. What is not a setting (a clock, a client) is left out.
func (c *Config) Environment() []string {
	var list []string
	for _, s := range allSettings() {
		switch p := s.field(c).(type) {
		case *string:
			if *p != "" {
				list = append(list, s.env+"="+*p)
			}
		case *bool:
			if *p {
				list = append(list, s.env+"=true")
			}
		}
	}
	return list
}

func parseBool(text string) (bool, error) {
	if text == "" {
		return false, nil
	}
	return strconv.ParseBool(text)
}

// complete fills in the defaults and says everything that is missing or wrong at once.
func (c *Config) complete() error {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:8080"
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.Addr
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	if c.Now == nil {
		c.Now = time.Now
	}
	problems := []error{
		required("the program", c.DSN, "GUAHAO_DSN", c.KeyFile, "GUAHAO_KEY_FILE"),
		c.Telegram.check(), c.WeChat.check(), c.WeChatPay.check(c.WeChat.AppID), c.Alipay.check(), c.SMS.check(), c.Mail.check(), c.Model.check(),
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		problems = append(problems, fmt.Errorf("GUAHAO_ADDR is %q: want host:port", c.Addr))
	}
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		problems = append(problems, fmt.Errorf("GUAHAO_PUBLIC_URL is %q: want https://host", c.PublicURL))
	}
	if u, err := url.Parse(c.Beacon); c.Beacon != "" && (err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http")) {
		problems = append(problems, fmt.Errorf("GUAHAO_BEACON is %q: want https://host", c.Beacon))
	}
	if c.RefundAlarm != "" {
		var err error
		if c.refundAlarm, err = time.ParseDuration(c.RefundAlarm); err != nil || c.refundAlarm <= 0 {
			problems = append(problems, fmt.Errorf("GUAHAO_REFUND_ALARM is %q: want a time like 4h or 90m", c.RefundAlarm))
		}
	}
	var err error
	c.proxies, err = parseProxies(c.Proxies)
	return errors.Join(append(problems, err)...)
}

func (t TelegramConfig) check() error {
	if t.Token == "" && t.Secret == "" && t.API == "" && t.Staff == "" && !t.Poll {
		return nil
	}
	if _, err := t.staffChat(); err != nil {
		return err
	}
	if t.Poll {
		return required("Telegram", t.Token, "GUAHAO_TELEGRAM_TOKEN")
	}
	return required("Telegram", t.Token, "GUAHAO_TELEGRAM_TOKEN", t.Secret, "GUAHAO_TELEGRAM_SECRET")
}

// staffChat is the id of the staff's group; 0 when there is none.
func (t TelegramConfig) staffChat() (int64, error) {
	if t.Staff == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(t.Staff, 10, 64)
	if err != nil || id >= 0 {
		return 0, fmt.Errorf("GUAHAO_TELEGRAM_STAFF_CHAT is %q: want the id of a group, a negative number", t.Staff)
	}
	return id, nil
}

func (w WeChatConfig) check() error {
	if w.AppID == "" && w.Secret == "" && w.Token == "" && w.AESKey == "" && w.API == "" && w.Templates == "" && !w.Certified && !w.Staff {
		return nil
	}
	return required("WeChat", w.AppID, "GUAHAO_WECHAT_APPID", w.Secret, "GUAHAO_WECHAT_SECRET", w.Token, "GUAHAO_WECHAT_TOKEN")
}

func (p WeChatPayConfig) check(appID string) error {
	if p.MchID == "" && p.Serial == "" && p.KeyFile == "" && p.APIv3Key == "" && p.PublicKeyID == "" && p.PublicKeyFile == "" && p.API == "" {
		return nil
	}
	return required("WeChat Pay",
		p.MchID, "GUAHAO_WECHATPAY_MCHID", p.Serial, "GUAHAO_WECHATPAY_SERIAL", p.KeyFile, "GUAHAO_WECHATPAY_KEY_FILE",
		p.APIv3Key, "GUAHAO_WECHATPAY_APIV3_KEY", p.PublicKeyID, "GUAHAO_WECHATPAY_PUBLIC_KEY_ID",
		p.PublicKeyFile, "GUAHAO_WECHATPAY_PUBLIC_KEY_FILE", appID, "GUAHAO_WECHAT_APPID")
}

func (a AlipayConfig) check() error {
	if a == (AlipayConfig{API: a.API}) {
		return nil
	}
	return required("Alipay",
		a.AppID, "GUAHAO_ALIPAY_APPID", a.KeyFile, "GUAHAO_ALIPAY_KEY_FILE", a.PublicKeyFile, "GUAHAO_ALIPAY_PUBLIC_KEY_FILE")
}

// required takes pairs of a value and its variable and names the variables whose value is missing.
func required(what string, pairs ...string) error {
	var missing []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == "" {
			missing = append(missing, pairs[i+1])
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%s is only half configured: %s not set", what, strings.Join(missing, ", "))
}
