package desk

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// address is where a request comes from. The header of a proxy is believed from the right, as long as the addresses are proxies of ours: what
// stands further left is what the browser claims.
func (d *Desk) address(r *http.Request) string {
	from := r.RemoteAddr
	if ap, err := netip.ParseAddrPort(from); err == nil {
		from = ap.Addr().Unmap().String()
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !d.isProxy(from) {
			break
		}
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		from = addr.Unmap().String()
	}
	return from
}

func (d *Desk) isProxy(address string) bool {
	addr, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(d.Proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}
