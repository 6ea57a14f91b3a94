package payments

import (
	"fmt"
	"strings"
	"time"
)

// RefundID is a refund's primary key.
type RefundID int64

// RefundStatus is where a refund stands; refundTransitions says how it gets there.
type RefundStatus string

// The statuses of a refund.
const (
	RefundRequested  RefundStatus = "requested"  // written down; the provider may not know it yet
	RefundProcessing RefundStatus = "processing" // accepted, which is not refunded
	RefundSucceeded  RefundStatus = "succeeded"  // the money is back
	RefundAbnormal   RefundStatus = "abnormal"   // the payer's account cannot take it: staff must act; not final
	RefundClosed     RefundStatus = "closed"     // failed
)

// Refund gives some of a charge back.
type Refund struct {
	ID          RefundID
	Charge      ChargeID
	OutRefundNo string // the same in every attempt, so that the provider pays once
	Amount      Fen
	Reason      string // the payer reads it
	Status      RefundStatus
	ProviderNo  string // the provider's number, once it has given one
	CreatedAt   time.Time
	DoneAt      time.Time // zero: not final
	Attempts    int       // calls to the provider that brought no change
	LastError   string    // of the last attempt, in a form that may be shown to staff

	epoch int64
}

// Final tells whether nothing more will happen to the refund.
func (r Refund) Final() bool { return r.Status == RefundSucceeded || r.Status == RefundClosed }

// refundTransitions is every change that a refund can make. An event is named like the status that it leads to.
func refundTransitions() []transition[RefundStatus] {
	var table []transition[RefundStatus]
	add := func(from RefundStatus, to ...RefundStatus) {
		for _, status := range to {
			table = append(table, transition[RefundStatus]{from, string(status), status})
		}
	}
	add(RefundRequested, RefundProcessing, RefundSucceeded, RefundAbnormal, RefundClosed)
	add(RefundProcessing, RefundSucceeded, RefundAbnormal, RefundClosed)
	add(RefundAbnormal, RefundProcessing, RefundSucceeded, RefundClosed)
	return table
}

// refundNumber is the out_refund_no of a charge's nth refund.
func refundNumber(outTradeNo string, n int) string { return fmt.Sprintf("%s-R%d", outTradeNo, n) }

// OrderOfRefund is the out_trade_no of the order that a refund is of: a refund's number begins with it. "" for no such number.
func OrderOfRefund(outRefundNo string) string {
	i := strings.LastIndex(outRefundNo, "-R")
	if i < 0 {
		return ""
	}
	return outRefundNo[:i]
}
