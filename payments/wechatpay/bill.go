package wechatpay

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"guahao/payments"
)

// apiHost is what signed paths are relative to; Config.API redirects it.
const apiHost = "https://api.mch.weixin.qq.com"

// Bill downloads the trade bill of a day; see [payments.Gateway]. The file comes unsigned: it is believed when its SHA1 is the one
// that stands in the signed answer before it. It waits in a temporary file that has no name and is gone with the reader, since a
// bill names payers and can be larger than the memory.
func (g *Gateway) Bill(ctx context.Context, day time.Time) (payments.Bill, error) {
	offer, err := g.offeredBill(ctx, day)
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp("", "guahao-bill-")
	if err != nil {
		return nil, fmt.Errorf("make room for a bill: %w", err)
	}
	if err := errors.Join(os.Remove(file.Name()), g.download(ctx, offer, file)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	bill, err := openBill(file)
	if err != nil {
		return nil, errors.Join(&Error{Op: opBillFile, Code: err.Error()}, file.Close())
	}
	return bill, nil
}

// billOffer is where a bill lies, and what it must be.
type billOffer struct {
	HashType    string `json:"hash_type"`
	HashValue   string `json:"hash_value"`
	DownloadURL string `json:"download_url"`
}

func (g *Gateway) offeredBill(ctx context.Context, day time.Time) (offer billOffer, err error) {
	start, _ := payments.BillDay(day)
	query := url.Values{"bill_date": {start.Format(time.DateOnly)}, "bill_type": {"ALL"}, "tar_type": {"GZIP"}}
	result, err := g.client.Get(ctx, apiHost+"/v3/bill/tradebill?"+query.Encode())
	if err != nil {
		return offer, reduce(opBill, err)
	}
	defer result.Response.Body.Close()
	if err := json.NewDecoder(result.Response.Body).Decode(&offer); err != nil || offer.HashType != "SHA1" || offer.DownloadURL == "" {
		return offer, &Error{Op: opBill, Code: "an answer without a bill's address and SHA1"}
	}
	return offer, nil
}

// download writes the bill as it comes, compressed or not, and checks the SHA1 of the text.
func (g *Gateway) download(ctx context.Context, offer billOffer, file *os.File) error {
	u, err := url.Parse(offer.DownloadURL)
	if err != nil || u.Path == "" {
		return &Error{Op: opBillFile, Code: "an address that cannot be read"}
	}
	result, err := g.files.Get(ctx, apiHost+u.RequestURI()) // our signature goes to WeChat Pay only
	if err != nil {
		return reduce(opBillFile, err)
	}
	defer result.Response.Body.Close()
	if result.Response.StatusCode != http.StatusOK {
		return &Error{Op: opBillFile, Status: result.Response.StatusCode, Code: "not the bill"}
	}
	text, err := unzipped(io.TeeReader(result.Response.Body, file))
	sum := sha1.New()
	if err == nil {
		_, err = io.Copy(sum, text)
	}
	if ctx.Err() != nil {
		return &Error{Op: opBillFile, Code: "no answer in time", cause: ctx.Err()}
	}
	if err != nil || !strings.EqualFold(hex.EncodeToString(sum.Sum(nil)), offer.HashValue) {
		return &Error{Op: opBillFile, Code: "the bill came damaged: its SHA1 is not the announced one"}
	}
	return nil
}

// maxBillText bounds what a compressed bill may unfold to, in bytes.
const maxBillText = 16 << 30

// unzipped reads gzip, and what is none as it is.
func unzipped(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	magic, err := buffered.Peek(2)
	if err != nil || magic[0] != 0x1f || magic[1] != 0x8b {
		return buffered, nil // an empty or short file is judged by its content
	}
	text, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, err
	}
	return io.LimitReader(text, maxBillText), nil
}

// openBill begins to read a bill that was written to file.
func openBill(file *os.File) (*billReader, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	text, err := unzipped(file)
	if err != nil {
		return nil, err
	}
	return newBillReader(text, file)
}
