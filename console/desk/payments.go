package desk

import (
	"guahao/internal/staff"
	"guahao/payments"
)

func paymentsPage() page {
	return page{path: "payments", needs: staff.SeePayments, nav: "money", list: paymentsList}
}

// paymentsList is the charges of the hospitals within reach, found by any number that somebody may have in hand.
func paymentsList(r *request) (lister, error) {
	payees, err := r.payees(r.reach)
	if err != nil {
		return nil, err
	}
	q := payments.ChargeQuery{Payees: payees, Number: r.value("q"), Status: payments.ChargeStatus(r.value("status")), Refund: payments.RefundStatus(r.value("refund"))}
	q.From, q.To = r.span("from", "to")
	statuses := []option{{Label: r.say("anything")}}
	for _, s := range []payments.ChargeStatus{payments.Created, payments.Pending, payments.Paid, payments.Closing, payments.Closed, payments.Refunding, payments.PartlyRefunded, payments.Refunded} {
		statuses = append(statuses, option{Value: string(s), Label: r.say("charge." + string(s))})
	}
	refunds := []option{{Label: r.say("anything")}}
	for _, s := range []payments.RefundStatus{payments.RefundRequested, payments.RefundProcessing, payments.RefundSucceeded, payments.RefundAbnormal, payments.RefundClosed} {
		refunds = append(refunds, option{Value: string(s), Label: r.say("refund.status." + string(s))})
	}
	return listing[payments.Charge]{
		Name: "payments", Empty: "payments.empty",
		Filters: []field{
			r.field(field{Name: "q", Label: "payments.number", Kind: "search", Value: r.value("q"), Hint: r.say("payments.number_hint")}),
			r.field(field{Name: "from", Label: "payments.from", Kind: "date", Value: r.value("from")}),
			r.field(field{Name: "to", Label: "field.to", Kind: "date", Value: r.value("to")}),
			r.field(field{Name: "status", Label: "field.status", Kind: "select", Value: r.value("status"), Options: statuses}),
			r.field(field{Name: "refund", Label: "col.refund", Kind: "select", Value: r.value("refund"), Options: refunds}),
		},
		Columns: []column[payments.Charge]{
			{Key: "order", Cell: func(c payments.Charge) cell {
				return cell{Text: c.OutTradeNo, Href: at("payments/" + c.OutTradeNo), Mono: true}
			}},
			{Key: "made", Sort: true, Cell: func(c payments.Charge) cell { return cell{Text: r.moment(c.CreatedAt)} }},
			{Key: "paid", Sort: true, Cell: func(c payments.Charge) cell { return cell{Text: r.moment(c.PaidAt)} }},
			{Key: "for", Cell: func(c payments.Charge) cell { return r.refCell(c) }},
			{Key: "provider", Cell: func(c payments.Charge) cell { return cell{Text: r.providerName(c.Provider)} }},
			{Key: "amount", Sort: true, Right: true, Cell: func(c payments.Charge) cell { return cell{Text: yuan(c.Amount)} }},
			{Key: "back", Right: true, Cell: func(c payments.Charge) cell {
				if c.Refunded == 0 {
					return cell{}
				}
				return cell{Text: yuan(c.Refunded)}
			}},
			{Key: "status", Sort: true, Cell: func(c payments.Charge) cell { return r.chargeCell(c.Status) }},
		},
		Fetch: func(page query) ([]payments.Charge, int, error) {
			q.Sort, q.Desc, q.Offset, q.Limit = page.Sort, page.Desc, page.Offset, page.Limit
			return r.d.Payments.Browse(r.ctx, q)
		},
	}, nil
}

func (r *request) providerName(name string) string {
	if text := r.say("provider." + name); text != "provider."+name {
		return text
	}
	return name
}

// refCell leads to what was paid for.
func (r *request) refCell(c payments.Charge) cell {
	id, err := r.d.VisitOf(c.Ref)
	if err != nil {
		return cell{Text: c.Ref}
	}
	return cell{Text: r.say("appointment.title", id), Href: at("appointments/" + itoa(id))}
}

func (r *request) chargeCell(s payments.ChargeStatus) cell {
	return cell{Text: r.say("charge." + string(s)), Tone: map[payments.ChargeStatus]string{
		payments.Paid: "good", payments.Refunding: "warn", payments.PartlyRefunded: "warn", payments.Pending: "warn", payments.Closing: "warn",
	}[s]}
}

func (r *request) refundCell(s payments.RefundStatus) cell {
	return cell{Text: r.say("refund.status." + string(s)), Tone: map[payments.RefundStatus]string{
		payments.RefundSucceeded: "good", payments.RefundAbnormal: "bad", payments.RefundClosed: "bad", payments.RefundRequested: "warn", payments.RefundProcessing: "warn",
	}[s]}
}
