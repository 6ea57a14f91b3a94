package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/silenceper/wechat/v2/officialaccount/oauth"
)

// ErrBadCode says that the code with which a page was opened is wrong, used or too old: send the visitor to OAuthURL again.
var ErrBadCode = errors.New("wechat: the authorization code is not valid any more")

// OAuthURL is where a page that is opened in WeChat sends its visitor to learn who they are: WeChat sends them straight on to
// redirect (on the account's web domain), with code and state (at most 128 bytes) in the query. It asks them nothing.
func (a *Account) OAuthURL(redirect, state string) string {
	// The platform asks for this order of the parameters.
	return fmt.Sprintf("%s/connect/oauth2/authorize?appid=%s&redirect_uri=%s&response_type=code&scope=snsapi_base&state=%s#wechat_redirect",
		a.cfg.OAuth, url.QueryEscape(a.cfg.AppID), url.QueryEscape(redirect), url.QueryEscape(state))
}

// OpenID exchanges the code for the visitor's OpenID. A code is good for five minutes and once.
func (a *Account) OpenID(ctx context.Context, code string) (string, error) {
	if code == "" || len(code) > 512 {
		return "", ErrBadCode
	}
	query := url.Values{
		"appid": {a.cfg.AppID}, "secret": {a.cfg.Secret}, "code": {code}, "grant_type": {"authorization_code"},
	}
	var answer oauth.ResAccessToken
	err := a.api.call(ctx, http.MethodGet, "/sns/oauth2/access_token", query, nil, &answer)
	var refused *APIError
	if errors.As(err, &refused) && (refused.Code == codeBadCode || refused.Code == codeUsedCode) {
		return "", ErrBadCode
	}
	if err != nil {
		return "", err
	}
	if !openIDs.MatchString(answer.OpenID) {
		return "", errors.New("WeChat answered without an OpenID")
	}
	return answer.OpenID, nil
}
