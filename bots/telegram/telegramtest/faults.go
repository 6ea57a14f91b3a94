package telegramtest

import (
	"sync"
	"time"
)

// Faults are what goes wrong on the way. Each is set for a number of times and then used up. A method is a Bot API method,
// "" means any.
type Faults struct {
	mu      sync.Mutex
	answers []*fault // instead of doing what is asked
	lost    []*fault // after doing it
	slow    []*fault // before doing it
	updates []*fault // deliveries whose 2xx gets lost
}

type fault struct {
	method     string
	times      int
	status     int
	retryAfter int
	delay      time.Duration
}

func newFaults() *Faults { return &Faults{} }

// Fail makes the next calls of a method fail with that status; retryAfter (seconds) goes with a 429.
func (f *Faults) Fail(method string, status, retryAfter, times int) {
	f.put(&f.answers, &fault{method: method, status: status, retryAfter: retryAfter, times: times})
}

// LoseResponse makes the next calls of a method take effect and then break the connection instead of answering.
func (f *Faults) LoseResponse(method string, times int) {
	f.put(&f.lost, &fault{method: method, times: times})
}

// Delay makes the next calls of a method take that much longer.
func (f *Faults) Delay(method string, by time.Duration, times int) {
	f.put(&f.slow, &fault{method: method, delay: by, times: times})
}

// LoseAcknowledgement makes Telegram miss the program's next acknowledgements, so that it delivers those updates again.
func (f *Faults) LoseAcknowledgement(times int) {
	f.put(&f.updates, &fault{times: times})
}

// Clear forgets all that was set.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers, f.lost, f.slow, f.updates = nil, nil, nil, nil
}

func (f *Faults) put(list *[]*fault, add *fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	*list = append(*list, add)
}

// take uses up one of the faults of that method; nil when there is none.
func (f *Faults) take(list *[]*fault, method string) *fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, x := range *list {
		if x.times > 0 && (x.method == "" || x.method == method) {
			x.times--
			return x
		}
	}
	return nil
}
