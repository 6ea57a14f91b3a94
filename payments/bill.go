package payments

import "time"

// Bill is what a provider says to have moved on one day, line by line.
type Bill interface {
	// Next gives the next line, and io.EOF after the last one of a bill that is complete and whose totals are right.
	Next() (BillLine, error)
	Close() error
}

// BillKind says what a line of a bill is about.
type BillKind string

// The kinds of a bill's lines.
const (
	BillPayment BillKind = "payment"
	BillRefund  BillKind = "refund"
)

// BillLine is one payment or refund.
type BillLine struct {
	Kind          BillKind
	At            time.Time
	Merchant      Merchant // as far as the bill says it
	OutTradeNo    string
	TransactionID string
	OutRefundNo   string // refunds
	ProviderNo    string // refunds: the provider's number
	Currency      string
	Amount        Fen          // paid, or to be given back; positive
	Fee           Fen          // what the provider keeps for it; negative where it gives a fee back
	Refund        RefundStatus // refunds: how it stood when the bill was made; never RefundRequested
}

// number is our number of what the line is about.
func (l BillLine) number() string {
	if l.Kind == BillRefund {
		return l.OutRefundNo
	}
	return l.OutTradeNo
}

// theirNumber is the provider's number of it.
func (l BillLine) theirNumber() string {
	if l.Kind == BillRefund {
		return l.ProviderNo
	}
	return l.TransactionID
}

// BillDay is the day of a provider's bill that holds a moment: from start until before end. Both providers that there are count days
// in China's only zone, which has no summer time.
func BillDay(t time.Time) (start, end time.Time) {
	y, m, d := t.In(billZone()).Date()
	start = time.Date(y, m, d, 0, 0, 0, 0, billZone())
	return start, start.AddDate(0, 0, 1)
}

func billZone() *time.Location { return time.FixedZone("CST", 8*60*60) }

const dayLayout = "2006-01-02"

// ParseBillDay reads a date as 2006-01-02 and gives the beginning of that day of a bill.
func ParseBillDay(text string) (time.Time, error) {
	return time.ParseInLocation(dayLayout, text, billZone())
}
