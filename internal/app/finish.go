package app

import (
	"context"
	"fmt"

	"guahao/bots"
)

// finish adds to a reply what needs the network: how to pay. On Telegram that is a QR code which the first provider's app
// scans, and the pay page's link where there is another provider to choose; in WeChat,
// which scans no code that it shows itself, it is a link to the pay page, which knows the payer.
//
// When WeChat Pay does not answer, the patient gets the page's link on Telegram too: the page tries again by itself.
func (a *App) finish(ctx context.Context, to bots.Account, reply *bots.Reply) error {
	if reply.Charge == "" {
		return nil
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
	reply.QR = code
	if choice {
		reply.Options = append([]bots.Option{page}, reply.Options...)
	}
	return nil
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
