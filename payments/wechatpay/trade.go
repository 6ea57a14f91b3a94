package wechatpay

import (
	"context"
	"errors"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	sdk "github.com/wechatpay-apiv3/wechatpay-go/services/payments"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"

	"guahao/payments"
)

// text reads a field that may be missing.
func text[S ~string](field *S) string {
	if field == nil {
		return ""
	}
	return string(*field)
}

// toTrade checks that a transaction says what it must. All of its fields may be missing.
func toTrade(t *sdk.Transaction) (payments.Trade, error) {
	trade := payments.Trade{
		Provider: Name, OutTradeNo: text(t.OutTradeNo), TransactionID: text(t.TransactionId),
		Merchant: payments.Merchant{MchID: text(t.Mchid), AppID: text(t.Appid)},
	}
	var err error
	if trade.State, err = tradeState(text(t.TradeState)); err != nil {
		return trade, err
	}
	if trade.OutTradeNo == "" || trade.Merchant.MchID == "" || trade.Merchant.AppID == "" {
		return trade, errors.New("a transaction without its number, merchant or app")
	}
	if t.Payer != nil {
		trade.Payer = text(t.Payer.Openid)
	}
	if t.Amount != nil && t.Amount.Total != nil {
		trade.Amount, trade.Currency = payments.Fen(*t.Amount.Total), text(t.Amount.Currency)
	}
	if trade.State == payments.TradePaid && (trade.TransactionID == "" || trade.Amount <= 0 || trade.Currency == "") {
		return trade, errors.New("a payment without its number or amount")
	}
	if at, err := time.Parse(time.RFC3339, text(t.SuccessTime)); err == nil {
		trade.PaidAt = at
	}
	return trade, nil
}

func tradeState(state string) (payments.TradeState, error) {
	switch state {
	case "SUCCESS":
		return payments.TradePaid, nil
	case "REFUND":
		return payments.TradeRefunded, nil
	case "NOTPAY", "USERPAYING", "ACCEPT", "PAYERROR": // after PAYERROR the payer may try again
		return payments.TradeOpen, nil
	case "CLOSED", "REVOKED":
		return payments.TradeClosed, nil
	}
	return "", errors.New("a transaction without a known trade_state")
}

// maxReason is the platform's length of a refund's reason, in bytes.
const maxReason = 80

// Refund hands a refund in; see [payments.Gateway]. Accepted is not refunded.
func (g *Gateway) Refund(ctx context.Context, r payments.RefundOrder) (payments.RefundResult, error) {
	service := refunddomestic.RefundsApiService{Client: g.client}
	request := refunddomestic.CreateRequest{
		TransactionId: &r.TransactionID, OutRefundNo: &r.OutRefundNo, NotifyUrl: &g.config.NotifyURL,
		Amount: &refunddomestic.AmountReq{Refund: core.Int64(int64(r.Amount)), Total: core.Int64(int64(r.Total)), Currency: core.String("CNY")},
	}
	if r.Reason != "" && len(r.Reason) <= maxReason {
		request.Reason = &r.Reason
	}
	answer, _, err := service.Create(ctx, request)
	if err != nil {
		return payments.RefundResult{}, reduce(opRefund, err)
	}
	return toResult(opRefund, answer, r.OutRefundNo)
}

// QueryRefund asks how a refund stands; see [payments.Gateway].
func (g *Gateway) QueryRefund(ctx context.Context, outRefundNo string) (payments.RefundResult, error) {
	service := refunddomestic.RefundsApiService{Client: g.client}
	answer, _, err := service.QueryByOutRefundNo(ctx, refunddomestic.QueryByOutRefundNoRequest{OutRefundNo: &outRefundNo})
	if err != nil {
		return payments.RefundResult{}, reduce(opQueryRefund, err)
	}
	return toResult(opQueryRefund, answer, outRefundNo)
}

func toResult(op string, r *refunddomestic.Refund, outRefundNo string) (payments.RefundResult, error) {
	result := payments.RefundResult{OutTradeNo: text(r.OutTradeNo), OutRefundNo: text(r.OutRefundNo), ProviderNo: text(r.RefundId)}
	if r.Amount != nil && r.Amount.Refund != nil {
		result.Amount = payments.Fen(*r.Amount.Refund)
	}
	var err error
	result.Status, err = refundStatus(text(r.Status))
	if err == nil && result.OutRefundNo != outRefundNo {
		err = errors.New("an answer about another refund")
	}
	if err != nil {
		return payments.RefundResult{}, &Error{Op: op, Code: err.Error()}
	}
	return result, nil
}

func refundStatus(status string) (payments.RefundStatus, error) {
	switch status {
	case "SUCCESS":
		return payments.RefundSucceeded, nil
	case "PROCESSING":
		return payments.RefundProcessing, nil
	case "ABNORMAL":
		return payments.RefundAbnormal, nil
	case "CLOSED":
		return payments.RefundClosed, nil
	}
	return "", errors.New("a refund without a known status")
}
