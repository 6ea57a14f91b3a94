package wechattest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"
)

// Options describe the Official Account. AppID, Secret and Token are required.
type Options struct {
	AppID, Secret string
	Token         string                     // of the webhook's signatures
	AESKey        string                     // 43 characters: safe mode; "" means plaintext mode
	OriginalID    string                     // the account's own user name; "" means gh_guahao
	WebhookURL    string                     // may come later, by SetWebhook
	Uncertified   bool                       // no weixin://bizmsgmenu links and no template messages
	Templates     []Template                 // the message templates that the account has been granted
	Now           func() time.Time           // nil means time.Now
	Timeout       time.Duration              // how long the platform waits for a reply; 0 means 5 s
	Client        *http.Client               // carries the deliveries; nil means one of its own
	Who           func(*http.Request) string // the OpenID of who opened the authorize page; nil means the cookie "openid"
}

// Server is the platform. All methods may be called from any goroutine.
type Server struct {
	Faults *Faults

	options Options
	key     []byte // nil in plaintext mode
	client  *http.Client
	mux     *http.ServeMux

	work   sync.WaitGroup
	ctx    context.Context
	cancel context.CancelFunc

	mu         sync.Mutex
	running    bool
	webhook    string
	users      map[string]*User
	lastID     int64
	tokens     tokens
	codes      map[string]*code
	menu       []Button
	violations []string
	attempts   []Attempt
	watchers   map[int64]func(openID string)
	pending    int
	waiting    []chan struct{}
}

// New makes a platform that delivers nothing before Start. It panics on options that no account can have.
func New(o Options) *Server {
	if o.AppID == "" || o.Secret == "" || o.Token == "" {
		panic("wechattest: AppID, Secret and Token are required")
	}
	if o.OriginalID == "" {
		o.OriginalID = "gh_guahao"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	s := &Server{
		Faults: &Faults{}, options: o, webhook: o.WebhookURL, client: o.Client,
		users: map[string]*User{}, codes: map[string]*code{}, watchers: map[int64]func(string){},
		// Like the platform's: beyond 2^53, and never again those of an earlier run.
		lastID: time.Now().UnixNano(),
	}
	if o.AESKey != "" {
		key, err := base64.RawStdEncoding.DecodeString(o.AESKey)
		if err != nil || len(key) != 32 {
			panic("wechattest: the AES key must be 43 characters of base64")
		}
		s.key = key
	}
	if s.client == nil {
		s.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.mux = s.routes()
	return s
}

// SetWebhook changes where messages are delivered to, without asking that address (see Verify).
func (s *Server) SetWebhook(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhook = url
}

// Start begins to deliver what users did and do.
func (s *Server) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = true
	for _, u := range s.users {
		s.deliverLocked(u)
	}
}

// Close ends all deliveries and waits for them.
func (s *Server) Close() {
	s.cancel()
	s.mu.Lock()
	s.running = false
	s.mu.Unlock()
	s.work.Wait()
	s.client.CloseIdleConnections()
}

// Flush waits until everything that users did has been delivered or given up.
func (s *Server) Flush(ctx context.Context) error {
	s.mu.Lock()
	if s.pending == 0 {
		s.mu.Unlock()
		return nil
	}
	if !s.running {
		s.mu.Unlock()
		return errors.New("the platform delivers nothing: it is not started")
	}
	done := make(chan struct{})
	s.waiting = append(s.waiting, done)
	s.mu.Unlock()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("messages are still being delivered: %w", ctx.Err())
	case <-s.ctx.Done():
		return errors.New("the platform was closed")
	}
}

var openIDs = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// User is the person with that OpenID, made at the first call: they do not follow the account yet.
func (s *Server) User(openID string) *User {
	if !openIDs.MatchString(openID) {
		panic(fmt.Sprintf("wechattest: %q is no OpenID", openID))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[openID]
	if u == nil {
		u = &User{OpenID: openID, server: s}
		s.users[openID] = u
	}
	return u
}

// Users lists the OpenIDs of everybody known, sorted.
func (s *Server) Users() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]string, 0, len(s.users))
	for id := range s.users {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Subscribe calls fn after each change of a user's chat, or with "" after a change of the menu. fn must not block.
func (s *Server) Subscribe(fn func(openID string)) (cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.nextID()
	s.watchers[id] = fn
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, id)
	}
}

// Violations lists what the program did against the platform's rules.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

func (s *Server) violate(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violateLocked(format, args...)
}

func (s *Server) violateLocked(format string, args ...any) {
	s.violations = append(s.violations, fmt.Sprintf(format, args...))
}

// changed tells the watchers; it must be called without s.mu.
func (s *Server) changed(openID string) {
	s.mu.Lock()
	watchers := make([]func(string), 0, len(s.watchers))
	for _, fn := range s.watchers {
		watchers = append(watchers, fn)
	}
	s.mu.Unlock()
	for _, fn := range watchers {
		fn(openID)
	}
}

func (s *Server) now() time.Time { return s.options.Now() }

// nextID needs s.mu.
func (s *Server) nextID() int64 {
	s.lastID++
	return s.lastID
}
