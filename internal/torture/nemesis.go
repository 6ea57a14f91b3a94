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
	strike func(*torment, context.Context) (bool, error)
}

func disasters() []disaster {
	pay := func(name string, arm func(f *wechatpaytest.Faults, n int)) disaster {
		return disaster{name, func(t *torment, _ context.Context) (bool, error) {
			arm(t.world.platforms.Pay.Faults, 1+t.random.IntN(4))
			return true, nil
		}}
	}
	commit := func(c cut) disaster {
		return disaster{"", func(t *torment, _ context.Context) (bool, error) { // the proxy counts those that happened
			for range 1 + t.random.IntN(4) {
				t.world.proxy.arm(c)
			}
			return true, nil
		}}
	}
	return []disaster{
		{"kill_replica", (*torment).killReplica}, {"kill_replica", (*torment).killReplica}, {"kill_replica", (*torment).killReplica},
		{"kill_database", (*torment).killDatabase},
		{"connections_cut", (*torment).cutConnections},
		commit(cutBefore), commit(cutDuring), commit(cutAfter),
		pay("notice_lost", func(f *wechatpaytest.Faults, n int) { f.LoseNotice(3 * n) }),
		pay("notice_repeated", func(f *wechatpaytest.Faults, n int) { f.RepeatNotice(n) }),
		pay("notice_delayed", func(f *wechatpaytest.Faults, n int) { f.DelayNotice(n, 90*time.Second) }),
		pay("notice_reordered", func(f *wechatpaytest.Faults, n int) { f.ReorderNotice(n%2 == 0) }),
		pay("prepay_unanswered", func(f *wechatpaytest.Faults, n int) { f.TimeoutAfterCommit(wechatpaytest.Native, n) }),
		pay("close_unanswered", func(f *wechatpaytest.Faults, n int) { f.TimeoutAfterCommit(wechatpaytest.Close, n) }),
		pay("refund_unanswered", func(f *wechatpaytest.Faults, n int) { f.TimeoutAfterCommit(wechatpaytest.RefundOp, n) }),
		pay("query_forged", func(f *wechatpaytest.Faults, n int) { f.BadSignature(wechatpaytest.Query, n) }),
		pay("provider_down", func(f *wechatpaytest.Faults, n int) {
			f.Respond(wechatpaytest.Query, 500, "SYSTEM_ERROR", 10*n)
			f.Respond(wechatpaytest.RefundOp, 429, "FREQUENCY_LIMITED", n)
		}),
		pay("paid_before_close", func(f *wechatpaytest.Faults, n int) { f.PayBetweenQueryAndClose(payer, n) }),
	}
}

// torment lets one disaster follow the other until the time is over: each once, in an order of chance, and again. Each strikes at
// least once.
func (t *torment) torment(ctx context.Context) error {
	choices := disasters()
	if t.o.calm {
		choices = []disaster{{"", func(t *torment, _ context.Context) (bool, error) {
			t.world.proxy.arm(cutAfter)
			return true, nil
		}}}
	}
	for n := 0; ctx.Err() == nil && (n < len(choices) || !t.over()); n++ {
		if n%len(choices) == 0 {
			t.random.Shuffle(len(choices), func(i, j int) { choices[i], choices[j] = choices[j], choices[i] })
		}
		d := choices[n%len(choices)]
		happened, err := d.strike(t, ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		if happened && d.name != "" {
			t.faults[d.name]++
		}
		pause(ctx, time.Duration(50+t.random.IntN(150))*time.Millisecond)
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
