package sandbox

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// heartbeat is how often a silent stream shows that it is alive, in real time; the page reconnects after two missed ones.
const heartbeat = 10 * time.Second

// live is what the page shows, in parts that each have a version. A stream sends every part that is newer than what
// its page has: whole snapshots, so that a page that lost its connection misses nothing and shows nothing twice.
type live struct {
	run string // of this process: versions of another run mean nothing

	mu      sync.Mutex
	version int64
	parts   map[string]part
	wake    chan struct{} // closed and replaced when a part changes
	done    chan struct{}
	once    sync.Once
}

type part struct {
	version int64
	content []byte // JSON
}

func newLive() *live {
	return &live{run: rand.Text()[:10], parts: map[string]part{}, wake: make(chan struct{}), done: make(chan struct{})}
}

// close ends all streams.
func (l *live) close() { l.once.Do(func() { close(l.done) }) }

// publish sets a part; nothing happens when it is as it was.
func (l *live) publish(name string, value any) {
	content, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("part %s of the page is no JSON: %v", name, err)) // our own types
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if old, ok := l.parts[name]; ok && bytes.Equal(old.content, content) {
		return
	}
	l.version++
	l.parts[name] = part{version: l.version, content: content}
	close(l.wake)
	l.wake = make(chan struct{})
}

// since lists the parts that are newer than a version, as events, and what to wait for when there is none.
func (l *live) since(version int64) (events []byte, newest int64, wake <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out bytes.Buffer
	for name, p := range l.parts {
		if p.version > version {
			fmt.Fprintf(&out, "event: %s\ndata: %s\n\n", name, p.content)
		}
	}
	if out.Len() > 0 { // the id comes last: with it the page has all of the above
		fmt.Fprintf(&out, "id: %s-%d\nevent: caught-up\ndata: {}\n\n", l.run, l.version)
	}
	return out.Bytes(), l.version, l.wake
}

// ServeHTTP is the stream of server-sent events.
func (l *live) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	stream := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	_ = stream.SetWriteDeadline(time.Time{}) // a stream has no end
	have := l.seen(r.Header.Get("Last-Event-ID"))
	fmt.Fprintf(w, "retry: 1000\nevent: hello\ndata: {\"run\":%q}\n\n", l.run)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		events, newest, wake := l.since(have)
		have = newest
		if _, err := w.Write(events); err != nil {
			return
		}
		if err := stream.Flush(); err != nil {
			return
		}
		select {
		case <-wake:
		case <-beat.C:
			fmt.Fprint(w, "event: beat\ndata: {}\n\n")
		case <-r.Context().Done():
			return
		case <-l.done:
			return
		}
	}
}

// seen is the version that a reconnecting page has already; 0 when it comes from another run.
func (l *live) seen(lastEventID string) int64 {
	run, number, _ := strings.Cut(lastEventID, "-")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || run != l.run {
		return 0
	}
	return n
}
