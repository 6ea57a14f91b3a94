package wechattest

import (
	"sync"
	"time"
)

// Faults is what shall go wrong next. The zero value is a platform where nothing does.
type Faults struct {
	mu       sync.Mutex
	lose     int
	repeat   int
	cut      int
	cutAfter time.Duration
	reuse    bool
	parallel bool
	api      map[string][]*apiFault // by path, "" for any
}

type apiFault struct {
	times   int
	errcode int           // answer with this error and do nothing
	status  int           // answer with this HTTP status and do nothing
	delay   time.Duration // wait first
	lose    bool          // do it, and break the connection instead of answering
}

// LoseReply loses the program's next n responses on their way: the platform delivers again.
func (f *Faults) LoseReply(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lose = n
}

// CutOff makes the platform give up waiting for the next n responses after the given time, instead of after 5 s.
func (f *Faults) CutOff(after time.Duration, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cut, f.cutAfter = n, after
}

// Repeat delivers each of the next n messages once more after the program has answered it.
func (f *Faults) Repeat(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.repeat = n
}

// ReuseNonce makes second and third attempts carry the timestamp and nonce of the first, instead of fresh ones.
func (f *Faults) ReuseNonce(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reuse = on
}

// Parallel delivers each message at once, without waiting for the user's earlier ones.
func (f *Faults) Parallel(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.parallel = on
}

// FailAPI answers the next n calls of a path ("/cgi-bin/message/custom/send"; "" is any) with an errcode.
func (f *Faults) FailAPI(path string, errcode, n int) {
	f.add(path, apiFault{times: n, errcode: errcode})
}

// FailHTTP answers the next n calls of a path with an HTTP status.
func (f *Faults) FailHTTP(path string, status, n int) {
	f.add(path, apiFault{times: n, status: status})
}

// SlowAPI answers the next n calls of a path only after the given time.
func (f *Faults) SlowAPI(path string, delay time.Duration, n int) {
	f.add(path, apiFault{times: n, delay: delay})
}

// LoseAPI does what the next n calls of a path ask for, but breaks the connection instead of answering.
func (f *Faults) LoseAPI(path string, n int) { f.add(path, apiFault{times: n, lose: true}) }

func (f *Faults) add(path string, fault apiFault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.api == nil {
		f.api = map[string][]*apiFault{}
	}
	f.api[path] = append(f.api[path], &fault)
}

func (f *Faults) takeAPI(path string) apiFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range []string{path, ""} {
		for _, fault := range f.api[key] {
			if fault.times > 0 {
				fault.times--
				return *fault
			}
		}
	}
	return apiFault{}
}

func (f *Faults) takeLoss() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return take(&f.lose)
}

func (f *Faults) takeRepeat() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return take(&f.repeat)
}

func (f *Faults) takeCutOff() (time.Duration, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cutAfter, take(&f.cut)
}

func (f *Faults) isReuse() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reuse
}

func (f *Faults) isParallel() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.parallel
}

func take(n *int) bool {
	if *n == 0 {
		return false
	}
	*n--
	return true
}
