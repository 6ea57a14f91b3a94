package alipay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	sdk "github.com/smartwalle/alipay/v3"

	"guahao/payments"
)

const (
	maxNotice     = 1 << 20         // bytes
	maxFields     = 200             // of a form
	maxNoticeID   = 64              // bytes that are kept
	noticeTimeout = 5 * time.Second // the platform waits a little longer
)

// Handler takes the asynchronous notices, which are signed forms. What is not authentic is answered with 401 or 400 and changes
// nothing; "success" is answered only when the notice has had its effect in the database, or when repeating it could not help (then
// an incident stands there); anything else lets Alipay send it again for a day.
func (g *Gateway) Handler(store *payments.Store) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			reply(w, http.StatusMethodNotAllowed)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), noticeTimeout)
		defer cancel()
		n, refusal := g.authenticate(w, r)
		if refusal != nil {
			g.log.Warn("payment notice refused", "provider", Name, "status", refusal.status, "why", refusal.why)
			reply(w, refusal.status)
			return
		}
		reply(w, g.settle(ctx, store, n))
	})
}

// reply writes the one word that the platform looks for.
func reply(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	word := "fail"
	if status == http.StatusOK {
		word = "success"
	}
	_, _ = io.WriteString(w, word)
}

// refusal says why a notice is not believed, in words that hold nothing of it.
type refusal struct {
	status int
	why    string
}

// authenticate bounds, reads and verifies a notice.
func (g *Gateway) authenticate(w http.ResponseWriter, r *http.Request) (*sdk.Notification, *refusal) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotice))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, &refusal{http.StatusRequestEntityTooLarge, "the body is too long"}
	case err != nil:
		return nil, &refusal{http.StatusBadRequest, "the body could not be read"}
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, &refusal{http.StatusBadRequest, "the body is no form"}
	}
	if strings.Count(string(body), "&") > maxFields {
		return nil, &refusal{http.StatusBadRequest, "the form has too many fields"}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || repeated(form) {
		return nil, &refusal{http.StatusBadRequest, "the form is malformed"}
	}
	if form.Get("sign_type") != "RSA2" || form.Get("sign") == "" {
		return nil, &refusal{http.StatusUnauthorized, "it is not signed with RSA2"}
	}
	n, err := g.client.DecodeNotification(form)
	if err != nil {
		return nil, &refusal{http.StatusUnauthorized, "the signature is wrong"}
	}
	if n.NotifyId == "" || n.OutTradeNo == "" {
		return nil, &refusal{http.StatusBadRequest, "it does not say what it must"}
	}
	return n, nil
}

// repeated tells whether a field stands in a form more than once: the platform sends none twice.
func repeated(form url.Values) bool {
	for _, values := range form {
		if len(values) > 1 {
			return true
		}
	}
	return false
}

// settle hands an authentic notice to the store and says how to answer.
func (g *Gateway) settle(ctx context.Context, store *payments.Store, n *sdk.Notification) (status int) {
	trade, err := g.noticed(n)
	attributes := []any{"provider", Name, "kind", cleanCode(string(n.TradeStatus)), "number", cleanCode(n.OutTradeNo)}
	if err != nil {
		g.log.Error("payment notice without what it must say", attributes...)
		return http.StatusBadRequest
	}
	notice := payments.Notice{Provider: Name, ID: noticeID(n.NotifyId), Kind: cleanCode(string(n.TradeStatus)), Number: trade.OutTradeNo}
	err = store.Once(ctx, notice, func(ctx context.Context) error {
		// A mismatch is no failure of the notice: the incident is recorded, and sending it again would not help.
		if err := store.Settle(ctx, trade); !errors.Is(err, payments.ErrMismatch) {
			return err
		}
		return nil
	})
	switch {
	case err == nil:
		g.log.Info("payment notice", attributes...)
		return http.StatusOK
	case errors.Is(err, payments.ErrUnknownOrder):
		g.log.Error("payment notice about nothing that we know", attributes...)
		return http.StatusNotFound
	}
	g.log.Error("payment notice could not be stored", append(attributes, "error", err)...)
	return http.StatusInternalServerError
}

// noticeID is a notice's name in the length that is kept.
func noticeID(id string) string {
	if len(id) <= maxNoticeID {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// noticed reads a notice. Whom it is for stands in it, and is compared by the store.
func (g *Gateway) noticed(n *sdk.Notification) (payments.Trade, error) {
	f := facts{
		outTradeNo: n.OutTradeNo, tradeNo: n.TradeNo, status: string(n.TradeStatus), amount: n.TotalAmount, buyer: n.BuyerId,
		paidAt: n.GmtPayment, merchant: g.Merchant(), refunds: n.GmtRefund != "" || n.RefundFee != "",
	}
	f.merchant.AppID = n.AppId
	if g.config.SellerID != "" {
		f.merchant.MchID = n.SellerId
	} else if n.AppId != "" {
		f.merchant.MchID = n.AppId
	}
	return f.trade()
}
