package wechatpaytest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bridge are the parameters that a page gives to WeChat's getBrandWCPayRequest, under the names that it takes them.
type Bridge struct {
	AppID     string `json:"appId"`
	TimeStamp string `json:"timeStamp"`
	NonceStr  string `json:"nonceStr"`
	Package   string `json:"package"`
	SignType  string `json:"signType"`
	PaySign   string `json:"paySign"`
}

// What a patient's phone says instead of taking the money.
var (
	ErrUnknownCode = errors.New("the code is not known")
	ErrCodeExpired = errors.New("the code or the payment session is older than two hours")
	ErrTooLate     = errors.New("the time for paying this order has run out")
	ErrOrderClosed = errors.New("the order is closed")
	ErrOrderPaid   = errors.New("the order is paid already")
	ErrBridge      = errors.New("the payment sheet refuses the page's parameters")
	ErrOtherPayer  = errors.New("the order is for another person")
)

// Scan shows what a QR code asks for, as the payment sheet does, without paying.
func (s *Server) Scan(codeURL string) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	order, err := s.scannedLocked(codeURL)
	if err != nil {
		return Order{}, err
	}
	return *order, nil
}

// ScanPay scans a QR code's content and pays, as the person with the openid payer. The notice is queued.
func (s *Server) ScanPay(codeURL, payer string) error {
	s.mu.Lock()
	order, err := s.scannedLocked(codeURL)
	if err == nil {
		err = s.payLocked(order, payer)
	}
	s.mu.Unlock()
	return s.paid(order, err)
}

func (s *Server) scannedLocked(codeURL string) (*Order, error) {
	for _, order := range s.orders {
		if order.CodeURL == codeURL && codeURL != "" && order.TradeType == "NATIVE" {
			return order, s.payableLocked(order)
		}
	}
	return nil, ErrUnknownCode
}

func (s *Server) payableLocked(order *Order) error {
	switch {
	case order.State == Closed:
		return ErrOrderClosed
	case order.State != NotPaid:
		return ErrOrderPaid
	case !order.ExpiresAt.IsZero() && s.now().After(order.ExpiresAt):
		return ErrTooLate
	case s.now().Sub(order.PreparedAt) >= prepayValid:
		return ErrCodeExpired
	}
	return nil
}

// Open shows the payment sheet that a page in WeChat asks for, without paying: the parameters are verified and the order must be
// for the person who has the page open.
func (s *Server) Open(b Bridge, openID string) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	order, err := s.openedLocked(b, openID)
	if err != nil {
		return Order{}, err
	}
	return *order, nil
}

// BridgePay pays on the sheet that Open shows. The notice is queued.
func (s *Server) BridgePay(b Bridge, openID string) error {
	s.mu.Lock()
	order, err := s.openedLocked(b, openID)
	if err == nil {
		err = s.payLocked(order, openID)
	}
	s.mu.Unlock()
	return s.paid(order, err)
}

func (s *Server) openedLocked(b Bridge, openID string) (*Order, error) {
	if err := s.checkBridge(b); err != nil {
		s.violations = append(s.violations, err.Error())
		return nil, err
	}
	prepayID := strings.TrimPrefix(b.Package, "prepay_id=")
	for _, order := range s.orders {
		if order.PrepayID != prepayID || order.TradeType != "JSAPI" {
			continue
		}
		if order.OpenID != openID {
			return nil, ErrOtherPayer
		}
		return order, s.payableLocked(order)
	}
	return nil, ErrUnknownCode
}

func (s *Server) checkBridge(b Bridge) error {
	seconds, err := strconv.ParseInt(b.TimeStamp, 10, 64)
	message := b.AppID + "\n" + b.TimeStamp + "\n" + b.NonceStr + "\n" + b.Package + "\n"
	switch {
	case b.AppID != s.appID:
		return fmt.Errorf("%w: appId", ErrBridge)
	case b.SignType != "RSA":
		return fmt.Errorf("%w: signType must be RSA", ErrBridge)
	case err != nil || time.Since(time.Unix(seconds, 0)).Abs() > prepayValid:
		return fmt.Errorf("%w: timeStamp must be in seconds and recent", ErrBridge)
	case b.NonceStr == "" || len(b.NonceStr) > 32:
		return fmt.Errorf("%w: nonceStr must have 1 to 32 characters", ErrBridge)
	case !strings.HasPrefix(b.Package, "prepay_id="):
		return fmt.Errorf("%w: package must be prepay_id=…", ErrBridge)
	case !verify(&s.merchant.PublicKey, message, b.PaySign):
		return fmt.Errorf("%w: paySign", ErrBridge)
	}
	return nil
}

// CloseByUser is the person putting the payment sheet away: nothing is paid, and the same code or page may be used again.
func (s *Server) CloseByUser(outTradeNo string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := s.orders[outTradeNo]
	if order == nil {
		return ErrUnknownCode
	}
	return s.payableLocked(order)
}

func (s *Server) payLocked(order *Order, payer string) error {
	if err := s.payableLocked(order); err != nil {
		return err
	}
	order.State, order.Payer, order.PaidAt = Paid, payer, s.now()
	order.TransactionID = s.numberLocked("42")
	s.queueLocked(order.OutTradeNo, order.NotifyURL, "TRANSACTION.SUCCESS", "支付成功", "transaction", s.transaction(*order))
	return nil
}

func (s *Server) paid(order *Order, err error) error {
	if err != nil {
		return err
	}
	s.notifyListeners(order.OutTradeNo)
	s.poke()
	return nil
}
