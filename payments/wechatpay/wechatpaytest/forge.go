package wechatpaytest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Forgery is a kind of notice that must confirm nothing.
type Forgery string

// Notices that are not WeChat Pay's: the program must answer 4xx.
const (
	StrangersKey    Forgery = "signed by somebody else"
	NoSignature     Forgery = "without signature headers"
	OtherSerial     Forgery = "with the serial of an unknown key"
	OldTimestamp    Forgery = "replayed after ten minutes"
	ChangedBody     Forgery = "with a body that was changed after signing"
	SignTest        Forgery = "WeChat Pay's own probe"
	WrongAPIv3Key   Forgery = "encrypted with another key"
	NoResource      Forgery = "signed, without a resource"
	ShortNonce      Forgery = "signed, with a nonce of 3 bytes"
	NotJSON         Forgery = "signed, not JSON"
	EnormousBody    Forgery = "of 10 MB"
	OtherAlgorithm  Forgery = "signed, with an unknown algorithm"
	EmptyCiphertext Forgery = "signed, with an empty ciphertext"
)

// Notices that are correctly signed and say something wrong: they must confirm nothing, whatever the answer.
const (
	WrongAmount   Forgery = "of 1 fen"
	WrongCurrency Forgery = "in dollars"
	WrongMchID    Forgery = "for another merchant"
	WrongAppID    Forgery = "for another app"
	UnknownOrder  Forgery = "about an order that nobody made"
)

// Unauthentic are the kinds that must be answered with 4xx.
func Unauthentic() []Forgery {
	return []Forgery{StrangersKey, NoSignature, OtherSerial, OldTimestamp, ChangedBody, SignTest, WrongAPIv3Key, NoResource, ShortNonce,
		NotJSON, EnormousBody, OtherAlgorithm, EmptyCiphertext}
}

// Contradictions are the kinds that are authentic and wrong.
func Contradictions() []Forgery {
	return []Forgery{WrongAmount, WrongCurrency, WrongMchID, WrongAppID, UnknownOrder}
}

// Forge sends a notice "order paid" of that kind about an existing order to the order's notify URL, and gives the program's
// status. A 2xx for an unauthentic one is a violation.
func (s *Server) Forge(ctx context.Context, kind Forgery, outTradeNo string) (status int, err error) {
	order, ok := s.Order(outTradeNo)
	if !ok {
		return 0, fmt.Errorf("there is no order %s", outTradeNo)
	}
	body, key, tamper := s.forgedContent(kind, order), s.platform, headerForgery(kind)
	switch kind {
	case StrangersKey:
		key = s.stranger
	case EnormousBody:
		body = append(body, strings.Repeat(" ", 10<<20)...)
	case ChangedBody:
		signed := body
		tamper = func(h http.Header) {
			s.sign(h, s.platform, append([]byte(" "), signed...))
		}
	case OldTimestamp:
		tamper = func(h http.Header) {
			old, nonce := strconv.FormatInt(time.Now().Add(-10*time.Minute).Unix(), 10), rand.Text()
			h.Set("Wechatpay-Timestamp", old)
			h.Set("Wechatpay-Nonce", nonce)
			h.Set("Wechatpay-Signature", signature(s.platform, old+"\n"+nonce+"\n"+string(body)+"\n"))
		}
	}
	status, err = s.post(ctx, order.NotifyURL, body, key, tamper)
	if err == nil && status < 300 && slices.Contains(Unauthentic(), kind) {
		s.violate(fmt.Sprintf("a notice %s was answered with %d", kind, status))
	}
	return status, err
}

func headerForgery(kind Forgery) func(http.Header) {
	switch kind {
	case NoSignature:
		return func(h http.Header) {
			for _, name := range []string{"Timestamp", "Nonce", "Serial", "Signature", "Signature-Type"} {
				h.Del("Wechatpay-" + name)
			}
		}
	case OtherSerial:
		return func(h http.Header) { h.Set("Wechatpay-Serial", "PUB_KEY_ID_0000000000000000000000000000000000") }
	case SignTest:
		return func(h http.Header) { h.Set("Wechatpay-Signature", "WECHATPAY/SIGNTEST/"+rand.Text()) }
	}
	return nil
}

// forgedContent is the body of a notice of the kind.
func (s *Server) forgedContent(kind Forgery, order Order) []byte {
	order.State, order.Payer, order.PaidAt, order.TransactionID = Paid, "oForger", s.now(), "4200000000"+strconv.Itoa(int(s.now().Unix()))
	t := s.transaction(order)
	switch kind {
	case WrongAmount:
		t["amount"] = map[string]any{"total": 1, "payer_total": 1, "currency": "CNY", "payer_currency": "CNY"}
	case WrongCurrency:
		t["amount"] = map[string]any{"total": order.Total, "payer_total": order.Total, "currency": "USD", "payer_currency": "USD"}
	case WrongMchID:
		t["mchid"] = "1900009999"
	case WrongAppID:
		t["appid"] = "wxffffffffffffffff"
	case UnknownOrder:
		t["out_trade_no"] = "NOBODY" + rand.Text()[:12]
	}
	id := "EV-FORGED-" + rand.Text()
	return s.forgedEnvelope(kind, id, s.envelope(id, "TRANSACTION.SUCCESS", "支付成功", "transaction", t), t)
}

func (s *Server) forgedEnvelope(kind Forgery, id string, genuine []byte, content map[string]any) []byte {
	const event, summary = "TRANSACTION.SUCCESS", "支付成功"
	resource := map[string]any{"original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "associated_data": "transaction", "nonce": "abcdefghijkl"}
	plain, err := json.Marshal(content)
	if err != nil {
		panic(fmt.Sprintf("encode a notice: %v", err))
	}
	resource["ciphertext"] = s.encrypt(s.apiKey, plain, "abcdefghijkl", "transaction")
	switch kind {
	case WrongAPIv3Key:
		resource["ciphertext"] = s.encrypt(strings.Repeat("k", 32), plain, "abcdefghijkl", "transaction")
	case NoResource:
		return s.wrap(id, event, summary, nil)
	case ShortNonce:
		resource["nonce"] = "abc"
	case OtherAlgorithm:
		resource["algorithm"] = "AEAD_SM4_GCM"
	case EmptyCiphertext:
		resource["ciphertext"] = ""
	case NotJSON:
		return []byte("<xml><return_code>SUCCESS</return_code></xml>")
	default:
		return genuine
	}
	return s.wrap(id, event, summary, resource)
}

// Notice makes the body of an authentic notice with any content, for tests of what the program does with it.
func (s *Server) Notice(event, kind string, content any) []byte {
	return s.envelope("EV-MADE-"+rand.Text(), event, event, kind, content)
}

// Sign adds WeChat Pay's signature of a body to the headers of a request.
func (s *Server) Sign(header http.Header, body []byte) { s.sign(header, s.platform, body) }
