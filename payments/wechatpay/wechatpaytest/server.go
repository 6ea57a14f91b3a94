package wechatpaytest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options configures a Server. The zero value is a working merchant on real time.
type Options struct {
	MchID    string           // default 1900000001
	AppID    string           // the Official Account's; default wx1234567890abcdef
	APIv3Key string           // 32 bytes; made up when empty
	Now      func() time.Time // business time; default time.Now

	NotifyDelay time.Duration   // between a payment, or a refund's end, and its notice
	RefundDelay time.Duration   // between the acceptance of a refund and its end
	Retries     []time.Duration // pauses between the deliveries of one notice; nil: the platform's own, over 24 h
	Client      *http.Client    // delivers notices; default one with the platform's timeout of 5 s
	Log         *slog.Logger    // default: discard
	State       []byte          // of an earlier Server, from its State method; may be nil
}

// Server is one merchant's WeChat Pay. All its methods may be called concurrently.
type Server struct {
	Faults *Faults

	mchID, appID, apiKey, serial, keyID string
	merchant, platform, stranger        *rsa.PrivateKey
	options                             Options

	mu         sync.Mutex
	orders     map[string]*Order  // by out_trade_no
	refunds    map[string]*Refund // by out_refund_no
	queue      []*notice
	nonces     map[string]bool // of the requests that were served
	violations []string
	requests   []Request
	listeners  map[int]func(outTradeNo string)
	counter    int
	editBill   func([]BillRow) []BillRow
	billPaths  map[string]string    // by day
	bills      map[string]*billFile // offered, by token

	delivering sync.Mutex // one delivery run at a time
	wake       chan struct{}
	stop       context.CancelFunc
	stopped    chan struct{}
}

// Request is one call that the program made.
type Request struct {
	Op     Op
	Number string // the out_trade_no or out_refund_no it was about
	Status int    // 0 when the connection was cut after the effect
}

// New makes a server that does nothing by itself yet; see Start.
func New(o Options) *Server {
	k := keys()
	s := &Server{
		Faults: &Faults{}, options: o, serial: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1", keyID: "PUB_KEY_ID_0119000000012026010100000000000000",
		mchID: o.MchID, appID: o.AppID, apiKey: o.APIv3Key, merchant: k.merchant, platform: k.platform, stranger: k.stranger,
		orders: map[string]*Order{}, refunds: map[string]*Refund{}, nonces: map[string]bool{},
		listeners: map[int]func(string){}, wake: make(chan struct{}, 1),
	}
	if s.mchID == "" {
		s.mchID = "1900000001"
	}
	if s.appID == "" {
		s.appID = "wx1234567890abcdef"
	}
	if s.apiKey == "" {
		s.apiKey = (rand.Text() + rand.Text())[:32]
	}
	if o.Now == nil {
		s.options.Now = time.Now
	}
	if o.Retries == nil {
		s.options.Retries = platformRetries()
	}
	if o.Client == nil {
		s.options.Client = &http.Client{Timeout: 5 * time.Second}
	}
	if o.Log == nil {
		s.options.Log = slog.New(slog.DiscardHandler)
	}
	s.restore(o.State)
	return s
}

func (s *Server) now() time.Time { return s.options.Now() }

// ServeHTTP is the merchant API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		s.fail(w, problem(http.StatusBadRequest, "PARAM_ERROR", "the body cannot be read"), false)
		return
	}
	if err != nil { // the program hung up in the middle of it, as it does when it is told to stop
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	call, refusal := s.route(r, body)
	if refusal == nil {
		refusal = s.authorize(r, body)
	}
	if refusal != nil {
		s.record(Request{Op: call.op, Number: call.number, Status: refusal.status})
		s.fail(w, refusal, false)
		return
	}
	s.perform(w, call)
}

// call is an authorised request on its way to its handler.
type call struct {
	op     Op
	number string
	body   []byte
	do     func(call) (any, *apiError) // nil, nil is an empty 204; itself nil for a file
	r      *http.Request
}

func (s *Server) route(r *http.Request, body []byte) (call, *apiError) {
	const orders, refunds = "/v3/pay/transactions/", "/v3/refund/domestic/refunds"
	c := call{body: body, r: r}
	path := r.URL.Path
	byNumber, isNumber := strings.CutPrefix(path, orders+"out-trade-no/")
	number, isClose := strings.CutSuffix(byNumber, "/close")
	id, isID := strings.CutPrefix(path, orders+"id/")
	refund, isRefund := strings.CutPrefix(path, refunds+"/")
	switch {
	case r.Method == http.MethodPost && path == orders+"native":
		c.op, c.number, c.do = Native, peek(body, "out_trade_no"), s.prepay
	case r.Method == http.MethodPost && path == orders+"jsapi":
		c.op, c.number, c.do = JSAPI, peek(body, "out_trade_no"), s.prepay
	case r.Method == http.MethodPost && isNumber && isClose && number != "":
		c.op, c.number, c.do = Close, number, s.close
	case r.Method == http.MethodGet && isNumber && byNumber != "":
		c.op, c.number, c.do = Query, byNumber, s.query
	case r.Method == http.MethodGet && isID && id != "":
		c.op, c.number, c.do = QueryID, id, s.query
	case r.Method == http.MethodPost && path == refunds:
		c.op, c.number, c.do = RefundOp, peek(body, "out_refund_no"), s.refund
	case r.Method == http.MethodGet && isRefund && refund != "":
		c.op, c.number, c.do = QueryRefund, refund, s.queryRefund
	case r.Method == http.MethodGet && path == "/v3/bill/tradebill":
		c.op, c.number, c.do = TradeBill, r.URL.Query().Get("bill_date"), s.tradeBill
	case r.Method == http.MethodGet && path == "/v3/billdownload/file":
		c.op, c.number = BillFile, r.URL.Query().Get("token")
	default:
		return c, problem(http.StatusNotFound, "NOT_FOUND", "no such interface: "+r.Method+" "+path)
	}
	return c, nil
}

// peek reads one string of a body that has not been checked yet, for the request log.
func peek(body []byte, field string) string {
	var fields map[string]json.RawMessage
	var value string
	if json.Unmarshal(body, &fields) == nil {
		_ = json.Unmarshal(fields[field], &value)
	}
	return value
}

// perform runs the call between the faults that stand before and behind its effect.
func (s *Server) perform(w http.ResponseWriter, c call) {
	if status, code, ok := s.Faults.response(c.op); ok {
		s.record(Request{Op: c.op, Number: c.number, Status: status})
		s.write(w, problem(status, code, "injected"), false)
		return
	}
	if c.op == BillFile {
		s.download(w, c)
		return
	}
	s.before(c)
	result, refusal := c.do(c)
	s.after(c, refusal)
	s.notifyListeners(c.number)
	if s.Faults.cut(c.op) {
		s.record(Request{Op: c.op, Number: c.number})
		panic(http.ErrAbortHandler) // the client sees a broken connection, as after a timeout
	}
	if refusal != nil {
		s.record(Request{Op: c.op, Number: c.number, Status: refusal.status})
		s.fail(w, refusal, true)
		return
	}
	s.answer(w, c, result)
}

func (s *Server) answer(w http.ResponseWriter, c call, result any) {
	status, body := http.StatusNoContent, []byte(nil)
	if result != nil {
		status = http.StatusOK
		buffer := &bytes.Buffer{}
		encoder := json.NewEncoder(buffer)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(result); err != nil {
			panic(fmt.Sprintf("encode an answer: %v", err))
		}
		body = bytes.TrimSpace(buffer.Bytes())
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	key := s.platform
	if s.Faults.badSignature(c.op) {
		key = s.stranger
	}
	s.sign(w.Header(), key, body)
	s.record(Request{Op: c.op, Number: c.number, Status: status})
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// apiError is an error in the platform's form. It is signed when the caller is known; injected ones never are, and the SDK does
// not look.
type apiError struct {
	status  int
	code    string
	message string
	field   string
	natural bool // an answer that a correct program gets too: no violation
}

func problem(status int, code, message string) *apiError {
	return &apiError{status: status, code: code, message: message}
}

func state(status int, code, message string) *apiError {
	return &apiError{status: status, code: code, message: message, natural: true}
}

func invalid(field, message string) *apiError {
	return &apiError{status: http.StatusBadRequest, code: "PARAM_ERROR", message: message, field: field}
}

func (s *Server) fail(w http.ResponseWriter, e *apiError, signed bool) {
	if !e.natural {
		s.violate(fmt.Sprintf("%d %s: %s %s", e.status, e.code, e.field, e.message))
	}
	s.write(w, e, signed)
}

func (s *Server) write(w http.ResponseWriter, e *apiError, signed bool) {
	answer := map[string]any{"code": e.code, "message": e.message}
	if e.field != "" {
		answer["detail"] = map[string]string{"field": "/" + e.field, "issue": e.message, "location": "body"}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Request-Id", rand.Text())
	body, err := json.Marshal(answer)
	if err != nil {
		panic(fmt.Sprintf("encode an error: %v", err))
	}
	if signed {
		s.sign(w.Header(), s.platform, body)
	}
	w.WriteHeader(e.status)
	_, _ = w.Write(body)
}

func (s *Server) violate(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = append(s.violations, text)
}

// Violations are the breaches of the API by the program so far: each a refused request that a correct program does not send,
// or an answer to a notice that WeChat Pay would take amiss.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

const keptRequests = 10_000

func (s *Server) record(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) == keptRequests {
		s.requests = slices.Delete(s.requests, 0, keptRequests/2)
	}
	s.requests = append(s.requests, r)
}

// Requests are the calls so far, oldest first; of very many only the latest.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Subscribe calls f, in the goroutine that made the change and outside of locks, after each change of an order or its refunds.
func (s *Server) Subscribe(f func(outTradeNo string)) (cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counter++
	id := s.counter
	s.listeners[id] = f
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.listeners, id)
	}
}

func (s *Server) notifyListeners(number string) {
	s.mu.Lock()
	if refund := s.refunds[number]; refund != nil {
		number = refund.OutTradeNo
	}
	known := s.orders[number] != nil
	listeners := make([]func(string), 0, len(s.listeners))
	for _, f := range s.listeners {
		listeners = append(listeners, f)
	}
	s.mu.Unlock()
	if !known {
		return
	}
	for _, f := range listeners {
		f(number)
	}
}
