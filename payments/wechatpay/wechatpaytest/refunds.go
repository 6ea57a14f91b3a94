package wechatpaytest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// States of a refund.
const (
	RefundProcessing = "PROCESSING"
	RefundSuccess    = "SUCCESS"
	RefundAbnormal   = "ABNORMAL" // the payer's card is void: somebody must act, and then it succeeds or is closed
	RefundClosed     = "CLOSED"   // failed
)

// Refund is one out_refund_no, as a snapshot.
type Refund struct {
	OutRefundNo   string
	RefundID      string
	OutTradeNo    string
	TransactionID string
	Reason        string
	NotifyURL     string
	Amount        int64 // fen
	Total         int64 // fen, of the order
	Status        string
	CreatedAt     time.Time
	EndsAt        time.Time // when PROCESSING ends
	DoneAt        time.Time
}

const (
	maxRefunds = 50 // of one order
	maxReason  = 80 // bytes
)

var outRefundNo = regexp.MustCompile(`^[0-9A-Za-z_\-|*@]{1,64}$`)

type refundRequest struct {
	TransactionID string        `json:"transaction_id"`
	OutTradeNo    string        `json:"out_trade_no"`
	OutRefundNo   string        `json:"out_refund_no"`
	Reason        string        `json:"reason"`
	NotifyURL     string        `json:"notify_url"`
	FundsAccount  string        `json:"funds_account"`
	Amount        *refundAmount `json:"amount"`
}

type refundAmount struct {
	Refund   int64  `json:"refund"`
	Total    int64  `json:"total"`
	Currency string `json:"currency"`
}

func (s *Server) refund(c call) (any, *apiError) {
	var q refundRequest
	if refusal := decode(c.body, &q); refusal != nil {
		return nil, refusal
	}
	if refusal := checkRefund(q); refusal != nil {
		return nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	order := s.orders[q.OutTradeNo]
	if q.TransactionID != "" {
		order = s.byTransactionLocked(q.TransactionID)
	}
	if order == nil || q.OutTradeNo != "" && order.OutTradeNo != q.OutTradeNo {
		return nil, problem(http.StatusNotFound, "RESOURCE_NOT_EXISTS", "the order to refund does not exist")
	}
	refund, refusal := s.acceptLocked(order, q)
	if refusal != nil {
		return nil, refusal
	}
	return refundAnswer(*refund), nil
}

func checkRefund(q refundRequest) *apiError {
	switch {
	case q.TransactionID == "" && q.OutTradeNo == "":
		return invalid("transaction_id", "either transaction_id or out_trade_no is required")
	case !outRefundNo.MatchString(q.OutRefundNo):
		return invalid("out_refund_no", "must be 1 to 64 of 0-9 A-Z a-z _ - | * @")
	case len(q.Reason) > maxReason:
		return invalid("reason", "must not exceed 80 bytes")
	case q.Amount == nil || q.Amount.Refund < 1 || q.Amount.Total < 1:
		return invalid("amount", "refund and total must be at least 1 fen")
	case q.Amount.Currency != "CNY":
		return invalid("amount/currency", "must be CNY")
	case q.FundsAccount != "" && q.FundsAccount != "AVAILABLE":
		return invalid("funds_account", "must be AVAILABLE")
	case q.NotifyURL != "":
		return checkNotifyURL(q.NotifyURL)
	}
	return nil
}

// acceptLocked takes a refund once per out_refund_no.
func (s *Server) acceptLocked(order *Order, q refundRequest) (*Refund, *apiError) {
	if known := s.refunds[q.OutRefundNo]; known != nil {
		if known.OutTradeNo != order.OutTradeNo || known.Amount != q.Amount.Refund || known.Total != q.Amount.Total {
			return nil, problem(http.StatusBadRequest, "INVALID_REQUEST", "the out_refund_no was used with other parameters")
		}
		return known, nil
	}
	earlier := 0
	for _, refund := range s.refunds {
		if refund.OutTradeNo == order.OutTradeNo {
			earlier++
		}
	}
	switch {
	case order.State != Paid && order.State != Refunded:
		return nil, problem(http.StatusBadRequest, "INVALID_REQUEST", "the order is not paid")
	case q.Amount.Total != order.Total:
		return nil, problem(http.StatusBadRequest, "INVALID_REQUEST", "the total is not the order's")
	case q.Amount.Refund > order.Total-order.Refunded:
		return nil, problem(http.StatusBadRequest, "INVALID_REQUEST", "the refund exceeds what is left of the payment")
	case earlier == maxRefunds:
		return nil, problem(http.StatusForbidden, "RULE_LIMIT", "an order can be refunded 50 times")
	}
	now := s.now()
	refund := &Refund{
		OutRefundNo: q.OutRefundNo, RefundID: s.numberLocked("50"), OutTradeNo: order.OutTradeNo, TransactionID: order.TransactionID,
		Reason: q.Reason, NotifyURL: q.NotifyURL, Amount: q.Amount.Refund, Total: order.Total,
		Status: RefundProcessing, CreatedAt: now, EndsAt: now.Add(s.options.RefundDelay),
	}
	s.refunds[refund.OutRefundNo] = refund
	order.Refunded += refund.Amount
	order.State = Refunded
	s.poke()
	return refund, nil
}

func (s *Server) queryRefund(c call) (any, *apiError) {
	s.finish(false)
	s.mu.Lock()
	defer s.mu.Unlock()
	refund := s.refunds[c.number]
	if refund == nil {
		return nil, state(http.StatusNotFound, "RESOURCE_NOT_EXISTS", "the refund does not exist")
	}
	return refundAnswer(*refund), nil
}

func refundAnswer(r Refund) map[string]any {
	answer := map[string]any{
		"refund_id": r.RefundID, "out_refund_no": r.OutRefundNo, "transaction_id": r.TransactionID, "out_trade_no": r.OutTradeNo,
		"channel": "ORIGINAL", "user_received_account": "支付用户零钱", "create_time": r.CreatedAt.In(shanghai()).Format(time.RFC3339),
		"status": r.Status, "funds_account": "AVAILABLE", "promotion_detail": []any{},
		"amount": map[string]any{
			"total": r.Total, "refund": r.Amount, "from": []any{}, "payer_total": r.Total, "payer_refund": r.Amount,
			"settlement_refund": r.Amount, "settlement_total": r.Total, "discount_refund": 0, "currency": "CNY",
		},
	}
	if r.Status == RefundSuccess {
		answer["success_time"] = r.DoneAt.In(shanghai()).Format(time.RFC3339)
	}
	return answer
}

// finish ends the refunds that are due, or all that are in progress, and queues their notices.
func (s *Server) finish(all bool) {
	s.mu.Lock()
	var changed []string
	for _, refund := range s.refunds {
		if refund.Status == RefundProcessing && (all || !s.now().Before(refund.EndsAt)) {
			s.endLocked(refund, s.Faults.refundEnd())
			changed = append(changed, refund.OutTradeNo)
		}
	}
	s.mu.Unlock()
	for _, number := range changed {
		s.notifyListeners(number)
	}
}

func (s *Server) endLocked(refund *Refund, status string) {
	refund.Status, refund.DoneAt = status, s.now()
	order := s.orders[refund.OutTradeNo]
	if status == RefundClosed {
		order.Refunded -= refund.Amount
	}
	notice := map[string]any{
		"mchid": s.mchID, "out_trade_no": refund.OutTradeNo, "transaction_id": refund.TransactionID, "out_refund_no": refund.OutRefundNo,
		"refund_id": refund.RefundID, "refund_status": status, "user_received_account": "支付用户零钱",
		"amount": map[string]int64{"total": refund.Total, "refund": refund.Amount, "payer_total": refund.Total, "payer_refund": refund.Amount},
	}
	summary := map[string]string{RefundSuccess: "退款成功", RefundAbnormal: "退款异常", RefundClosed: "退款关闭"}[status]
	if status == RefundSuccess {
		notice["success_time"] = refund.DoneAt.In(shanghai()).Format(time.RFC3339)
	}
	if refund.NotifyURL != "" {
		s.queueLocked(refund.OutTradeNo, refund.NotifyURL, "REFUND."+status, summary, "refund", notice)
	}
}

// ResolveRefund is what staff do about an abnormal refund on the merchant platform: it succeeds to another account of the payer.
func (s *Server) ResolveRefund(outRefundNo string) error {
	s.mu.Lock()
	refund := s.refunds[outRefundNo]
	if refund == nil || refund.Status != RefundAbnormal {
		s.mu.Unlock()
		return fmt.Errorf("refund %s is not abnormal", outRefundNo)
	}
	s.endLocked(refund, RefundSuccess)
	s.mu.Unlock()
	s.notifyListeners(refund.OutTradeNo)
	s.poke()
	return nil
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
		if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(a.RefundID, b.RefundID)
	})
	return all
}
