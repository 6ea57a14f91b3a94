package wechatpay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/wechatpay-apiv3/wechatpay-go/core"

	"guahao/payments"
)

// Error is a failed call, reduced to what may be logged. Where the code has a meaning for package payments, it wraps that.
type Error struct {
	Op     string // what was tried: native, jsapi, query, close, refund, query refund, bill, bill file
	Status int    // of the answer; 0: there was none that could be believed
	Code   string // WeChat Pay's, or ours in lower case
	cause  error
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("wechatpay: %s: %s", e.Op, e.Code)
	}
	return fmt.Sprintf("wechatpay: %s: %d %s", e.Op, e.Status, e.Code)
}

// Unwrap gives one of package payments' sentinels, or the context's error, or nil.
func (e *Error) Unwrap() error { return e.cause }

// reduce turns the SDK's error, which can hold headers, bodies and URLs, into one of ours.
func reduce(op string, err error) error {
	if err == nil {
		return nil
	}
	var api *core.APIError
	if errors.As(err, &api) {
		code := cleanCode(api.Code)
		return &Error{Op: op, Status: api.StatusCode, Code: code, cause: meaning(op, api.StatusCode, code)}
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return &Error{Op: op, Code: "no answer in time", cause: known}
		}
	}
	var transport *url.Error
	if errors.As(err, &transport) {
		return &Error{Op: op, Code: "no answer"}
	}
	return &Error{Op: op, Code: "an answer without WeChat Pay's valid signature, or not of the documented form"}
}

// cleanCode keeps what a code can consist of: it comes from an answer that nobody signed.
func cleanCode(code string) string {
	keep := func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return -1
	}
	code = strings.Map(keep, code)
	return code[:min(len(code), 64)]
}

// meaning knows codes in all their spellings: ORDERNOTEXIST and ORDER_NOT_EXIST are both in use.
func meaning(op string, status int, code string) error {
	switch strings.ReplaceAll(code, "_", "") {
	case "ORDERNOTEXIST", "ORDERNOTEXISTS":
		return payments.ErrOrderNotExist
	case "ORDERPAID":
		return payments.ErrOrderPaid
	case "ORDERCLOSED":
		return payments.ErrOrderClosed
	case "OUTTRADENOUSED":
		return payments.ErrNumberUsed
	case "RESOURCENOTEXISTS", "RESOURCENOTEXIST", "REFUNDNOTEXIST", "REFUNDNOTEXISTS":
		if op == opQueryRefund {
			return payments.ErrRefundNotExist
		}
	case "STATEMENTCREATING":
		return payments.ErrBillNotReady
	case "NOSTATEMENTEXIST", "NOSTATEMENTEXISTS":
		return payments.ErrNoBill
	case "FREQUENCYLIMITED", "FREQUENCYLIMITEXCEED", "FREQUENCYLIMIT", "RATELIMITEXCEEDED":
		return payments.ErrTooFast
	}
	if status == http.StatusTooManyRequests {
		return payments.ErrTooFast
	}
	return nil
}
