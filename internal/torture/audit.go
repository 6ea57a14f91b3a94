package torture

import (
	"context"
	"fmt"
	"slices"

	"guahao/booking"
	"guahao/payments/wechatpay/wechatpaytest"
)

// alive is how the audit tells appointments that have a place: by their status, not by the column that the unique keys use.
const alive = "a.status NOT IN ('expired', 'cancelled')"

// invariant is a query that finds what must not be. It may have one argument: a limit.
type invariant struct {
	what  string
	query string
	limit int // 0: no argument
}

func invariants() []invariant {
	return []invariant{
		{what: "a slot's count is not that of its appointments", query: `SELECT CONCAT('slot ', s.id, ' says ', s.taken) FROM slots s
			LEFT JOIN appointments a ON a.slot_id = s.id AND ` + alive + ` GROUP BY s.id, s.taken HAVING COUNT(a.id) <> s.taken`},
		{what: "a schedule's count is not that of its appointments", query: `SELECT CONCAT('schedule ', c.id, ' says ', c.taken) FROM schedules c
			LEFT JOIN appointments a ON a.schedule_id = c.id AND ` + alive + ` GROUP BY c.id, c.taken HAVING COUNT(a.id) <> c.taken`},
		{what: "more places are sold than there are", query: `SELECT CONCAT('slot ', s.id) FROM slots s
			JOIN appointments a ON a.slot_id = s.id AND ` + alive + ` GROUP BY s.id, s.capacity HAVING COUNT(a.id) > s.capacity`},
		{what: "a number was given twice", query: `SELECT CONCAT('schedule ', a.schedule_id, ' number ', a.seq) FROM appointments a
			WHERE ` + alive + ` GROUP BY a.schedule_id, a.seq HAVING COUNT(a.id) > 1`},
		{what: "a number is not of its slot", query: `SELECT CONCAT('appointment ', a.id) FROM appointments a JOIN slots s ON s.id = a.slot_id
			WHERE a.seq < s.first_seq OR a.seq >= s.first_seq + s.capacity`},
		{what: "the unique keys would not see an appointment", query: `SELECT CONCAT('appointment ', a.id) FROM appointments a WHERE (a.active IS NULL) = (` + alive + `)`},
		{what: "a trail does not lead to the status", query: `SELECT CONCAT('appointment ', a.id) FROM appointments a
			LEFT JOIN appointment_events e ON e.appointment_id = a.id AND e.version = a.version WHERE e.id IS NULL OR e.to_status <> a.status`},
		{what: "a person has two places in one half-day of a doctor", query: perPerson("a.doctor_id, a.visit_date, a.period"), limit: 1},
		{what: "a person is beyond the limit of a department and day", query: perPerson("a.department_id, a.visit_date"), limit: departmentDay},
		{what: "a person is beyond the limit of a day", query: perPerson("a.visit_date"), limit: perDay},
		{what: "a person is beyond the limit of open visits", query: perPerson("a.hospital_id"), limit: openVisits},
		{what: "a booked visit with a fee is not paid", query: `SELECT CONCAT('appointment ', a.id) FROM appointments a
			LEFT JOIN charges c ON c.ref = CONCAT('appointment:', a.id) AND c.status = 'paid' AND c.amount = a.fee
			WHERE a.status = 'booked' AND a.fee > 0 AND c.id IS NULL`},
		{what: "a visit that is over has kept its payment", query: `SELECT CONCAT('appointment ', a.id) FROM appointments a
			JOIN charges c ON c.ref = CONCAT('appointment:', a.id) WHERE a.status IN ('expired', 'cancelled') AND c.status NOT IN ('closed', 'refunded')`},
	}
}

// perPerson finds the people with more than so many places in one group. A person is a document, in whosever list.
func perPerson(group string) string {
	return `SELECT CONCAT('patient ', MIN(p.id), ' has ', COUNT(a.id)) FROM appointments a JOIN patients p ON p.id = a.patient_id
		WHERE ` + alive + ` GROUP BY p.number_digest, ` + group + ` HAVING COUNT(a.id) > ?`
}

// audit finds what must not be when all is settled.
func (t *torment) audit(ctx context.Context) ([]string, error) {
	var found []string
	for _, i := range invariants() {
		var rows []string
		var args []any
		if i.limit > 0 {
			args = append(args, i.limit)
		}
		if err := t.world.db.SelectContext(ctx, &rows, i.query, args...); err != nil {
			return nil, fmt.Errorf("audit: %s: %w", i.what, err)
		}
		for _, row := range rows {
			found = append(found, i.what+": "+row)
		}
	}
	money, err := t.auditMoney(ctx)
	return append(found, money...), err
}

// auditMoney compares what WeChat Pay has with what the program believes: each captured payment belongs to a booked visit, or
// was given back.
func (t *torment) auditMoney(ctx context.Context) ([]string, error) {
	var rows []struct {
		Number string         `db:"number"`
		Status booking.Status `db:"status"`
	}
	err := t.world.db.SelectContext(ctx, &rows, `SELECT c.out_trade_no AS number, a.status FROM charges c
		JOIN appointments a ON c.ref = CONCAT('appointment:', a.id)`)
	if err != nil {
		return nil, fmt.Errorf("audit: read the charges: %w", err)
	}
	visits := map[string]booking.Status{}
	for _, row := range rows {
		visits[row.Number] = row.Status
	}
	var found []string
	for _, order := range t.world.platforms.Pay.Orders() {
		status, known := visits[order.OutTradeNo]
		kept := order.Total - order.Refunded
		switch {
		case order.PaidAt.IsZero():
		case !known:
			found = append(found, fmt.Sprintf("a payment belongs to nothing: %s", order.OutTradeNo))
		case active(status) && kept != order.Total:
			found = append(found, fmt.Sprintf("a %s visit was paid and the money given back: %s", status, order.OutTradeNo))
		case !active(status) && kept != 0:
			found = append(found, fmt.Sprintf("a %s visit was paid and the money kept: %s", status, order.OutTradeNo))
		}
	}
	unfinished := func(r wechatpaytest.Refund) bool { return r.Status != wechatpaytest.RefundSuccess }
	for _, refund := range t.world.platforms.Pay.Refunds() {
		if unfinished(refund) {
			found = append(found, fmt.Sprintf("a refund is not done: %s", refund.OutRefundNo))
		}
	}
	slices.Sort(found)
	return found, nil
}

// captured is how many payments WeChat Pay took.
func (t *torment) captured() (n int) {
	for _, order := range t.world.platforms.Pay.Orders() {
		if !order.PaidAt.IsZero() {
			n++
		}
	}
	return n
}
