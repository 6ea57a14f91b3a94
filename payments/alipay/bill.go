package alipay

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	sdk "github.com/smartwalle/alipay/v3"
	"golang.org/x/text/encoding/simplifiedchinese"

	"guahao/payments"
)

// maxBillText bounds what a packed bill may unfold to, in bytes.
const maxBillText = 16 << 30

var _ payments.BillGateway = (*Gateway)(nil)

// Bill downloads the trade bill of a day; see [payments.BillGateway]. Its address stands in a signed answer and is good for half a
// minute; the file itself is a zip without a signature, whose checksums are looked at before its first line. It waits in a temporary
// file that has no name and is gone with the reader.
//
// Alipay says that a bill does not exist, whether it is not made yet or nothing was traded.
func (g *Gateway) Bill(ctx context.Context, day time.Time) (payments.Bill, error) {
	start, _ := payments.BillDay(day)
	answer, err := g.client.BillDownloadURLQuery(ctx, sdk.BillDownloadURLQuery{BillType: "trade", BillDate: start.Format(time.DateOnly)})
	if err = failed(opBill, err, answer, func() sdk.Error { return answer.Error }); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp("", "guahao-bill-")
	if err != nil {
		return nil, fmt.Errorf("make room for a bill: %w", err)
	}
	if err := errors.Join(os.Remove(file.Name()), g.download(ctx, answer.BillDownloadURL, file)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	bill, err := openBill(file, billOf{seller: g.config.SellerID, day: start})
	if err != nil {
		return nil, errors.Join(&Error{Op: opBillFile, Code: err.Error()}, file.Close())
	}
	return bill, nil
}

// download writes the file at the address that Alipay gave.
func (g *Gateway) download(ctx context.Context, address string, file *os.File) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && !strings.HasPrefix(g.config.API, u.Scheme+"://") {
		return &Error{Op: opBillFile, Code: "an address that is not https"}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return &Error{Op: opBillFile, Code: "an address that cannot be read"}
	}
	response, err := g.files.Do(request)
	if err != nil {
		return reduce(opBillFile, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return &Error{Op: opBillFile, Code: fmt.Sprintf("status %d", response.StatusCode)}
	}
	if _, err := io.Copy(file, response.Body); err != nil {
		return reduce(opBillFile, err)
	}
	return nil
}

// openBill finds the details in the zip, and reads them once for their checksum before it begins to read their lines.
func openBill(file *os.File, of billOf) (*billReader, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	pack, err := zip.NewReader(file, info.Size())
	if err != nil {
		return nil, errors.New("the file is no zip")
	}
	details := detailsIn(pack)
	if details == nil {
		return nil, errors.New("the zip holds no details (业务明细)")
	}
	text, err := details.Open()
	if err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(text, maxBillText))
		err = errors.Join(err, text.Close())
	}
	if err != nil {
		return nil, errors.New("the bill came damaged: its checksum is wrong")
	}
	if text, err = details.Open(); err != nil {
		return nil, errors.New("the bill came damaged")
	}
	bill, err := newBillReader(text, file, of)
	if err != nil {
		return nil, errors.Join(err, text.Close())
	}
	return bill, nil
}

// detailsIn finds the file with a line for each movement. The one with the sums per shop (汇总) has a similar name.
func detailsIn(pack *zip.Reader) *zip.File {
	for _, f := range pack.File {
		name := f.Name
		if f.NonUTF8 {
			name, _ = simplifiedchinese.GB18030.NewDecoder().String(name)
		}
		if strings.Contains(name, "业务明细") && !strings.Contains(name, "汇总") {
			return f
		}
	}
	return nil
}
