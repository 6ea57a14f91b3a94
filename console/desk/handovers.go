package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/audit"
	"guahao/internal/staff"
)

// Handovers is the conversations of patients who asked for a person.
type Handovers interface {
	Open(ctx context.Context, limit int) ([]bots.Handover, error)
	Handover(ctx context.Context, id bots.HandoverID) (bots.Handover, error)
	Take(ctx context.Context, id bots.HandoverID, staff int64) error
	Answer(ctx context.Context, id bots.HandoverID, text, key string) error
	Release(ctx context.Context, id bots.HandoverID) error
}

const (
	shownHandovers = 200
	maxAnswer      = 600 // characters
)

func handoversPage() page {
	return page{path: "handovers", needs: staff.TakeHandovers, nav: "talk", list: handoversList}
}

// handoversList is who waits for a person, the longest first. They belong to no hospital: who has the permission sees them all.
func handoversList(r *request) (lister, error) {
	columns := []column[bots.Handover]{
		{Key: "id", Cell: func(h bots.Handover) cell { return cell{Text: itoa(h.ID), Href: at("handovers/" + itoa(h.ID))} },
			By: func(a, b bots.Handover) int { return cmp.Compare(a.ID, b.ID) }},
		{Key: "since", Cell: func(h bots.Handover) cell { return cell{Text: r.moment(h.OpenedAt)} },
			By: func(a, b bots.Handover) int { return a.OpenedAt.Compare(b.OpenedAt) }},
		{Key: "channel", Cell: func(h bots.Handover) cell { return cell{Text: r.say("channel." + string(h.Account.Platform))} },
			By: func(a, b bots.Handover) int { return cmp.Compare(a.Account.Platform, b.Account.Platform) }},
		{Key: "who", Cell: r.takenCell, By: func(a, b bots.Handover) int { return cmp.Compare(a.TakenBy, b.TakenBy) }},
	}
	return listing[bots.Handover]{
		Name: "handovers", Empty: "handovers.empty", Note: r.say("handovers.note"), Columns: columns,
		Fetch: func(q query) ([]bots.Handover, int, error) {
			if r.d.Handovers == nil {
				return nil, 0, nil
			}
			all, err := r.d.Handovers.Open(r.ctx, shownHandovers)
			if err != nil {
				return nil, 0, err
			}
			return ordered(all, columns, q)
		},
	}, nil
}

// takenCell is who answers.
func (r *request) takenCell(h bots.Handover) cell {
	switch {
	case !h.ClosedAt.IsZero():
		return cell{Text: r.say("handover.closed"), Tone: "mute"}
	case h.TakenBy == 0:
		return cell{Text: r.say("handover.waiting"), Tone: "warn"}
	}
	return cell{Text: r.staffName(booking.StaffID(h.TakenBy)), Tone: "good"}
}

func handoverPage() page {
	return page{path: "handovers/{id}", needs: staff.TakeHandovers, show: showHandover, acts: []act{
		{name: "take", needs: staff.TakeHandovers, do: takeHandover},
		{name: "answer", needs: staff.TakeHandovers, do: answerHandover},
		{name: "release", needs: staff.TakeHandovers, do: releaseHandover},
	}}
}

func (r *request) handover() (bots.Handover, error) {
	id, err := r.id()
	if err != nil || r.d.Handovers == nil {
		return bots.Handover{}, booking.ErrNotFound
	}
	h, err := r.d.Handovers.Handover(r.ctx, bots.HandoverID(id))
	if errors.Is(err, bots.ErrNoHandover) {
		err = booking.ErrNotFound
	}
	return h, err
}

// showHandover shows what was said, to who has taken the conversation: until then nobody reads it.
func showHandover(r *request) (*view, error) {
	h, err := r.handover()
	if err != nil {
		return nil, err
	}
	v := &view{Title: r.say("handover.title", h.ID), Up: []link{{r.say("page.handovers"), at("handovers")}}}
	v.Blocks = []block{{Facts: []fact{
		{r.say("col.since"), cell{Text: r.moment(h.OpenedAt)}},
		{r.say("col.channel"), cell{Text: r.say("channel." + string(h.Account.Platform))}},
		{r.say("handover.with"), r.takenCell(h)},
	}}}
	path := at("handovers/" + itoa(h.ID))
	switch {
	case !h.ClosedAt.IsZero():
	case h.TakenBy != int64(r.member.ID):
		f := form{Action: path + "/take", Label: "handover.take", Tone: "primary", Note: r.say("handover.take_note")}
		if h.TakenBy == 0 {
			v.Blocks[0].Forms = []form{f}
		}
	default:
		v.Blocks = append(v.Blocks, block{Title: r.say("handover.transcript"), Pre: h.Transcript}, block{Forms: []form{
			{Action: path + "/answer", Label: "handover.answer", Tone: "primary", Fields: []field{
				{Name: "key", Kind: "hidden", Value: newKey()},
				r.field(field{Name: "text", Label: "handover.text", Kind: "textarea", Required: true, Max: maxAnswer, Hint: r.say("handover.text_hint")}),
			}},
			{Action: path + "/release", Label: "handover.release", Note: r.say("handover.release_note")},
		}})
	}
	return v, nil
}

// taken is the conversation of the address, if this member has it.
func (r *request) taken() (bots.Handover, error) {
	h, err := r.handover()
	if err == nil && h.TakenBy != int64(r.member.ID) {
		err = refuse("handover.not_yours")
	}
	return h, err
}

func takeHandover(r *request) (string, error) {
	h, err := r.handover()
	if err != nil {
		return "", err
	}
	if err := r.d.Handovers.Take(r.ctx, h.ID, int64(r.member.ID)); err != nil {
		return "", notPassed(err)
	}
	if h.TakenBy != int64(r.member.ID) {
		err = r.d.Audit.Alone(r.ctx, audit.Entry{Action: "handover.take", Subject: fmt.Sprintf("handover:%d", h.ID)})
	}
	return "", err
}

func answerHandover(r *request) (string, error) {
	h, err := r.taken()
	if err != nil {
		return "", err
	}
	text := r.value("text")
	if text == "" || len([]rune(text)) > maxAnswer || r.value("key") == "" {
		return "", refuse("handover.bad_text", maxAnswer)
	}
	if err := r.d.Handovers.Answer(r.ctx, h.ID, text, fmt.Sprintf("%d:%s", h.ID, r.value("key"))); err != nil {
		return "", notPassed(err)
	}
	r.notice("handover.answered")
	return "", nil
}

func releaseHandover(r *request) (string, error) {
	h, err := r.taken()
	if err != nil {
		return "", err
	}
	if err := r.d.Handovers.Release(r.ctx, h.ID); err != nil {
		return "", notPassed(err)
	}
	r.notice("handover.released")
	return at("handovers"), nil
}

// notPassed says why something did not reach the patient.
func notPassed(err error) error {
	switch {
	case errors.Is(err, bots.ErrTaken):
		return refuse("handover.taken")
	case errors.Is(err, bots.ErrNoHandover):
		return refuse("handover.over")
	case errors.Is(err, bots.ErrBlocked), errors.Is(err, bots.ErrUnreachable):
		return refuse("handover.unreachable")
	}
	return err
}
