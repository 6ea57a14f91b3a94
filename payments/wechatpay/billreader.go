package wechatpay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"guahao/internal/money"
	"guahao/payments"
)

// The columns of a trade bill of type ALL that are read. Others may stand between them.
const (
	colTime        = "交易时间"
	colAppID       = "公众账号ID"
	colMchID       = "商户号"
	colTransaction = "微信订单号"
	colOutTradeNo  = "商户订单号"
	colState       = "交易状态"
	colCurrency    = "货币种类"
	colRefundID    = "微信退款单号"
	colOutRefundNo = "商户退款单号"
	colRefundState = "退款状态"
	colFee         = "手续费"
	colTotal       = "订单金额"
	colRefund      = "申请退款金额"
)

// The columns of the totals at its end.
const (
	sumCount  = "总交易单数"
	sumTotal  = "订单总金额"
	sumRefund = "申请退款总金额"
)

const maxBillLine = 64 << 10 // bytes

// billReader reads a trade bill line by line. Each field of a data line begins with a backtick, so that a comma in a subject
// separates nothing.
type billReader struct {
	lines   *bufio.Reader
	closer  io.Closer
	columns map[string]int
	width   int
	fields  [][]byte // of the line at hand

	count           int64
	total, refunded money.Fen
	ended           error
}

func newBillReader(text io.Reader, closer io.Closer) (*billReader, error) {
	b := &billReader{lines: bufio.NewReaderSize(text, maxBillLine), closer: closer}
	line, err := b.line()
	if err != nil {
		return nil, errors.New("a bill without its first line")
	}
	b.columns = columnsOf(strings.TrimPrefix(string(line), "\ufeff"))
	b.width = len(b.columns)
	for _, column := range []string{colTime, colAppID, colMchID, colTransaction, colOutTradeNo, colState, colCurrency,
		colRefundID, colOutRefundNo, colRefundState, colFee, colTotal, colRefund} {
		if _, ok := b.columns[column]; !ok {
			return nil, fmt.Errorf("a bill without the column %s", column)
		}
	}
	return b, nil
}

func columnsOf(header string) map[string]int {
	columns := map[string]int{}
	for i, name := range strings.Split(header, ",") {
		columns[strings.TrimSpace(name)] = i
	}
	return columns
}

// line gives the next line that is not empty, without its end; valid until the next call.
func (b *billReader) line() ([]byte, error) {
	for {
		line, err := b.lines.ReadSlice('\n')
		if len(line) == 0 && err != nil || errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			return line, nil
		}
	}
}

// Next gives the next line; see [payments.Bill].
func (b *billReader) Next() (payments.BillLine, error) {
	if b.ended != nil {
		return payments.BillLine{}, b.ended
	}
	line, err := b.next()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			err = fmt.Errorf("wechatpay: line %d of the bill: %w", b.count+1, err)
		}
		b.ended = err
	}
	return line, err
}

func (b *billReader) next() (payments.BillLine, error) {
	line, err := b.line()
	switch {
	case errors.Is(err, io.EOF):
		return payments.BillLine{}, errors.New("it ends without its totals")
	case err != nil:
		return payments.BillLine{}, err
	case line[0] != '`':
		return payments.BillLine{}, b.totals(string(line))
	}
	if err := b.split(line, b.width); err != nil {
		return payments.BillLine{}, err
	}
	parsed, err := b.parse()
	if err != nil {
		return parsed, err
	}
	b.count++
	if parsed.Kind == payments.BillRefund {
		b.refunded += parsed.Amount
	} else {
		b.total += parsed.Amount
	}
	return parsed, nil
}

func (b *billReader) split(line []byte, width int) error {
	b.fields = b.fields[:0]
	for field := range bytes.SplitSeq(line[1:], []byte(",`")) {
		b.fields = append(b.fields, field)
	}
	if len(b.fields) != width {
		return fmt.Errorf("%d fields instead of %d", len(b.fields), width)
	}
	return nil
}

func (b *billReader) field(column string) string {
	return string(bytes.TrimSpace(b.fields[b.columns[column]]))
}

func (b *billReader) parse() (payments.BillLine, error) {
	line := payments.BillLine{
		Kind: payments.BillPayment, Merchant: payments.Merchant{MchID: b.field(colMchID), AppID: b.field(colAppID)},
		OutTradeNo: b.field(colOutTradeNo), TransactionID: b.field(colTransaction), Currency: b.field(colCurrency),
	}
	var err error
	if line.At, err = time.ParseInLocation(time.DateTime, b.field(colTime), time.FixedZone("CST", 8*60*60)); err != nil {
		return line, errors.New("a time that cannot be read")
	}
	amount := colTotal
	if state := b.field(colState); state != "SUCCESS" { // REFUND, or REVOKED: given back
		amount = colRefund
		line.Kind, line.OutRefundNo, line.ProviderNo = payments.BillRefund, b.field(colOutRefundNo), b.field(colRefundID)
		line.Refund = billedRefund(b.field(colRefundState))
	}
	if line.Amount, err = yuan(b.field(amount)); err != nil {
		return line, err
	}
	if line.Fee, err = yuan(b.field(colFee)); err != nil {
		return line, err
	}
	return line, nil
}

func billedRefund(state string) payments.RefundStatus {
	switch state {
	case "SUCCESS":
		return payments.RefundSucceeded
	case "PROCESSING":
		return payments.RefundProcessing
	case "FAIL", "CLOSED":
		return payments.RefundClosed
	}
	return payments.RefundAbnormal
}

// yuan reads an amount that can have more than two decimals, as fees do, rounded to fen away from 0.
func yuan(text string) (money.Fen, error) {
	whole, part, _ := strings.Cut(text, ".")
	if len(part) <= 2 {
		return money.Parse(text)
	}
	amount, err := money.Parse(whole + "." + part[:2])
	if err != nil || strings.Trim(part, "0123456789") != "" {
		return 0, errors.New("an amount that cannot be read")
	}
	if part[2] < '5' {
		return amount, nil
	}
	if strings.HasPrefix(whole, "-") {
		return amount - 1, nil
	}
	return amount + 1, nil
}

// totals compares the lines with the two at the end, and ends with io.EOF when they agree.
func (b *billReader) totals(header string) error {
	columns := columnsOf(header)
	line, err := b.line()
	if err != nil || line[0] != '`' {
		return errors.New("it ends without its totals")
	}
	if err := b.split(line, len(columns)); err != nil {
		return err
	}
	for column, want := range map[string]string{sumCount: fmt.Sprint(b.count), sumTotal: b.total.String(), sumRefund: b.refunded.String()} {
		i, ok := columns[column]
		if !ok {
			return fmt.Errorf("totals without the column %s", column)
		}
		if got := string(b.fields[i]); got != want && got+".00" != want {
			return fmt.Errorf("its lines make a %s of %s, it says %.20q", column, want, got)
		}
	}
	if _, err := b.line(); !errors.Is(err, io.EOF) {
		return errors.New("it goes on behind its totals")
	}
	return io.EOF
}

// Close lets go of the file.
func (b *billReader) Close() error { return b.closer.Close() }
