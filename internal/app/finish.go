package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/skip2/go-qrcode"

	"guahao/booking"
	"guahao/bots"
)

// finish adds to a reply what is made outside all locks: the files that it brings along, and how to pay.
func (a *App) finish(ctx context.Context, to bots.Account, reply *bots.Reply) error {
	files, err := a.filing.attach(ctx, to, reply.Attach)
	if err != nil {
		reply.Text += "\n\n" + fileMissing.In(to.Lang)
	}
	reply.Files = files
	return errors.Join(err, a.howToPay(ctx, to, reply))
}

// fileMissing is what a reply says whose file could not be made.
var fileMissing = booking.Text{ZH: "（文件暂时做不出来，请过一会儿再试。）", EN: "(The file cannot be made just now. Please try again in a while.)"}

// howToPay adds to a reply with a charge how to pay it. On Telegram that is a QR code which the first provider's app
// scans, and the pay page's link where there is another provider to choose; in WeChat,
// which scans no code that it shows itself, it is a link to the pay page, which knows the payer.
//
// When WeChat Pay does not answer, the patient gets the page's link on Telegram too: the page tries again by itself.
func (a *App) howToPay(ctx context.Context, to bots.Account, reply *bots.Reply) error {
	if reply.Charge == "" {
		return nil
	}
	if reply.Ask {
		paid, err := a.askPaid(ctx, to, reply)
		if err != nil { // the reply says that no payment has arrived, and how to pay
			a.cfg.Log.WarnContext(ctx, "a payment could not be asked about", "account", to.ID, "error", err)
		}
		if paid {
			return nil
		}
	}
	choice := len(a.Payments.Gateways()) > 1
	page := bots.Option{Label: payLabel(to.Lang, choice || a.gateway == nil), URL: a.cfg.PublicURL + "/pay/" + reply.Charge}
	if to.Platform != bots.Telegram {
		reply.Options = append([]bots.Option{page}, reply.Options...)
		return nil
	}
	code, err := a.Payments.CodeURL(ctx, reply.Charge)
	if err != nil {
		reply.Options = append([]bots.Option{page}, reply.Options...)
		return fmt.Errorf("the QR code of a charge: %w", err)
	}
	picture, err := qrcode.Encode(code, qrcode.High, payCodeSize)
	if err != nil {
		return fmt.Errorf("the QR code of a charge: %w", err)
	}
	reply.Files = append(reply.Files, bots.File{Name: "qr.png", Data: picture})
	if choice {
		reply.Options = append([]bots.Option{page}, reply.Options...)
	}
	return nil
}

// payCodeSize is the QR code's width in pixels: sharp on a phone's screen, and after Telegram's compression still easy to scan.
const payCodeSize = 640

const (
	askPatience = 2 * time.Second // WeChat wants its answer within 5 seconds
	askPause    = 3 * time.Second // between two questions about one charge
	maxAsked    = 1000
)

// asked remembers when which charge was asked about, so that an impatient thumb does not wear the provider out.
type asked struct {
	mu sync.Mutex
	at map[string]time.Time
}

// may tells whether a charge may be asked about now, and notes that it is.
func (k *asked) may(token string, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if last, ok := k.at[token]; ok && now.Sub(last) < askPause {
		return false
	}
	if k.at == nil || len(k.at) >= maxAsked {
		k.at = map[string]time.Time{}
	}
	k.at[token] = now
	return true
}

// askPaid asks the provider about a charge that its payer says is paid, and rewrites the reply if it is. What follows from the
// payment is written meanwhile, as after a notice.
func (a *App) askPaid(ctx context.Context, to bots.Account, reply *bots.Reply) (bool, error) {
	if !a.asked.may(reply.Charge, a.cfg.Now()) {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	charge, err := a.Payments.Refresh(ctx, reply.Charge)
	if err != nil || !charge.Settled() {
		return false, err
	}
	id, err := appointmentOf(charge.Ref)
	if err != nil {
		return false, err
	}
	v, err := a.Booking.Visit(ctx, id)
	if err != nil {
		return false, err
	}
	reply.Charge, reply.Text = "", paidText(to.Lang, certain(v.Appointment.Status))
	reply.Options = []bots.Option{{Label: visitsLabel(to.Lang), Command: "my"}}
	return true, nil
}

// paidText says what came of a payment that was just found.
func paidText(lang string, booked bool) string {
	switch {
	case lang == "en" && booked:
		return "✅ Your payment has arrived, and the appointment is confirmed. The details follow; “My appointments” has them too."
	case lang == "en":
		return "Your payment has arrived, but the place can no longer be had. The money goes back in full the way it was paid."
	case booked:
		return "✅ 已收到付款，预约已确认。详情马上发给您，也可以看“我的预约”。"
	}
	return "已收到付款，但这个号已经不能保留，款项将全额原路退回。"
}

func visitsLabel(lang string) string {
	if lang == "en" {
		return "My appointments"
	}
	return "我的预约"
}

// payLabel names WeChat Pay where the page offers nothing else.
func payLabel(lang string, others bool) string {
	switch {
	case lang == "en" && others:
		return "Pay on a page"
	case lang == "en":
		return "Pay with WeChat Pay"
	}
	return "去支付"
}
