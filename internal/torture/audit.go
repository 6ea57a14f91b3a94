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

// kept is what the program has taken for a visit and not given back, in fen.
const kept = "COALESCE(SUM(CASE WHEN c.paid_at IS NULL THEN 0 ELSE c.amount - c.refunded END), 0)"

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
		{what: "the payments of a booked visit are not its fee", query: `SELECT CONCAT('appointment ', a.id, ' kept ', ` + kept + `) FROM appointments a
			LEFT JOIN charges c ON c.ref = CONCAT('appointment:', a.id) WHERE a.status = 'booked' GROUP BY a.id, a.fee HAVING ` + kept + ` <> a.fee`},
		{what: "a visit that is over has kept a payment", query: `SELECT CONCAT('appointment ', a.id, ' kept ', ` + kept + `) FROM appointments a
			JOIN charges c ON c.ref = CONCAT('appointment:', a.id) WHERE a.status IN ('expired', 'cancelled') GROUP BY a.id HAVING ` + kept + ` <> 0`},
		{what: "the ledger does not sum to zero", query: `SELECT CONCAT('movement ', e.movement_id) FROM ledger_entries e GROUP BY e.movement_id HAVING SUM(e.amount) <> 0`},
		{what: "the ledger's clearing is not what the charges hold", query: `SELECT CONCAT('charge ', c.id) FROM charges c LEFT JOIN ledger_movements m ON m.charge_id = c.id
			LEFT JOIN ledger_entries e ON e.movement_id = m.id AND e.account IN ('provider_clearing', 'desk_cash') GROUP BY c.id, c.paid_at, c.amount, c.refunded
			HAVING COALESCE(SUM(e.amount), 0) <> CASE WHEN c.paid_at IS NULL THEN 0 ELSE c.amount - c.refunded END`},
		{what: "a visit was moved and has kept its old place", query: `SELECT CONCAT('appointment ', m.moves_id) FROM appointment_moves m
			JOIN appointments n ON n.id = m.appointment_id JOIN appointments a ON a.id = m.moves_id WHERE n.status = 'booked' AND ` + alive},
		{what: "a visit was left for a place that it does not have", query: `SELECT CONCAT('appointment ', e.appointment_id) FROM appointment_events e
			WHERE e.reason = 'move' AND e.to_status = 'cancelled' AND NOT EXISTS (SELECT n.id FROM appointment_moves m
			JOIN appointment_events n ON n.appointment_id = m.appointment_id AND n.to_status = 'booked' WHERE m.moves_id = e.appointment_id)`},
		{what: "an open offer has no place", query: `SELECT CONCAT('offer ', o.id) FROM waitlist_offers o JOIN appointments a ON a.id = o.appointment_id
			JOIN waitlist_entries e ON e.id = o.entry_id WHERE (o.answer = '') <> (a.status = 'offered') OR (o.answer = '' AND e.status <> 'offered')`},
		{what: "a place is kept for no offer", query: `SELECT CONCAT('appointment ', a.id) FROM appointments a
			LEFT JOIN waitlist_offers o ON o.appointment_id = a.id WHERE a.status = 'offered' AND o.id IS NULL`},
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
		Number      string                `db:"number"`
		Appointment booking.AppointmentID `db:"appointment"`
		Status      booking.Status        `db:"status"`
		Fee         int64                 `db:"fee"`
	}
	err := t.world.db.SelectContext(ctx, &rows, `SELECT c.out_trade_no AS number, a.id AS appointment, a.status, a.fee FROM charges c
		JOIN appointments a ON c.ref = CONCAT('appointment:', a.id)`)
	if err != nil {
		return nil, fmt.Errorf("audit: read the charges: %w", err)
	}
	visits, net := map[string]booking.AppointmentID{}, map[booking.AppointmentID]int64{}
	for _, row := range rows {
		visits[row.Number] = row.Appointment
	}
	var found []string
	for _, order := range t.world.platforms.Pay.Orders() {
		visit, known := visits[order.OutTradeNo]
		if !known && !order.PaidAt.IsZero() {
			found = append(found, "a payment belongs to nothing: "+order.OutTradeNo)
		}
		if !order.PaidAt.IsZero() {
			net[visit] += order.Total - order.Refunded
		}
	}
	for _, row := range rows {
		due := int64(0)
		if active(row.Status) {
			due = row.Fee
		}
		if net[row.Appointment] != due {
			found = append(found, fmt.Sprintf("WeChat Pay has %d fen for appointment %d, which is %s at %d fen", net[row.Appointment], row.Appointment, row.Status, row.Fee))
		}
	}
	unfinished := func(r wechatpaytest.Refund) bool { return r.Status != wechatpaytest.RefundSuccess }
	for _, refund := range t.world.platforms.Pay.Refunds() {
		if unfinished(refund) {
			found = append(found, fmt.Sprintf("a refund is not done: %s", refund.OutRefundNo))
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
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
