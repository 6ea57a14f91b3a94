package payments

import (
	"log/slog"
	"time"

	"guahao/internal/money"
)

// Fen is an amount of money.
type Fen = money.Fen

// ChargeID is a charge's primary key.
type ChargeID int64

// ChargeStatus is where a charge stands; chargeTransitions says how it gets there.
type ChargeStatus string

// The statuses of a charge.
const (
	Created        ChargeStatus = "created"         // the provider does not know it
	Pending        ChargeStatus = "pending"         // the provider may have an open order for it
	Paid           ChargeStatus = "paid"            // confirmed by the provider
	Closing        ChargeStatus = "closing"         // given up here, perhaps still open at the provider
	Closed         ChargeStatus = "closed"          // cannot be paid any more, unless it already was and we have not heard
	Refunding      ChargeStatus = "refunding"       // paid, and a refund is under way
	PartlyRefunded ChargeStatus = "partly_refunded" // paid, some of it given back, no refund under way
	Refunded       ChargeStatus = "refunded"        // paid, all of it given back
)

// Charge is an amount that somebody owes for Ref, and what became of it.
type Charge struct {
	ID            ChargeID
	OutTradeNo    string // our number at the provider
	Token         string // unguessable: whoever has it may see and pay the charge
	Ref           string
	Payee         string // whom the money is for, as the caller names them: the ledger and the statements go by it
	Subject       string // what the payer reads
	Amount        Fen
	Reserved      Fen // refunds that have not failed
	Refunded      Fen // refunds that have succeeded
	Provider      string
	Merchant      Merchant
	Status        ChargeStatus
	Scene         Scene
	CodeURL       string // Native: the QR code's content, until PreparedUntil
	PrepayID      string // JSAPI: the session, until PreparedUntil
	Payer         string // openid: who may pay (JSAPI), and once paid, who did
	TransactionID string // the provider's number, once paid
	ExpiresAt     time.Time
	CreatedAt     time.Time
	PreparedAt    time.Time // zero: never
	PreparedUntil time.Time
	PaidAt        time.Time // zero: not paid

	round   int
	version int
	tries   int
	epoch   int64
}

// Scene is the way in which a charge is shown to its payer.
type Scene string

// The scenes.
const (
	SceneNative Scene = "native" // a QR code
	SceneJSAPI  Scene = "jsapi"  // the payment sheet over a page inside WeChat
	ScenePage   Scene = "page"   // the provider's own web page
)

// Settled tells whether the money was taken at some time, even if it was given back since.
func (c Charge) Settled() bool {
	switch c.Status {
	case Paid, Refunding, PartlyRefunded, Refunded:
		return true
	}
	return false
}

// Refundable is what may still be given back.
func (c Charge) Refundable() Fen {
	if !c.Settled() {
		return 0
	}
	return c.Amount - c.Reserved
}

// The events of a charge.
const (
	prepares       = "prepare"
	renumbers      = "renumber"
	givesUp        = "give_up"
	closes         = "close"
	pays           = "pay"
	paysAtDesk     = "pay_at_desk"
	requestsRefund = "request_refund"
	refundsPart    = "refund_part"
	refundsAll     = "refund_all"
	refundFails    = "refund_fails"
)

// chargeTransitions is every change that a charge can make.
func chargeTransitions() []transition[ChargeStatus] {
	return []transition[ChargeStatus]{
		{Created, prepares, Pending},
		{Created, givesUp, Closed},
		{Created, paysAtDesk, Paid},
		{Pending, renumbers, Pending},
		{Pending, pays, Paid},
		{Pending, givesUp, Closing},
		{Closing, closes, Closed},
		{Closing, pays, Paid},
		{Closed, pays, Paid},
		{Paid, requestsRefund, Refunding},
		{PartlyRefunded, requestsRefund, Refunding},
		{Refunding, requestsRefund, Refunding},
		{Refunding, refundsPart, PartlyRefunded},
		{Refunding, refundsAll, Refunded},
		{Refunding, refundFails, Paid},
	}
}

// LogValue shows a charge in logs without the token and the payer.
func (c Charge) LogValue() slog.Value {
	return slog.GroupValue(slog.String("out_trade_no", c.OutTradeNo), slog.String("status", string(c.Status)), slog.String("amount", c.Amount.String()))
}
