package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/silenceper/wechat/v2/util"
)

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 1 << 20

// api makes calls. Its errors never hold a URL or a body: app secret, access token and OpenIDs stand in those.
type api struct {
	base   string
	client *http.Client
}

// call sends in as JSON (nil for none) and reads the answer into out (nil if only its errcode matters).
func (a api) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	request, err := a.request(ctx, method, path, query, in)
	if err != nil {
		return err
	}
	response, err := a.client.Do(request)
	if err != nil {
		return fmt.Errorf("call %s of WeChat: %w", path, redact(err))
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer of %s of WeChat: %w", path, redact(err))
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s of WeChat answered with status %d", path, response.StatusCode)
	}
	var result util.CommonError
	if err := json.Unmarshal(answer, &result); err != nil {
		return fmt.Errorf("the answer of %s of WeChat is no JSON", path)
	}
	if result.ErrCode != 0 {
		return &APIError{Path: path, Code: result.ErrCode}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("the answer of %s of WeChat is not what was expected", path)
	}
	return nil
}

func (a api) request(ctx context.Context, method, path string, query url.Values, in any) (*http.Request, error) {
	var body io.Reader
	if in != nil {
		var buffer bytes.Buffer
		encoder := json.NewEncoder(&buffer)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(in); err != nil {
			return nil, fmt.Errorf("write a call of %s of WeChat: %w", path, err)
		}
		body = &buffer
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base+path+"?"+query.Encode(), body)
	if err != nil {
		return nil, fmt.Errorf("make a call of %s of WeChat: %w", path, redact(err))
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return request, nil
}

// redact takes the URL out of an error of net/http.
func redact(err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return withURL.Err
	}
	return err
}

// call makes a call with the access token. One that the platform no longer takes is renewed once.
func (a *Account) call(ctx context.Context, method, path string, in, out any) error {
	token, err := a.tokens.current(ctx)
	if err != nil {
		return err
	}
	err = a.api.call(ctx, method, path, url.Values{"access_token": {token}}, in, out)
	var refused *APIError
	if !errors.As(err, &refused) || !refused.aboutToken() {
		return err
	}
	if token, err = a.tokens.replace(ctx, token); err != nil {
		return err
	}
	return a.api.call(ctx, method, path, url.Values{"access_token": {token}}, in, out)
}
