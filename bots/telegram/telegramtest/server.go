package telegramtest

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Options says what is simulated. Only Token is needed.
type Options struct {
	Token    string           // "<bot id>:<secret>", as BotFather gives it
	Username string           // the bot's; "guahao_bot" when empty
	Now      func() time.Time // dates of messages; time.Now when nil
	Log      *slog.Logger     // what is delivered and refused; nothing when nil
	Client   *http.Client     // delivers to the webhook; one with a timeout of 60 s when nil
	Limits   Limits

	// Retry tells how long to wait after the attempt-th failed delivery of an update (1, 2, …), and whether to try again. When
	// nil it is Telegram's: 1 s, doubled up to 60 s, for a day.
	Retry func(attempt int) (pause time.Duration, again bool)

	// CalledBack is told of each call that came in the response to an update, and of its result; nil for nobody.
	CalledBack func(method string, result any, err error)

	// Shown is told of each message of the bot that has come into a chat, or was changed there; nil for nobody. It is called under the server's lock: it
	// must not call the server.
	Shown func(chat int64, m Message, changed bool)

	// QueryLife is how long a callback query can be answered; 15 s when 0.
	QueryLife time.Duration
}

// Server is one bot's Telegram. Close ends its deliveries.
type Server struct {
	Faults *Faults // what shall go wrong

	options Options
	methods map[string]method
	bot     botIdentity
	ctx     context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup

	mu           sync.Mutex
	users        map[int64]*User
	queries      map[string]*query
	files        map[string][]byte // by file_id
	commands     map[string][]botCommand
	webhook      *webhook
	queues       map[int64]*queue // by the person's id
	pending      int              // updates in the queues
	polling      int64            // number of the newest getUpdates call
	lost         []int64          // updates given up
	limiter      limiter
	violations   []string
	lastUpdate   int64
	lastMessage  int
	lastQuery    int64
	lastListener int
	listeners    map[int]func(userID int64)
	dirty        map[int64]bool
	wake         chan struct{} // closed and replaced at each change
}

// New makes a Telegram in which nobody has written to the bot yet.
func New(o Options) *Server {
	if o.Username == "" {
		o.Username = "guahao_bot"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: time.Minute}
	}
	if o.Retry == nil {
		o.Retry = platformRetry
	}
	if o.QueryLife == 0 {
		o.QueryLife = 15 * time.Second
	}
	s := &Server{
		Faults:    newFaults(),
		options:   o,
		methods:   methods(),
		bot:       identity(o.Token, o.Username),
		users:     map[int64]*User{},
		queries:   map[string]*query{},
		files:     map[string][]byte{},
		commands:  map[string][]botCommand{},
		queues:    map[int64]*queue{},
		limiter:   newLimiter(o.Limits),
		listeners: map[int]func(int64){},
		dirty:     map[int64]bool{},
		wake:      make(chan struct{}),
		// A program keeps the ids of updates, and may outlive its Telegram: a new one goes on where the old one cannot have been.
		lastUpdate:  time.Now().UnixMilli(),
		lastMessage: 100,
		lastQuery:   4_380_000_000_000_000,
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close stops delivering and waits until nothing is under way. The API goes on answering.
func (s *Server) Close() {
	s.cancel()
	s.workers.Wait()
}

// Subscribe calls fn with the id of each person whose chat has changed, outside all locks, until the returned function is
// called.
func (s *Server) Subscribe(fn func(userID int64)) (unsubscribe func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastListener++
	id := s.lastListener
	s.listeners[id] = fn
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.listeners, id)
	}
}

// Changed is closed at the next change of anything: take it, look, wait, look again.
func (s *Server) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wake
}

// Violations lists every breach of the API's rules by the program so far, oldest first, and the button presses that it has
// acknowledged but not answered: on a phone those keep spinning.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := append([]string{}, s.violations...)
	for _, q := range s.queries {
		if q.acknowledged && !q.answered {
			list = append(list, "a button was pressed and answerCallbackQuery never called: "+q.data)
		}
	}
	return list
}

// Lost lists the updates that were given up because the webhook failed for too long.
func (s *Server) Lost() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int64{}, s.lost...)
}

// violate notes a breach; the lock is held.
func (s *Server) violate(what string) {
	s.violations = append(s.violations, what)
	s.options.Log.Warn("breach of the Bot API's rules", "what", what)
}

// touch marks a person's chat as changed (0: only the state of deliveries); the lock is held.
func (s *Server) touch(userID int64) { s.dirty[userID] = true }

// unlock ends a critical section and tells those who wait for a change.
func (s *Server) unlock() {
	changed := s.dirty
	if len(changed) == 0 {
		s.mu.Unlock()
		return
	}
	s.dirty = map[int64]bool{}
	close(s.wake)
	s.wake = make(chan struct{})
	listeners := make([]func(int64), 0, len(s.listeners))
	for _, fn := range s.listeners {
		listeners = append(listeners, fn)
	}
	s.mu.Unlock()
	for id := range changed {
		if id == 0 {
			continue
		}
		for _, fn := range listeners {
			fn(id)
		}
	}
}
