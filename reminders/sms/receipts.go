package sms

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

// Receipt is what a provider says became of a message that it had taken (回执, 状态报告).
type Receipt struct {
	ID      string // as Send gave it
	Arrived bool
	Code    string // of the network, where it did not arrive
}

// Reporter is a gateway whose provider reports by calling a URL of ours.
type Reporter interface {
	// ReadReceipts reads the body of such a call. Entries that say nothing are left out; an error means that it is no report at all.
	ReadReceipts(body []byte) ([]Receipt, error)
	// Thanks is the answer that the provider expects.
	Thanks() string
}

// What a report may be.
const (
	maxReport = 1 << 20 // bytes
	maxID     = 64      // characters of a message's id
)

// errNoReport is returned for a body that is no report. What is in it is nobody's business.
var errNoReport = errors.New("this is no list of receipts")

// ReceiptHandler takes the reports of a provider at a path with the value {secret}. Neither provider signs them, so the secret in the path is all that tells
// them from a stranger's: 404 without it. An answer other than 200 makes the provider report again.
func ReceiptHandler(secret string, from Reporter, take func(ctx context.Context, list []Receipt) error, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if secret == "" || subtle.ConstantTimeCompare([]byte(r.PathValue("secret")), []byte(secret)) != 1 {
			http.NotFound(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReport))
		if err != nil {
			http.Error(w, "too long", http.StatusRequestEntityTooLarge)
			return
		}
		list, err := from.ReadReceipts(body)
		if err != nil {
			http.Error(w, errNoReport.Error(), http.StatusBadRequest)
			return
		}
		if err := take(r.Context(), list); err != nil {
			log.LogAttrs(r.Context(), slog.LevelError, "receipts of short messages are not noted", slog.Int("receipts", len(list)), slog.String("error", err.Error()))
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		fmt.Fprintln(w, from.Thanks())
	})
}

// readList reads a JSON array of which each entry is read by itself, so that one that is broken costs no other.
func readList(body []byte, one func(entry json.RawMessage) (Receipt, bool)) ([]Receipt, error) {
	var entries []json.RawMessage
	if err := json.Unmarshal(body, &entries); err != nil || entries == nil {
		return nil, errNoReport
	}
	var list []Receipt
	for _, entry := range entries {
		r, ok := one(entry)
		if ok && goodID(r.ID) {
			r.Code = short(r.Code)
			list = append(list, r)
		}
	}
	return list, nil
}

// goodID tells whether an id may be one of a message: printable, without spaces, and not long.
func goodID(id string) bool {
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

// ReadReceipts implements [Reporter] (SmsReport, HTTP 批量推送).
func (a *Aliyun) ReadReceipts(body []byte) ([]Receipt, error) {
	return readList(body, func(entry json.RawMessage) (Receipt, bool) {
		var e struct {
			BizID   string `json:"biz_id"`
			Success *bool  `json:"success"`
			ErrCode string `json:"err_code"`
		}
		if json.Unmarshal(entry, &e) != nil || e.Success == nil {
			return Receipt{}, false
		}
		return Receipt{ID: e.BizID, Arrived: *e.Success, Code: e.ErrCode}, true
	})
}

// Thanks implements [Reporter].
func (a *Aliyun) Thanks() string { return `{"code": 0, "msg": "OK"}` }

// ReadReceipts implements [Reporter] (短信下发状态通知).
func (g *Tencent) ReadReceipts(body []byte) ([]Receipt, error) {
	return readList(body, func(entry json.RawMessage) (Receipt, bool) {
		var e struct {
			SID    string `json:"sid"`
			Status string `json:"report_status"`
			ErrMsg string `json:"errmsg"`
		}
		if json.Unmarshal(entry, &e) != nil || e.Status != "SUCCESS" && e.Status != "FAIL" {
			return Receipt{}, false
		}
		return Receipt{ID: e.SID, Arrived: e.Status == "SUCCESS", Code: e.ErrMsg}, true
	})
}

// Thanks implements [Reporter].
func (g *Tencent) Thanks() string { return `{"result": 0, "errmsg": "OK"}` }

var (
	_ Reporter = (*Aliyun)(nil)
	_ Reporter = (*Tencent)(nil)
)
