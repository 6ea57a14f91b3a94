package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"guahao/booking"
	"guahao/internal/app"
)

// replicaVariable says in the environment of a process that it is to be a replica of a torture.
const replicaVariable = "GUAHAO_TORTURE_REPLICA"

// opTimeout bounds an operation in a replica, so that what nobody heard the end of has ended some time later.
const opTimeout = 4 * time.Second

// replicaConfig is what a replica reads from its standard input. The input stays open as long as the torture lives: when it
// ends, so does the replica.
type replicaConfig struct {
	DSN, KeyFile, PublicURL string
	WeChat                  app.WeChatConfig
	Pay                     app.WeChatPayConfig
	Mark                    int
	Base                    time.Time
	Speed                   float64
	Skew, Jump              time.Duration
	CallTimeout             time.Duration // of calls to WeChat Pay
}

// request is one operation, as clients send it to a replica.
type request struct {
	Op          string                `json:"op"`
	Key         string                `json:"key,omitempty"`
	User        booking.UserID        `json:"user,omitempty"`
	Schedule    booking.ScheduleID    `json:"schedule,omitempty"`
	Slot        booking.SlotID        `json:"slot,omitempty"`
	Patient     booking.PatientID     `json:"patient,omitempty"`
	Appointment booking.AppointmentID `json:"appointment,omitempty"`
	Wish        *booking.Wish         `json:"wish,omitempty"`
}

// answer is what came of it. Code is "" when it was done, or that of a refusal; failures have no answer, but a status of 500.
type answer struct {
	Code        booking.Code           `json:"code,omitempty"`
	Appointment booking.AppointmentID  `json:"appointment,omitempty"`
	Seq         int                    `json:"seq,omitempty"`
	Version     int                    `json:"version,omitempty"`
	Taken       map[booking.SlotID]int `json:"taken,omitempty"`
	CodeURL     string                 `json:"code_url,omitempty"`
	Held        bool                   `json:"held,omitempty"`   // waits for a payment
	Offers      []offer                `json:"offers,omitempty"` // of the waitlist
}

// offer is a place that is held for one of the user's patients.
type offer struct {
	Appointment booking.AppointmentID `json:"appointment"`
	Schedule    booking.ScheduleID    `json:"schedule"`
	Slot        booking.SlotID        `json:"slot"`
}

// replica is the program, with a door for the torture's clients.
type replica struct {
	*app.App
	dsn   string
	clock *clock
	hold  func(context.Context, booking.HoldRequest) (booking.Visit, error)
}

// IsReplica tells whether this process was started by a torture. Then it must call RunReplica, and do nothing else.
func IsReplica() bool { return os.Getenv(replicaVariable) != "" }

// RunReplica is the whole life of a replica: it serves until its standard input ends or it is killed.
func RunReplica(ctx context.Context) error {
	return runReplica(ctx, func(*replica) error { return nil })
}

func runReplica(ctx context.Context, change func(*replica) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := json.NewDecoder(os.Stdin)
	var c replicaConfig
	if err := in.Decode(&c); err != nil {
		return fmt.Errorf("read the replica's configuration: %w", err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	r, err := newReplica(ctx, c)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := change(r); err != nil {
		return err
	}
	return r.serve(ctx)
}

func newReplica(ctx context.Context, c replicaConfig) (*replica, error) {
	clock := &clock{base: anchored(c.Base), speed: c.Speed, skew: c.Skew, mark: c.Mark}
	clock.jump.Store(int64(c.Jump))
	a, err := app.New(ctx, app.Config{
		DSN: c.DSN, KeyFile: c.KeyFile, PublicURL: c.PublicURL, WeChat: c.WeChat, WeChatPay: c.Pay,
		Now: clock.now, Client: &http.Client{Timeout: c.CallTimeout}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	return &replica{App: a, dsn: c.DSN, clock: clock, hold: a.Booking.Hold}, nil
}

// serve tells the address on standard output and serves there.
func (r *replica) serve(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", r.Handler())
	mux.HandleFunc("POST /torture/do", r.do)
	mux.HandleFunc("POST /torture/jump", r.jump)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: opTimeout}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	fmt.Println("http://" + listener.Addr().String())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// jump sets how much time was skipped, in nanoseconds.
func (r *replica) jump(w http.ResponseWriter, request *http.Request) {
	n, err := strconv.ParseInt(request.URL.Query().Get("by"), 10, 64)
	if err != nil {
		http.Error(w, "by must be nanoseconds", http.StatusBadRequest)
		return
	}
	r.clock.jump.Store(n)
}

func (r *replica) do(w http.ResponseWriter, q *http.Request) {
	var wanted request
	if err := json.NewDecoder(http.MaxBytesReader(w, q.Body, 64<<10)).Decode(&wanted); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	// Not the request's context: what a client does not wait for goes on, as it does behind a chat's webhook.
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	result, err := r.perform(ctx, wanted)
	var refusal *booking.Error
	switch {
	case errors.As(err, &refusal):
		result = answer{Code: refusal.Code}
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(result)
}
