package alipay

import (
	"context"
	"time"

	"guahao/payments"
)

// Bill would fetch the trade bill of a day; see [payments.Gateway].
func (g *Gateway) Bill(context.Context, time.Time) (payments.Bill, error) {
	return nil, payments.ErrNoBill
}
