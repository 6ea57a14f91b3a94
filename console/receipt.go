package console

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"

	"guahao/booking"
	"guahao/internal/money"
	"guahao/internal/slip"
	"guahao/payments"
)

// receiptView is the data of the receipt's template, and of its picture.
type receiptView struct {
	view
	Hospital string
	Void     bool
	Receipt  []row
	Amounts  []row
}

// receipt shows the receipt of a charge that was paid, ready to be printed.
func (p *payPage) receipt(w http.ResponseWriter, r *http.Request) {
	p.withReceipt(w, r, func(v receiptView) error {
		var out bytes.Buffer
		if err := p.html.ExecuteTemplate(&out, "receipt.html", v); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Language", v.Lang)
		w.Header().Set("Vary", "Accept-Language")
		_, _ = w.Write(out.Bytes())
		return nil
	})
}

// receiptPicture is the receipt as a picture to be kept.
func (p *payPage) receiptPicture(w http.ResponseWriter, r *http.Request) {
	p.withReceipt(w, r, func(v receiptView) error {
		picture, err := slip.Slip{Parts: v.parts()}.PNG()
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Content-Disposition", `inline; filename="receipt.png"`)
		_, _ = w.Write(picture)
		return nil
	})
}

// withReceipt shows the receipt of the request's charge, or says why there is none.
func (p *payPage) withReceipt(w http.ResponseWriter, r *http.Request, show func(receiptView) error) {
	c, err := p.charge(r, false)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	visit, err := p.Visit(r.Context(), c.Ref)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	lang := langOf(r, visit.Lang)
	v, err := p.receiptOf(r.Context(), c, visit, lang)
	if err == nil {
		err = show(v)
	}
	switch {
	case errors.Is(err, payments.ErrNoReceipt):
		p.render(w, r, http.StatusNotFound, view{p: p, Lang: lang, Title: "no_receipt", Text: "no_receipt_text"})
	case err != nil:
		p.Log.Error("receipt", slog.Any("error", err))
		p.fail(w, r, err)
	}
}

// ReceiptPicture draws the receipts of what was paid for a visit as one PNG, below each other, for a chat. A discreet one says neither who nor which
// department. The error is [payments.ErrNoReceipt] where there is none.
func (p *Pay) ReceiptPicture(ctx context.Context, ref, lang string, discreet bool) ([]byte, error) {
	paid, err := p.page.Payments.PaidFor(ctx, ref)
	if err != nil {
		return nil, err
	}
	var parts []slip.Part
	for _, c := range paid {
		visit, err := p.page.Visit(ctx, c.Ref)
		if err != nil {
			return nil, err
		}
		if discreet {
			visit.Patient, visit.Department = "", booking.Text{}
		}
		v, err := p.page.receiptOf(ctx, c, visit, lang)
		if errors.Is(err, payments.ErrNoReceipt) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(parts) > 0 {
			parts = append(parts, slip.Space{Height: 2 * slip.Large})
		}
		parts = append(parts, v.parts()...)
	}
	if len(parts) == 0 {
		return nil, payments.ErrNoReceipt
	}
	return slip.Slip{Parts: parts}.PNG()
}

// receiptOf is what a receipt says. As long as the place is not certain the money may go back: then there is none yet.
func (p *payPage) receiptOf(ctx context.Context, c payments.Charge, visit PayView, lang string) (receiptView, error) {
	if !visit.Kept && c.Status == payments.Paid {
		return receiptView{}, payments.ErrNoReceipt
	}
	receipt, err := p.Payments.Receipt(ctx, c.Token)
	if err != nil {
		return receiptView{}, err
	}
	c = receipt.Charge
	v := receiptView{
		view:     view{p: p, Lang: lang, Token: c.Token, State: "receipt", Title: "receipt_title", By: c.Provider, Amount: c.Amount.String()},
		Hospital: visit.Hospital.In(lang),
		Void:     c.Refunded == c.Amount,
	}
	at := c.PaidAt.In(zoneOf(visit))
	v.Receipt = []row{p.said(lang, "receipt_no", receipt.No()), p.said(lang, "receipt_date", at.Format("2006-01-02 15:04"))}
	v.Rows = p.rows(lang, visit)[1:] // the hospital stands above
	v.Amounts = p.receiptAmounts(lang, receipt, visit)
	return v, nil
}

// said is a row whose label is in the catalogue.
func (p *payPage) said(lang, key, value string) row { return row{p.words.say(lang, key), value} }

// receiptAmounts are what was paid and given back, in figures and in capitals.
func (p *payPage) receiptAmounts(lang string, receipt payments.Receipt, visit PayView) []row {
	c := receipt.Charge
	rows := []row{
		p.said(lang, "receipt_item", p.words.say(lang, "receipt_item_value")),
		p.said(lang, "receipt_amount", "¥"+c.Amount.String()), p.said(lang, "receipt_capitals", c.Amount.Capitals()),
		p.said(lang, "receipt_way", p.words.say(lang, c.Provider)), p.said(lang, "receipt_trade", c.TransactionID), p.said(lang, "receipt_order", c.OutTradeNo),
	}
	var back money.Fen
	for _, refund := range receipt.Refunds {
		if refund.Status == payments.RefundSucceeded {
			back += refund.Amount
			rows = append(rows, p.said(lang, "receipt_refund", "-¥"+refund.Amount.String()+" "+refund.DoneAt.In(zoneOf(visit)).Format("2006-01-02")))
		}
	}
	if net := c.Amount - back; back > 0 {
		rows = append(rows, p.said(lang, "receipt_net", "¥"+net.String()), p.said(lang, "receipt_net_capitals", net.Capitals()))
	}
	return rows
}

// parts are what the receipt is drawn of.
func (v receiptView) parts() []slip.Part {
	parts := []slip.Part{
		slip.Text{Text: v.Hospital, Size: slip.Large, Align: slip.Centre},
		slip.Text{Text: v.T("receipt_title"), Align: slip.Centre, Ink: slip.Grey},
	}
	if v.Void {
		parts = append(parts, slip.Text{Text: v.T("receipt_void"), Align: slip.Centre, Ink: slip.Red})
	}
	for _, rows := range [][]row{append(v.Receipt, v.Rows...), v.Amounts} {
		parts = append(parts, slip.Rule{})
		for _, r := range rows {
			parts = append(parts, slip.Field{Label: r.Label, Value: r.Value})
		}
	}
	return append(parts, slip.Rule{}, slip.Text{Text: v.T("receipt_note"), Size: slip.Small, Ink: slip.Grey})
}
