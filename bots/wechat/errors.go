package wechat

import "fmt"

// The platform's error codes that the program acts on (全局返回码).
const (
	codeBusy         = -1
	codeTokenWrong   = 40001
	codeNoSuchUser   = 40003
	codeTokenInvalid = 40014
	codeTokenExpired = 42001
	codeNotFollowing = 43004
	codeRefuses      = 43101
	codeDailyQuota   = 45009
	codeMinuteQuota  = 45011
	codeWindowClosed = 45015
	codeWindowUsed   = 45047
	codeNoMenu       = 46003
	codeBadCode      = 40029
	codeUsedCode     = 40163
)

// explanations say what an operator can do about an error code.
var explanations = map[int64]string{
	codeBusy:         "the platform is busy",
	codeTokenWrong:   "the access token or the app secret is wrong",
	codeNoSuchUser:   "there is no such OpenID for this account",
	codeBadCode:      "the authorization code is wrong or has expired",
	codeUsedCode:     "the authorization code was used before",
	codeTokenInvalid: "the access token is invalid",
	codeTokenExpired: "the access token has expired",
	codeNotFollowing: "the person does not follow the account",
	codeRefuses:      "the person refuses messages",
	codeDailyQuota:   "the account's daily quota of this call is used up",
	codeMinuteQuota:  "too many calls in this minute",
	codeWindowClosed: "no window for customer-service messages is open",
	codeWindowUsed:   "the window's customer-service messages are used up",
	codeNoMenu:       "the account has no custom menu",
	40013:            "the AppID is wrong",
	40037:            "the account has no such template",
	40125:            "the app secret is wrong",
	40164:            "this server's address is not in the account's IP whitelist (mp.weixin.qq.com, 设置与开发, 基本配置)",
	45002:            "the message is too long",
	47001:            "the call cannot be read",
	47003:            "a template field's value is not of the form that the template asks for",
	48001:            "the account is not allowed to make this call: it must be a certified service account",
	50002:            "the account is frozen or limited",
}

// APIError is a call that the platform refused. It holds nothing personal and no secret: the platform's own message is
// left out, because it can.
type APIError struct {
	Path string
	Code int64
}

func (e *APIError) Error() string {
	text, known := explanations[e.Code]
	if !known {
		text = "see 全局返回码 in the platform's documents"
	}
	return fmt.Sprintf("WeChat refused %s: %d, %s", e.Path, e.Code, text)
}

func (e *APIError) aboutToken() bool {
	return e.Code == codeTokenWrong || e.Code == codeTokenInvalid || e.Code == codeTokenExpired
}
