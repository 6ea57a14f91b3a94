package torture

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	askTimeout   = opTimeout + time.Second
	restartPause = 100 * time.Millisecond
)

// fleet is the replicas: processes that are started again whenever they end.
type fleet struct {
	env     []string
	config  func(number int) replicaConfig
	elapsed func() time.Duration
	http    *http.Client
	wait    sync.WaitGroup
	stop    context.CancelFunc

	mu    sync.Mutex
	urls  []string // "" while it is down
	procs []*os.Process
	spans [][]span // of each replica
	busy  int      // calls that are under way
	cries []string // what replicas wrote to standard error: panics, and what the race detector finds
	fault error    // the last start that went wrong for no reason of ours
}

// span is when a replica may have worked on one call.
type span struct{ start, end time.Duration }

func newFleet(ctx context.Context, replicas int, env []string, elapsed func() time.Duration, config func(int) replicaConfig) *fleet {
	f := &fleet{
		env: env, config: config, elapsed: elapsed, urls: make([]string, replicas), procs: make([]*os.Process, replicas), spans: make([][]span, replicas),
		http: &http.Client{Timeout: askTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: maxClients}},
	}
	ctx, f.stop = context.WithCancel(ctx)
	for number := range replicas {
		f.wait.Go(func() { f.keep(ctx, number) })
	}
	return f
}

// close ends the replicas and waits for them.
func (f *fleet) close() {
	f.stop()
	f.wait.Wait()
	f.http.CloseIdleConnections()
}

func (f *fleet) keep(ctx context.Context, number int) {
	for ctx.Err() == nil {
		if err := f.live(ctx, number); err != nil && ctx.Err() == nil {
			f.mu.Lock()
			f.fault = err
			f.mu.Unlock()
		}
		timer := time.NewTimer(restartPause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// live is one life of a replica. Its error says why it never served.
func (f *fleet) live(ctx context.Context, number int) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, "torture")
	cmd.Env = append(append(os.Environ(), replicaVariable+"=1"), f.env...)
	said := &bytes.Buffer{}
	cmd.Stderr = said
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start a replica: %w", err)
	}
	address := ""
	if json.NewEncoder(in).Encode(f.config(number)) == nil {
		address, _ = bufio.NewReader(out).ReadString('\n')
	}
	f.set(number, strings.TrimSpace(address), cmd.Process)
	_, _ = io.Copy(io.Discard, out)
	err = cmd.Wait()
	f.set(number, "", nil)
	if address != "" {
		f.hear(number, said.String())
	} else {
		return fmt.Errorf("a replica did not start: %w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}

func (f *fleet) set(number int, url string, proc *os.Process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.urls[number], f.procs[number] = url, proc
}

func (f *fleet) hear(number int, said string) {
	const most = 4000
	if said = strings.TrimSpace(said); said == "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cries = append(f.cries, fmt.Sprintf("replica %d: %s", number, said[:min(most, len(said))]))
}

// heard is what replicas have complained of.
func (f *fleet) heard() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.cries)
}

// kill is kill -9. It tells whether there was something to kill.
func (f *fleet) kill(number int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.procs[number] == nil || f.urls[number] == "" {
		return false
	}
	f.urls[number] = ""
	return f.procs[number].Kill() == nil
}

func (f *fleet) url(number int) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.urls[number]
}

// up is how many replicas serve, and why the others do not, where that is known.
func (f *fleet) up() (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, url := range f.urls {
		if url != "" {
			n++
		}
	}
	return n, f.fault
}

// begin notes that a replica works on something; the function that it returns, that the end of it was heard of, or not.
func (f *fleet) begin(number int) (end func(heard bool)) {
	start := f.elapsed()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy++
	at := len(f.spans[number])
	f.spans[number] = append(f.spans[number], span{start, start + askTimeout + grace})
	return func(heard bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.busy--
		if !heard {
			return
		}
		f.spans[number][at].end = f.elapsed()
	}
}

// idle tells whether no call is under way.
func (f *fleet) idle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.busy == 0
}

// until is the latest that a replica can have finished what it was doing at a time.
func (f *fleet) until(number int, at time.Duration) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	latest := at
	for _, s := range f.spans[number] {
		if s.start <= at && s.end >= at {
			latest = max(latest, s.end)
		}
	}
	if latest == at {
		return at + askTimeout + grace
	}
	return latest
}

// ask sends a request to a replica, or to the next one that is up. It tells whether there was an answer.
func (f *fleet) ask(ctx context.Context, first int, q request) (a answer, answered bool) {
	number, url := f.choose(first)
	if url == "" {
		return a, false
	}
	body, err := json.Marshal(q)
	if err != nil {
		return a, false
	}
	end := f.begin(number)
	defer func() { end(answered) }()
	err = f.post(ctx, url+"/torture/do", body, &a)
	return a, err == nil
}

var errStatus = errors.New("the replica could not do it")

func (f *fleet) post(ctx context.Context, url string, body []byte, into any) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := f.http.Do(q)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1000))
		return fmt.Errorf("%w: %s", errStatus, text)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(into)
}

func (f *fleet) choose(first int) (int, string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.urls {
		number := (first + i) % len(f.urls)
		if f.urls[number] != "" {
			return number, f.urls[number]
		}
	}
	return 0, ""
}

// ServeHTTP is the public address of the program: it passes the platform's notices on to one of the replicas.
func (f *fleet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number, target := f.choose(int(f.elapsed()/time.Millisecond) % len(f.urls))
	to, err := url.Parse(target)
	if err != nil || target == "" {
		http.Error(w, "no replica is up", http.StatusBadGateway)
		return
	}
	end := f.begin(number)
	answered := false
	defer func() { end(answered) }() // also when the replica is killed in the middle of its answer, which is a panic
	pass := &httputil.ReverseProxy{
		Rewrite:   func(p *httputil.ProxyRequest) { p.SetURL(to) },
		Transport: f.http.Transport,
		ModifyResponse: func(r *http.Response) error {
			answered = r.StatusCode < http.StatusInternalServerError
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ErrorLog:     log.New(io.Discard, "", 0),
	}
	pass.ServeHTTP(w, r)
}
