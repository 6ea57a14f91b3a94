package app

import (
	"context"
	"fmt"

	"guahao/bots"
)

// finish adds to a reply what needs the network: how to pay. On Telegram that is a QR code which WeChat scans; in WeChat,
// which scans no code that it shows itself, it is a link to the pay page, which knows the payer.
//
// When WeChat Pay does not answer, the patient gets the page's link on Telegram too: the page tries again by itself.
func (a *App) finish(ctx context.Context, to bots.Account, reply *bots.Reply) error {
	if reply.Charge == "" {
		return nil
	}
	page := bots.Option{Label: payLabel(to.Lang), URL: a.cfg.PublicURL + "/pay/" + reply.Charge}
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
	return nil
}

func payLabel(lang string) string {
	if lang == "en" {
		return "Pay with WeChat Pay"
	}
	return "去支付"
}
