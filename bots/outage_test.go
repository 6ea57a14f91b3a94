package bots_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"guahao/bots"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/migrations"
)

func TestDatabaseDies(t *testing.T) {
	t.Parallel()
	server := mariadbtest.Server(t)
	if err := server.CreateDatabase(t.Context(), "chats"); err != nil {
		t.Fatal(err)
	}
	w := worldOn(t, server.DSN("chats"))
	if err := migrations.Up(t.Context(), w.db); err != nil {
		t.Fatal(err)
	}
	in := w.replica(t)
	mustHandle(t, in, says("redelivered", "1", "hello"))
	mustHandle(t, in, says("forgotten", "2", "hello"))
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, u := range []bots.Update{
		says("redelivered", "3", "hello"), says("forgotten", "4", "hello"), says("stranger", "5", "hello"),
	} {
		if out, err := in.Handle(t.Context(), u); err == nil {
			t.Fatalf("without a database %s came to %+v", u.From, out)
		}
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.clock.Move(20 * time.Second)
	if out := mustHandle(t, in, says("redelivered", "3", "hello")); out.Repeated || !strings.HasPrefix(out.Reply.Text, "Sorry") ||
		!strings.HasSuffix(out.Reply.Text, "\n2") {
		t.Errorf("the next delivery came to %+v", out)
	}
	if err := in.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sent := w.out.Sent(); len(sent) != 0 {
		t.Errorf("apologies before the platform had its chance to deliver again: %v", sent)
	}
	w.clock.Move(2 * time.Minute)
	for range 2 {
		if err := in.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	const sorry = " apology: Sorry, we had a problem just now and could not handle your message. Please send it again."
	got := map[string]int{}
	for _, s := range w.out.Sent() {
		got[s]++
	}
	if diff := cmp.Diff(map[string]int{"forgotten" + sorry: 1, "stranger" + sorry: 1}, got); diff != "" {
		t.Errorf("the apologies (-want +got): %s", diff)
	}
}

// What was handled by another replica needs no apology by the one that failed.
func TestNoApologyForWhatAnotherReplicaHandled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	failing, other := w.replica(t), w.replica(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, key := range []string{"1", "2"} {
		if _, err := failing.Handle(ctx, says("person "+key, key, "hello")); err == nil {
			t.Fatal("a cancelled update was handled")
		}
	}
	mustHandle(t, other, says("person 1", "1", "hello"))
	w.clock.Move(2 * time.Minute)
	if err := failing.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sent := w.out.Sent(); len(sent) != 1 || sent[0][:8] != "person 2" {
		t.Errorf("the apologies were %v", sent)
	}
}

// A connection that breaks in the middle of a step leaves nothing of it; the next delivery does it all.
func TestConnectionBreaksInAStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wire := w.breakable(t)
	in := w.replica(t)
	mustHandle(t, in, says("7", "1", "hello"))
	broken := 0
	w.steps.before = func(turn bots.Turn) {
		if turn.Update.Key == "2" && broken == 0 {
			broken = wire.Cut()
		}
	}
	if out, err := in.Handle(t.Context(), says("7", "2", "hello")); err == nil {
		t.Fatalf("with %d connections broken it came to %+v", broken, out)
	}
	if broken == 0 {
		t.Fatalf("%d connections were broken", broken)
	}
	if out := mustHandle(t, in, says("7", "2", "hello")); out.Reply.Text != "2" || out.Repeated {
		t.Errorf("the next delivery came to %+v", out)
	}
}

// The answer to the commit of whole crews is lost: nobody is told what is not known, and the next delivery finds what was stored.
func TestTheAnswerToACommitIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wire := w.breakable(t)
	w.steps.hold = make(chan struct{})
	in := w.replica(t)
	const people = 8
	for n := range people {
		mustHandle(t, in, says(fmt.Sprint("p", n), fmt.Sprint("first", n), "hello"))
	}
	wire.commits.Store(people)
	var group sync.WaitGroup
	for n := range people {
		group.Go(func() {
			if out, err := in.Handle(t.Context(), says(fmt.Sprint("p", n), fmt.Sprint("second", n), "hold")); err == nil {
				t.Errorf("p%d was told %+v", n, out.Reply)
			}
		})
	}
	eventually(t, "all steps run", func() bool { return w.steps.Running() == people })
	close(w.steps.hold)
	group.Wait()
	wire.commits.Store(0)
	for n := range people {
		if out := mustHandle(t, in, says(fmt.Sprint("p", n), fmt.Sprint("second", n), "hold")); !out.Repeated || out.Reply.Text != "2" {
			t.Errorf("the next delivery of p%d came to %+v", n, out)
		}
	}
	if steps := w.steps.Steps(); len(steps) != 2*people {
		t.Errorf("the steps that ran: %v", steps)
	}
}

// Something that breaks each time is not delivered for ever.
func TestConnectionBreaksEachTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wire := w.breakable(t)
	in := w.replica(t)
	mustHandle(t, in, says("7", "1", "hello"))
	w.steps.before = func(bots.Turn) { wire.Cut() }
	for delivery := 1; ; delivery++ {
		out, err := in.Handle(t.Context(), says("7", "2", "hello"))
		if err == nil {
			if delivery != 3 || len(out.Reply.Options) == 0 {
				t.Errorf("delivery %d came to %+v", delivery, out)
			}
			return
		}
		if delivery == 3 {
			t.Fatalf("delivery %d failed still: %v", delivery, err)
		}
	}
}

// wire is the way to the database, which can be cut.
type wire struct {
	mu    sync.Mutex
	conns []net.Conn

	commits atomic.Int32 // of so many commits to come the answer is lost
}

// deaf is a connection that may break when the database has committed, before its answer comes through.
type deaf struct {
	net.Conn
	commits *atomic.Int32
	broken  bool
}

// SyscallConn lets the driver look whether a connection that lay idle is still there.
func (d *deaf) SyscallConn() (syscall.RawConn, error) { return d.Conn.(syscall.Conn).SyscallConn() }

func (d *deaf) Write(b []byte) (int, error) {
	d.broken = bytes.Contains(b, []byte("; COMMIT")) && d.commits.Add(-1) >= 0
	return d.Conn.Write(b)
}

func (d *deaf) Read(b []byte) (int, error) {
	n, err := d.Conn.Read(b)
	if d.broken && err == nil {
		_ = d.Conn.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// breakable puts a wire of the test's own before the world's database.
func (w *world) breakable(t *testing.T) *wire {
	t.Helper()
	c, err := mysqldriver.ParseDSN(w.dsn)
	if err != nil {
		t.Fatal(err)
	}
	way, network := &wire{}, c.Net
	c.Net = "wire-" + t.Name()
	mysqldriver.RegisterDialContext(c.Net, func(ctx context.Context, address string) (net.Conn, error) {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		way.mu.Lock()
		defer way.mu.Unlock()
		way.conns = append(way.conns, conn)
		return &deaf{Conn: conn, commits: &way.commits}, nil
	})
	w.dsn = c.FormatDSN()
	return way
}

// Cut breaks all connections and tells how many.
func (w *wire) Cut() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.conns)
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	w.conns = nil
	return n
}
