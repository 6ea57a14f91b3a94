package alipaytest

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Trade states of an order.
const (
	Precreated = ""               // no trade yet: nobody has scanned the code or opened the page
	WaitPay    = "WAIT_BUYER_PAY" //
	Success    = "TRADE_SUCCESS"  // paid, perhaps partly given back
	Closed     = "TRADE_CLOSED"   // never paid, or given back in full
)

// Order is one out_trade_no, as a snapshot.
type Order struct {
	OutTradeNo string
	TradeNo    string // Alipay's number, once it is a trade
	Subject    string
	Amount     string // yuan
	Refunded   int64  // fen
	NotifyURL  string
	Status     string
	CodeURL    string // "" for the page only
	Payer      string // the buyer's user id
	CreatedAt  time.Time
	ExpiresAt  time.Time
	PaidAt     time.Time
}

// bizContent is what the program says in biz_content; each interface takes some of it.
type bizContent struct {
	OutTradeNo   string `json:"out_trade_no"`
	TradeNo      string `json:"trade_no"`
	TotalAmount  string `json:"total_amount"`
	Subject      string `json:"subject"`
	ProductCode  string `json:"product_code"`
	SellerID     string `json:"seller_id"`
	TimeExpire   string `json:"time_expire"`
	RefundAmount string `json:"refund_amount"`
	RefundReason string `json:"refund_reason"`
	OutRequestNo string `json:"out_request_no"`
	BillType     string `json:"bill_type"`
	BillDate     string `json:"bill_date"`
}

func (b bizContent) number() string {
	switch {
	case b.OutRequestNo != "":
		return b.OutRequestNo
	case b.BillDate != "":
		return b.BillDate
	}
	return b.OutTradeNo
}

const codeValid = 2 * time.Hour // of a code, whatever the order's end

var (
	outTradeNo = regexp.MustCompile(`^[0-9A-Za-z_]{1,64}$`)
	yuan       = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})\.[0-9]{2}$`)
)

// fen reads an amount that yuan matches.
func fen(amount string) (n int64) {
	for _, digit := range strings.Replace(amount, ".", "", 1) {
		n = n*10 + int64(digit-'0')
	}
	return n
}

func inYuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

func (s *Server) checkOrder(b bizContent, notifyURL, product string) (time.Time, *refusal) {
	expires, err := time.ParseInLocation(timeForm, b.TimeExpire, shanghai())
	address, urlErr := url.Parse(notifyURL)
	switch {
	case !outTradeNo.MatchString(b.OutTradeNo):
		return expires, invalid("out_trade_no must be 1 to 64 letters, digits and underscores")
	case !yuan.MatchString(b.TotalAmount) || fen(b.TotalAmount) == 0:
		return expires, invalid("total_amount must be yuan with two decimals, at least 0.01")
	case b.Subject == "" || utf8.RuneCountInString(b.Subject) > 256 || strings.ContainsAny(b.Subject, "/=&"):
		return expires, invalid("subject must have 1 to 256 characters, without / = &")
	case b.ProductCode != product:
		return expires, invalid("product_code must be " + product)
	case b.SellerID != "" && b.SellerID != s.options.SellerID:
		return expires, invalid("seller_id is another's")
	case err != nil || expires.Before(s.now().Add(-time.Second)) || expires.After(s.now().Add(15*24*time.Hour)):
		return expires, invalid("time_expire must be a time in the next 15 days")
	case urlErr != nil || address.Host == "" || address.RawQuery != "" || len(notifyURL) > 256:
		return expires, invalid("notify_url must be absolute and without parameters")
	}
	return expires, nil
}

// orderLocked makes an order, or finds it again: a number cannot be used with another amount.
func (s *Server) orderLocked(b bizContent, notifyURL string, expires time.Time) (*Order, *refusal) {
	order := s.orders[b.OutTradeNo]
	if order == nil {
		order = &Order{OutTradeNo: b.OutTradeNo, Subject: b.Subject, Amount: b.TotalAmount, NotifyURL: notifyURL, CreatedAt: s.now(), ExpiresAt: expires}
		s.orders[b.OutTradeNo] = order
	}
	s.expireLocked(order)
	switch {
	case order.Amount != b.TotalAmount:
		return nil, &refusal{code: "40004", msg: "Business Failed", sub: "ACQ.CONTEXT_INCONSISTENT", text: "the number was used with another amount"}
	case order.Status == Success:
		return nil, business("TRADE_HAS_SUCCESS", "the trade is paid")
	case order.Status == Closed:
		return nil, business("TRADE_HAS_CLOSE", "the trade is closed")
	}
	return order, nil
}

// expireLocked closes a trade whose time is over. What is no trade yet merely cannot become one.
func (s *Server) expireLocked(order *Order) {
	if order.Status == WaitPay && s.now().After(order.ExpiresAt) {
		order.Status = Closed
	}
}

func (s *Server) precreateLocked(b bizContent, notifyURL string) (map[string]any, *refusal) {
	expires, refused := s.checkOrder(b, notifyURL, "FACE_TO_FACE_PAYMENT")
	if refused != nil {
		return nil, refused
	}
	order, refused := s.orderLocked(b, notifyURL, expires)
	if refused != nil {
		return nil, refused
	}
	if order.CodeURL == "" {
		order.CodeURL = "https://qr.alipay.com/" + strings.ToLower(s.numberLocked("bax"))
	}
	return map[string]any{"out_trade_no": order.OutTradeNo, "qr_code": order.CodeURL}, nil
}

func (s *Server) findLocked(b bizContent) (*Order, *refusal) {
	order := s.orders[b.OutTradeNo]
	if b.TradeNo != "" {
		for _, o := range s.orders {
			if o.TradeNo == b.TradeNo && (b.OutTradeNo == "" || o.OutTradeNo == b.OutTradeNo) {
				order = o
			}
		}
	}
	if b.OutTradeNo == "" && b.TradeNo == "" {
		return nil, invalid("out_trade_no or trade_no is required")
	}
	if order == nil || order.Status == Precreated {
		return nil, business("TRADE_NOT_EXIST", "the trade does not exist")
	}
	s.expireLocked(order)
	return order, nil
}

func (s *Server) queryLocked(b bizContent) (map[string]any, *refusal) {
	order, refused := s.findLocked(b)
	if refused != nil {
		return nil, refused
	}
	answer := map[string]any{
		"out_trade_no": order.OutTradeNo, "trade_no": order.TradeNo, "trade_status": order.Status, "total_amount": order.Amount,
		"buyer_user_id": order.Payer, "buyer_logon_id": "138****0000",
	}
	if !order.PaidAt.IsZero() {
		answer["send_pay_date"] = order.PaidAt.In(shanghai()).Format(timeForm)
		answer["buyer_pay_amount"], answer["receipt_amount"] = order.Amount, order.Amount
	}
	return answer, nil
}

func (s *Server) closeLocked(b bizContent) (map[string]any, *refusal) {
	order, refused := s.findLocked(b)
	if refused != nil {
		return nil, refused
	}
	if order.Status != WaitPay {
		return nil, business("TRADE_STATUS_ERROR", "the trade's status does not allow it")
	}
	order.Status = Closed
	return map[string]any{"out_trade_no": order.OutTradeNo, "trade_no": order.TradeNo}, nil
}

// Order gives one order.
func (s *Server) Order(outTradeNo string) (Order, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := s.orders[outTradeNo]
	if order == nil {
		return Order{}, false
	}
	s.expireLocked(order)
	return *order, true
}

// Orders gives all orders, oldest first.
func (s *Server) Orders() []Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Order, 0, len(s.orders))
	for _, order := range s.orders {
		all = append(all, *order)
	}
	slices.SortFunc(all, func(a, b Order) int {
		if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(a.OutTradeNo, b.OutTradeNo)
	})
	return all
}

// numberLocked makes a number of Alipay's own, unique within the server's life.
func (s *Server) numberLocked(prefix string) string {
	s.counter++
	return fmt.Sprintf("%s%s%010d", prefix, s.now().In(shanghai()).Format("20060102150405"), s.counter)
}
