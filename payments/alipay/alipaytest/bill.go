package alipaytest

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// BillRow is one line of a trade bill.
type BillRow struct {
	Kind         string // 交易 or 退款
	TradeNo      string
	OutTradeNo   string
	OutRequestNo string // of refunds
	Subject      string
	Payer        string
	CreatedAt    time.Time
	DoneAt       time.Time
	Amount       int64 // fen; negative for refunds
	Fee          int64 // fen; negative where it is kept
}

const (
	billPath   = "/downloadBillFile.resource"
	billFrom   = 9 // o'clock on the next day
	billValid  = 30 * time.Second
	billHeader = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）," +
		"集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注\r\n"
	billRule = "#-----------------------------------------业务明细列表"
)

// bill is a file that was offered for download.
type bill struct {
	file  []byte
	until time.Time
}

// billQueryLocked tells where the bill of a day can be downloaded.
func (s *Server) billQueryLocked(b bizContent, files string) (map[string]any, *refusal) {
	day, err := time.ParseInLocation(time.DateOnly, b.BillDate, shanghai())
	missing := &refusal{code: "40004", msg: "Business Failed", sub: "isp.bill_not_exist", text: "the bill does not exist", natural: true}
	now := s.now()
	switch {
	case b.BillType != "trade":
		return nil, invalid("bill_type: only trade is simulated")
	case err != nil:
		return nil, invalid("bill_date must be a date")
	case now.Before(day.AddDate(0, 0, 1)):
		return nil, invalid("the day is not over")
	case now.Before(day.AddDate(0, 0, 1).Add(billFrom * time.Hour)):
		return nil, missing
	}
	rows := s.billRowsLocked(day)
	if len(rows) == 0 {
		return nil, missing
	}
	file, err := PackBill(s.options.SellerID, day, rows)
	if err != nil {
		panic(fmt.Sprintf("write a bill: %v", err))
	}
	token := rand.Text()
	if s.bills == nil {
		s.bills = map[string]bill{}
	}
	s.bills[token] = bill{file, now.Add(billValid)}
	return map[string]any{"bill_download_url": files + "?token=" + token}, nil
}

// billFile sends a bill's file. Nothing about it is signed.
func (s *Server) billFile(w http.ResponseWriter, token string) {
	s.mu.Lock()
	b, ok := s.bills[token]
	s.mu.Unlock()
	if !ok || s.now().After(b.until) {
		http.Error(w, "the address is unknown or expired", http.StatusForbidden)
		return
	}
	file := b.file
	if s.Faults.counted(&s.Faults.strangers, BillFile) {
		file = slices.Clone(file)
		file[len(file)/4] ^= 0xff
	}
	s.record(Request{Op: BillFile, Code: "200"})
	w.Header().Set("Content-Type", "application/zip")
	_, _ = w.Write(file)
}

// billRowsLocked is what was paid and given back on a day.
func (s *Server) billRowsLocked(day time.Time) []BillRow {
	on := func(t time.Time) bool { return !t.Before(day) && t.Before(day.AddDate(0, 0, 1)) }
	var rows []BillRow
	row := func(o Order) BillRow {
		return BillRow{TradeNo: o.TradeNo, OutTradeNo: o.OutTradeNo, Subject: o.Subject, Payer: "患*(138****0000)", CreatedAt: o.CreatedAt}
	}
	for _, o := range s.orders {
		if on(o.PaidAt) {
			r := row(*o)
			r.Kind, r.DoneAt, r.Amount, r.Fee = "交易", o.PaidAt, fen(o.Amount), -billFee(fen(o.Amount))
			rows = append(rows, r)
		}
	}
	for _, back := range s.refunds {
		if o := s.orders[back.OutTradeNo]; o != nil && on(back.At) {
			r := row(*o)
			r.Kind, r.DoneAt, r.Amount, r.Fee, r.OutRequestNo = "退款", back.At, -back.Amount, billFee(back.Amount), back.OutRequestNo
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b BillRow) int {
		if c := a.DoneAt.Compare(b.DoneAt); c != 0 {
			return c
		}
		return strings.Compare(a.OutTradeNo+a.OutRequestNo, b.OutTradeNo+b.OutRequestNo)
	})
	return rows
}

// billFee is 0.6 %, rounded to fen.
func billFee(amount int64) int64 { return (amount*6 + 500) / 1000 }

// PackBill makes the file of a seller's bill of a day, as the platform does: a zip with the details and the sums per shop, in GBK, and
// with names in GBK.
func PackBill(seller string, day time.Time, rows []BillRow) ([]byte, error) {
	var file bytes.Buffer
	pack := zip.NewWriter(&file)
	prefix := seller + "0156_" + day.In(shanghai()).Format("20060102") + "_业务明细"
	for _, f := range []struct{ name, text string }{
		{prefix + "(汇总).csv", "#支付宝业务汇总查询\r\n门店编号,门店名称,交易订单总笔数\r\n"},
		{prefix + ".csv", BillText(seller, day, rows)},
	} {
		encode := simplifiedchinese.GBK.NewEncoder()
		name, err := encode.String(f.name)
		if err != nil {
			return nil, err
		}
		text, err := encode.String(f.text)
		if err != nil {
			return nil, err
		}
		out, err := pack.CreateHeader(&zip.FileHeader{Name: name, NonUTF8: true, Method: zip.Deflate})
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(out, text); err != nil {
			return nil, err
		}
	}
	err := pack.Close()
	return file.Bytes(), err
}

// BillText is the text of the details, in UTF-8.
func BillText(seller string, day time.Time, rows []BillRow) string {
	var out strings.Builder
	start := day.In(shanghai())
	const date = "2006年01月02日 15:04:05"
	fmt.Fprintf(&out, "#支付宝业务明细查询\r\n#账号：[%s0156]\r\n#起始日期：[%s]   终止日期：[%s]\r\n%s----------------------------------------\r\n%s",
		seller, start.Format(date), start.AddDate(0, 0, 1).Format(date), billRule, billHeader)
	var count, sum [2]int64
	for _, r := range rows {
		kind := 0
		if r.Kind == "退款" {
			kind = 1
		}
		count[kind]++
		sum[kind] += r.Amount
		amount, fee := signedYuan(r.Amount), signedYuan(r.Fee)
		fmt.Fprintf(&out, "%s\t,%s\t,%s,%s,%s,%s,,,,,%s,%s,%s,0.00,0.00,0.00,0.00,0.00,,0.00,0.00,%s,%s,0.00,\r\n",
			r.TradeNo, r.OutTradeNo, r.Kind, r.Subject, r.CreatedAt.In(shanghai()).Format(timeForm), r.DoneAt.In(shanghai()).Format(timeForm),
			r.Payer, amount, amount, r.OutRequestNo, fee)
	}
	fmt.Fprintf(&out, "%s结束------------------------------------\r\n#交易合计：%d笔，商家实收共%s元，商家优惠共0.00元\r\n#退款合计：%d笔，商家实收退款共%s元，商家优惠退款共0.00元\r\n#导出时间：[%s]\r\n",
		billRule, count[0], signedYuan(sum[0]), count[1], signedYuan(sum[1]), start.AddDate(0, 0, 1).Add(billFrom*time.Hour).Format(date))
	return out.String()
}

func signedYuan(fen int64) string {
	if fen < 0 {
		return "-" + inYuan(-fen)
	}
	return inYuan(fen)
}
