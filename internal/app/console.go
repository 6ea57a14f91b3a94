package app

import (
	"fmt"
	"net/netip"
	"strings"

	"guahao/console/desk"
)

// ConsoleLink is the address of a link that sets a password in the console.
func (a *App) ConsoleLink(token string) string { return a.cfg.PublicURL + "/console/welcome/" + token }

// console is the pages of the staff.
func (a *App) console() *desk.Desk {
	return desk.New(desk.Config{
		Booking: a.Booking, Payments: a.Payments, Reminders: a.Reminders, Staff: a.Staff, Audit: a.Audit, Tokens: a.api.Tokens(), Handovers: handoverDesk{a},
		Payee: payeeOf, ChargeRef: chargeRef, VisitOf: appointmentOf,
		PublicURL: a.cfg.PublicURL, Proxies: a.cfg.proxies, Now: a.cfg.Now, Log: a.cfg.Log,
	})
}

// parseProxies reads addresses and networks with commas between them. Without any, what runs on this machine is believed.
func parseProxies(text string) ([]netip.Prefix, error) {
	if text == "" {
		text = "127.0.0.0/8,::1"
	}
	var list []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if addr, err := netip.ParseAddr(part); err == nil {
			list = append(list, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("GUAHAO_PROXIES is %q: want addresses or networks like 10.0.0.7,192.168.1.0/24", text)
		}
		list = append(list, p)
	}
	return list, nil
}
