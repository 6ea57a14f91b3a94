package wechatpaytest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Trade states of an order.
const (
	NotPaid  = "NOTPAY"
	Paid     = "SUCCESS"
	Refunded = "REFUND" // at least one refund was accepted
	Closed   = "CLOSED"
)

// Order is one out_trade_no, as a snapshot.
type Order struct {
	OutTradeNo    string
	TransactionID string // WeChat Pay's number, once paid
	TradeType     string // NATIVE or JSAPI
	Description   string
	Attach        string
	NotifyURL     string
	OpenID        string // JSAPI: who may pay
	Total         int64  // fen
	Refunded      int64  // fen, of refunds accepted and not closed
	State         string
	PrepayID      string // valid, like CodeURL, for two hours from PreparedAt
	CodeURL       string
	Payer         string // who paid
	CreatedAt     time.Time
	PreparedAt    time.Time
	ExpiresAt     time.Time // last moment to pay; zero: seven days
	PaidAt        time.Time
}

const (
	prepayValid = 2 * time.Hour
	maxExpiry   = 2*time.Hour + time.Minute
	maxAttach   = 128 // bytes
)

var outTradeNo = regexp.MustCompile(`^[0-9A-Za-z_\-*]{6,32}$`)

// shanghai is the zone in which the API writes times.
func shanghai() *time.Location { return time.FixedZone("", 8*60*60) }

type prepayRequest struct {
	AppID       string  `json:"appid"`
	MchID       string  `json:"mchid"`
	Description string  `json:"description"`
	OutTradeNo  string  `json:"out_trade_no"`
	TimeExpire  string  `json:"time_expire"`
	Attach      string  `json:"attach"`
	NotifyURL   string  `json:"notify_url"`
	Amount      *amount `json:"amount"`
	Payer       *payer  `json:"payer"`

	GoodsTag      string          `json:"goods_tag"`
	SupportFapiao bool            `json:"support_fapiao"`
	LimitPay      []string        `json:"limit_pay"`
	Detail        json.RawMessage `json:"detail"`
	SceneInfo     json.RawMessage `json:"scene_info"`
	SettleInfo    json.RawMessage `json:"settle_info"`
}

type amount struct {
	Total    int64  `json:"total"`
	Currency string `json:"currency"`
}

type payer struct {
	OpenID string `json:"openid"`
}

// decode is strict: a field that the API does not have, or a second value, is refused.
func decode(body []byte, into any) *apiError {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return invalid("", "the body is not the JSON that the interface takes: "+err.Error())
	}
	if decoder.More() {
		return invalid("", "the body holds more than one value")
	}
	return nil
}

func (s *Server) prepay(c call) (any, *apiError) {
	var p prepayRequest
	if refusal := decode(c.body, &p); refusal != nil {
		return nil, refusal
	}
	expires, refusal := s.checkPrepay(c.op, p)
	if refusal != nil {
		return nil, refusal
	}
	wanted := Order{
		OutTradeNo: p.OutTradeNo, TradeType: strings.ToUpper(string(c.op)), Description: p.Description, Attach: p.Attach,
		NotifyURL: p.NotifyURL, Total: p.Amount.Total, ExpiresAt: expires, State: NotPaid,
	}
	if p.Payer != nil {
		wanted.OpenID = p.Payer.OpenID
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	order, refusal := s.placeLocked(wanted)
	if refusal != nil {
		return nil, refusal
	}
	if c.op == JSAPI {
		return map[string]string{"prepay_id": order.PrepayID}, nil
	}
	return map[string]string{"code_url": order.CodeURL}, nil
}

func (s *Server) checkPrepay(op Op, p prepayRequest) (expires time.Time, refusal *apiError) {
	switch {
	case p.MchID != s.mchID || p.AppID != s.appID:
		return expires, problem(http.StatusBadRequest, "APPID_MCHID_NOT_MATCH", "appid and mchid are not bound to each other")
	case !outTradeNo.MatchString(p.OutTradeNo):
		return expires, invalid("out_trade_no", "must be 6 to 32 of 0-9 A-Z a-z _ - *")
	case p.Description == "" || len(p.Description) > 127:
		return expires, invalid("description", "must have 1 to 127 bytes")
	case len(p.Attach) > maxAttach:
		return expires, invalid("attach", "must not exceed 128 bytes")
	case p.Amount == nil || p.Amount.Total < 1:
		return expires, invalid("amount/total", "must be at least 1 fen")
	case p.Amount.Currency != "" && p.Amount.Currency != "CNY":
		return expires, invalid("amount/currency", "must be CNY")
	case op == JSAPI && (p.Payer == nil || len(p.Payer.OpenID) < 1 || len(p.Payer.OpenID) > 128):
		return expires, invalid("payer/openid", "is required")
	case op == Native && p.Payer != nil:
		return expires, invalid("payer", "is not a field of native orders")
	}
	if refusal := checkNotifyURL(p.NotifyURL); refusal != nil {
		return expires, refusal
	}
	return s.checkExpiry(p.TimeExpire)
}

func checkNotifyURL(raw string) *apiError {
	u, err := url.Parse(raw)
	if err != nil || len(raw) > 255 || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return invalid("notify_url", "must be an absolute URL without parameters")
	}
	loopback := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return invalid("notify_url", "must be https (plain http is taken on the loopback only)")
	}
	return nil
}

func (s *Server) checkExpiry(text string) (time.Time, *apiError) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || !strings.HasSuffix(text, "+08:00") {
		return t, invalid("time_expire", "must be RFC 3339 in +08:00")
	}
	if left := t.Sub(s.now()); left <= 0 || left > maxExpiry {
		return t, invalid("time_expire", "must lie in the future, within two hours")
	}
	return t, nil
}

// placeLocked makes an order, or finds it again when everything about it is the same.
func (s *Server) placeLocked(wanted Order) (*Order, *apiError) {
	order := s.orders[wanted.OutTradeNo]
	if order == nil {
		wanted.CreatedAt = s.now()
		order = &wanted
		s.orders[order.OutTradeNo] = order
	}
	same := order.TradeType == wanted.TradeType && order.Description == wanted.Description && order.Attach == wanted.Attach &&
		order.NotifyURL == wanted.NotifyURL && order.OpenID == wanted.OpenID && order.Total == wanted.Total && order.ExpiresAt.Equal(wanted.ExpiresAt)
	switch {
	case order.State == Closed:
		return nil, state(http.StatusBadRequest, "ORDER_CLOSED", "the order is closed")
	case order.State != NotPaid:
		return nil, state(http.StatusBadRequest, "ORDERPAID", "the order is paid")
	case !same:
		return nil, problem(http.StatusForbidden, "OUT_TRADE_NO_USED", "the out_trade_no was used with other parameters")
	}
	if order.PrepayID == "" || s.now().Sub(order.PreparedAt) >= prepayValid {
		order.PreparedAt = s.now()
		order.PrepayID = "wx" + s.now().In(shanghai()).Format("20060102150405") + strings.ToLower(rand.Text())[:20]
		order.CodeURL = "weixin://wxpay/bizpayurl?pr=" + rand.Text()[:9]
	}
	return order, nil
}

func (s *Server) query(c call) (any, *apiError) {
	if c.r.URL.Query().Get("mchid") != s.mchID {
		return nil, invalid("mchid", "must be this merchant's")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	order := s.orders[c.number]
	if c.op == QueryID {
		order = s.byTransactionLocked(c.number)
	}
	if order == nil {
		return nil, state(http.StatusNotFound, "ORDER_NOT_EXIST", "the order does not exist")
	}
	return s.transaction(*order), nil
}

func (s *Server) byTransactionLocked(id string) *Order {
	for _, order := range s.orders {
		if order.TransactionID == id {
			return order
		}
	}
	return nil
}

// transaction is the body of a query's answer and of a notice.
func (s *Server) transaction(o Order) map[string]any {
	t := map[string]any{
		"mchid": s.mchID, "appid": s.appID, "out_trade_no": o.OutTradeNo, "trade_state": o.State, "promotion_detail": []any{},
		"trade_state_desc": map[string]string{NotPaid: "订单未支付", Paid: "支付成功", Refunded: "订单发生过退款", Closed: "订单已关闭"}[o.State],
		"amount":           map[string]any{"total": o.Total, "currency": "CNY"},
	}
	if o.Attach != "" {
		t["attach"] = o.Attach
	}
	if o.TransactionID != "" {
		t["transaction_id"], t["trade_type"], t["bank_type"] = o.TransactionID, o.TradeType, "OTHERS"
		t["success_time"] = o.PaidAt.In(shanghai()).Format(time.RFC3339)
		t["payer"] = map[string]string{"openid": o.Payer}
		t["amount"] = map[string]any{"total": o.Total, "payer_total": o.Total, "currency": "CNY", "payer_currency": "CNY"}
	}
	return t
}

func (s *Server) close(c call) (any, *apiError) {
	var body struct {
		MchID string `json:"mchid"`
	}
	if refusal := decode(c.body, &body); refusal != nil {
		return nil, refusal
	}
	if body.MchID != s.mchID {
		return nil, invalid("mchid", "must be this merchant's")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch order := s.orders[c.number]; {
	case order == nil:
		return nil, state(http.StatusNotFound, "ORDER_NOT_EXIST", "the order does not exist")
	case order.State == Closed:
		return nil, state(http.StatusBadRequest, "ORDER_CLOSED", "the order is closed already")
	case order.State != NotPaid:
		return nil, state(http.StatusBadRequest, "ORDERPAID", "the order is paid")
	default:
		order.State = Closed
		return nil, nil
	}
}

// Order gives one order.
func (s *Server) Order(outTradeNo string) (Order, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := s.orders[outTradeNo]
	if order == nil {
		return Order{}, false
	}
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

// numberLocked makes a number of WeChat Pay's own, unique within the server's life.
func (s *Server) numberLocked(prefix string) string {
	s.counter++
	return fmt.Sprintf("%s%s%012d", prefix, s.now().In(shanghai()).Format("20060102150405"), s.counter)
}
