package sandbox

import (
	"net"
	"net/http"
	"slices"
)

// guard lets only the demo's own page in: a foreign site can neither post to it, nor read it under a host name of its
// own that resolves to this machine (DNS rebinding).
func guard(hosts []string, next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ownHost(r.Host, hosts) {
			http.Error(w, "The demo answers on a loopback address only.", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
			"connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		sameOrigin.ServeHTTP(w, r)
	})
}

// ownHost tells whether a Host header names this machine's loopback, or one of the hosts that were configured.
func ownHost(hostPort string, hosts []string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	if ip := net.ParseIP(trimBrackets(host)); ip != nil && ip.IsLoopback() {
		return true
	}
	return host == "localhost" || slices.Contains(hosts, host)
}

func trimBrackets(host string) string {
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}
