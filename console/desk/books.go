package desk

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"guahao/booking"
	"guahao/internal/staff"
	"guahao/payments"
)

const (
	shownDays       = 14
	maxDifferences  = 2000
	maxOwner        = 64
	maxSettledNotes = 255
)

func booksPage() page {
	return page{path: "reconciliation", needs: staff.SeeBooks, nav: "money", list: booksList, acts: []act{
		{name: "assign", needs: staff.SettleBooks, do: assignDifference},
		{name: "close", needs: staff.SettleBooks, do: closeDifference},
	}}
}

// booksList is what the provider's bills and we disagree about: what is open, or all of a day.
func booksList(r *request) (lister, error) {
	var day time.Time
	if r.value("day") != "" {
		day = booking.Date(r.value("day")).In(time.UTC)
	}
	runs, err := r.runs()
	if err != nil {
		return nil, err
	}
	columns := []column[payments.Difference]{
		{Key: "id", By: func(a, b payments.Difference) int { return cmp.Compare(a.ID, b.ID) }},
		{Key: "day", By: func(a, b payments.Difference) int { return a.Day.Compare(b.Day) }},
		{Key: "what", By: func(a, b payments.Difference) int { return cmp.Compare(a.Class, b.Class) }},
		{Key: "order", By: func(a, b payments.Difference) int { return cmp.Compare(a.Number, b.Number) }},
		{Key: "ours", Right: true}, {Key: "theirs", Right: true},
		{Key: "owner", By: func(a, b payments.Difference) int { return cmp.Compare(a.Owner, b.Owner) }},
		{Key: "status", By: func(a, b payments.Difference) int { return cmp.Compare(a.State, b.State) }},
	}
	for i := range columns {
		columns[i].Cell = func(d payments.Difference) cell { return r.differenceCells(d)[i] }
	}
	return listing[payments.Difference]{
		Name: "differences", Empty: "books.empty", Above: r.booksForms(), Below: runs, Columns: columns,
		Filters: []field{r.field(field{Name: "day", Label: "books.day", Kind: "date", Value: r.value("day"), Hint: r.say("books.day_hint")})},
		Fetch: func(q query) ([]payments.Difference, int, error) {
			all, err := r.differences(day)
			if err != nil {
				return nil, 0, err
			}
			return ordered(all, columns, q)
		},
	}, nil
}

// differences are those within reach: of a hospital, those that its own payee owns.
func (r *request) differences(day time.Time) ([]payments.Difference, error) {
	all, err := r.d.Payments.Differences(r.ctx, day, maxDifferences)
	if err != nil || r.reach.Everywhere() {
		return all, err
	}
	payees, err := r.payees(r.reach)
	return slices.DeleteFunc(all, func(d payments.Difference) bool { return !slices.Contains(payees, d.Owner) }), err
}

func (r *request) differenceHeads() []head {
	return r.heads("id", "day", "what", "order", "ours", "theirs", "owner", "status")
}

func (r *request) differenceCells(d payments.Difference) []cell {
	order := cell{Text: d.Number, Under: d.TransactionID, Mono: true}
	if d.Charge != 0 && r.member.May(staff.SeePayments) {
		order.Href = at("payments/" + d.Number)
	}
	state := cell{Text: r.say("difference." + string(d.State)), Under: d.Note, Tone: "good"}
	if d.State == payments.DifferenceOpen {
		state.Tone = "bad"
	}
	return []cell{
		{Text: itoa(d.ID)}, {Text: d.Day.Format(time.DateOnly), Under: r.providerName(d.Provider)},
		{Text: r.say("difference." + string(d.Class)), Under: r.say("difference.kind." + string(d.Kind))},
		order, {Text: yuan(d.Ours), Under: d.OurStatus, Right: true}, {Text: yuan(d.Theirs), Under: d.TheirStatus, Right: true}, {Text: d.Owner}, state,
	}
}

// booksForms are what can be done about a difference.
func (r *request) booksForms() []block {
	if !r.member.May(staff.SettleBooks) {
		return nil
	}
	number := field{Name: "id", Label: "books.number", Kind: "text", Required: true, Max: 12}
	return []block{{Forms: []form{
		{Action: at("reconciliation/assign"), Label: "books.assign", Fold: true, Fields: []field{r.field(number), r.field(field{Name: "owner", Label: "books.owner", Kind: "text", Required: true, Max: maxOwner})}},
		{Action: at("reconciliation/close"), Label: "books.close", Fold: true, Fields: []field{r.field(number), r.field(field{Name: "note", Label: "books.how", Kind: "text", Required: true, Max: maxSettledNotes})}},
	}}}
}

// mine tells whether an open difference is within reach.
func (r *request) mine(id int64) error {
	open, err := r.differences(time.Time{})
	if err == nil && !slices.ContainsFunc(open, func(d payments.Difference) bool { return d.ID == id }) {
		err = refuse("books.gone")
	}
	return err
}

func assignDifference(r *request) (string, error) {
	id := r.number("id")
	if err := r.mine(id); err != nil {
		return "", err
	}
	if r.value("owner") == "" {
		return "", refuse("books.no_owner")
	}
	if err := r.d.Payments.AssignDifference(r.ctx, id, r.value("owner")); err != nil {
		return "", orGone(err)
	}
	r.notice("books.assigned")
	return at("reconciliation"), nil
}

func closeDifference(r *request) (string, error) {
	id := r.number("id")
	if err := r.mine(id); err != nil {
		return "", err
	}
	if r.value("note") == "" {
		return "", refuse("error.reason")
	}
	if err := r.d.Payments.CloseDifference(r.ctx, id, r.value("note")); err != nil {
		return "", orGone(err)
	}
	r.notice("books.closed")
	return at("reconciliation"), nil
}

func orGone(err error) error {
	if errors.Is(err, payments.ErrNotFound) {
		return refuse("books.gone")
	}
	return err
}

// runs are the last days that were compared.
func (r *request) runs() ([]block, error) {
	if !r.reach.Everywhere() {
		return nil, nil
	}
	list, err := r.d.Payments.Reconciliations(r.ctx, shownDays)
	if err != nil {
		return nil, err
	}
	t := &table{Heads: r.heads("day", "provider", "status", "lines", "matched", "found", "healed"), Count: r.say("list.count", len(list)), Empty: "books.no_runs"}
	for _, run := range list {
		state := cell{Text: r.say("run." + string(run.State)), Tone: "warn"}
		if run.State == payments.ReconcileDone {
			state.Tone = "good"
		}
		t.Rows = append(t.Rows, []cell{
			{Text: run.Date(), Href: at("reconciliation", "day", run.Date())}, {Text: r.providerName(run.Provider)}, state,
			{Text: itoa(run.Lines)}, {Text: itoa(run.Matched)}, {Text: itoa(run.Differences)}, {Text: itoa(run.Healed)},
		})
	}
	return []block{{Title: r.say("books.runs"), Table: t}}, nil
}
