package sandbox

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"guahao/payments/wechatpay/wechatpaytest"
)

// Progress is what the program knows of what the people of the demo have done so far.
type Progress struct {
	Visit     time.Time // when the next booked visit of one of them starts; zero: there is none
	Booked    bool      // the WeChat patient holds or has held a place
	Reminded  bool      // a reminder has been sent
	Cancelled bool      // a booked visit has been cancelled by its patient
	Staff     bool      // the staff phone is bound
	Broadcast bool      // a broadcast has been sent
	Stopped   bool      // a clinic has been stopped
}

// guideView says which steps of the guide are done.
type guideView struct {
	Done map[string]bool `json:"done"`
}

// progress asks the program; what cannot be had is nothing done.
func (s *Sandbox) progress(ctx context.Context) Progress {
	if s.cfg.Progress == nil {
		return Progress{}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	p, err := s.cfg.Progress(ctx)
	if err != nil && ctx.Err() == nil {
		s.cfg.Log.Warn("demo: the program's progress is not known", slog.Any("error", err))
	}
	return p
}

func (s *Sandbox) publishGuide(ctx context.Context) {
	p := s.progress(ctx)
	s.lapse.setVisit(p.Visit)
	inWeChat, byScan := paidOrders(s.cfg.Pay.Orders())
	s.live.publish("guide", guideView{Done: map[string]bool{
		"book": p.Booked || inWeChat, "pay": inWeChat, "scan": byScan, "remind": p.Reminded, "cancel": p.Cancelled,
		"staff": p.Staff, "broadcast": p.Broadcast, "stop": p.Stopped,
	}})
}

// paidOrders tells whether anything was paid inside WeChat, and by scanning a code.
func paidOrders(orders []wechatpaytest.Order) (inWeChat, byScan bool) {
	for _, o := range orders {
		if o.PaidAt.IsZero() {
			continue
		}
		inWeChat = inWeChat || o.TradeType == "JSAPI"
		byScan = byScan || o.TradeType == "NATIVE"
	}
	return inWeChat, byScan
}

// staffCode keeps the code that the page shows, so that looking at the page does not make a staff member each time.
type staffCode struct {
	mu    sync.Mutex
	value string
}

type codeWanted struct {
	Fresh bool `json:"fresh"` // the shown one is used up or too old
}

type codeShown struct {
	Code string `json:"code"`
}

func (s *Sandbox) staffCode(ctx context.Context, in codeWanted) (codeShown, error) {
	s.code.mu.Lock()
	defer s.code.mu.Unlock()
	if s.code.value == "" || in.Fresh {
		code, err := s.cfg.StaffCode(ctx)
		if err != nil {
			return codeShown{}, err
		}
		s.code.value = code
	}
	return codeShown{s.code.value}, nil
}
