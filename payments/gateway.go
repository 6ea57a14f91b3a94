package payments

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Gateway is a payment provider, for one merchant. Every method but Name and Merchant is a call over the network with a
// time-out of its own; each can fail after it took effect, and can be repeated. Errors wrap one of the sentinels below where one
// applies, and hold no secret, no personal data and no body. What only some providers have is in [SheetGateway], [PageGateway] and
// [BillGateway].
type Gateway interface {
	Name() string
	Merchant() Merchant

	// Native orders a payment by QR code. The same order again gives a code for the same order.
	Native(ctx context.Context, o Order) (codeURL string, err error)

	Query(ctx context.Context, outTradeNo string) (Trade, error)
	Close(ctx context.Context, outTradeNo string) error
	Refund(ctx context.Context, r RefundOrder) (RefundResult, error)
	QueryRefund(ctx context.Context, outRefundNo string) (RefundResult, error)
}

// Merchant is whom the money goes to, as the provider knows them.
type Merchant struct{ MchID, AppID string }

// Order is what a provider is asked to collect.
type Order struct {
	OutTradeNo string
	Subject    string // cut to the provider's length by the gateway
	Amount     Fen
	ExpiresAt  time.Time // the last moment to pay; not a close
}

// BridgeParams are what a page gives to WeChat's getBrandWCPayRequest.
type BridgeParams struct {
	AppID     string `json:"appId"`
	TimeStamp string `json:"timeStamp"`
	NonceStr  string `json:"nonceStr"`
	Package   string `json:"package"`
	SignType  string `json:"signType"`
	PaySign   string `json:"paySign"`
}

// TradeState is what a provider says about an order.
type TradeState string

// The states of a trade.
const (
	TradeOpen     TradeState = "open"     // not paid yet
	TradePaid     TradeState = "paid"     //
	TradeRefunded TradeState = "refunded" // was paid, and at least one refund was accepted
	TradeClosed   TradeState = "closed"   // cannot be paid any more
)

// Trade is an order as the provider sees it, from a notice or a query whose signature was verified.
type Trade struct {
	Provider      string
	OutTradeNo    string
	TransactionID string
	Merchant      Merchant
	State         TradeState
	Amount        Fen
	Currency      string
	Payer         string
	PaidAt        time.Time // zero where the provider does not say
}

// RefundOrder is what a provider is asked to give back.
type RefundOrder struct {
	OutTradeNo    string
	TransactionID string
	OutRefundNo   string
	Amount        Fen
	Total         Fen // of the charge
	Reason        string
}

// RefundResult is a refund as the provider sees it, verified. Status is never RefundRequested.
type RefundResult struct {
	OutTradeNo  string
	OutRefundNo string
	ProviderNo  string
	Amount      Fen
	Status      RefundStatus
}

// What a provider's refusal means, whatever its code. They stand in answers that nobody signed.
var (
	ErrOrderNotExist  = errors.New("the provider does not know the order")
	ErrOrderPaid      = errors.New("the order is paid at the provider")
	ErrOrderClosed    = errors.New("the order is closed at the provider")
	ErrNumberUsed     = errors.New("the number was used with other parameters")
	ErrRefundNotExist = errors.New("the provider does not know the refund")
	ErrTooFast        = errors.New("the provider asks to slow down")
	ErrBillNotReady   = errors.New("the provider is still making the bill")
	ErrNoBills        = errors.New("the provider's bills cannot be had: it is not reconciled")
	ErrNoBill         = errors.New("the provider has no bill for the day: nothing was traded, or it is not made yet")
)

const prepayPackage = "prepay_id="

// PrepayID is the payment session that the parameters are for.
func (b BridgeParams) PrepayID() string { return strings.TrimPrefix(b.Package, prepayPackage) }
