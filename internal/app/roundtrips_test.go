package app_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"

	"guahao/internal/app"
	"guahao/internal/sandbox"
)

// roundTrips sees what the program says to its database, below the driver: each command on each connection is one round trip.
type roundTrips struct {
	mu   sync.Mutex
	said []string
}

// counted lets the database be reached through a counter.
func counted(t *testing.T, trips *roundTrips) worldOption {
	return func(_ *sandbox.PlatformOptions, cfg *app.Config) {
		c, err := mysqldriver.ParseDSN(cfg.DSN)
		if err != nil {
			t.Fatal(err)
		}
		network := c.Net
		c.Net = "counted-" + strings.ReplaceAll(t.Name(), "/", "-")
		mysqldriver.RegisterDialContext(c.Net, func(ctx context.Context, address string) (net.Conn, error) {
			var dialer net.Dialer
			conn, err := dialer.DialContext(ctx, network, address)
			return &countedConn{Conn: conn, trips: trips}, err
		})
		cfg.DSN = c.FormatDSN()
	}
}

// take gives what was said since the last time, without what each new connection begins with.
func (r *roundTrips) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []string
	for _, s := range r.said {
		if !strings.HasPrefix(s, "SET ") {
			list = append(list, s)
		}
	}
	r.said = nil
	return list
}

// countedConn reads the packets that are written: 3 bytes of length, one of the number within the command, and the command, of which 3 is a query.
type countedConn struct {
	net.Conn
	trips *roundTrips
}

func (c *countedConn) Write(p []byte) (int, error) {
	const header, query = 4, 3
	if len(p) > header && p[3] == 0 { // the first packet of a command
		length := int(binary.LittleEndian.Uint32(append(p[:3:3], 0)))
		said := fmt.Sprintf("command %d", p[header])
		if p[header] == query && length == len(p)-header {
			said = strings.Join(strings.Fields(string(p[header+1:])), " ")
		}
		c.trips.mu.Lock()
		c.trips.said = append(c.trips.said, said)
		c.trips.mu.Unlock()
	}
	return c.Conn.Write(p)
}

// menuRead is a mere look at what a menu or a card shows: a read without a lock, of anything but the conversation itself.
var menuRead = regexp.MustCompile(`^SELECT (?s:.)*$`)

// besidesMenus leaves out the reads of menus.
func besidesMenus(said []string) (list []string) {
	for _, s := range said {
		if !menuRead.MatchString(s) || strings.Contains(s, "FOR UPDATE") || strings.Contains(s, "chat_") {
			list = append(list, s)
		}
	}
	return list
}

// A step costs two round trips besides the reads of its menu: one that locks the session and looks into the inbox, one that writes both and
// commits. Only the confirmation, which takes the place, costs those of its own transaction.
func TestAStepIsTwoRoundTrips(t *testing.T) {
	t.Parallel()
	trips := &roundTrips{}
	w := newWorld(t, 1, counted(t, trips))
	p := w.telegram(1001)
	p.say(freeDoctor)
	p.say(tomorrow)
	p.say("1")
	addPatient(w, p)
	p.tap("确认预约")
	expect(w, p, "预约成功")
	p.say("/book")
	p.tap("梧桐里")
	trips.take()
	// by the state that is shown then: at most so many reads of menus (a doctor's has what patients say, the doctors' also whom one has seen and what is
	// left of today)
	reads := map[string]int{"请选择科室大类": 0, "请选择科室": 0, "请选择医生": 4, "请选择日期": 3, "请选择时段": 3, "给谁看病": 2, "请核对": 4}
	for !strings.Contains(p.last(), "请核对") {
		label := firstChoice(p)
		p.tap(label)
		said := trips.take()
		rest := besidesMenus(said)
		if len(rest) > 2 {
			t.Errorf("%s cost %d round trips besides the reads of a menu:\n%s", label, len(rest), strings.Join(rest, "\n"))
		}
		most := 0
		for sign, n := range reads {
			if strings.Contains(p.last(), sign) {
				most = n
			}
		}
		if n := len(said) - len(rest); n > most {
			t.Errorf("%s cost %d reads, want at most %d:\n%s\n%s", label, n, most, strings.Join(said, "\n"), p.last())
		}
	}
	// the control: what does more is seen to
	p.tap("确认预约")
	said := trips.take()
	if rest := besidesMenus(said); len(rest) < 6 {
		t.Errorf("taking a place cost only %d round trips:\n%s", len(rest), strings.Join(rest, "\n"))
	}
	people := 0
	for _, s := range said {
		if strings.Contains(s, "FROM patients p ") {
			people++
		}
		if strings.Contains(s, "visit_reviews") || strings.Contains(s, "WHERE a.id = ") {
			t.Errorf("the card of a visit that was just booked reads again what is known:\n%s", s)
		}
	}
	if people != 1 { // for the booking and its card
		t.Errorf("the patients were read %d times:\n%s", people, strings.Join(said, "\n"))
	}
}

// firstChoice is the first button whose number is not the way back and that has a place.
func firstChoice(p telegramPerson) string {
	for _, row := range p.Last().Buttons {
		for _, b := range row {
			if !strings.HasPrefix(b.Data, "b:") || strings.HasSuffix(b.Data, ":0") || strings.Contains(b.Text, "满") || strings.Contains(b.Text, "无号") {
				continue
			}
			return b.Text
		}
	}
	return ""
}
