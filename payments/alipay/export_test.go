package alipay

import (
	"io"
	"strings"
	"time"

	"guahao/payments"
)

// NewBillReader reads the text of a bill, in GBK, that should be the seller's of the day.
func NewBillReader(text, seller string, day time.Time) (payments.Bill, error) {
	start, _ := payments.BillDay(day)
	nothing := io.NopCloser(strings.NewReader(""))
	bill, err := newBillReader(io.NopCloser(strings.NewReader(text)), nothing, billOf{seller: seller, day: start})
	if err != nil {
		return nil, err
	}
	return bill, nil
}
