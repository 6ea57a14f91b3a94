package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"guahao/internal/money"
	"guahao/internal/sandbox/qrscan"
	"guahao/payments/wechatpay/wechatpaytest"
)

// sheet is what WeChat's payment sheet shows before it takes the money.
type sheet struct {
	Amount      string `json:"amount"` // yuan
	Description string `json:"description"`
	Code        string `json:"code,omitempty"` // what was scanned
}

func sheetOf(o wechatpaytest.Order) sheet {
	return sheet{Amount: money.Fen(o.Total).String(), Description: o.Description}
}

// scanned names the picture that a camera is pointed at: a message's, or that of the pay page with this path.
type scanned struct {
	Message string `json:"message"`
	Page    string `json:"page"`
	Code    string `json:"code"`
}

func (s *Sandbox) moneyRoutes(mux *http.ServeMux) {
	mux.Handle("POST /api/wechat/sheet", action(s, func(_ context.Context, in wechatpaytest.Bridge) (sheet, error) {
		order, err := s.cfg.Pay.Open(in, PatientOpenID)
		return sheetOf(order), refusal(err)
	}))
	mux.Handle("POST /api/wechat/pay", action(s, func(_ context.Context, in wechatpaytest.Bridge) (done, error) {
		return done{}, refusal(s.cfg.Pay.BridgePay(in, PatientOpenID))
	}))
	for name, phone := range s.telegram {
		mux.Handle("POST /api/"+name+"/scan", action(s, func(ctx context.Context, in scanned) (sheet, error) {
			return s.scan(ctx, phone, in)
		}))
		mux.Handle("POST /api/"+name+"/pay", action(s, func(_ context.Context, in scanned) (done, error) {
			return done{}, refusal(s.cfg.Pay.ScanPay(in.Code, PayerOpenID))
		}))
	}
}

// scan reads the code in a picture and asks WeChat Pay what it is about.
func (s *Sandbox) scan(ctx context.Context, phone *telegramPhone, in scanned) (sheet, error) {
	picture, err := s.picture(ctx, phone, in)
	if err != nil {
		return sheet{}, err
	}
	code, err := qrscan.Decode(picture)
	if err != nil {
		return sheet{}, &problem{Status: http.StatusUnprocessableEntity, Code: "no_code", Text: err.Error()}
	}
	order, err := s.cfg.Pay.Scan(code)
	if err != nil {
		return sheet{}, refusal(err)
	}
	found := sheetOf(order)
	found.Code = code
	return found, nil
}

var payPath = regexp.MustCompile(`^/pay/[A-Za-z0-9_-]+$`)

// maxPicture bounds a picture that is fetched, in bytes.
const maxPicture = 1 << 20

func (s *Sandbox) picture(ctx context.Context, phone *telegramPhone, in scanned) ([]byte, error) {
	if in.Page == "" {
		m, err := phone.message(in.Message)
		return m.Photo, err
	}
	if !payPath.MatchString(in.Page) {
		return nil, &problem{Status: http.StatusBadRequest, Code: "no_code", Text: "this page has no code"}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.app.JoinPath(in.Page, "qr.png").String(), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the pay page's code: %w", err)
	}
	defer response.Body.Close()
	return io.ReadAll(io.LimitReader(response.Body, maxPicture))
}

// refusal puts what WeChat says instead of paying into the page's terms.
func refusal(err error) error {
	codes := []struct {
		is   error
		code string
	}{
		{wechatpaytest.ErrUnknownCode, "pay_unknown"},
		{wechatpaytest.ErrCodeExpired, "pay_expired"},
		{wechatpaytest.ErrTooLate, "pay_expired"},
		{wechatpaytest.ErrOrderClosed, "pay_closed"},
		{wechatpaytest.ErrOrderPaid, "pay_paid"},
		{wechatpaytest.ErrOtherPayer, "pay_other"},
		{wechatpaytest.ErrBridge, "pay_refused"},
	}
	for _, c := range codes {
		if errors.Is(err, c.is) {
			return &problem{Status: http.StatusConflict, Code: c.code, Text: err.Error()}
		}
	}
	return err
}
