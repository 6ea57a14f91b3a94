package booking

import "sync"

// remembered keeps what was read for as long as it is good: a span that its user names, such as a day. It is safe for concurrent use; two who
// ask at once may both read.
type remembered[K comparable, V any] struct {
	mu   sync.Mutex
	kept map[K]memo[V]
}

type memo[V any] struct {
	span  string
	value V
}

// mostRemembered bounds the memory: beyond it everything is read anew.
const mostRemembered = 4096

func (r *remembered[K, V]) get(key K, span string, read func() (V, error)) (V, error) {
	r.mu.Lock()
	known, ok := r.kept[key]
	r.mu.Unlock()
	if ok && known.span == span {
		return known.value, nil
	}
	v, err := read()
	if err != nil {
		return v, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil || len(r.kept) >= mostRemembered {
		r.kept = map[K]memo[V]{}
	}
	r.kept[key] = memo[V]{span, v}
	return v, nil
}
