package alipaytest

import (
	"sync"
	"time"
)

// Op names an interface of the API.
type Op string

// The interfaces.
const (
	Precreate   Op = "alipay.trade.precreate"
	WapPay      Op = "alipay.trade.wap.pay"
	Query       Op = "alipay.trade.query"
	Close       Op = "alipay.trade.close"
	RefundOp    Op = "alipay.trade.refund"
	QueryRefund Op = "alipay.trade.fastpay.refund.query"
	BillQuery   Op = "alipay.data.dataservice.bill.downloadurl.query"
	BillFile    Op = "the file of a bill" // no interface: where a bill is downloaded
)

// Faults are what goes wrong next. Each method arms a fault for the next n times; n < 0 means until Clear. They may be called at
// any time.
type Faults struct {
	mu       sync.Mutex
	lose     int
	repeat   int
	delay    int
	delayBy  time.Duration
	payClose struct {
		payer string
		n     int
	}
	cuts      map[Op]int
	unsigned  map[Op]int
	strangers map[Op]int
	responses map[Op]*response
}

type response struct {
	code, sub string
	n         int
}

// use takes one from a counter of times left.
func use(n *int) bool {
	if *n > 0 {
		*n--
		return true
	}
	return *n < 0
}

// LoseNotice drops the next n notices for good.
func (f *Faults) LoseNotice(n int) { f.set(func() { f.lose = n }) }

// RepeatNotice delivers the next n notices twice, although they were acknowledged.
func (f *Faults) RepeatNotice(n int) { f.set(func() { f.repeat = n }) }

// DelayNotice holds the next n notices back for d of business time; Deliver does not hasten them.
func (f *Faults) DelayNotice(n int, d time.Duration) { f.set(func() { f.delay, f.delayBy = n, d }) }

// TimeoutAfterCommit lets the next n calls of op take effect and cuts the connection instead of answering.
func (f *Faults) TimeoutAfterCommit(op Op, n int) { f.set(func() { arm(&f.cuts, op, n) }) }

// Unsigned answers the next n calls of op without a signature.
func (f *Faults) Unsigned(op Op, n int) { f.set(func() { arm(&f.unsigned, op, n) }) }

// BadSignature answers the next n calls of op with a signature that is not the platform's. The file of a bill has none: it is damaged.
func (f *Faults) BadSignature(op Op, n int) { f.set(func() { arm(&f.strangers, op, n) }) }

// Respond answers the next n calls of op with an error, without any effect: ("20000", "isp.unknow-error"), ("40005", "isv.call-limited").
func (f *Faults) Respond(op Op, code, sub string, n int) {
	f.set(func() {
		if f.responses == nil {
			f.responses = map[Op]*response{}
		}
		f.responses[op] = &response{code, sub, n}
	})
}

// PayBetweenQueryAndClose lets payer pay just before the next n closes.
func (f *Faults) PayBetweenQueryAndClose(payer string, n int) {
	f.set(func() { f.payClose.payer, f.payClose.n = payer, n })
}

// Clear disarms everything.
func (f *Faults) Clear() {
	f.set(func() {
		f.lose, f.repeat, f.delay, f.payClose.n = 0, 0, 0, 0
		f.cuts, f.unsigned, f.strangers, f.responses = nil, nil, nil, nil
	})
}

func arm(counts *map[Op]int, op Op, n int) {
	if *counts == nil {
		*counts = map[Op]int{}
	}
	(*counts)[op] = n
}

func (f *Faults) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *Faults) response(op Op) (code, sub string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.responses[op]
	if r == nil || !use(&r.n) {
		return "", "", false
	}
	return r.code, r.sub, true
}

func (f *Faults) counted(counts *map[Op]int, op Op) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := (*counts)[op]
	if !use(&n) {
		return false
	}
	(*counts)[op] = n
	return true
}

func (f *Faults) payerAtClose() (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.payClose.payer, use(&f.payClose.n)
}

// notice tells what happens to a notice that is being queued.
func (f *Faults) notice() (lost, repeated bool, delay time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if use(&f.lose) {
		return true, false, 0
	}
	if use(&f.delay) {
		delay = f.delayBy
	}
	return false, use(&f.repeat), delay
}
