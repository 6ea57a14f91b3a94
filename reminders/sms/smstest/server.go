// Package smstest is a simulator of the short message services of Alibaba Cloud and Tencent Cloud: one HTTP handler that checks the
// signatures of both, which are written here from their documents, and refuses what it is told to.
package smstest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The account that the simulator knows.
const (
	KeyID     = "SIMULATED-KEY"
	KeySecret = "simulated secret"
	Sign      = "市一医院"
	AppID     = "1400000000"
)

// maxBody is how much of a request is read, in bytes.
const maxBody = 1 << 20

// maxSkew is how far a request's time may be from the simulator's.
const maxSkew = 5 * time.Minute

// SMS is one that the simulator has taken.
type SMS struct {
	ID       string // by which it is reported
	Provider string // aliyun or tencent
	To       string
	Sign     string
	Template string
	Params   []string // Tencent's in order, Aliyun's as name=value in the order of the names
}

// Server is the simulator.
type Server struct {
	now func() time.Time

	mu     sync.Mutex
	sent   []SMS
	faults []Fault
	wrong  []string
}

// Fault is how one request is answered instead.
type Fault struct {
	Code   string // the provider's code; "" with a status: no JSON at all
	Status int    // of HTTP; 0: 200
	Taken  bool   // the message is taken all the same: the answer is lost
}

// New makes one.
func New(now func() time.Time) *Server { return &Server{now: now} }

// Fail lets the next requests meet these faults, in order.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// Sent are the messages that were taken, in order.
func (s *Server) Sent() []SMS {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]SMS(nil), s.sent...)
}

// Wrong lists what the program did that the providers refuse.
func (s *Server) Wrong() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.wrong...)
}

func (s *Server) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "too long", http.StatusRequestEntityTooLarge)
		return
	}
	switch {
	case r.Header.Get("x-acs-action") != "":
		s.aliyun(w, r, body)
	case r.Header.Get("X-TC-Action") != "":
		s.tencent(w, r, body)
	default:
		s.note("a request of neither provider: %s %s", r.Method, r.URL.Path)
		http.NotFound(w, r)
	}
}

// take keeps a message unless a fault is planned, and gives the code to answer with.
func (s *Server) take(m SMS) (id, code string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var fault Fault
	if len(s.faults) > 0 {
		fault, s.faults = s.faults[0], s.faults[1:]
	}
	failed := fault != Fault{}
	if !failed || fault.Taken {
		m.ID = fmt.Sprintf("%s:%d^0", m.Provider, len(s.sent)+1)
		s.sent = append(s.sent, m)
	}
	if failed {
		return "", fault.Code, fault.Status
	}
	return m.ID, "", 0
}

func reply(w http.ResponseWriter, status int, answer any) {
	if status == 0 {
		status = http.StatusOK
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

// aliyun is SendSms of 2017-05-25, signed by ACS3-HMAC-SHA256.
func (s *Server) aliyun(w http.ResponseWriter, r *http.Request, body []byte) {
	refuse := func(status int, code string) {
		s.note("aliyun: %s", code)
		reply(w, status, map[string]string{"Code": code, "Message": code, "RequestId": "R"})
	}
	q := r.URL.Query()
	if form, err := url.ParseQuery(string(body)); err == nil {
		for k, v := range form {
			q[k] = v
		}
	}
	var params map[string]string
	at, timeErr := time.Parse(time.RFC3339, r.Header.Get("x-acs-date"))
	switch {
	case r.Header.Get("x-acs-action") != "SendSms" || r.Header.Get("x-acs-version") != "2017-05-25":
		refuse(http.StatusNotFound, "InvalidAction.NotFound")
		return
	case timeErr != nil || at.Sub(s.now()).Abs() > maxSkew:
		refuse(http.StatusBadRequest, "InvalidTimeStamp.Expired")
		return
	case !s.aliyunSigned(r, body):
		refuse(http.StatusBadRequest, "SignatureDoesNotMatch")
		return
	case q.Get("SignName") != Sign:
		refuse(0, "isv.SMS_SIGNATURE_ILLEGAL")
		return
	case q.Get("TemplateCode") == "":
		refuse(0, "isv.SMS_TEMPLATE_ILLEGAL")
		return
	case json.Unmarshal([]byte(q.Get("TemplateParam")), &params) != nil:
		refuse(0, "isv.INVALID_JSON_PARAM")
		return
	}
	m := SMS{Provider: "aliyun", To: q.Get("PhoneNumbers"), Sign: q.Get("SignName"), Template: q.Get("TemplateCode")}
	for name, value := range params {
		m.Params = append(m.Params, name+"="+value)
	}
	sort.Strings(m.Params)
	id, code, status := s.take(m)
	switch {
	case code == "" && status != 0:
		http.Error(w, "gateway", status)
	case code != "":
		reply(w, status, map[string]string{"Code": code, "Message": "to " + m.To, "RequestId": "R"})
	default:
		reply(w, 0, map[string]string{"Code": "OK", "Message": "OK", "BizId": id, "RequestId": "R"})
	}
}

func (s *Server) aliyunSigned(r *http.Request, body []byte) bool {
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	parts := fields(rest)
	hash := hexSum(body)
	if scheme != "ACS3-HMAC-SHA256" || parts["Credential"] != KeyID || r.Header.Get("x-acs-content-sha256") != hash {
		return false
	}
	var headers strings.Builder
	for name := range strings.SplitSeq(parts["SignedHeaders"], ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		fmt.Fprintf(&headers, "%s:%s\n", name, strings.TrimSpace(value))
	}
	canonical := strings.Join([]string{r.Method, r.URL.Path, strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20"), headers.String(), parts["SignedHeaders"], hash}, "\n")
	want := hex.EncodeToString(mac([]byte(KeySecret), scheme+"\n"+hexSum([]byte(canonical))))
	return hmac.Equal([]byte(want), []byte(parts["Signature"])) && strings.Contains(parts["SignedHeaders"], "x-acs-date")
}

// tencent is SendSms of 2021-01-11, signed by TC3-HMAC-SHA256.
func (s *Server) tencent(w http.ResponseWriter, r *http.Request, body []byte) {
	refuse := func(code string) {
		s.note("tencent: %s", code)
		reply(w, 0, map[string]any{"Response": map[string]any{"Error": map[string]string{"Code": code, "Message": code}, "RequestId": "R"}})
	}
	var in struct {
		PhoneNumberSet   []string
		SmsSdkAppId      string //nolint:revive // the provider's spelling
		TemplateId       string //nolint:revive
		SignName         string
		TemplateParamSet []string
	}
	stamp, stampErr := strconv.ParseInt(r.Header.Get("X-TC-Timestamp"), 10, 64)
	switch {
	case r.Header.Get("X-TC-Action") != "SendSms" || r.Header.Get("X-TC-Version") != "2021-01-11":
		refuse("InvalidAction")
		return
	case stampErr != nil || time.Unix(stamp, 0).Sub(s.now()).Abs() > maxSkew:
		refuse("AuthFailure.SignatureExpire")
		return
	case !tencentSigned(r, body, stamp):
		refuse("AuthFailure.SignatureFailure")
		return
	case json.Unmarshal(body, &in) != nil || len(in.PhoneNumberSet) != 1:
		refuse("InvalidParameter")
		return
	case in.SmsSdkAppId != AppID:
		refuse("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
		return
	case in.SignName != Sign:
		refuse("FailedOperation.SignatureIncorrectOrUnapproved")
		return
	case !strings.HasPrefix(in.PhoneNumberSet[0], "+"):
		refuse("InvalidParameterValue.IncorrectPhoneNumber")
		return
	}
	id, code, status := s.take(SMS{Provider: "tencent", To: in.PhoneNumberSet[0], Sign: in.SignName, Template: in.TemplateId, Params: in.TemplateParamSet})
	switch {
	case code == "" && status != 0:
		http.Error(w, "gateway", status)
		return
	case code == "":
		code = "Ok"
	}
	reply(w, status, map[string]any{"Response": map[string]any{"RequestId": "R", "SendStatusSet": []any{map[string]any{
		"SerialNo": id, "PhoneNumber": in.PhoneNumberSet[0], "Fee": 1, "Code": code, "Message": "to " + in.PhoneNumberSet[0], "SessionContext": "", "IsoCode": "CN",
	}}}})
}

func tencentSigned(r *http.Request, body []byte, stamp int64) bool {
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	parts := fields(rest)
	date := time.Unix(stamp, 0).UTC().Format(time.DateOnly)
	scope := date + "/sms/tc3_request"
	if scheme != "TC3-HMAC-SHA256" || parts["Credential"] != KeyID+"/"+scope {
		return false
	}
	var headers strings.Builder
	for name := range strings.SplitSeq(parts["SignedHeaders"], ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		fmt.Fprintf(&headers, "%s:%s\n", name, strings.TrimSpace(value))
	}
	canonical := strings.Join([]string{r.Method, "/", "", headers.String(), parts["SignedHeaders"], hexSum(body)}, "\n")
	toSign := strings.Join([]string{scheme, strconv.FormatInt(stamp, 10), scope, hexSum([]byte(canonical))}, "\n")
	key := mac(mac(mac([]byte("TC3"+KeySecret), date), "sms"), "tc3_request")
	return hmac.Equal([]byte(hex.EncodeToString(mac(key, toSign))), []byte(parts["Signature"]))
}

// fields reads Credential=…,SignedHeaders=…, Signature=….
func fields(text string) map[string]string {
	parts := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	return parts
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
