package alipaytest

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
)

// Forgery is a kind of notice that must confirm nothing.
type Forgery string

// Notices that are not Alipay's: the program must answer 4xx, and not "success".
const (
	StrangersKey  Forgery = "signed by somebody else"
	NoSignature   Forgery = "without a signature"
	OtherSignType Forgery = "with the sign_type RSA"
	OtherKeyName  Forgery = "that names an unknown certificate"
	ChangedField  Forgery = "with a field that was changed after signing"
	AddedField    Forgery = "with a field that was added after signing"
	TwoValues     Forgery = "with a field that stands there twice"
	NoNumber      Forgery = "signed, without an order's number"
	NoStatus      Forgery = "signed, without a known status"
	NoAmount      Forgery = "signed, without an amount"
	NotAForm      Forgery = "that is no form"
	EnormousBody  Forgery = "of 10 MB"
)

// Notices that are correctly signed and say something wrong: they must confirm nothing, whatever the answer.
const (
	WrongAmount  Forgery = "of 1 fen"
	WrongSeller  Forgery = "for another seller"
	WrongAppID   Forgery = "for another application"
	UnknownOrder Forgery = "about an order that nobody made"
)

// Unauthentic are the kinds that must be answered with 4xx.
func Unauthentic() []Forgery {
	return []Forgery{StrangersKey, NoSignature, OtherSignType, OtherKeyName, ChangedField, AddedField, TwoValues, NoNumber, NoStatus, NoAmount, NotAForm, EnormousBody}
}

// Contradictions are the kinds that are authentic and wrong.
func Contradictions() []Forgery { return []Forgery{WrongAmount, WrongSeller, WrongAppID, UnknownOrder} }

// Forge sends a notice "order paid" of that kind about an existing order to the order's notify URL, and gives the program's status
// and word. Success for an unauthentic one is a violation.
func (s *Server) Forge(ctx context.Context, kind Forgery, outTradeNo string) (status int, word string, err error) {
	order, ok := s.Order(outTradeNo)
	if !ok {
		return 0, "", fmt.Errorf("there is no order %s", outTradeNo)
	}
	status, word, err = s.post(ctx, order.NotifyURL, s.forged(kind, order))
	if err == nil && word == "success" && slices.Contains(Unauthentic(), kind) {
		s.violate(fmt.Sprintf("a notice %s was answered with success", kind))
	}
	return status, word, err
}

// forged is the body of a notice of the kind.
func (s *Server) forged(kind Forgery, order Order) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	order.Status, order.Payer, order.PaidAt, order.TradeNo = Success, "2088999999999999", s.now(), s.numberLocked("F")
	form := s.noticeLocked(order)
	for name, change := range map[Forgery][2]string{
		WrongAmount: {"total_amount", "0.01"}, WrongSeller: {"seller_id", "2088000000009999"}, WrongAppID: {"app_id", "2021000000009999"},
		UnknownOrder: {"out_trade_no", "NOBODY" + rand.Text()[:12]}, NoNumber: {"out_trade_no", ""}, NoStatus: {"trade_status", "TRADE_MAYBE"},
		NoAmount: {"total_amount", ""},
	} {
		if name == kind {
			form.Set(change[0], change[1])
		}
		if name == kind && change[1] == "" {
			form.Del(change[0])
		}
	}
	key := s.platform
	if kind == StrangersKey {
		key = s.stranger
	}
	form = signed(form, key)
	switch kind {
	case NoSignature:
		form.Del("sign")
	case OtherSignType:
		form.Set("sign_type", "RSA")
	case OtherKeyName:
		form.Set("alipay_cert_sn", strings.Repeat("0", 32))
	case ChangedField:
		form.Set("total_amount", "0.02")
	case AddedField:
		form.Set("passback_params", "x")
	case TwoValues:
		form.Add("out_trade_no", order.OutTradeNo)
	case NotAForm:
		return []byte(`{"trade_status":"TRADE_SUCCESS"}`)
	case EnormousBody:
		return []byte(form.Encode() + "&body=" + strings.Repeat("x", 10<<20))
	}
	return []byte(form.Encode())
}
