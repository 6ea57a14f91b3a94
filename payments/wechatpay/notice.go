package wechatpay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core/notify"
	sdk "github.com/wechatpay-apiv3/wechatpay-go/services/payments"

	"guahao/payments"
)

const (
	maxNotice     = 1 << 20         // bytes
	noticeTimeout = 5 * time.Second // the platform waits no longer
)

// Handler takes the notices of payments and refunds. What is not authentic is answered with 401 or 400 and changes nothing; 2xx
// is answered only when the notice has had its effect in the database, or when repeating it could not help (then an incident
// stands there); otherwise 404 or 5xx lets WeChat Pay send it again.
func (g *Gateway) Handler(store *payments.Store) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			reply(w, http.StatusMethodNotAllowed, "只接受 POST")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), noticeTimeout)
		defer cancel()
		n, refusal := g.authenticate(ctx, w, r)
		if refusal != nil {
			g.log.Warn("payment notice refused", "status", refusal.status, "why", refusal.why)
			reply(w, refusal.status, "通知无效")
			return
		}
		status := g.settle(ctx, store, n)
		if status != http.StatusOK {
			reply(w, status, "处理失败，请重新通知")
			return
		}
		reply(w, status, "成功")
	})
}

// reply writes the JSON that the platform documents.
func reply(w http.ResponseWriter, status int, message string) {
	code := "FAIL"
	if status == http.StatusOK {
		code = "SUCCESS"
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"code": code, "message": message})
}

// refusal says why a notice is not believed, in words that hold nothing of it.
type refusal struct {
	status int
	why    string
}

// authenticate bounds, verifies and decrypts a notice.
func (g *Gateway) authenticate(ctx context.Context, w http.ResponseWriter, r *http.Request) (*notify.Request, *refusal) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotice))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, &refusal{http.StatusRequestEntityTooLarge, "the body is too long"}
	case err != nil:
		return nil, &refusal{http.StatusBadRequest, "the body could not be read"}
	case strings.HasPrefix(r.Header.Get("Wechatpay-Signature"), "WECHATPAY/SIGNTEST/"):
		return nil, &refusal{http.StatusUnauthorized, "a probe of WeChat Pay: the signature is meant to be wrong"}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := g.notified.Validate(ctx, r); err != nil {
		return nil, &refusal{http.StatusUnauthorized, "the signature, its key or its time is wrong"}
	}
	n, err := g.decrypt(ctx, r)
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "it cannot be decrypted with our APIv3 key, or is not of the documented form"}
	}
	return n, nil
}

// decrypt keeps the SDK's panics (no resource, a nonce of another length) and its errors (headers and body) from everybody else.
func (g *Gateway) decrypt(ctx context.Context, r *http.Request) (n *notify.Request, err error) {
	defer func() {
		if recover() != nil {
			n, err = nil, errors.New("malformed")
		}
	}()
	var content map[string]any
	n, err = g.notices.ParseNotifyRequest(ctx, r, &content)
	if err != nil || n.ID == "" || len(n.ID) > 64 || n.Resource.Plaintext == "" {
		return nil, errors.New("malformed")
	}
	return n, nil
}

// settle hands an authentic notice to the store and says how to answer.
func (g *Gateway) settle(ctx context.Context, store *payments.Store, n *notify.Request) (status int) {
	notice := payments.Notice{Provider: Name, ID: n.ID, Kind: kindOf(n.EventType)}
	handle, err := g.effect(store, n, &notice)
	if err == nil {
		err = store.Once(ctx, notice, handle)
	}
	attributes := []any{"kind", notice.Kind, "number", notice.Number}
	switch {
	case err == nil:
		g.log.Info("payment notice", attributes...)
		return http.StatusOK
	case errors.Is(err, errContent):
		g.log.Error("payment notice without what it must say", attributes...)
		return http.StatusBadRequest
	case errors.Is(err, payments.ErrUnknownOrder):
		g.log.Error("payment notice about nothing that we know", attributes...)
		return http.StatusNotFound
	}
	g.log.Error("payment notice could not be stored", append(attributes, "error", err)...)
	return http.StatusInternalServerError
}

// kindOf keeps an event's name short enough to be stored.
func kindOf(event string) string {
	event = strings.ToValidUTF8(event, "")
	return string([]rune(event)[:min(len([]rune(event)), 64)])
}

var errContent = errors.New("the content is not of the documented form")

// effect reads the decrypted content and gives what it causes. ErrMismatch is no failure of the notice: the incident is recorded,
// and sending it again would not help.
func (g *Gateway) effect(store *payments.Store, n *notify.Request, notice *payments.Notice) (func(context.Context) error, error) {
	switch {
	case strings.HasPrefix(n.EventType, "TRANSACTION."):
		var transaction sdk.Transaction
		if err := json.Unmarshal([]byte(n.Resource.Plaintext), &transaction); err != nil {
			return nil, errContent
		}
		trade, err := toTrade(&transaction)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errContent, err)
		}
		notice.Number = trade.OutTradeNo
		return recorded(func(ctx context.Context) error { return store.Settle(ctx, trade) }), nil
	case strings.HasPrefix(n.EventType, "REFUND."):
		result, err := g.refundNotice(n.Resource.Plaintext)
		if err != nil {
			return nil, err
		}
		notice.Number = result.OutRefundNo
		return recorded(func(ctx context.Context) error { return store.SettleRefund(ctx, result) }), nil
	}
	return func(context.Context) error { return nil }, nil // an event that we did not ask for
}

func recorded(settle func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := settle(ctx); !errors.Is(err, payments.ErrMismatch) {
			return err
		}
		return nil
	}
}

// refundNotice reads a refund's notice, which has names of its own.
func (g *Gateway) refundNotice(plain string) (payments.RefundResult, error) {
	var content struct {
		MchID       string `json:"mchid"`
		OutTradeNo  string `json:"out_trade_no"`
		OutRefundNo string `json:"out_refund_no"`
		RefundID    string `json:"refund_id"`
		Status      string `json:"refund_status"`
		Amount      struct {
			Refund int64 `json:"refund"`
		} `json:"amount"`
	}
	if err := json.Unmarshal([]byte(plain), &content); err != nil {
		return payments.RefundResult{}, errContent
	}
	status, err := refundStatus(content.Status)
	if err != nil || content.MchID != g.config.MchID || content.OutRefundNo == "" || len(content.OutRefundNo) > 64 {
		return payments.RefundResult{}, errContent
	}
	return payments.RefundResult{
		OutTradeNo: content.OutTradeNo, OutRefundNo: content.OutRefundNo, ProviderNo: content.RefundID, Amount: payments.Fen(content.Amount.Refund), Status: status,
	}, nil
}
