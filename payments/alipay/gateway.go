package alipay

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	sdk "github.com/smartwalle/alipay/v3"

	"guahao/payments"
)

// Name is the provider's name in the database.
const Name = "alipay"

// Operations, as errors name them.
const (
	opNative      = "native"
	opPage        = "page"
	opQuery       = "query"
	opClose       = "close"
	opRefund      = "refund"
	opQueryRefund = "query refund"
	opBill        = "bill"
	opBillFile    = "bill file"
)

const (
	maxSubject = 256 // runes
	timeForm   = "2006-01-02 15:04:05"
)

// shanghai is the zone in which Alipay writes times.
func shanghai() *time.Location { return time.FixedZone("CST", 8*60*60) }

// Gateway is one application's access to Alipay. It may be used concurrently.
type Gateway struct {
	config Config
	client *sdk.Client
	files  *http.Client // of bills
	log    *slog.Logger
}

var _ payments.PageGateway = (*Gateway)(nil)

// New checks the configuration and makes a gateway. It uses no network. The error says in words all that is wrong.
func New(c Config) (*Gateway, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("alipay: %w", err)
	}
	private, err := privateKey(c.PrivateKeyPEM)
	if err != nil {
		return nil, fmt.Errorf("alipay: %w", err)
	}
	public, err := publicKey(c.PublicKeyPEM)
	if err != nil {
		return nil, fmt.Errorf("alipay: %w", err)
	}
	if c.API == "" {
		c.API = gatewayURL
	}
	// In its production mode the SDK downloads keys by the name that a stranger's notice gives; the other mode differs in nothing else
	// but the address.
	client, err := sdk.New(c.AppID, private, false, sdk.WithSandboxGateway(c.API), sdk.WithHTTPClient(c.client()), sdk.WithTimeLocation(shanghai()))
	if err != nil {
		return nil, fmt.Errorf("alipay: the SDK refuses the private key")
	}
	if err := client.LoadAliPayPublicKey(public); err != nil {
		return nil, fmt.Errorf("alipay: the SDK refuses the public key")
	}
	g := &Gateway{config: c, client: client, files: c.fileClient(), log: c.Log}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	return g, nil
}

// Name is "alipay".
func (g *Gateway) Name() string { return Name }

// Merchant is whom orders are for. Without a seller the application stands for it.
func (g *Gateway) Merchant() payments.Merchant {
	m := payments.Merchant{MchID: g.config.SellerID, AppID: g.config.AppID}
	if m.MchID == "" {
		m.MchID = g.config.AppID
	}
	return m
}

// trade describes an order to the platform.
func (g *Gateway) trade(o payments.Order, product string) sdk.Trade {
	return sdk.Trade{
		NotifyURL: g.config.NotifyURL, Subject: subject(o.Subject), OutTradeNo: o.OutTradeNo, TotalAmount: o.Amount.String(),
		ProductCode: product, SellerId: g.config.SellerID, TimeExpire: o.ExpiresAt.In(shanghai()).Format(timeForm),
	}
}

// subject is a subject as the platform takes it: without the characters that it forbids.
func subject(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/=&\`, r) {
			return ' '
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > maxSubject {
		s = string(runes[:maxSubject])
	}
	return s
}

// Native orders a payment by QR code; see [payments.Gateway].
func (g *Gateway) Native(ctx context.Context, o payments.Order) (string, error) {
	answer, err := g.client.TradePreCreate(ctx, sdk.TradePreCreate{Trade: g.trade(o, "FACE_TO_FACE_PAYMENT")})
	if err = failed(opNative, err, answer, func() sdk.Error { return answer.Error }); err != nil {
		return "", err
	}
	if answer.QRCode == "" || answer.OutTradeNo != o.OutTradeNo {
		return "", &Error{Op: opNative, Code: "an answer without a code, or about another order"}
	}
	return answer.QRCode, nil
}

// Page gives the address of Alipay's page for phones; see [payments.PageGateway].
func (g *Gateway) Page(o payments.Order, back string) (string, error) {
	trade := g.trade(o, "QUICK_WAP_WAY")
	trade.ReturnURL = back
	address, err := g.client.TradeWapPay(sdk.TradeWapPay{Trade: trade, QuitURL: back, TimeExpire: trade.TimeExpire})
	if err != nil {
		return "", &Error{Op: opPage, Code: "the address could not be signed"}
	}
	return address.String(), nil
}

// Query asks how an order stands; see [payments.Gateway].
func (g *Gateway) Query(ctx context.Context, outTradeNo string) (payments.Trade, error) {
	answer, err := g.client.TradeQuery(ctx, sdk.TradeQuery{OutTradeNo: outTradeNo})
	if err = failed(opQuery, err, answer, func() sdk.Error { return answer.Error }); err != nil {
		return payments.Trade{}, err
	}
	trade, err := g.queried(answer)
	if err == nil && trade.OutTradeNo != outTradeNo {
		err = fmt.Errorf("an answer about another order")
	}
	if err != nil {
		return payments.Trade{}, &Error{Op: opQuery, Code: err.Error()}
	}
	return trade, nil
}

// Close closes an unpaid order; see [payments.Gateway]. One that nobody has scanned yet does not exist.
func (g *Gateway) Close(ctx context.Context, outTradeNo string) error {
	answer, err := g.client.TradeClose(ctx, sdk.TradeClose{OutTradeNo: outTradeNo})
	if err = failed(opClose, err, answer, func() sdk.Error { return answer.Error }); err != nil {
		return err
	}
	if answer.OutTradeNo != outTradeNo {
		return &Error{Op: opClose, Code: "an answer about another order"}
	}
	return nil
}

// failed is the error of a call, whether the SDK gave it or the signed answer says it.
func failed[A any](op string, err error, answer *A, said func() sdk.Error) error {
	switch {
	case err != nil:
		return reduce(op, err)
	case answer == nil:
		return &Error{Op: op, Code: "an empty answer"}
	case !said().IsSuccess():
		return refused(op, said())
	}
	return nil
}
