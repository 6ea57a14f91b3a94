package smstest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Report calls the program as a message's provider does, with what became of it, and returns how it was answered.
func (s *Server) Report(ctx context.Context, url string, m SMS, arrived bool) (status int, answer string, err error) {
	body, err := json.Marshal([]any{report(m, arrived)})
	if err != nil {
		return 0, "", fmt.Errorf("write the report: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, "", fmt.Errorf("ask: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", fmt.Errorf("report: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// report is an entry as the provider writes it.
func report(m SMS, arrived bool) map[string]any {
	if m.Provider == "tencent" {
		e := map[string]any{"user_receive_time": "2026-07-01 09:00:03", "nationcode": "86", "mobile": m.To, "report_status": "SUCCESS", "errmsg": "DELIVRD", "description": "", "sid": m.ID}
		if !arrived {
			e["report_status"], e["errmsg"] = "FAIL", "MK:0001"
		}
		return e
	}
	e := map[string]any{
		"phone_number": m.To, "send_time": "2026-07-01 09:00:00", "report_time": "2026-07-01 09:00:03", "success": arrived, "err_code": "DELIVERED", "err_msg": "", "sms_size": "1",
		"biz_id": m.ID, "out_id": "",
	}
	if !arrived {
		e["err_code"] = "MOBILE_NOT_ON_SERVICE"
	}
	return e
}
