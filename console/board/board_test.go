package board_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/console/board"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/mysql"
	"guahao/internal/vault/vaulttest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

// evening is when the clinic opens: a Monday, 18:00 in Shanghai.
var evening = time.Date(2026, 11, 23, 18, 0, 0, 0, time.FixedZone("CST", 8*3600))

// corridor is a department with a screen and a doctor for whom five people wait.
type corridor struct {
	*testing.T
	store  *booking.Store
	boards *board.Boards
	url    string
	clinic booking.Schedule
	at     atomic.Int64
}

func newCorridor(t *testing.T) *corridor {
	t.Helper()
	c := &corridor{T: t}
	c.at.Store(evening.Add(-10 * time.Hour).UnixNano())
	db := mariadbtest.Open(t, bookingtest.City(t, evening.Add(-10*time.Hour)))
	c.store = booking.New(db, vaulttest.Keys(t), c.now, nil)
	var slots []booking.Slot
	c.clinic, slots = bookingtest.Clinic(t, c.store, bookingtest.Called(t, c.store, "王建国").Doctor, "2026-11-23", 0, 2, 5)
	for n := 1; n <= 5; n++ {
		p := bookingtest.Patient(t, c.store, booking.UserID(n), n)
		v, err := c.store.Hold(t.Context(), booking.HoldRequest{Slot: slots[0].ID, Patient: p.ID, User: p.User, Account: 1, Key: fmt.Sprint(n)})
		c.must(err)
		c.must(mysql.InTx(t.Context(), db, func(tx *sqlx.Tx) error {
			_, err := c.store.ConfirmTx(t.Context(), tx, v.Appointment.ID, booking.ByPayment)
			return err
		}))
		c.at.Store(evening.Add(-time.Hour).UnixNano())
		_, err = c.store.CheckIn(t.Context(), 1, v.Appointment.ID)
		c.must(err)
		c.at.Store(evening.Add(-10 * time.Hour).UnixNano())
	}
	c.at.Store(evening.UnixNano())
	c.boards = board.New(board.Config{Queues: c.store, Now: c.now, Every: 20 * time.Millisecond})
	server := httptest.NewServer(c.boards)
	c.url = fmt.Sprint(server.URL, "/board/", c.clinic.Department)
	t.Cleanup(func() {
		c.boards.Close()
		server.Close()
	})
	return c
}

func (c *corridor) now() time.Time { return time.Unix(0, c.at.Load()) }

func (c *corridor) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// get reads a page; after a minute the test has failed.
func (c *corridor) get(url string) (int, string) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	c.must(err)
	response, err := http.DefaultClient.Do(request)
	c.must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	c.must(err)
	return response.StatusCode, string(body)
}

// news is a stream of a screen.
type news struct {
	c     *corridor
	lines *bufio.Scanner
	end   context.CancelFunc
}

func (c *corridor) watch() *news {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/events", nil)
	c.must(err)
	response, err := http.DefaultClient.Do(request)
	c.must(err)
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		c.Fatalf("the stream is %s", kind)
	}
	n := &news{c: c, lines: bufio.NewScanner(response.Body), end: func() {
		cancel()
		response.Body.Close()
	}}
	n.lines.Buffer(nil, 1<<20)
	c.Cleanup(n.end)
	return n
}

// until reads events until one says something, and gives it.
func (n *news) until(words string) (got struct {
	Time, HTML string
	Calls      []struct{ Key, Show, Say string }
}) {
	n.c.Helper()
	for n.lines.Scan() {
		data, ok := strings.CutPrefix(n.lines.Text(), "data: ")
		if !ok {
			continue
		}
		n.c.must(json.Unmarshal([]byte(data), &got))
		if strings.Contains(data, words) {
			return got
		}
	}
	n.c.Fatalf("the stream has ended without %q: %v", words, n.lines.Err())
	return got
}

func (c *corridor) call(seen booking.AppointmentID) booking.AppointmentID {
	c.Helper()
	id, err := c.store.CallNext(c.Context(), booking.Calling{By: 1, Schedule: c.clinic.ID, Seen: seen})
	c.must(err)
	return id
}

// A screen shows who is called as soon as a nurse presses, speaks it without the name, and shows nobody's whole name.
func TestTheBoardFollowsTheQueue(t *testing.T) {
	t.Parallel()
	c := newCorridor(t)
	status, page := c.get(c.url)
	if status != http.StatusOK || !strings.Contains(page, "候诊 5 人") || !strings.Contains(page, "张*二") {
		t.Errorf("the page (%d):\n%s", status, page)
	}
	for n := 1; n <= 5; n++ {
		if name := bookingtest.NewPatient(n).Name; strings.Contains(page, name) {
			t.Errorf("the page names %s", name)
		}
	}
	screen, second := c.watch(), c.watch()
	if first := screen.until("候诊 5 人"); len(first.Calls) != 0 || first.Time != "18:00" {
		t.Errorf("before anybody is called: %+v", first)
	}
	id := c.call(0)
	called := screen.until("候诊 4 人")
	if len(called.Calls) != 1 || called.Calls[0].Show != "请 1 号 张*二 到 1 就诊" || called.Calls[0].Say != "请，1号患者，到，1，就诊。" {
		t.Errorf("the call is %+v", called.Calls)
	}
	second.until("候诊 4 人")
	c.must(c.store.CallAgain(t.Context(), booking.Calling{By: 1, Schedule: c.clinic.ID, Seen: id}))
	if again := screen.until("再次叫号"); again.Calls[0].Key == called.Calls[0].Key {
		t.Error("a second call would not be spoken")
	}
	c.must(c.store.PassOver(t.Context(), booking.Calling{By: 1, Schedule: c.clinic.ID, Seen: id}))
	screen.until("过号")
	c.must(c.store.PauseCalling(t.Context(), 1, c.clinic.ID))
	screen.until("暂停叫号")
	if status, state := c.get(c.url + "/state?lang=en"); status != http.StatusOK || !strings.Contains(state, "4 waiting") {
		t.Errorf("the state (%d): %s", status, state)
	}
	c.boards.Close() // the program ends: the streams do, too
	for screen.lines.Scan() {
	}
	if err := screen.lines.Err(); err != nil {
		t.Errorf("the stream ends with %v", err)
	}
}

// An address of no department gets a page that says so, whatever is asked of it; and no page needs anything from elsewhere.
func TestNoSuchBoard(t *testing.T) {
	t.Parallel()
	c := newCorridor(t)
	base := strings.TrimSuffix(c.url, fmt.Sprint(c.clinic.Department))
	group := bookingtest.Called(t, c.store, "王建国").Department
	department, err := c.store.Department(t.Context(), group)
	c.must(err)
	for _, path := range []string{"0", "-1", "x", "999999", fmt.Sprint(department.Parent), "999999/events", "999999/state", "1/nothing", "%27%20OR%201", ""} {
		status, page := c.get(base + path)
		if status != http.StatusNotFound || !strings.Contains(page, "没有这个科室的候诊屏") {
			t.Errorf("%q answers %d:\n%s", path, status, page)
		}
	}
	if _, page := c.get(base + "999999?lang=en"); !strings.Contains(page, "There is no board of this department") {
		t.Errorf("in English:\n%s", page)
	}
	for _, asset := range []string{"assets/board.css", "assets/board.js"} {
		if status, text := c.get(base + asset); status != http.StatusOK || strings.Contains(text, "http") {
			t.Errorf("%s answers %d, or loads something", asset, status)
		}
	}
}
