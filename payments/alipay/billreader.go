package alipay

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"guahao/internal/money"
	"guahao/payments"
)

// The columns of a trade bill that are read. Others may stand between them.
const (
	colTradeNo    = "支付宝交易号"
	colOutTradeNo = "商户订单号"
	colKind       = "业务类型"
	colSubject    = "商品名称"
	colDone       = "完成时间"
	colAmount     = "订单金额（元）"
	colReceived   = "商家实收（元）"
	colRequestNo  = "退款批次号/请求号"
	colFee        = "服务费（元）"
)

const maxBillLine = 64 << 10 // bytes

var (
	billAccount = regexp.MustCompile(`^#账号：\[(\d+)]`)
	billBegins  = regexp.MustCompile(`^#起始日期：\[(\d{4})年(\d{2})月(\d{2})日 00:00:00]`)
	billTotal   = regexp.MustCompile(`^#(交易|退款)合计：(\d+)笔，商家实收(?:退款)?共(-?[\d.]+)元`)
)

// billOf is whose bill is wanted, and of which day.
type billOf struct {
	seller string // "": whoever signed for the application
	day    time.Time
}

// sums are what lines add up to.
type sums struct {
	count    int64
	received money.Fen
}

// billReader reads a trade bill line by line: remarks that begin with #, a header, a line for each movement, and remarks with the
// totals. The text is GBK. Fields are separated by commas that nothing protects; numbers and times are padded with tabs.
type billReader struct {
	lines   *bufio.Reader
	closers []io.Closer
	of      billOf
	columns map[string]int
	width   int
	fields  []string // of the line at hand

	read  map[payments.BillKind]sums
	ended error
}

func newBillReader(text io.ReadCloser, file io.Closer, of billOf) (*billReader, error) {
	decoded := simplifiedchinese.GB18030.NewDecoder().Reader(io.LimitReader(text, maxBillText)) // it has all of GBK
	b := &billReader{lines: bufio.NewReaderSize(decoded, maxBillLine), closers: []io.Closer{text, file}, of: of, read: map[payments.BillKind]sums{}}
	header, err := b.preamble()
	if err != nil {
		return nil, err
	}
	b.columns = map[string]int{}
	for i, name := range strings.Split(header, ",") {
		b.columns[trim(name)] = i
		b.width = i + 1
	}
	for _, column := range []string{colTradeNo, colOutTradeNo, colKind, colSubject, colDone, colAmount, colReceived, colRequestNo, colFee} {
		if _, ok := b.columns[column]; !ok {
			return nil, fmt.Errorf("a bill without the column %s", column)
		}
	}
	return b, nil
}

// preamble reads the remarks before the header, and gives the header. They must name the day and, where it is known, the seller.
func (b *billReader) preamble() (header string, err error) {
	dated := false
	for {
		line, err := b.line()
		if err != nil {
			return "", errors.New("a bill without its first lines")
		}
		if !strings.HasPrefix(line, "#") {
			if !dated {
				return "", errors.New("a bill that does not say of which day it is")
			}
			return line, nil
		}
		if found := billAccount.FindStringSubmatch(line); found != nil && !strings.HasPrefix(found[1], b.of.seller) {
			return "", errors.New("another account's bill") // an account is its owner's number and four digits
		}
		if found := billBegins.FindStringSubmatch(line); found != nil {
			if strings.Join(found[1:], "-") != b.of.day.Format(time.DateOnly) {
				return "", errors.New("the bill of another day")
			}
			dated = true
		}
	}
}

// line gives the next line that is not empty, without its end.
func (b *billReader) line() (string, error) {
	for {
		line, err := b.lines.ReadSlice('\n')
		if len(line) == 0 && err != nil || errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
		if text := strings.TrimRight(string(line), "\r\n"); text != "" {
			return text, nil
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
			n := b.read[payments.BillPayment].count + b.read[payments.BillRefund].count
			err = fmt.Errorf("alipay: line %d of the bill: %w", n+1, err)
		}
		b.ended = err
	}
	return line, err
}

func (b *billReader) next() (payments.BillLine, error) {
	text, err := b.line()
	switch {
	case errors.Is(err, io.EOF):
		return payments.BillLine{}, errors.New("it ends without its totals")
	case err != nil:
		return payments.BillLine{}, err
	case strings.HasPrefix(text, "#"):
		return payments.BillLine{}, b.totals()
	}
	if err := b.split(text); err != nil {
		return payments.BillLine{}, err
	}
	line, received, err := b.parse()
	if err != nil {
		return line, err
	}
	sum := b.read[line.Kind]
	b.read[line.Kind] = sums{sum.count + 1, sum.received + received}
	return line, nil
}

// split cuts a line into its fields. What is too much belongs to the subject: somebody wrote a comma into it.
func (b *billReader) split(text string) error {
	b.fields = strings.Split(text, ",")
	if len(b.fields) < b.width {
		return fmt.Errorf("%d fields instead of %d", len(b.fields), b.width)
	}
	at, more := b.columns[colSubject]+1, len(b.fields)-b.width
	b.fields = append(b.fields[:at], b.fields[at+more:]...)
	return nil
}

func trim(field string) string { return strings.Trim(field, "\t \"") }

func (b *billReader) field(column string) string { return trim(b.fields[b.columns[column]]) }

func (b *billReader) parse() (line payments.BillLine, received money.Fen, err error) {
	line = payments.BillLine{
		Kind: payments.BillPayment, Merchant: payments.Merchant{MchID: b.of.seller}, OutTradeNo: b.field(colOutTradeNo), TransactionID: b.field(colTradeNo),
		Currency: "CNY",
	}
	if line.At, err = time.ParseInLocation(timeForm, b.field(colDone), shanghai()); err != nil {
		return line, 0, errors.New("a time that cannot be read")
	}
	var fee money.Fen
	for column, amount := range map[string]*money.Fen{colAmount: &line.Amount, colReceived: &received, colFee: &fee} {
		if *amount, err = money.Parse(b.field(column)); err != nil {
			return line, 0, errors.New("an amount that cannot be read")
		}
	}
	line.Fee = max(fee, -fee) // whatever its sign: a payment costs it, a refund gives it back
	if line.Amount < 0 || strings.Contains(b.field(colKind), "退款") {
		line.Kind, line.Amount, line.Fee = payments.BillRefund, max(line.Amount, -line.Amount), -line.Fee
		line.OutRefundNo, line.ProviderNo, line.Refund = b.field(colRequestNo), line.TransactionID, payments.RefundSucceeded
	}
	return line, received, nil
}

// totals compares the lines with the remarks at the end, and ends with io.EOF when they agree.
func (b *billReader) totals() error {
	kinds := map[string]payments.BillKind{"交易": payments.BillPayment, "退款": payments.BillRefund}
	for len(kinds) > 0 {
		line, err := b.line()
		if err != nil {
			return errors.New("it ends without its totals")
		}
		found := billTotal.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		count, err := strconv.ParseInt(found[2], 10, 64)
		amount, err2 := money.Parse(found[3])
		want := b.read[kinds[found[1]]]
		if err != nil || err2 != nil || want != (sums{count, amount}) {
			return fmt.Errorf("its lines (%s) are %d of together %s, it says %.20q of %.20q", found[1], want.count, want.received, found[2], found[3])
		}
		delete(kinds, found[1])
	}
	for {
		line, err := b.line()
		switch {
		case errors.Is(err, io.EOF):
			return io.EOF
		case err != nil:
			return err
		case !strings.HasPrefix(line, "#"):
			return errors.New("it goes on behind its totals")
		}
	}
}

// Close lets go of the file.
func (b *billReader) Close() error {
	var all error
	for _, c := range b.closers {
		all = errors.Join(all, c.Close())
	}
	return all
}
