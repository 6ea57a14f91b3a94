package payments_test

import (
	"testing"

	"guahao/payments"
	"guahao/payments/wechatpay/wechatpaytest"
)

// Each kind of bad notice has the status that makes WeChat Pay behave rightly: 4xx for what is not its own, 404 where it should come again,
// because it may become right, and 200 where repeating cannot help. Where money may be involved, a row says so; nothing else changes.
func TestEachBadNoticeHasItsStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	w.codeURL(c)
	for kind, want := range map[wechatpaytest.Forgery]struct {
		status   int
		incident string
	}{
		wechatpaytest.StrangersKey: {401, ""}, wechatpaytest.NoSignature: {401, ""}, wechatpaytest.OtherSerial: {401, ""},
		wechatpaytest.OldTimestamp: {401, ""}, wechatpaytest.ChangedBody: {401, ""}, wechatpaytest.SignTest: {401, ""},
		wechatpaytest.WrongAPIv3Key: {400, ""}, wechatpaytest.NoResource: {400, ""}, wechatpaytest.ShortNonce: {400, ""}, wechatpaytest.NotJSON: {400, ""},
		wechatpaytest.OtherAlgorithm: {400, ""}, wechatpaytest.EmptyCiphertext: {400, ""}, wechatpaytest.EnormousBody: {413, ""},
		wechatpaytest.WrongAmount: {200, "amount"}, wechatpaytest.WrongCurrency: {200, "currency"}, wechatpaytest.WrongMchID: {200, "merchant"},
		wechatpaytest.WrongAppID: {200, "app"}, wechatpaytest.UnknownOrder: {404, "unknown_order"},
	} {
		before := w.incidents()
		status, err := w.sim.Forge(w.ctx, kind, w.read(c).OutTradeNo)
		if err != nil || status != want.status {
			t.Errorf("a notice %s is answered with %d, %v, want %d", kind, status, err, want.status)
		}
		newest := ""
		if after := w.incidents(); len(after) > len(before) {
			newest = after[0].Kind
		}
		if newest != want.incident {
			t.Errorf("a notice %s left the incident %q, want %q", kind, newest, want.incident)
		}
		w.wantStatus(c, payments.Pending)
		w.wantEffects(c.Ref, 0, 0)
	}
	w.wantBalances(nil)
	if known := len(wechatpaytest.Unauthentic()) + len(wechatpaytest.Contradictions()); known != 18 {
		t.Errorf("there are %d kinds of bad notices, and 18 have their status here", known)
	}
}

func (w *world) incidents() []payments.Incident {
	w.t.Helper()
	list, err := w.store.Incidents(w.ctx, 100)
	must(w.t, err)
	return list
}
