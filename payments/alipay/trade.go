package alipay

import (
	"context"
	"errors"
	"time"

	sdk "github.com/smartwalle/alipay/v3"

	"guahao/internal/money"
	"guahao/payments"
)

// facts are what an answer or a notice says about a trade.
type facts struct {
	outTradeNo, tradeNo, status, amount, currency, buyer, paidAt string

	merchant payments.Merchant
	refunds  bool // money was given back
}

// queried reads the answer to a query. It is signed for our application, so the merchant is ours.
func (g *Gateway) queried(a *sdk.TradeQueryRsp) (payments.Trade, error) {
	f := facts{
		outTradeNo: a.OutTradeNo, tradeNo: a.TradeNo, status: string(a.TradeStatus), amount: a.TotalAmount, currency: a.TransCurrency,
		buyer: a.BuyerUserId, paidAt: a.SendPayDate, merchant: g.Merchant(),
	}
	if f.buyer == "" {
		f.buyer = a.BuyerOpenId
	}
	return f.trade()
}

// trade checks that the facts say what they must.
func (f facts) trade() (payments.Trade, error) {
	t := payments.Trade{
		Provider: Name, OutTradeNo: f.outTradeNo, TransactionID: f.tradeNo, Merchant: f.merchant, Currency: f.currency, Payer: f.buyer,
	}
	if t.Currency == "" {
		t.Currency = "CNY" // it is said only of orders in another one
	}
	if at, err := time.ParseInLocation(timeForm, f.paidAt, shanghai()); err == nil {
		t.PaidAt = at
	}
	var err error
	if t.State, err = tradeState(f.status, !t.PaidAt.IsZero() || f.refunds); err != nil {
		return t, err
	}
	if t.OutTradeNo == "" || len(t.OutTradeNo) > 64 || len(t.TransactionID) > 64 {
		return t, errors.New("a trade without its number")
	}
	if t.State != payments.TradePaid {
		return t, nil
	}
	if t.Amount, err = money.Parse(f.amount); err != nil || t.Amount <= 0 || t.TransactionID == "" {
		return t, errors.New("a payment without its number or amount")
	}
	return t, nil
}

// tradeState knows the platform's four states. The third of them means two things.
func tradeState(status string, wasPaid bool) (payments.TradeState, error) {
	switch sdk.TradeStatus(status) {
	case sdk.TradeStatusWaitBuyerPay:
		return payments.TradeOpen, nil
	case sdk.TradeStatusSuccess, sdk.TradeStatusFinished:
		return payments.TradePaid, nil
	case sdk.TradeStatusClosed:
		if wasPaid {
			return payments.TradeRefunded, nil
		}
		return payments.TradeClosed, nil
	}
	return "", errors.New("a trade without a known trade_status")
}

// Refund gives money back; see [payments.Gateway]. An answer without a movement of money says only that this call moved none.
func (g *Gateway) Refund(ctx context.Context, r payments.RefundOrder) (payments.RefundResult, error) {
	answer, err := g.client.TradeRefund(ctx, sdk.TradeRefund{
		OutTradeNo: r.OutTradeNo, TradeNo: r.TransactionID, RefundAmount: r.Amount.String(), RefundReason: r.Reason, OutRequestNo: r.OutRefundNo,
	})
	if err = failed(opRefund, err, answer, func() sdk.Error { return answer.Error }); err != nil {
		return payments.RefundResult{}, err
	}
	if answer.OutTradeNo != r.OutTradeNo {
		return payments.RefundResult{}, &Error{Op: opRefund, Code: "an answer about another order"}
	}
	if answer.FundChange != "Y" {
		return g.QueryRefund(ctx, r.OutRefundNo)
	}
	return payments.RefundResult{
		OutTradeNo: r.OutTradeNo, OutRefundNo: r.OutRefundNo, ProviderNo: answer.TradeNo, Amount: r.Amount, Status: payments.RefundSucceeded,
	}, nil
}

// QueryRefund asks how a refund stands; see [payments.Gateway]. The platform needs the order's number too.
func (g *Gateway) QueryRefund(ctx context.Context, outRefundNo string) (payments.RefundResult, error) {
	outTradeNo := payments.OrderOfRefund(outRefundNo)
	answer, err := g.client.TradeFastPayRefundQuery(ctx, sdk.TradeFastPayRefundQuery{OutTradeNo: outTradeNo, OutRequestNo: outRefundNo})
	if err = failed(opQueryRefund, err, answer, func() sdk.Error { return answer.Error }); err != nil {
		return payments.RefundResult{}, err
	}
	if answer.OutRequestNo == "" {
		return payments.RefundResult{}, &Error{Op: opQueryRefund, Code: "no such refund", cause: payments.ErrRefundNotExist}
	}
	result := payments.RefundResult{OutTradeNo: answer.OutTradeNo, OutRefundNo: answer.OutRequestNo, ProviderNo: answer.TradeNo, Status: payments.RefundProcessing}
	if answer.RefundStatus == "REFUND_SUCCESS" {
		result.Status = payments.RefundSucceeded
	}
	result.Amount, err = money.Parse(answer.RefundAmount)
	if err != nil || result.OutRefundNo != outRefundNo || result.OutTradeNo != outTradeNo {
		return payments.RefundResult{}, &Error{Op: opQueryRefund, Code: "an answer without an amount, or about another refund"}
	}
	return result, nil
}
