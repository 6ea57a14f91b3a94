package desk

import (
	"errors"
	"slices"

	"guahao/internal/staff"
	"guahao/payments"
)

func paymentPage() page {
	return page{path: "payments/{id}", needs: staff.SeePayments, show: showPayment, acts: []act{
		{name: "retry", needs: staff.RefundPayments, password: true, do: retryRefund},
		{name: "take", needs: staff.SettleAtDesk, do: takeMoney},
		{name: "hand_out", needs: staff.SettleAtDesk, password: true, do: handOutMoney},
	}}
}

// story reads all about the payment of the address, by any of its numbers; one of another hospital does not exist.
func (r *request) story() (payments.Story, error) {
	story, err := r.d.Payments.Story(r.ctx, r.PathValue("id"))
	if err != nil {
		return story, err
	}
	payees, err := r.payees(r.reach)
	if err != nil {
		return story, err
	}
	if story.Charge.ID == 0 && r.reach.Everywhere() || slices.Contains(payees, story.Charge.Payee) {
		return story, nil
	}
	return story, payments.ErrNotFound
}

// showPayment is the story of a payment in the order in which it is asked for: how it stands, its refunds, what happened, what became of the
// money, what is wrong.
func showPayment(r *request) (*view, error) {
	s, err := r.story()
	if err != nil {
		return nil, err
	}
	c := s.Charge
	v := &view{Title: r.say("payment.title", r.PathValue("id")), Up: []link{{r.say("page.payments"), at("payments")}}}
	if c.ID != 0 {
		v.Blocks = append(v.Blocks, block{Facts: []fact{
			{r.say("col.status"), r.chargeCell(c.Status)},
			{r.say("col.amount"), cell{Text: yuan(c.Amount)}},
			{r.say("payment.back"), cell{Text: yuan(c.Refunded), Under: r.say("payment.promised", yuan(c.Reserved))}},
			{r.say("col.for"), r.refCell(c)},
			{r.say("col.provider"), cell{Text: r.providerName(c.Provider), Under: c.Merchant.MchID}},
			{r.say("payment.transaction"), cell{Text: orDash(c.TransactionID), Mono: true}},
			{r.say("col.order"), cell{Text: c.OutTradeNo, Mono: true}},
			{r.say("col.made"), cell{Text: r.moment(c.CreatedAt)}},
			{r.say("col.paid"), cell{Text: orDash(r.moment(c.PaidAt))}},
		}, Forms: r.takeForms(c)})
	}
	v.Blocks = append(v.Blocks, r.refundBlocks(s)...)
	v.Blocks = append(v.Blocks, r.storyTables(s)...)
	return v, nil
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// refundBlocks are the refunds of a payment, each with what can be done about it.
func (r *request) refundBlocks(s payments.Story) []block {
	var blocks []block
	may := r.member.May(staff.RefundPayments)
	for _, f := range s.Refunds {
		b := block{Title: r.say("payment.refund", f.OutRefundNo), Facts: []fact{
			{r.say("col.status"), r.refundCell(f.Status)},
			{r.say("col.amount"), cell{Text: yuan(f.Amount)}},
			{r.say("col.reason"), cell{Text: f.Reason}},
			{r.say("payment.asked"), cell{Text: r.moment(f.CreatedAt), Under: r.say("payment.attempts", f.Attempts)}},
			{r.say("payment.arrived"), cell{Text: orDash(r.moment(f.DoneAt)), Under: f.LastError}},
		}}
		switch atDesk := s.Charge.Provider == payments.Desk; {
		case atDesk && !f.Final() && r.member.May(staff.SettleAtDesk):
			b.Forms = []form{{Action: at("payments/" + s.Charge.OutTradeNo + "/hand_out"), Label: "payment.hand_out", Tone: "primary", Note: r.say("payment.hand_out_note", yuan(f.Amount)), Fields: []field{{Name: "refund", Kind: "hidden", Value: f.OutRefundNo}}}}
		case !atDesk && may && f.Status != payments.RefundSucceeded:
			b.Forms = []form{{Action: at("payments/" + s.Charge.OutTradeNo + "/retry"), Label: "payment.retry", Fields: []field{{Name: "refund", Kind: "hidden", Value: f.OutRefundNo}}}}
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// storyTables are the events, the ledger, and what is wrong; what there is nothing of is left out.
func (r *request) storyTables(s payments.Story) []block {
	events := &table{Heads: r.heads("at", "event", "from", "to", "note")}
	for _, e := range s.Events {
		events.Rows = append(events.Rows, []cell{{Text: r.moment(e.At)}, {Text: e.Event, Mono: true}, {Text: r.storyStatus(e.Refund != 0, e.From)}, {Text: r.storyStatus(e.Refund != 0, e.To)}, {Text: e.Detail}})
	}
	ledger := &table{Heads: r.heads("at", "movement", "account", "amount")}
	for _, e := range s.Ledger {
		ledger.Rows = append(ledger.Rows, []cell{{Text: r.moment(e.At)}, {Text: string(e.Kind), Mono: true}, {Text: string(e.Account), Mono: true}, {Text: yuan(e.Amount)}})
	}
	incidents := &table{Heads: r.heads("at", "what", "order", "note")}
	for _, i := range s.Incidents {
		incidents.Rows = append(incidents.Rows, []cell{{Text: r.moment(i.At)}, {Text: i.Kind, Mono: true}, {Text: i.Number, Mono: true}, {Text: i.Detail}})
	}
	differences := &table{Heads: r.differenceHeads()}
	for _, d := range s.Differences {
		differences.Rows = append(differences.Rows, r.differenceCells(d))
	}
	var blocks []block
	for _, t := range []struct {
		key   string
		table *table
	}{{"payment.incidents", incidents}, {"payment.differences", differences}, {"payment.events", events}, {"payment.ledger", ledger}} {
		if len(t.table.Rows) > 0 {
			t.table.Count = r.say("list.count", len(t.table.Rows))
			blocks = append(blocks, block{Title: r.say(t.key), Table: t.table})
		}
	}
	return blocks
}

// storyStatus says the status of a charge or of a refund in words.
func (r *request) storyStatus(refund bool, status string) string {
	switch {
	case status == "":
		return "–"
	case refund:
		return r.say("refund.status." + status)
	}
	return r.say("charge." + status)
}

func retryRefund(r *request) (string, error) {
	s, err := r.story()
	if err != nil {
		return "", err
	}
	number := r.value("refund")
	if !slices.ContainsFunc(s.Refunds, func(f payments.Refund) bool { return f.OutRefundNo == number }) {
		return "", payments.ErrNotFound
	}
	err = r.d.Payments.RetryRefund(r.ctx, number)
	if errors.Is(err, payments.ErrRefundDone) {
		return "", refuse("payment.refund_done")
	}
	if err != nil {
		return "", err
	}
	r.notice("payment.retried")
	return "", nil
}

// takeForms lets the cashier take what is to be paid at the desk.
func (r *request) takeForms(c payments.Charge) []form {
	if c.Provider != payments.Desk || c.Status != payments.Created || !r.member.May(staff.SettleAtDesk) {
		return nil
	}
	return []form{{Action: at("payments/" + c.OutTradeNo + "/take"), Label: "payment.take", Tone: "primary", Note: r.say("payment.take_note", yuan(c.Amount))}}
}

// takeMoney says that the cashier has taken the fee of a visit.
func takeMoney(r *request) (string, error) {
	s, err := r.story()
	if err != nil {
		return "", err
	}
	if s.Charge.Status != payments.Created {
		return "", refuse("payment.not_open")
	}
	done, err := r.d.Payments.SettleAtDesk(r.ctx, s.Charge.OutTradeNo, r.member.Name)
	if err != nil {
		return "", deskRefusal(err)
	}
	r.notice("payment.taken", yuan(done.Charge.Amount))
	return "", nil
}

// handOutMoney says that the cashier has given a refund to its patient.
func handOutMoney(r *request) (string, error) {
	s, err := r.story()
	if err != nil {
		return "", err
	}
	number := r.value("refund")
	if s.Charge.Provider != payments.Desk || !slices.ContainsFunc(s.Refunds, func(f payments.Refund) bool { return f.OutRefundNo == number && !f.Final() }) {
		return "", refuse("payment.not_open")
	}
	done, err := r.d.Payments.SettleAtDesk(r.ctx, number, r.member.Name)
	if err != nil {
		return "", deskRefusal(err)
	}
	r.notice("payment.handed_out", yuan(done.Refund.Amount))
	return "", nil
}

// deskRefusal finds the words for why nothing was settled.
func deskRefusal(err error) error {
	switch {
	case errors.Is(err, payments.ErrNotAtDesk):
		return refuse("payment.not_at_desk")
	case errors.Is(err, payments.ErrPaid), errors.Is(err, payments.ErrClosed):
		return refuse("payment.not_open")
	}
	return err
}
