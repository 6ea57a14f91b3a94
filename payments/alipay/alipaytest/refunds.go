package alipaytest

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Refund is one out_request_no, as a snapshot.
type Refund struct {
	OutRequestNo string
	OutTradeNo   string
	Amount       int64 // fen
	Reason       string
	At           time.Time
}

const maxReason = 256 // characters

func (s *Server) refundLocked(b bizContent) (map[string]any, *refusal) {
	switch {
	case !yuan.MatchString(b.RefundAmount) || fen(b.RefundAmount) == 0:
		return nil, invalid("refund_amount must be yuan with two decimals, at least 0.01")
	case b.OutRequestNo == "" || len(b.OutRequestNo) > 64:
		return nil, invalid("out_request_no must have 1 to 64 characters")
	case utf8.RuneCountInString(b.RefundReason) > maxReason:
		return nil, invalid("refund_reason must not exceed 256 characters")
	}
	order, refused := s.findLocked(b)
	if refused != nil {
		return nil, refused
	}
	amount, change := fen(b.RefundAmount), "Y"
	known := s.refunds[b.OutRequestNo]
	switch {
	case known != nil && (known.OutTradeNo != order.OutTradeNo || known.Amount != amount):
		return nil, &refusal{code: "40004", msg: "Business Failed", sub: "ACQ.DISCORDANT_REPEAT_REQUEST", text: "the out_request_no was used with another amount"}
	case known != nil:
		change = "N"
	case order.PaidAt.IsZero():
		return nil, &refusal{code: "40004", msg: "Business Failed", sub: "ACQ.TRADE_STATUS_ERROR", text: "the trade is not paid"}
	case amount > fen(order.Amount)-order.Refunded:
		return nil, &refusal{code: "40004", msg: "Business Failed", sub: "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", text: "more than is left of the payment"}
	default:
		s.giveBackLocked(order, b, amount)
	}
	return map[string]any{
		"out_trade_no": order.OutTradeNo, "trade_no": order.TradeNo, "buyer_user_id": order.Payer, "buyer_logon_id": "138****0000",
		"fund_change": change, "refund_fee": inYuan(order.Refunded),
	}, nil
}

// giveBackLocked moves the money at once. The platform tells the order's notify_url about it, as a notice about the trade.
func (s *Server) giveBackLocked(order *Order, b bizContent, amount int64) {
	s.refunds[b.OutRequestNo] = &Refund{OutRequestNo: b.OutRequestNo, OutTradeNo: order.OutTradeNo, Amount: amount, Reason: b.RefundReason, At: s.now()}
	order.Refunded += amount
	if order.Refunded == fen(order.Amount) {
		order.Status = Closed
	}
	form := s.noticeLocked(*order)
	form.Set("out_biz_no", b.OutRequestNo)
	form.Set("refund_fee", inYuan(order.Refunded))
	form.Set("gmt_refund", s.now().In(shanghai()).Format(timeForm)+".000")
	s.queueLocked(*order, form)
	s.poke()
}

// queryRefundLocked answers success without any field where there is no such refund, as the platform does.
func (s *Server) queryRefundLocked(b bizContent) (map[string]any, *refusal) {
	order, refused := s.findLocked(b)
	if refused != nil {
		return nil, refused
	}
	refund := s.refunds[b.OutRequestNo]
	if refund == nil || refund.OutTradeNo != order.OutTradeNo {
		return map[string]any{}, nil
	}
	return map[string]any{
		"out_trade_no": order.OutTradeNo, "trade_no": order.TradeNo, "out_request_no": refund.OutRequestNo, "total_amount": order.Amount,
		"refund_amount": inYuan(refund.Amount), "refund_status": "REFUND_SUCCESS", "refund_reason": refund.Reason,
	}, nil
}

// Refunds gives all refunds, oldest first.
func (s *Server) Refunds() []Refund {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Refund, 0, len(s.refunds))
	for _, refund := range s.refunds {
		all = append(all, *refund)
	}
	slices.SortFunc(all, func(a, b Refund) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.OutRequestNo, b.OutRequestNo)
	})
	return all
}
