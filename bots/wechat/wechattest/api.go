package wechattest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// result is the platform's answer to a call: HTTP 200 with an errcode, whatever happened.
type result struct {
	ErrCode int    `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
	MsgID   int64  `json:"msgid,omitempty"`
}

// messages of the platform's global error codes that occur here.
var errorMessages = map[int]string{
	0: "ok", -1: "system error", 40001: "invalid credential, access_token is invalid or not latest", 40002: "invalid grant_type",
	40003: "invalid openid", 40008: "invalid message type", 40013: "invalid appid", 40014: "invalid access_token",
	40016: "invalid button size", 40017: "invalid button type", 40018: "invalid button name size", 40019: "invalid button key size",
	40020: "invalid button url size", 40023: "invalid sub button size", 40024: "invalid sub button type",
	40025: "invalid sub button name size", 40026: "invalid sub button key size", 40027: "invalid sub button url size",
	40029: "invalid code", 40037: "invalid template_id", 40053: "invalid action info", 40066: "invalid url", 40125: "invalid appsecret", 40163: "code been used",
	40164: "invalid ip, not in whitelist", 41001: "access_token missing", 41008: "missing code", 42001: "access_token expired",
	43001: "require GET method", 43002: "require POST method", 43004: "require subscribe", 43101: "user refuse to accept the msg",
	44002: "empty post data", 44004: "empty content", 45002: "content size out of limit", 45009: "reach max api daily quota limit",
	45011: "api minute-quota reach limit, must slower, retry next minute", 45015: "response out of time limit or subscription is canceled",
	45047: "out of response count limit", 45072: "command not support", 46003: "menu no exist", 47001: "data format error",
	47003: "argument invalid!", 48001: "api unauthorized",
}

func failure(code int) result {
	text, known := errorMessages[code]
	if !known {
		text = "error"
	}
	return result{ErrCode: code, ErrMsg: fmt.Sprintf("%s rid: %016x", text, randomNumber())}
}

var success = result{ErrMsg: "ok"}

// endpoint answers one path. body is nil for GET.
type endpoint struct {
	method string
	token  bool // needs an access token
	answer func(r *http.Request, body []byte) any
}

func (s *Server) routes() *http.ServeMux {
	endpoints := map[string]endpoint{
		"/cgi-bin/stable_token":                      {http.MethodPost, false, s.stableToken},
		"/cgi-bin/token":                             {http.MethodGet, false, s.plainToken},
		"/cgi-bin/menu/create":                       {http.MethodPost, true, s.createMenu},
		"/cgi-bin/menu/get":                          {http.MethodGet, true, s.getMenu},
		"/cgi-bin/menu/delete":                       {http.MethodGet, true, s.deleteMenu},
		"/cgi-bin/qrcode/create":                     {http.MethodPost, true, s.createQRCode},
		"/cgi-bin/message/custom/send":               {http.MethodPost, true, s.customSend},
		"/cgi-bin/message/custom/typing":             {http.MethodPost, true, s.customTyping},
		"/cgi-bin/message/template/send":             {http.MethodPost, true, s.templateSend},
		"/cgi-bin/template/get_all_private_template": {http.MethodGet, true, s.listTemplates},
		"/sns/oauth2/access_token":                   {http.MethodGet, false, s.oauthToken},
	}
	mux := http.NewServeMux()
	for path, e := range endpoints {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, path, e) })
	}
	mux.HandleFunc("GET /connect/oauth2/authorize", s.authorize)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.violate("a call of %s %s: there is no such endpoint", r.Method, r.URL.Path)
		writeJSON(w, failure(40066))
	})
	return mux
}

// ServeHTTP answers the calls of api.weixin.qq.com and the authorize page of open.weixin.qq.com.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request, path string, e endpoint) {
	fault := s.Faults.takeAPI(path)
	if fault.delay > 0 {
		sleep(r.Context(), fault.delay)
	}
	switch {
	case fault.status != 0:
		http.Error(w, "the platform is out of order", fault.status)
		return
	case fault.errcode != 0:
		writeJSON(w, failure(fault.errcode))
		return
	}
	answer := s.call(r, path, e)
	if fault.lose {
		panic(http.ErrAbortHandler)
	}
	writeJSON(w, answer)
}

func (s *Server) call(r *http.Request, path string, e endpoint) any {
	if r.Method != e.method {
		s.violate("%s was called with %s", path, r.Method)
		if e.method == http.MethodGet {
			return failure(43001)
		}
		return failure(43002)
	}
	if e.token {
		if code := s.checkToken(r.URL.Query().Get("access_token")); code != 0 {
			return failure(code)
		}
	}
	if e.method == http.MethodGet {
		return e.answer(r, nil)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxResponse))
	if err != nil { // the program hung up in the middle of it, as it does when it is told to stop
		return failure(44002)
	}
	if len(body) == 0 {
		s.violate("%s was called without a body", path)
		return failure(44002)
	}
	if !json.Valid(body) {
		s.violate("%s was called with a body that is no JSON", path)
		return failure(47001)
	}
	return e.answer(r, body)
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	_ = json.NewEncoder(w).Encode(value)
}
