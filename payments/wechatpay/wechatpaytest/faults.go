package wechatpaytest

import (
	"sync"
	"time"
)

// Op names an interface of the API.
type Op string

// The interfaces.
const (
	Native      Op = "native"
	JSAPI       Op = "jsapi"
	Query       Op = "query"
	QueryID     Op = "query-id"
	Close       Op = "close"
	RefundOp    Op = "refund"
	QueryRefund Op = "query-refund"
	TradeBill   Op = "trade-bill" // where a bill lies
	BillFile    Op = "bill-file"  // the bill itself
)

// Faults are what goes wrong next. Each method arms a fault for the next n times; n < 0 means until Clear. They may be called
// at any time.
type Faults struct {
	mu        sync.Mutex
	lose      int
	repeat    int
	delay     int
	delayBy   time.Duration
	reorder   bool
	abnormal  int
	closed    int
	payClose  payment
	payPrepay payment
	cuts      map[Op]int
	unsigned  map[Op]int
	responses map[Op]*response
}

type payment struct {
	payer string
	n     int
}

type response struct {
	status, n int
	code      string
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

// ReorderNotice delivers the queue from its newest end.
func (f *Faults) ReorderNotice(on bool) { f.set(func() { f.reorder = on }) }

// TimeoutAfterCommit lets the next n calls of op take effect and cuts the connection instead of answering.
func (f *Faults) TimeoutAfterCommit(op Op, n int) {
	f.set(func() {
		if f.cuts == nil {
			f.cuts = map[Op]int{}
		}
		f.cuts[op] = n
	})
}

// BadSignature answers the next n successful calls of op with a signature that is not the platform's. A BillFile, which is not
// signed, comes damaged instead.
func (f *Faults) BadSignature(op Op, n int) {
	f.set(func() {
		if f.unsigned == nil {
			f.unsigned = map[Op]int{}
		}
		f.unsigned[op] = n
	})
}

// Respond answers the next n calls of op with an error, without any effect: (429, "FREQUENCY_LIMITED"), (500, "SYSTEM_ERROR") …
func (f *Faults) Respond(op Op, status int, code string, n int) {
	f.set(func() {
		if f.responses == nil {
			f.responses = map[Op]*response{}
		}
		f.responses[op] = &response{status: status, code: code, n: n}
	})
}

// PayBetweenQueryAndClose lets payer pay just before the next n closes.
func (f *Faults) PayBetweenQueryAndClose(payer string, n int) {
	f.set(func() { f.payClose = payment{payer, n} })
}

// PayDuringPrepay lets payer pay, and the notice be delivered, before the next n prepay calls are answered.
func (f *Faults) PayDuringPrepay(payer string, n int) {
	f.set(func() { f.payPrepay = payment{payer, n} })
}

// RefundAbnormal lets the next n refunds end as ABNORMAL; see Server.ResolveRefund.
func (f *Faults) RefundAbnormal(n int) { f.set(func() { f.abnormal = n }) }

// RefundClosed lets the next n refunds end as CLOSED, that is, fail.
func (f *Faults) RefundClosed(n int) { f.set(func() { f.closed = n }) }

// Clear disarms everything.
func (f *Faults) Clear() {
	f.set(func() {
		f.lose, f.repeat, f.delay, f.abnormal, f.closed, f.reorder = 0, 0, 0, 0, 0, false
		f.payClose, f.payPrepay, f.cuts, f.unsigned, f.responses = payment{}, payment{}, nil, nil, nil
	})
}

func (f *Faults) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *Faults) response(op Op) (status int, code string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.responses[op]
	if r == nil || !use(&r.n) {
		return 0, "", false
	}
	return r.status, r.code, true
}

func (f *Faults) cut(op Op) bool { return f.counted(&f.cuts, op) }

func (f *Faults) badSignature(op Op) bool { return f.counted(&f.unsigned, op) }

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

func (f *Faults) refundEnd() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case use(&f.abnormal):
		return RefundAbnormal
	case use(&f.closed):
		return RefundClosed
	}
	return RefundSuccess
}

func (f *Faults) payer(p *payment) (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return p.payer, p.n != 0 && use(&p.n)
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

func (f *Faults) reordered() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reorder
}

// before pays behind the program's back, where that was asked for.
func (s *Server) before(c call) {
	if c.op != Close {
		return
	}
	s.mu.Lock()
	order := s.orders[c.number]
	payable := order != nil && s.payableLocked(order) == nil
	s.mu.Unlock()
	if !payable {
		return
	}
	if payer, ok := s.Faults.payer(&s.Faults.payClose); ok {
		s.payAs(c.number, payer)
	}
}

// after lets a payment and its notice overtake the answer to a prepay, where that was asked for.
func (s *Server) after(c call, refusal *apiError) {
	if refusal != nil || c.op != Native && c.op != JSAPI {
		return
	}
	if payer, ok := s.Faults.payer(&s.Faults.payPrepay); ok {
		s.payAs(c.number, payer)
		_ = s.Deliver(c.r.Context())
	}
}

func (s *Server) payAs(outTradeNo, payer string) {
	s.mu.Lock()
	order := s.orders[outTradeNo]
	err := s.payLocked(order, payer)
	s.mu.Unlock()
	if s.paid(order, err) != nil {
		s.violate("an injected payment was not possible: " + err.Error())
	}
}
