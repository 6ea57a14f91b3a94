package desk

import (
	"strconv"

	"guahao/booking"
	"guahao/internal/staff"
)

func queuePage() page {
	return page{path: "queue", needs: staff.SeeQueue, nav: "work", show: showQueues}
}

// showQueues is today's half-days with how many wait before each: a nurse's way to the own one.
func showQueues(r *request) (*view, error) {
	v := &view{Title: r.say("page.queue")}
	if r.member.May(staff.SeeQueue) {
		v.Links = []link{{r.say("page.staffing"), at("staffing")}}
	}
	hospitals, err := r.hospitalOptions(false)
	if err != nil || len(hospitals) == 0 {
		return v, err
	}
	d, err := r.day()
	if err != nil {
		return nil, err
	}
	if d.hospital == 0 {
		n, _ := strconv.ParseInt(hospitals[0].Value, 10, 64)
		d.hospital = booking.HospitalID(n)
	}
	if len(hospitals) > 1 {
		v.Blocks = append(v.Blocks, block{Forms: []form{{Get: true, Inline: true, Label: "list.filter", Fields: []field{
			r.field(field{Name: "hospital", Label: "field.hospital", Kind: "select", Value: itoa(d.hospital), Options: hospitals}),
		}}}})
	}
	h, err := r.d.Booking.Hospital(r.ctx, d.hospital)
	if err != nil {
		return nil, err
	}
	queues, err := r.d.Booking.QueueSummaries(r.ctx, r.reach, h.ID, booking.DateOf(r.d.Now(), h.Location()))
	if err != nil {
		return nil, err
	}
	v.Blocks = append(v.Blocks, block{Table: r.queueTable(queues)})
	return v, nil
}

func (r *request) queueTable(queues []booking.QueueSummary) *table {
	t := &table{Heads: r.heads("doctor", "department", "room", "now", "waiting", "skipped", "awaited", "seen", "board"), Count: r.say("list.count", len(queues)), Empty: "queue.none"}
	for _, q := range queues {
		now := cell{Text: r.in(q.With)}
		if q.Paused {
			now = cell{Text: r.say("queue.paused"), Tone: "warn"}
		}
		t.Rows = append(t.Rows, []cell{
			{Text: r.in(q.Doctor.Name), Under: r.say("period." + string(q.Clinic.Period)), Href: at("queue/" + itoa(q.Clinic.ID))},
			{Text: r.in(q.Department.Name)}, {Text: q.Clinic.RoomIn(r.lang)}, now,
			{Text: strconv.Itoa(q.Waiting)}, {Text: strconv.Itoa(q.Skipped)}, {Text: strconv.Itoa(q.Coming)}, {Text: strconv.Itoa(q.Seen)},
			{Text: r.say("queue.board"), Href: "/board/" + itoa(q.Department.ID) + "?lang=" + r.lang},
		})
	}
	return t
}
