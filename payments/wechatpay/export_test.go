package wechatpay

import (
	"io"

	"guahao/payments"
)

// NewBillReader reads the text of a bill.
func NewBillReader(text io.Reader) (payments.Bill, error) {
	bill, err := newBillReader(text, io.NopCloser(text))
	if err != nil {
		return nil, err
	}
	return bill, nil
}
