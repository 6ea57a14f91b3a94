// Package paymentstest checks that a provider behaves as package payments needs it to: the same suite runs over every gateway, with
// the provider's simulator behind it, a real database and real HTTP. A new provider is a folder with a gateway, its simulator, and
// a test that calls [Run].
package paymentstest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"guahao/payments"
)

// Call is one of the things that a gateway asks its provider for.
type Call string

// The calls that a fault can be put on.
const (
	Native      Call = "native"
	Query       Call = "query"
	Close       Call = "close"
	Refund      Call = "refund"
	QueryRefund Call = "query refund"
)

// Forgery is a notice that must confirm nothing.
type Forgery struct {
	Name      string
	Authentic bool   // the provider's signature is right, and what it says is wrong
	Incident  string // the kind of incident that an authentic one leaves
	Repeat    bool   // the provider should be told to send it again: it may become right
	Send      func(ctx context.Context, outTradeNo string) (accepted bool, status int, err error)
}

// Provider is a provider's simulator and the gateway to it. Faults are armed for the next n times.
type Provider interface {
	http.Handler // the provider's API

	// Gateway makes the gateway to the provider at the address api, which tells notices to notifyURL.
	Gateway(t *testing.T, api, notifyURL string) payments.Gateway
	// Notices is the program's handler of the provider's notices.
	Notices(g payments.Gateway, s *payments.Store) http.Handler

	Pay(codeURL, payer string) error // scan the code and pay; Closed, Paid tell why not
	Closed(error) bool
	Deliver(ctx context.Context) error // the notices that wait
	Waiting() int
	Orders() int
	GivenBack() payments.Fen // by all refunds together
	Calls(Call) int

	LoseNotices(n int)
	RepeatNotices(n int)
	DelayNotices(n int, d time.Duration)
	CutAfterEffect(c Call, n int)
	FailWithoutEffect(c Call, n int)
	SignWrongly(c Call, n int)
	PayBeforeClose(payer string, n int)
	DamageBills(n int) // where the gateway is a payments.BillGateway
	Forgeries() []Forgery
	Violations() []string

	// OpensLate tells whether an order does not exist at the provider before a payer opens it, so that it cannot be closed and its
	// code stays good.
	OpensLate() bool
}

// Run runs the whole suite. open makes a fresh provider on a clock.
func Run(t *testing.T, open func(t *testing.T, now func() time.Time) Provider) {
	for name, test := range map[string]func(t *testing.T, w *world){
		"HappyPath":             happyPath,
		"Forged":                forged,
		"Unsigned":              unsigned,
		"TimeoutsAfterEffect":   timeoutsAfterEffect,
		"ClosedWhenGivenUp":     closedWhenGivenUp,
		"PaidBeforeClose":       paidBeforeClose,
		"LatePayment":           latePayment,
		"Refund":                refund,
		"RefundInParts":         refundInParts,
		"RefundTimeouts":        refundTimeouts,
		"RefundFailsForAWhile":  refundFailsForAWhile,
		"AbandonedIsGivenUp":    abandoned,
		"Bill":                  bill,
		"EmptyBill":             emptyBill,
		"ReplicasSettleOnce":    replicasSettleOnce,
		"AmountIsTheOrdersOnly": sameNumberOtherAmount,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, open))
		})
	}
	t.Run("Notices", func(t *testing.T) {
		t.Parallel()
		notices(t, open)
	})
}
