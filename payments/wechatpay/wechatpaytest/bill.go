package wechatpaytest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"
)

// BillRow is one line of a trade bill.
type BillRow struct {
	At            time.Time
	AppID, MchID  string
	TransactionID string
	OutTradeNo    string
	OpenID        string
	TradeType     string
	State         string // SUCCESS or REFUND
	RefundID      string
	OutRefundNo   string
	RefundState   string // SUCCESS, PROCESSING or FAIL
	Subject       string
	Total         int64 // fen; of payments
	Refund        int64 // fen; of refunds
	Fee           int64 // fen; negative where it is given back
}

const (
	billHeader = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额," +
		"微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n"
	billTotals = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n"

	billFrom    = 10 // o'clock on the next day
	billDays    = 90
	billExpires = 5 * time.Minute // of a download address
	billTime    = "2006-01-02 15:04:05"
)

// billFile is a bill that was offered for download.
type billFile struct {
	text  []byte
	path  string // instead of text
	gzip  bool
	until time.Time
}

// EditBill lets edit change the rows of each bill from now on, as if that had happened at WeChat Pay; nil: no more.
func (s *Server) EditBill(edit func([]BillRow) []BillRow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.editBill = edit
}

// ServeBill serves the uncompressed file at path, written with WriteBill, as the bill of the day, instead of one made of the orders.
func (s *Server) ServeBill(day time.Time, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.billPaths == nil {
		s.billPaths = map[string]string{}
	}
	s.billPaths[day.In(shanghai()).Format(time.DateOnly)] = path
}

// tradeBill tells where the bill of a day can be downloaded, and its SHA1.
func (s *Server) tradeBill(c call) (any, *apiError) {
	query := c.r.URL.Query()
	day, err := time.ParseInLocation(time.DateOnly, query.Get("bill_date"), shanghai())
	kind, packed := query.Get("bill_type"), query.Get("tar_type")
	now := s.now().In(shanghai())
	switch {
	case err != nil:
		return nil, invalid("bill_date", "must be a date")
	case kind != "" && kind != "ALL":
		return nil, invalid("bill_type", "only ALL is simulated")
	case packed != "" && packed != "GZIP":
		return nil, invalid("tar_type", "must be GZIP")
	case now.Before(day.AddDate(0, 0, 1)):
		return nil, invalid("bill_date", "the day is not over")
	case now.After(day.AddDate(0, 0, billDays)):
		return nil, state(http.StatusBadRequest, "NO_STATEMENT_EXIST", "bills are kept for three months")
	case now.Before(day.AddDate(0, 0, 1).Add(billFrom * time.Hour)):
		return nil, state(http.StatusBadRequest, "STATEMENT_CREATING", "the bill is being made")
	}
	file := &billFile{gzip: packed == "GZIP", until: s.now().Add(billExpires)}
	s.mu.Lock()
	file.path = s.billPaths[day.Format(time.DateOnly)]
	s.mu.Unlock()
	if file.path == "" {
		rows := s.billRows(day)
		if len(rows) == 0 {
			return nil, state(http.StatusBadRequest, "NO_STATEMENT_EXIST", "nothing was traded on that day")
		}
		var text bytes.Buffer
		if err := WriteBill(&text, slices.Values(rows)); err != nil {
			panic(fmt.Sprintf("write a bill: %v", err))
		}
		file.text = text.Bytes()
	}
	return s.offer(file), nil
}

func (s *Server) offer(file *billFile) map[string]string {
	text, err := file.open()
	if err != nil {
		panic(fmt.Sprintf("open a bill: %v", err))
	}
	defer text.Close()
	sum := sha1.New()
	if _, err := io.Copy(sum, text); err != nil {
		panic(fmt.Sprintf("read a bill: %v", err))
	}
	token := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bills == nil {
		s.bills = map[string]*billFile{}
	}
	s.bills[token] = file
	return map[string]string{
		"hash_type": "SHA1", "hash_value": hex.EncodeToString(sum.Sum(nil)),
		"download_url": "https://api.mch.weixin.qq.com/v3/billdownload/file?token=" + token,
	}
}

func (f *billFile) open() (io.ReadCloser, error) {
	if f.path != "" {
		return os.Open(f.path)
	}
	return io.NopCloser(bytes.NewReader(f.text)), nil
}

// download sends a bill's file. The answer is not signed.
func (s *Server) download(w http.ResponseWriter, c call) {
	s.mu.Lock()
	file := s.bills[c.number]
	s.mu.Unlock()
	if file == nil || s.now().After(file.until) {
		s.record(Request{Op: c.op, Number: c.number, Status: http.StatusNotFound})
		s.fail(w, problem(http.StatusNotFound, "NOT_FOUND", "the download address is unknown or expired"), false)
		return
	}
	text, err := file.open()
	if err != nil {
		panic(fmt.Sprintf("open a bill: %v", err))
	}
	defer text.Close()
	s.record(Request{Op: c.op, Number: c.number, Status: http.StatusOK})
	var body io.Reader = text
	if s.Faults.badSignature(c.op) { // the nearest thing: the file is damaged on its way, where its form does not show it
		body = bytes.NewReader(bytes.Replace(file.text, []byte("OTHERS"), []byte("0THERS"), 1))
	}
	if !file.gzip {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.Copy(w, body)
		return
	}
	w.Header().Set("Content-Type", "application/gzip")
	packed := gzip.NewWriter(w)
	_, _ = io.Copy(packed, body)
	_ = packed.Close()
}

// billRows is what was paid and what was taken in for refunding on a day, newest first as WeChat Pay lists it.
func (s *Server) billRows(day time.Time) []BillRow {
	end := day.AddDate(0, 0, 1)
	on := func(t time.Time) bool { return !t.Before(day) && t.Before(end) }
	var rows []BillRow
	for _, o := range s.Orders() {
		if o.TransactionID != "" && on(o.PaidAt) {
			rows = append(rows, s.orderRow(o, o.PaidAt))
		}
	}
	for _, r := range s.Refunds() {
		if order, ok := s.Order(r.OutTradeNo); ok && on(r.CreatedAt) {
			row := s.orderRow(order, r.CreatedAt)
			row.State, row.RefundID, row.OutRefundNo, row.Total, row.Refund, row.Fee = "REFUND", r.RefundID, r.OutRefundNo, 0, r.Amount, -billFee(r.Amount)
			row.RefundState = map[string]string{RefundSuccess: "SUCCESS", RefundProcessing: "PROCESSING", RefundClosed: "FAIL", RefundAbnormal: "CHANGE"}[r.Status]
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b BillRow) int { return b.At.Compare(a.At) })
	s.mu.Lock()
	edit := s.editBill
	s.mu.Unlock()
	if edit != nil {
		rows = edit(rows)
	}
	return rows
}

func (s *Server) orderRow(o Order, at time.Time) BillRow {
	return BillRow{
		At: at, AppID: s.appID, MchID: s.mchID, TransactionID: o.TransactionID, OutTradeNo: o.OutTradeNo, OpenID: o.Payer,
		TradeType: o.TradeType, State: "SUCCESS", Subject: o.Description, Total: o.Total, Fee: billFee(o.Total),
	}
}

// billFee is 0.6 %, rounded to fen.
func billFee(amount int64) int64 { return (amount*6 + 500) / 1000 }

// WriteBill writes a trade bill as WeChat Pay does: a mark of UTF-8, the header, a line per row with a backtick before each field,
// and the totals.
func WriteBill(w io.Writer, rows func(yield func(BillRow) bool)) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var count, total, refund, fee int64
	_, _ = out.WriteString("\ufeff" + billHeader)
	for r := range rows {
		count++
		total, refund, fee = total+r.Total, refund+r.Refund, fee+r.Fee
		refundKind := ""
		if r.State == "REFUND" {
			refundKind = "ORIGINAL"
		}
		_, _ = fmt.Fprintf(out, "`%s,`%s,`%s,`0,`,`%s,`%s,`%s,`%s,`%s,`OTHERS,`CNY,`%s,`0.00,`%s,`%s,`%s,`0.00,`%s,`%s,`%s,`,`%s000,`0.60%%,`%s,`%s,`\r\n",
			r.At.In(shanghai()).Format(billTime), r.AppID, r.MchID, r.TransactionID, r.OutTradeNo, r.OpenID, r.TradeType, r.State,
			billYuan(r.Total), orZero(r.RefundID), orZero(r.OutRefundNo), billYuan(r.Refund), refundKind, r.RefundState, r.Subject,
			billYuan(r.Fee), billYuan(r.Total), billYuan(r.Refund))
	}
	_, _ = fmt.Fprintf(out, "%s`%d,`%s,`%s,`0.00,`%s000,`%s,`%s\r\n", billTotals, count, billYuan(total), billYuan(refund), billYuan(fee), billYuan(total), billYuan(refund))
	return out.Flush() // it remembers the first error
}

func orZero(number string) string {
	if number == "" {
		return "0"
	}
	return number
}

func billYuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100)
}
