package telegramtest

import (
	"context"
	"net"
	"net/url"
	"regexp"
	"slices"
)

// webhook is where updates go.
type webhook struct {
	url         string
	secret      string
	allowed     []string // nil: the default ones
	connections chan struct{}
	lastError   string
	lastErrorAt int64
}

var (
	secretToken    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
	webhookPorts   = []string{"", "443", "80", "88", "8443"}
	defaultUpdates = []string{
		"message", "edited_message", "channel_post", "edited_channel_post", "inline_query", "chosen_inline_result", "callback_query",
		"shipping_query", "pre_checkout_query", "poll", "poll_answer", "my_chat_member", "chat_join_request",
	}
)

func (s *Server) setWebhook(_ context.Context, p *params) (any, error) {
	address := p.values["url"]
	allowed, err := p.strings("allowed_updates")
	if err != nil {
		return nil, err
	}
	if address != "" {
		if err := checkWebhookURL(address); err != nil {
			return nil, err
		}
	}
	secret := p.values["secret_token"]
	if p.has("secret_token") && !secretToken.MatchString(secret) {
		return nil, refuse("secret token contains unallowed characters")
	}
	connections := p.integer("max_connections")
	if !p.has("max_connections") {
		connections = maxConnections
	}
	if connections < 1 || connections > 100 {
		return nil, refuse("max_connections must be between 1 and 100")
	}
	s.mu.Lock()
	defer s.unlock()
	if p.boolean("drop_pending_updates") {
		s.dropPending()
	}
	s.webhook = nil
	if address != "" {
		s.webhook = &webhook{url: address, secret: secret, allowed: allowed, connections: make(chan struct{}, connections)}
	}
	s.startQueues()
	s.touch(0)
	return true, nil
}

// checkWebhookURL wants HTTPS on a port that Telegram calls; HTTP is taken on a loopback address only, where the simulator runs.
func checkWebhookURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return refuse("bad webhook: invalid webhook URL specified")
	}
	ip := net.ParseIP(u.Hostname())
	if ip != nil && ip.IsLoopback() {
		return nil
	}
	if u.Scheme != "https" {
		return refuse("bad webhook: An HTTPS URL must be provided for webhook")
	}
	if !slices.Contains(webhookPorts, u.Port()) {
		return refuse("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
	}
	return nil
}

func (s *Server) deleteWebhook(_ context.Context, p *params) (any, error) {
	s.mu.Lock()
	defer s.unlock()
	if p.boolean("drop_pending_updates") {
		s.dropPending()
	}
	s.webhook = nil
	s.touch(0)
	return true, nil
}

func (s *Server) getWebhookInfo(context.Context, *params) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info := map[string]any{"url": "", "has_custom_certificate": false, "pending_update_count": s.pending}
	if w := s.webhook; w != nil {
		info["url"], info["max_connections"] = w.url, cap(w.connections)
		if w.allowed != nil {
			info["allowed_updates"] = w.allowed
		}
		if w.lastError != "" {
			info["last_error_date"], info["last_error_message"] = w.lastErrorAt, w.lastError
		}
	}
	return info, nil
}
