package sms_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/reminders/sms"
	"guahao/reminders/sms/smstest"
)

const secret = "receipts0123456789"

// reporter makes a provider's gateway without calling it.
func reporter(t *testing.T, make func(sms.Config) (sms.Gateway, error)) sms.Reporter {
	t.Helper()
	gateway, err := make(sms.Config{KeyID: "k", KeySecret: "s", API: "http://localhost"})
	if err != nil {
		t.Fatal(err)
	}
	return gateway.(sms.Reporter)
}

// A provider reports what became of messages, and gets the answer that it wants; a stranger is told nothing, and what is broken costs nothing but itself.
func TestReceipts(t *testing.T) {
	t.Parallel()
	entries := map[string][2]string{ // by provider: a good one, and broken ones
		"aliyun": {`{"biz_id": "1^0", "success": false, "err_code": "MOBILE_NOT_ON_SERVICE", "phone_number": "13800138000"}`,
			`{"success": false}, {"biz_id": "2"}, {"biz_id": "2", "success": "no"}, 7, null, {"biz_id": "a b", "success": true}, {"biz_id": "` + strings.Repeat("9", 65) + `", "success": true}`},
		"tencent": {`{"sid": "1^0", "report_status": "FAIL", "errmsg": "MOBILE_NOT_ON_SERVICE"}`, `{"report_status": "FAIL"}, {"sid": "2"}, {"sid": "2", "report_status": "WHO KNOWS"}, 7, null, {"sid": "\n", "report_status": "FAIL"}`},
	}
	for _, p := range providers {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			from := reporter(t, p.make)
			var got []sms.Receipt
			var fails error
			take := func(_ context.Context, list []sms.Receipt) error {
				got = append(got, list...)
				return fails
			}
			mux := http.NewServeMux()
			mux.Handle("POST /sms/receipts/{secret}", sms.ReceiptHandler(secret, from, take, slog.New(slog.DiscardHandler)))
			mux.Handle("POST /open/{secret}", sms.ReceiptHandler("", from, take, slog.New(slog.DiscardHandler)))
			server := httptest.NewServer(mux)
			t.Cleanup(server.Close)
			good, broken := entries[p.name][0], entries[p.name][1]
			failed := sms.Receipt{ID: "1^0", Code: "MOBILE_NOT_ON_SERVICE"}
			for _, tt := range []struct {
				name, path, body string
				fails            error
				status           int
				want             []sms.Receipt
			}{
				{"one", "/sms/receipts/" + secret, "[" + good + "]", nil, 200, []sms.Receipt{failed}},
				{"among broken ones", "/sms/receipts/" + secret, "[" + broken + ", " + good + "]", nil, 200, []sms.Receipt{failed}},
				{"none", "/sms/receipts/" + secret, "[]", nil, 200, nil},
				{"the database is away", "/sms/receipts/" + secret, "[" + good + "]", errors.New("away"), 503, []sms.Receipt{failed}},
				{"a stranger", "/sms/receipts/receipts0123456788", "[" + good + "]", nil, 404, nil},
				{"a part of the secret", "/sms/receipts/receipts", "[" + good + "]", nil, 404, nil},
				{"no secret is set", "/open/x", "[" + good + "]", nil, 404, nil},
				{"not a list", "/sms/receipts/" + secret, good, nil, 400, nil},
				{"null", "/sms/receipts/" + secret, "null", nil, 400, nil},
				{"no JSON", "/sms/receipts/" + secret, "[" + good, nil, 400, nil},
				{"nothing", "/sms/receipts/" + secret, "", nil, 400, nil},
				{"too long", "/sms/receipts/" + secret, "[" + strings.Repeat(" ", 1<<20) + good + "]", nil, 413, nil},
			} {
				got, fails = nil, tt.fails
				answer, err := http.Post(server.URL+tt.path, "application/json", strings.NewReader(tt.body))
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if err != nil || answer.StatusCode != tt.status || (tt.status == 200) != (strings.TrimSpace(string(text)) == from.Thanks()) {
					t.Errorf("%s: %d %q, %v; want %d", tt.name, answer.StatusCode, text, err, tt.status)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tt.name, diff)
				}
				if strings.Contains(string(text), "13800138000") {
					t.Errorf("%s: the answer tells a number", tt.name)
				}
			}
			// As the simulator reports.
			sim := smstest.New(time.Now)
			for _, arrived := range []bool{true, false} {
				got, fails = nil, nil
				status, answer, err := sim.Report(t.Context(), server.URL+"/sms/receipts/"+secret, smstest.SMS{ID: "9", Provider: p.name, To: "13800138000"}, arrived)
				if err != nil || status != 200 || len(got) != 1 || got[0].ID != "9" || got[0].Arrived != arrived {
					t.Errorf("the simulator's report: %d %q, %v; %+v", status, answer, err, got)
				}
			}
		})
	}
}

func FuzzReceipts(f *testing.F) {
	f.Add([]byte(`[{"biz_id": "1^0", "success": false}, {"sid": "1", "report_status": "FAIL"}]`))
	f.Add([]byte(`[[], {}, "x", null]`))
	f.Add([]byte(`{"biz_id": 1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, p := range providers {
			gateway, err := p.make(sms.Config{KeyID: "k", KeySecret: "s", API: "http://localhost"})
			if err != nil {
				t.Fatal(err)
			}
			list, err := gateway.(sms.Reporter).ReadReceipts(body)
			for _, r := range list {
				if err != nil || r.ID == "" || len(r.ID) > 64 || len(r.Code) > 64 || strings.ContainsAny(r.ID, " \n") {
					t.Errorf("%+v, %v", r, err)
				}
			}
		}
	})
}
