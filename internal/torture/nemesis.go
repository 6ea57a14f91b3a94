package torture

import (
	"context"
	"fmt"
	"time"

	"guahao/payments/wechatpay/wechatpaytest"
)

// disaster is one thing that goes wrong. It tells whether it happened.
type disaster struct {
	name   string
	weight int
	strike func(*torment, context.Context) (bool, error)
}

func disasters() []disaster {
	pay := func(name string, weight int, arm func(f *wechatpaytest.Faults, n int)) disaster {
		return disaster{name, weight, func(t *torment, _ context.Context) (bool, error) {
			arm(t.world.platforms.Pay.Faults, 1+t.random.IntN(4))
			return true, nil
		}}
	}
	commit := func(c cut) disaster {
		return disaster{"", 8, func(t *torment, _ context.Context) (bool, error) { // the proxy counts those that happened
			for range 1 + t.random.IntN(4) {
				t.world.proxy.arm(c)
			}
			return true, nil
		}}
	}
	return []disaster{
		{"kill_replica", 14, (*torment).killReplica},
		{"kill_database", 4, (*torment).killDatabase},
		{"connections_cut", 4, (*torment).cutConnections},
		commit(cutBefore), commit(cutDuring), commit(cutAfter),
		pay("notice_lost", 6, func(f *wechatpaytest.Faults, n int) { f.LoseNotice(n) }),
		pay("notice_repeated", 6, func(f *wechatpaytest.Faults, n int) { f.RepeatNotice(n) }),
		pay("notice_delayed", 6, func(f *wechatpaytest.Faults, n int) { f.DelayNotice(n, 90*time.Second) }),
		pay("notice_reordered", 3, func(f *wechatpaytest.Faults, n int) { f.ReorderNotice(n%2 == 0) }),
		pay("prepay_unanswered", 3, func(f *wechatpaytest.Faults, n int) { f.TimeoutAfterCommit(wechatpaytest.Native, n) }),
		pay("close_unanswered", 3, func(f *wechatpaytest.Faults, n int) { f.TimeoutAfterCommit(wechatpaytest.Close, n) }),
		pay("refund_unanswered", 3, func(f *wechatpaytest.Faults, n int) { f.TimeoutAfterCommit(wechatpaytest.RefundOp, n) }),
		pay("query_forged", 2, func(f *wechatpaytest.Faults, n int) { f.BadSignature(wechatpaytest.Query, n) }),
		pay("provider_down", 2, func(f *wechatpaytest.Faults, n int) {
			f.Respond(wechatpaytest.Query, 500, "SYSTEM_ERROR", n)
			f.Respond(wechatpaytest.RefundOp, 429, "FREQUENCY_LIMITED", n)
		}),
		pay("paid_before_close", 4, func(f *wechatpaytest.Faults, n int) { f.PayBetweenQueryAndClose(payer, n) }),
	}
}

// torment lets one disaster follow the other until the time is over.
func (t *torment) torment(ctx context.Context) error {
	choices := disasters()
	if t.o.calm {
		choices = []disaster{{"", 1, func(t *torment, _ context.Context) (bool, error) {
			t.world.proxy.arm(cutAfter)
			return true, nil
		}}}
	}
	total := 0
	for _, d := range choices {
		total += d.weight
	}
	for ctx.Err() == nil && !t.over() {
		at := t.random.IntN(total)
		for _, d := range choices {
			if at -= d.weight; at >= 0 {
				continue
			}
			happened, err := d.strike(t, ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
			if happened && d.name != "" {
				t.faults[d.name]++
			}
			break
		}
		pause(ctx, time.Duration(50+t.random.IntN(200))*time.Millisecond)
	}
	return nil
}

func (t *torment) killReplica(context.Context) (bool, error) {
	return t.fleet.kill(t.random.IntN(t.o.Replicas)), nil
}

func (t *torment) killDatabase(ctx context.Context) (bool, error) {
	if err := t.world.server.Kill(); err != nil {
		return false, err
	}
	t.kills = append(t.kills, t.elapsed())
	pause(ctx, time.Duration(t.random.IntN(200))*time.Millisecond)
	// Not under ctx: the database must be there for what follows, whatever ended the run.
	return true, t.world.server.Restart(context.WithoutCancel(ctx))
}

func (t *torment) cutConnections(context.Context) (bool, error) {
	t.world.proxy.cutAll()
	return true, nil
}
