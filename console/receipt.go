package console

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"

	"guahao/internal/money"
	"guahao/payments"
)

// receiptView is the data of the receipt's template.
type receiptView struct {
	view
	Hospital string
	Void     bool
	Receipt  []row
	Amounts  []row
}

// receipt shows the receipt of a charge that was paid, ready to be printed.
func (p *payPage) receipt(w http.ResponseWriter, r *http.Request) {
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
	if !visit.Kept && c.Status == payments.Paid { // the place is not certain yet: the money may go back
		p.noReceipt(w, r, visit)
		return
	}
	receipt, err := p.Payments.Receipt(r.Context(), c.Token)
	switch {
	case errors.Is(err, payments.ErrNoReceipt):
		p.noReceipt(w, r, visit)
	case err != nil:
		p.fail(w, r, err)
	default:
		p.printReceipt(w, r, receipt, visit)
	}
}

func (p *payPage) noReceipt(w http.ResponseWriter, r *http.Request, visit PayView) {
	p.render(w, r, http.StatusNotFound, view{p: p, Lang: langOf(r, visit.Lang), Title: "no_receipt", Text: "no_receipt_text"})
}

func (p *payPage) printReceipt(w http.ResponseWriter, r *http.Request, receipt payments.Receipt, visit PayView) {
	c, lang := receipt.Charge, langOf(r, visit.Lang)
	v := receiptView{
		view:     view{p: p, Lang: lang, Token: c.Token, State: "receipt", Title: "receipt_title", By: c.Provider, Amount: c.Amount.String()},
		Hospital: visit.Hospital.In(lang),
		Void:     c.Refunded == c.Amount,
	}
	say := func(key, value string) row { return row{p.words.say(lang, key), value} }
	at := c.PaidAt.In(zoneOf(visit))
	v.Receipt = []row{say("receipt_no", receipt.No()), say("receipt_date", at.Format("2006-01-02 15:04"))}
	v.Rows = p.rows(lang, visit)[1:] // the hospital stands above
	v.Amounts = []row{
		say("receipt_item", p.words.say(lang, "receipt_item_value")),
		say("receipt_amount", "¥"+c.Amount.String()), say("receipt_capitals", c.Amount.Capitals()),
		say("receipt_way", p.words.say(lang, c.Provider)), say("receipt_trade", c.TransactionID), say("receipt_order", c.OutTradeNo),
	}
	var back money.Fen
	for _, refund := range receipt.Refunds {
		if refund.Status == payments.RefundSucceeded {
			back += refund.Amount
			v.Amounts = append(v.Amounts, say("receipt_refund", "-¥"+refund.Amount.String()+" "+refund.DoneAt.In(zoneOf(visit)).Format("2006-01-02")))
		}
	}
	if net := c.Amount - back; back > 0 {
		v.Amounts = append(v.Amounts, say("receipt_net", "¥"+net.String()), say("receipt_net_capitals", net.Capitals()))
	}
	var out bytes.Buffer
	if err := p.html.ExecuteTemplate(&out, "receipt.html", v); err != nil {
		p.Log.Error("receipt: template", slog.Any("error", err))
		http.Error(w, p.words.say(lang, "sorry"), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", lang)
	w.Header().Set("Vary", "Accept-Language")
	_, _ = w.Write(out.Bytes())
}
