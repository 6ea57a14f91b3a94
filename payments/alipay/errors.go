package alipay

import (
	"context"
	"errors"
	"fmt"
	"strings"

	sdk "github.com/smartwalle/alipay/v3"

	"guahao/payments"
)

// Error is a failed call, reduced to what may be logged. Where the code has a meaning for package payments, it wraps that.
type Error struct {
	Op    string // what was tried: native, page, query, close, refund, query refund, bill, bill file
	Code  string // Alipay's, with its sub-code, or ours in lower case
	cause error
}

func (e *Error) Error() string { return fmt.Sprintf("alipay: %s: %s", e.Op, e.Code) }

// Unwrap gives one of package payments' sentinels, or the context's error, or nil.
func (e *Error) Unwrap() error { return e.cause }

// reduce turns the SDK's error, which can hold sentences and URLs, into one of ours.
func reduce(op string, err error) error {
	if err == nil {
		return nil
	}
	var api *sdk.Error
	if errors.As(err, &api) {
		if api == nil {
			return &Error{Op: op, Code: "an empty answer"}
		}
		return refused(op, *api)
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return &Error{Op: op, Code: "no answer in time", cause: known}
		}
	}
	if errors.Is(err, sdk.ErrBadResponse) || errors.Is(err, sdk.ErrSignNotFound) {
		return &Error{Op: op, Code: "an answer of an unknown form"}
	}
	return &Error{Op: op, Code: "no answer that can be believed"}
}

// refused is the error of an answer whose code is no success, or that nobody signed.
func refused(op string, e sdk.Error) error {
	if e.IsSuccess() {
		return &Error{Op: op, Code: "an answer without a signature"}
	}
	code := cleanCode(string(e.Code))
	if sub := cleanCode(e.SubCode); sub != "" {
		code += " " + sub
	}
	return &Error{Op: op, Code: code, cause: meaning(op, e)}
}

// cleanCode keeps of a code what a code is made of.
func cleanCode(code string) string {
	code = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("._-", r) {
			return r
		}
		return -1
	}, code)
	return code[:min(len(code), 64)]
}

func meaning(op string, e sdk.Error) error {
	if e.Code == sdk.CodeCallLimited || strings.HasSuffix(e.SubCode, "call-limited") {
		return payments.ErrTooFast
	}
	switch strings.TrimPrefix(strings.TrimPrefix(e.SubCode, "ACQ."), "isp.") {
	case "bill_not_exist":
		return payments.ErrNoBill
	case "TRADE_NOT_EXIST":
		if op == opQueryRefund {
			return payments.ErrRefundNotExist
		}
		return payments.ErrOrderNotExist
	case "TRADE_HAS_SUCCESS":
		return payments.ErrOrderPaid
	case "TRADE_HAS_CLOSE":
		return payments.ErrOrderClosed
	case "TRADE_STATUS_ERROR", "REASON_TRADE_STATUS_INVALID", "REASON_ILLEGAL_STATUS":
		if op == opClose {
			return payments.ErrOrderClosed // paid, or closed: the question that follows tells
		}
	case "CONTEXT_INCONSISTENT", "DISCORDANT_REPEAT_REQUEST":
		return payments.ErrNumberUsed
	}
	return nil
}
