package alipaytest

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options configures a Server. The zero value is a working application on real time.
type Options struct {
	AppID    string           // default 2021000000000001
	SellerID string           // default 2088000000000001
	Now      func() time.Time // business time; default time.Now

	NotifyDelay time.Duration   // between a payment and its notice
	Retries     []time.Duration // pauses between the deliveries of one notice; nil: the platform's own, over 25 h
	State       []byte          // of an earlier Server, from its State method; may be nil
	Client      *http.Client    // delivers notices; default one with a time-out of 5 s
	Log         *slog.Logger    // default: discard
}

// Server is one application's Alipay. All its methods may be called concurrently.
type Server struct {
	Faults *Faults

	application, platform, stranger *rsa.PrivateKey
	options                         Options

	mu         sync.Mutex
	orders     map[string]*Order  // by out_trade_no
	refunds    map[string]*Refund // by out_request_no
	queue      []*notice
	violations []string
	requests   []Request
	listeners  map[int]func(outTradeNo string)
	bills      map[string]bill    // by their download tokens
	cashiers   map[string]cashier // by their tokens
	counter    int

	delivering sync.Mutex // one delivery run at a time
	wake       chan struct{}
	stop       context.CancelFunc
	stopped    chan struct{}
}

// Request is one call that the program made.
type Request struct {
	Op     Op
	Number string // the out_trade_no or out_request_no it was about
	Code   string // of the answer; "" when the connection was cut after the effect
}

// New makes a server that does nothing by itself yet; see Start.
func New(o Options) *Server {
	k := keys()
	if o.AppID == "" {
		o.AppID = "2021000000000001"
	}
	if o.SellerID == "" {
		o.SellerID = "2088000000000001"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Retries == nil {
		o.Retries = platformRetries()
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 5 * time.Second}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		Faults: &Faults{}, application: k.application, platform: k.platform, stranger: k.stranger, options: o,
		orders: map[string]*Order{}, refunds: map[string]*Refund{}, listeners: map[int]func(string){}, wake: make(chan struct{}, 1),
	}
	s.restore(o.State)
	return s
}

func (s *Server) now() time.Time { return s.options.Now() }

// shanghai is the zone in which Alipay writes times.
func shanghai() *time.Location { return time.FixedZone("CST", 8*60*60) }

const timeForm = "2006-01-02 15:04:05"

// refusal is an answer other than success.
type refusal struct {
	code, msg, sub, text string
	natural              bool // a correct program gets it too: no violation
	unsigned             bool // Alipay does not know to whom it speaks
}

func invalid(text string) *refusal {
	return &refusal{code: "40004", msg: "Business Failed", sub: "ACQ.INVALID_PARAMETER", text: text}
}

func business(sub, text string) *refusal {
	return &refusal{code: "40004", msg: "Business Failed", sub: "ACQ." + sub, text: text, natural: true}
}

// ServeHTTP is the gateway, and the pages that it leads phones to.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, billPath):
		s.billFile(w, r.URL.Query().Get("token"))
		return
	case strings.HasSuffix(r.URL.Path, cashierPath):
		s.leaveCashier(w, r)
		return
	case !strings.HasSuffix(r.URL.Path, "/gateway.do"):
		http.NotFound(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	op := Op(r.Form.Get("method"))
	refused := s.authorize(r.Form)
	if op == WapPay {
		s.wapPage(w, r.Form, refused)
		return
	}
	if refused == nil && r.Method != http.MethodPost {
		refused = &refusal{code: "40002", msg: "Invalid Arguments", sub: "isv.invalid-method", text: "POST is wanted"}
	}
	c := call{op: op, content: r.Form.Get("biz_content"), notifyURL: r.Form.Get("notify_url")}
	c.files = "http://" + r.Host + strings.TrimSuffix(r.URL.Path, "/gateway.do") + billPath
	s.perform(w, c, refused)
}

// authorize checks the public parameters and the signature.
func (s *Server) authorize(form url.Values) *refusal {
	wrong := func(sub, text string) *refusal {
		return &refusal{code: "40002", msg: "Invalid Arguments", sub: sub, text: text, unsigned: true}
	}
	at, err := time.ParseInLocation(timeForm, form.Get("timestamp"), shanghai())
	for _, values := range form {
		if len(values) > 1 {
			return wrong("isv.invalid-parameter", "a parameter stands there twice")
		}
	}
	switch {
	case form.Get("app_id") != s.options.AppID:
		return wrong("isv.invalid-app-id", "unknown app_id")
	case form.Get("sign_type") != "RSA2":
		return wrong("isv.invalid-signature-type", "sign_type must be RSA2")
	case form.Get("charset") != "utf-8" || form.Get("version") != "1.0":
		return wrong("isv.invalid-charset", "charset must be utf-8 and version 1.0")
	case err != nil || time.Since(at).Abs() > 10*time.Minute:
		return wrong("isv.invalid-timestamp", "the timestamp must be China's time now")
	case !verify(&s.application.PublicKey, content(form, "sign"), form.Get("sign")):
		return wrong("isv.invalid-signature", "the signature is wrong")
	case form.Get("biz_content") == "":
		return wrong("isv.missing-parameter", "biz_content is missing")
	}
	return nil
}

// call is what the program asks for.
type call struct {
	op        Op
	content   string // JSON
	notifyURL string
	files     string // the address at which this server has the files of bills
}

// perform runs the call between the faults that stand before and behind its effect.
func (s *Server) perform(w http.ResponseWriter, c call, refused *refusal) {
	var b bizContent
	op := c.op
	if refused == nil && json.Unmarshal([]byte(c.content), &b) != nil {
		refused = invalid("biz_content is no JSON object")
	}
	if code, sub, ok := s.Faults.response(op); ok && refused == nil {
		refused = &refusal{code: code, msg: "injected", sub: sub, text: "injected", natural: true}
	}
	var result map[string]any
	if refused == nil {
		s.before(op, b.OutTradeNo)
		result, refused = s.do(c, b)
		s.tell(b.OutTradeNo)
		if s.Faults.counted(&s.Faults.cuts, op) {
			s.record(Request{Op: op, Number: b.number()})
			panic(http.ErrAbortHandler) // the client sees a broken connection, as after a time-out
		}
	}
	if result == nil {
		result = map[string]any{}
	}
	result["code"], result["msg"] = "10000", "Success"
	if refused != nil {
		result = map[string]any{"code": refused.code, "msg": refused.msg, "sub_code": refused.sub, "sub_msg": refused.text}
		if !refused.natural {
			s.violate(fmt.Sprintf("%s: %s: %s", op, refused.sub, refused.text))
		}
	}
	s.record(Request{Op: op, Number: b.number(), Code: result["code"].(string)})
	s.answer(w, op, result, refused != nil && refused.unsigned)
}

func (s *Server) answer(w http.ResponseWriter, op Op, result map[string]any, unsigned bool) {
	raw, err := json.Marshal(result)
	if err != nil {
		panic(fmt.Sprintf("encode an answer: %v", err))
	}
	answer := map[string]any{strings.ReplaceAll(string(op), ".", "_") + "_response": json.RawMessage(raw)}
	key := s.platform
	if s.Faults.counted(&s.Faults.strangers, op) {
		key = s.stranger
	}
	if !unsigned && !s.Faults.counted(&s.Faults.unsigned, op) {
		answer["sign"] = sign(key, raw)
	}
	body, err := json.Marshal(answer)
	if err != nil {
		panic(fmt.Sprintf("encode an answer: %v", err))
	}
	w.Header().Set("Content-Type", "text/html;charset=utf-8") // so does the real one
	_, _ = w.Write(body)
}

func (s *Server) do(c call, b bizContent) (map[string]any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c.op {
	case Precreate:
		return s.precreateLocked(b, c.notifyURL)
	case BillQuery:
		return s.billQueryLocked(b, c.files)
	case Query:
		return s.queryLocked(b)
	case Close:
		return s.closeLocked(b)
	case RefundOp:
		return s.refundLocked(b)
	case QueryRefund:
		return s.queryRefundLocked(b)
	}
	return nil, &refusal{code: "40002", msg: "Invalid Arguments", sub: "isv.invalid-method", text: "no such interface"}
}

// before pays behind the program's back, where that was asked for.
func (s *Server) before(op Op, number string) {
	if op != Close {
		return
	}
	s.mu.Lock()
	order := s.orders[number]
	payable := order != nil && s.payableLocked(order) == nil
	s.mu.Unlock()
	if !payable {
		return
	}
	if payer, ok := s.Faults.payerAtClose(); ok {
		if err := s.pay(order, payer); err != nil {
			s.violate("an injected payment was not possible: " + err.Error())
		}
	}
}

func (s *Server) violate(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = append(s.violations, text)
}

// Violations are the breaches of the API by the program so far: each a refused request that a correct program does not send, or an
// answer to a notice that Alipay would take amiss.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

const keptRequests = 10_000

func (s *Server) record(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	if len(s.requests) > keptRequests {
		s.requests = slices.Delete(s.requests, 0, keptRequests/2)
	}
}

// Requests are the calls so far, oldest first; of very many only the latest.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Subscribe calls f, in the goroutine that made the change and outside of locks, after each change of an order.
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

func (s *Server) tell(number string) {
	s.mu.Lock()
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
