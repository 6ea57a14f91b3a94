package wechatpay

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"

	"guahao/payments"
)

// Check asks WeChat Pay about an order that cannot exist. That it is not known, said with a valid signature, proves the merchant's
// number, certificate and key, and WeChat Pay's public key. Whether the APIv3 key is right shows with the first notice only.
func (g *Gateway) Check(ctx context.Context) error {
	number := "CHECK" + rand.Text()
	service := native.NativeApiService{Client: g.client}
	_, _, err := service.QueryOrderByOutTradeNo(ctx, native.QueryOrderByOutTradeNoRequest{OutTradeNo: &number, Mchid: &g.config.MchID})
	var api *core.APIError
	if err == nil || !errors.As(err, &api) {
		if reduced := reduce(opQuery, err); reduced != nil {
			return fmt.Errorf("WeChat Pay gave no answer that can be believed: %w", reduced)
		}
		return errors.New("WeChat Pay knows an order that was just made up")
	}
	if !errors.Is(reduce(opQuery, err), payments.ErrOrderNotExist) {
		return fmt.Errorf("WeChat Pay refuses us (%w): are the merchant number, the serial number of its certificate and the private key of one merchant?", reduce(opQuery, err))
	}
	answer := &http.Response{Header: api.Header, Body: io.NopCloser(bytes.NewReader([]byte(api.Body)))}
	if g.answered.Validate(ctx, answer) != nil {
		return errors.New("WeChat Pay knows us, but its answer is not signed with the configured public key: are the key's ID and the key of one pair, and is this machine's clock right?")
	}
	return nil
}
