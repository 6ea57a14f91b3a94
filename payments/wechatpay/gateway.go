package wechatpay

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/validators"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/verifiers"
	"github.com/wechatpay-apiv3/wechatpay-go/core/notify"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/jsapi"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"

	"guahao/payments"
)

// Name is the provider's name in the database.
const Name = "wechatpay"

// Operations, as errors name them.
const (
	opNative      = "native"
	opJSAPI       = "jsapi"
	opQuery       = "query"
	opClose       = "close"
	opRefund      = "refund"
	opQueryRefund = "query refund"
	opBill        = "bill"
	opBillFile    = "bill file"
)

const maxDescription = 127 // bytes

// Gateway is one merchant's access to WeChat Pay. It may be used concurrently.
type Gateway struct {
	config   Config
	client   *core.Client
	files    *core.Client // of bills: its requests are signed, the answers are not
	notices  *notify.Handler
	notified *validators.WechatPayNotifyValidator
	answered *validators.WechatPayResponseValidator
	log      *slog.Logger
}

var (
	_ payments.SheetGateway = (*Gateway)(nil)
	_ payments.BillGateway  = (*Gateway)(nil)
)

// New checks the configuration and makes a gateway. It uses no network. The error says in words all that is wrong.
func New(c Config) (*Gateway, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("WeChat Pay: %w", err)
	}
	private, err := privateKey(c.PrivateKeyPEM)
	if err != nil {
		return nil, fmt.Errorf("WeChat Pay: %w", err)
	}
	public, err := publicKey(c.PublicKeyPEM)
	if err != nil {
		return nil, fmt.Errorf("WeChat Pay: %w", err)
	}
	httpClient, err := c.client()
	if err != nil {
		return nil, fmt.Errorf("WeChat Pay: %w", err)
	}
	billClient, err := c.billClient()
	if err != nil {
		return nil, fmt.Errorf("WeChat Pay: %w", err)
	}
	auth := option.WithWechatPayPublicKeyAuthCipher(c.MchID, c.Serial, private, c.PublicKeyID, public)
	client, err := core.NewClient(context.Background(), auth, option.WithHTTPClient(httpClient))
	if err != nil {
		return nil, fmt.Errorf("WeChat Pay: make the client: %w", err)
	}
	files, err := core.NewClient(context.Background(), auth, option.WithHTTPClient(billClient))
	if err != nil {
		return nil, fmt.Errorf("WeChat Pay: make the client of bills: %w", err)
	}
	verifier := verifiers.NewSHA256WithRSAPubkeyVerifier(c.PublicKeyID, *public)
	notices, err := notify.NewRSANotifyHandler(c.APIv3Key, verifier)
	if err != nil {
		return nil, fmt.Errorf("WeChat Pay: use the APIv3 key: %w", err)
	}
	g := &Gateway{
		config: c, client: client, files: core.NewClientWithValidator(files, &validators.NullValidator{}), notices: notices, log: c.Log,
		notified: validators.NewWechatPayNotifyValidator(verifier), answered: validators.NewWechatPayResponseValidator(verifier),
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	return g, nil
}

// Name is "wechatpay".
func (g *Gateway) Name() string { return Name }

// Merchant is whom orders are for.
func (g *Gateway) Merchant() payments.Merchant {
	return payments.Merchant{MchID: g.config.MchID, AppID: g.config.AppID}
}

// Native orders a payment by QR code; see [payments.Gateway].
func (g *Gateway) Native(ctx context.Context, o payments.Order) (string, error) {
	service := native.NativeApiService{Client: g.client}
	answer, _, err := service.Prepay(ctx, native.PrepayRequest{
		Appid: &g.config.AppID, Mchid: &g.config.MchID, NotifyUrl: &g.config.NotifyURL,
		Description: description(o.Subject), OutTradeNo: &o.OutTradeNo, TimeExpire: expiry(o.ExpiresAt),
		Amount: &native.Amount{Total: core.Int64(int64(o.Amount)), Currency: core.String("CNY")},
	})
	if err != nil {
		return "", reduce(opNative, err)
	}
	if answer.CodeUrl == nil || *answer.CodeUrl == "" {
		return "", &Error{Op: opNative, Code: "an answer without code_url"}
	}
	return *answer.CodeUrl, nil
}

// JSAPI orders a payment on a page inside WeChat; see [payments.Gateway].
func (g *Gateway) JSAPI(ctx context.Context, o payments.Order, openID string) (payments.BridgeParams, error) {
	service := jsapi.JsapiApiService{Client: g.client}
	answer, _, err := service.Prepay(ctx, jsapi.PrepayRequest{
		Appid: &g.config.AppID, Mchid: &g.config.MchID, NotifyUrl: &g.config.NotifyURL,
		Description: description(o.Subject), OutTradeNo: &o.OutTradeNo, TimeExpire: expiry(o.ExpiresAt),
		Amount: &jsapi.Amount{Total: core.Int64(int64(o.Amount)), Currency: core.String("CNY")},
		Payer:  &jsapi.Payer{Openid: &openID},
	})
	if err != nil {
		return payments.BridgeParams{}, reduce(opJSAPI, err)
	}
	if answer.PrepayId == nil || *answer.PrepayId == "" {
		return payments.BridgeParams{}, &Error{Op: opJSAPI, Code: "an answer without prepay_id"}
	}
	return g.Bridge(*answer.PrepayId)
}

// Bridge signs the parameters of the payment sheet. Their time is real time: the phone compares it with its own.
func (g *Gateway) Bridge(prepayID string) (payments.BridgeParams, error) {
	b := payments.BridgeParams{
		AppID: g.config.AppID, TimeStamp: strconv.FormatInt(time.Now().Unix(), 10), NonceStr: rand.Text(), Package: "prepay_id=" + prepayID, SignType: "RSA",
	}
	signed, err := g.client.Sign(context.Background(), b.AppID+"\n"+b.TimeStamp+"\n"+b.NonceStr+"\n"+b.Package+"\n")
	if err != nil {
		return payments.BridgeParams{}, &Error{Op: opJSAPI, Code: "the parameters could not be signed"}
	}
	b.PaySign = signed.Signature
	return b, nil
}

// Query asks how an order stands; see [payments.Gateway].
func (g *Gateway) Query(ctx context.Context, outTradeNo string) (payments.Trade, error) {
	service := native.NativeApiService{Client: g.client}
	answer, _, err := service.QueryOrderByOutTradeNo(ctx, native.QueryOrderByOutTradeNoRequest{OutTradeNo: &outTradeNo, Mchid: &g.config.MchID})
	if err != nil {
		return payments.Trade{}, reduce(opQuery, err)
	}
	trade, err := toTrade(answer)
	if err == nil && trade.OutTradeNo != outTradeNo {
		err = fmt.Errorf("an answer about another order")
	}
	if err != nil {
		return payments.Trade{}, &Error{Op: opQuery, Code: err.Error()}
	}
	return trade, nil
}

// Close closes an unpaid order; see [payments.Gateway].
func (g *Gateway) Close(ctx context.Context, outTradeNo string) error {
	service := native.NativeApiService{Client: g.client}
	result, err := service.CloseOrder(ctx, native.CloseOrderRequest{OutTradeNo: &outTradeNo, Mchid: &g.config.MchID})
	if err != nil {
		return reduce(opClose, err)
	}
	if result.Response.StatusCode != http.StatusNoContent {
		return &Error{Op: opClose, Status: result.Response.StatusCode, Code: "not the 204 that says closed"}
	}
	return nil
}

// description cuts a subject to the platform's length without cutting a character.
func description(subject string) *string {
	for len(subject) > maxDescription {
		_, size := utf8.DecodeLastRuneInString(subject)
		subject = subject[:len(subject)-size]
	}
	return &subject
}

// expiry is a time as the platform wants to read it: the SDK formats it in the zone that it has.
func expiry(t time.Time) *time.Time {
	t = t.In(time.FixedZone("", 8*60*60))
	return &t
}
