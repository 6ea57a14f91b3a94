package alipaytest

import (
	"errors"
	"fmt"
	"net/url"
)

// What a patient's phone says instead of taking the money.
var (
	ErrUnknownCode = errors.New("the code is not known")
	ErrCodeExpired = errors.New("the code is older than two hours")
	ErrTooLate     = errors.New("the time for paying this order has run out")
	ErrOrderClosed = errors.New("the order is closed")
	ErrOrderPaid   = errors.New("the order is paid already")
	ErrPage        = errors.New("the page refuses its address")
)

// Scan shows what a QR code asks for, as the app does, without paying. The order is a trade from now on.
func (s *Server) Scan(codeURL string) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	order, err := s.scannedLocked(codeURL)
	if err != nil {
		return Order{}, err
	}
	s.openLocked(order)
	return *order, nil
}

// ScanPay scans a QR code's content and pays, as the person with the user id payer. The notice is queued.
func (s *Server) ScanPay(codeURL, payer string) error {
	s.mu.Lock()
	order, err := s.scannedLocked(codeURL)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.pay(order, payer)
}

// PagePay opens the page at an address that the program signed, and pays there. The notice is queued.
func (s *Server) PagePay(address, payer string) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPage, err)
	}
	form := u.Query()
	order, err := s.open(form, s.authorize(form))
	if err != nil {
		return err
	}
	s.mu.Lock()
	opened := s.orders[order.OutTradeNo]
	s.mu.Unlock()
	return s.pay(opened, payer)
}

func (s *Server) scannedLocked(codeURL string) (*Order, error) {
	for _, order := range s.orders {
		if order.CodeURL != codeURL || codeURL == "" {
			continue
		}
		if s.now().Sub(order.CreatedAt) >= codeValid {
			return nil, ErrCodeExpired
		}
		return order, s.payableLocked(order)
	}
	return nil, ErrUnknownCode
}

func (s *Server) payableLocked(order *Order) error {
	s.expireLocked(order)
	switch {
	case order.Status == Closed:
		return ErrOrderClosed
	case order.Status == Success:
		return ErrOrderPaid
	case s.now().After(order.ExpiresAt):
		return ErrTooLate
	}
	return nil
}

// openLocked makes a trade of an order.
func (s *Server) openLocked(order *Order) {
	if order.Status == Precreated {
		order.Status, order.TradeNo = WaitPay, s.numberLocked("")
	}
}

func (s *Server) pay(order *Order, payer string) error {
	s.mu.Lock()
	err := s.payableLocked(order)
	if err == nil {
		s.openLocked(order)
		order.Status, order.Payer, order.PaidAt = Success, payer, s.now()
		s.queueLocked(*order, s.noticeLocked(*order))
	}
	number := order.OutTradeNo
	s.mu.Unlock()
	if err != nil {
		return err
	}
	s.tell(number)
	s.poke()
	return nil
}
