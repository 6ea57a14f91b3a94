package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	dysms "github.com/alibabacloud-go/dysmsapi-20170525/v4/client"
	tea "github.com/alibabacloud-go/tea-utils/v2/service"
	"github.com/alibabacloud-go/tea/dara"

	"guahao/bots"
)

// Config is an account with a provider.
type Config struct {
	KeyID     string
	KeySecret string
	Sign      string // the approved signature (短信签名), without brackets
	AppID     string // Tencent's SmsSdkAppId; Aliyun has none
	Region    string // Tencent's; "": ap-guangzhou
	Templates Templates
	API       string       // base URL; "": the provider's own
	Client    *http.Client // nil: one with a timeout
}

const clientTimeout = 10 * time.Second

func (c Config) client() *http.Client {
	if c.Client != nil {
		return c.Client
	}
	return &http.Client{Timeout: clientTimeout}
}

// base splits the API's URL into what the SDKs want: the scheme and the host.
func (c Config) base(standard string) (scheme, host string, err error) {
	if c.API == "" {
		return "https", standard, nil
	}
	u, err := url.Parse(strings.TrimRight(c.API, "/"))
	if err != nil || u.Host == "" || u.Path != "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", "", fmt.Errorf("%q is no base URL for short messages", c.API)
	}
	return u.Scheme, u.Host, nil
}

const aliyunHost = "dysmsapi.aliyuncs.com"

// Aliyun is the short message service of Alibaba Cloud (阿里云短信服务), by its SDK.
type Aliyun struct {
	Templates
	config       Config
	scheme, host string
}

var _ Gateway = (*Aliyun)(nil)

// NewAliyun checks the configuration and calls nobody.
func NewAliyun(c Config) (*Aliyun, error) {
	scheme, host, err := c.base(aliyunHost)
	return &Aliyun{Templates: c.Templates, config: c, scheme: scheme, host: host}, err
}

// caller makes the SDK's calls end with a context, which it does not know, and go through our client.
type caller struct {
	ctx    context.Context
	client *http.Client
}

func (c caller) Call(request *http.Request, _ *http.Transport) (*http.Response, error) {
	return c.client.Do(request.WithContext(c.ctx))
}

var _ dara.HttpClient = caller{}

// Send implements [Gateway].
func (a *Aliyun) Send(ctx context.Context, m Message) (id string, err error) {
	t, err := a.of(m)
	if err != nil {
		return "", err
	}
	params := map[string]string{}
	for _, p := range t.fill(m) {
		params[p.name] = p.value
	}
	text, err := json.Marshal(params)
	if err != nil {
		return "", fmt.Errorf("write the values of a short message: %w", err)
	}
	client, err := dysms.NewClient(&openapi.Config{
		AccessKeyId: &a.config.KeyID, AccessKeySecret: &a.config.KeySecret, Endpoint: &a.host, Protocol: &a.scheme,
		HttpClient: caller{ctx, a.config.client()},
	})
	if err != nil {
		return "", errors.New("aliyun: the client cannot be made of the keys")
	}
	to, values := strings.TrimPrefix(m.To, "+"), string(text)
	answer, err := client.SendSmsWithOptions(&dysms.SendSmsRequest{
		PhoneNumbers: &to, SignName: &a.config.Sign, TemplateCode: &t.ID, TemplateParam: &values,
	}, once())
	if err != nil {
		return "", aliyunOutcome(ctx, codeOf(err))
	}
	if answer.Body == nil || answer.Body.Code == nil {
		return "", errors.New("aliyun: an answer without a code")
	}
	if answer.Body.BizId != nil && goodID(*answer.Body.BizId) {
		id = *answer.Body.BizId
	}
	return id, aliyunOutcome(ctx, *answer.Body.Code)
}

// once lets the SDK try once: the outbox tries again.
func once() *tea.RuntimeOptions {
	no, one := false, 1
	return &tea.RuntimeOptions{Autoretry: &no, MaxAttempts: &one}
}

// codeOf is the code in an error of the SDK, whose words hold the request; "" if there is none.
func codeOf(err error) string {
	var coded interface{ GetCode() *string }
	if errors.As(err, &coded) && coded.GetCode() != nil {
		return *coded.GetCode()
	}
	return ""
}

// aliyunOutcome says what a code means (短信服务 API 错误码).
func aliyunOutcome(ctx context.Context, code string) error {
	switch {
	case code == "OK":
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case code == "":
		return errors.New("aliyun cannot be reached")
	case code == "isv.BUSINESS_LIMIT_CONTROL": // so many a minute, an hour and a day to one number
		return &bots.RetryError{After: time.Minute}
	case code == "isv.DAY_LIMIT_CONTROL", code == "isv.MONTH_LIMIT_CONTROL": // what the account has allowed itself
		return &bots.RetryError{After: 10 * time.Minute, All: true}
	case strings.HasPrefix(code, "Throttling"):
		return &bots.RetryError{After: 10 * time.Second, All: true}
	case code == "isv.MOBILE_NUMBER_ILLEGAL", code == "isv.DENY_IP_RANGE", code == "isv.UNSUPPORTED_CONTENT":
		return bots.ErrUnreachable
	case code == "isv.BLACK_LIST", code == "isv.BLACKLIST":
		return bots.ErrBlocked
	}
	return fmt.Errorf("aliyun refused a short message: %s", short(code))
}

// short keeps a code that is one, whatever an answer holds.
func short(code string) string {
	clean := strings.Map(func(r rune) rune {
		if r == '.' || r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, code)
	return clean[:min(len(clean), 64)]
}
