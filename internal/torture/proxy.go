package torture

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
)

// cut is where a COMMIT is cut off.
type cut string

// The places. The one who commits is told the same in each of them: nothing.
const (
	cutBefore cut = "commit_cut_before" // the database never sees the COMMIT
	cutDuring cut = "commit_cut_during" // it is sent, and the connection is gone at once
	cutAfter  cut = "commit_cut_after"  // the database has answered; the answer is lost
)

// proxy stands between the replicas and the database, and cuts connections where it hurts.
type proxy struct {
	listener net.Listener
	dial     func() (net.Conn, error)
	wait     sync.WaitGroup

	mu    sync.Mutex
	armed []cut
	done  map[cut]int
	open  map[*link]bool
	ended bool
}

// link is one connection through the proxy.
type link struct{ client, server net.Conn }

func (l *link) close() {
	_ = l.client.Close()
	_ = l.server.Close()
}

func newProxy(dial func() (net.Conn, error)) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: listener, dial: dial, done: map[cut]int{}, open: map[*link]bool{}}
	p.wait.Go(p.accept)
	return p, nil
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// arm cuts one of the next commits.
func (p *proxy) arm(c cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = append(p.armed, c)
}

// disarm takes back what has not happened yet, and tells what has.
func (p *proxy) disarm() map[cut]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = nil
	return p.done
}

func (p *proxy) next() (cut, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.armed) == 0 {
		return "", false
	}
	c := p.armed[0]
	p.armed = p.armed[1:]
	p.done[c]++
	return c, true
}

// cutAll ends every connection at once, whatever is going on in it.
func (p *proxy) cutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.open {
		l.close()
	}
}

func (p *proxy) close() {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	_ = p.listener.Close()
	p.cutAll()
	p.wait.Wait()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wait.Go(func() { p.serve(client) })
	}
}

func (p *proxy) serve(client net.Conn) {
	server, err := p.dial()
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{client, server}
	p.mu.Lock()
	p.open[l] = true
	ended := p.ended
	p.mu.Unlock()
	if ended {
		l.close()
	}
	var both sync.WaitGroup
	answers := make(chan struct{}, 1)
	both.Go(func() { p.upstream(l, answers) })
	both.Go(func() { downstream(l, answers) })
	both.Wait()
	p.mu.Lock()
	delete(p.open, l)
	p.mu.Unlock()
}

// upstream forwards the client's packets one by one: 3 bytes of length, 1 of sequence, and the payload.
func (p *proxy) upstream(l *link, answers <-chan struct{}) {
	defer l.close()
	for {
		packet, err := readPacket(l.client)
		if err != nil {
			return
		}
		where, armed := cut(""), false
		if isCommit(packet) {
			where, armed = p.next()
		}
		if where == cutBefore {
			return
		}
		if where == cutAfter {
			_ = l.client.Close() // the answer finds nobody
			select {
			case <-answers: // an old one
			default:
			}
		}
		if _, err := l.server.Write(packet); err != nil {
			return
		}
		if where == cutAfter {
			<-answers
		}
		if armed {
			return
		}
	}
}

// downstream copies what the database says, and tells upstream that it said something.
func downstream(l *link, answers chan<- struct{}) {
	defer close(answers)
	defer l.close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.server.Read(buffer)
		if n > 0 {
			select {
			case answers <- struct{}{}:
			default:
			}
			if _, err := l.client.Write(buffer[:n]); err != nil && !errors.Is(err, net.ErrClosed) {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func readPacket(r io.Reader) ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	length := int(binary.LittleEndian.Uint32(header[:]) & 0xffffff)
	packet := make([]byte, len(header)+length)
	copy(packet, header[:])
	_, err := io.ReadFull(r, packet[len(header):])
	return packet, err
}

// isCommit tells whether a packet is the query COMMIT (COM_QUERY is 3).
func isCommit(packet []byte) bool {
	return len(packet) > 5 && packet[3] == 0 && packet[4] == 3 && strings.EqualFold(string(packet[5:]), "COMMIT")
}
