package desk

import (
	"context"
	"strconv"

	"guahao/bots"
	"guahao/internal/staff"
	"guahao/reminders"
)

func broadcastPage() page {
	return page{path: "broadcasts/{id}", needs: staff.SeeBroadcasts, list: recipientsList, live: broadcastProgress, acts: []act{
		{name: "pause", needs: staff.SendBroadcasts, do: steering("broadcast.paused", (*reminders.Store).Pause)},
		{name: "resume", needs: staff.SendBroadcasts, do: steering("broadcast.resumed", (*reminders.Store).Resume)},
		{name: "cancel", needs: staff.SendBroadcasts, do: steering("broadcast.cancelled", (*reminders.Store).Cancel)},
	}}
}

// broadcast reads the broadcast of the address, if it is within reach.
func (r *request) broadcast() (reminders.Written, error) {
	id, err := r.id()
	if err != nil {
		return reminders.Written{}, err
	}
	b, err := r.d.Reminders.Written(r.ctx, r.reach, reminders.BroadcastID(id))
	return b, reminders.Refusal(err)
}

// recipientsList is a broadcast: how far it is, what can be done about it, and what became of each of its recipients.
func recipientsList(r *request) (lister, error) {
	b, err := r.broadcast()
	if err != nil {
		return nil, err
	}
	above, err := r.broadcastBlocks(b)
	if err != nil {
		return nil, err
	}
	return listing[reminders.Recipient]{
		Name: "recipients", Above: above, Filters: r.recipientFilters(), Empty: "broadcast.no_recipients", Note: r.say("broadcast.kept"),
		Columns: []column[reminders.Recipient]{
			{Key: "recipient", Sort: true, Cell: func(x reminders.Recipient) cell { return cell{Text: "#" + itoa(x.Account)} }},
			{Key: "platform", Cell: func(x reminders.Recipient) cell { return cell{Text: r.platformName(x.Platform)} }},
			{Key: "visit", Cell: func(x reminders.Recipient) cell {
				if x.Visit == 0 {
					return cell{Text: "–"}
				}
				return cell{Text: "#" + itoa(x.Visit), Href: at("appointments/" + itoa(x.Visit))}
			}},
			{Key: "status", Cell: r.recipientState},
			{Key: "ended", Sort: true, Cell: func(x reminders.Recipient) cell {
				if x.EndedAt == nil {
					return cell{}
				}
				return cell{Text: r.moment(*x.EndedAt)}
			}},
			{Key: "attempts", Right: true, Cell: func(x reminders.Recipient) cell { return cell{Text: strconv.Itoa(x.Attempts)} }},
		},
		Fetch: func(q query) ([]reminders.Recipient, int, error) {
			sort := map[string]string{"recipient": "account", "ended": "ended"}[q.Sort]
			return r.d.Reminders.Recipients(r.ctx, reminders.RecipientQuery{
				Broadcast: b.ID, Status: reminders.Status(r.value("status")), Platform: bots.Platform(r.value("platform")),
				Sort: sort, Desc: q.Desc, Offset: q.Offset, Limit: q.Limit,
			})
		},
	}, nil
}

func (r *request) recipientFilters() []field {
	states := []option{{Label: r.say("anything")}}
	for _, s := range []reminders.Status{reminders.Queued, reminders.Sent, reminders.Blocked, reminders.Unreachable, reminders.Failed, reminders.Declined, reminders.Obsolete, reminders.Withdrawn} {
		states = append(states, option{Value: string(s), Label: r.say("notice." + string(s))})
	}
	platforms := []option{{Label: r.say("anything")}}
	for _, p := range []bots.Platform{bots.WeChat, bots.Telegram} {
		platforms = append(platforms, option{Value: string(p), Label: r.platformName(p)})
	}
	return []field{
		r.field(field{Name: "status", Label: "col.status", Kind: "select", Value: r.value("status"), Options: states}),
		r.field(field{Name: "platform", Label: "col.platform", Kind: "select", Value: r.value("platform"), Options: platforms}),
	}
}

func (r *request) recipientState(x reminders.Recipient) cell {
	status := x.Status
	if status == reminders.Claimed {
		status = reminders.Queued
	}
	c := cell{Text: r.say("notice." + string(status)), Tone: map[reminders.Status]string{
		reminders.Sent: "good", reminders.Blocked: "bad", reminders.Unreachable: "bad", reminders.Failed: "bad",
	}[status]}
	if c.Tone == "" {
		c.Tone = "mute"
	}
	if x.Error != "" && status != reminders.Sent {
		c.Under = r.say("notice.class." + x.Error)
	}
	return c
}

func (r *request) broadcastBlocks(b reminders.Written) ([]block, error) {
	progress, done, err := broadcastProgress(r)
	if err != nil {
		return nil, err
	}
	if !done {
		progress.Stream = r.eventsOf()
	}
	facts := []fact{
		{r.say("col.audience"), cell{Text: r.audienceWords(b)}},
		{r.say("broadcast.by"), cell{Text: r.staffName(b.Staff), Under: r.moment(b.CreatedAt)}},
	}
	if !b.StartAt.IsZero() {
		facts = append(facts, fact{r.say("broadcast.start"), cell{Text: r.moment(b.StartAt)}})
	}
	if !b.FinishedAt.IsZero() {
		facts = append(facts, fact{r.say("broadcast.ended"), cell{Text: r.moment(b.FinishedAt)}})
	}
	from, to := reminders.QuietHours()
	if b.AtNight {
		facts = append(facts, fact{r.say("broadcast.hours"), cell{Text: r.say("broadcast.all_hours")}})
	} else {
		facts = append(facts, fact{r.say("broadcast.hours"), cell{Text: r.say("broadcast.not_at_night", from, to)}})
	}
	text := block{Title: r.say("broadcast.text"), Pre: b.Text, Side: true}
	blocks := []block{progress, {Facts: facts, Side: true, Forms: r.steeringForms(b)}, text}
	if b.TextEN != "" {
		blocks = append(blocks, block{Title: r.say("broadcast.text_en"), Pre: b.TextEN, Side: true})
	}
	return blocks, nil
}

// broadcastProgress is how far a broadcast is. It is at rest when it is over, and while nothing happens: paused, or before its time.
func broadcastProgress(r *request) (block, bool, error) {
	b, err := r.broadcast()
	if err != nil {
		return block{}, false, err
	}
	rep, all := b.Report, readers(b)
	missed := rep.Blocked + rep.Unreachable + rep.Failed
	state := r.broadcastState(b)
	figures := []figure{
		{Label: r.say("col.status"), Value: state.Text, Note: state.Under, Tone: state.Tone},
		{Label: r.say("col.sent"), Value: strconv.Itoa(rep.Sent), Note: share(rep.Sent, all)},
		{Label: r.say("broadcast.waiting"), Value: strconv.Itoa(max(0, all-rep.Total+rep.Pending)), Note: r.say("broadcast.of", all), Tone: "mute"},
		{Label: r.say("col.failed"), Value: strconv.Itoa(missed), Tone: map[bool]string{true: "warn", false: "mute"}[missed > 0]},
		{Label: r.say("notice.declined"), Value: strconv.Itoa(rep.Declined), Tone: "mute"},
	}
	if rep.Withdrawn > 0 {
		figures = append(figures, figure{Label: r.say("notice.withdrawn"), Value: strconv.Itoa(rep.Withdrawn), Tone: "mute"})
	}
	if rep.Obsolete > 0 {
		figures = append(figures, figure{Label: r.say("notice.obsolete"), Value: strconv.Itoa(rep.Obsolete), Tone: "mute"})
	}
	p := &progress{Value: rep.Total - rep.Pending, Max: max(all, 1), Label: r.say("broadcast.progress", rep.Total-rep.Pending, all)}
	return block{Title: r.say("broadcast.how_far"), Figures: figures, Progress: p}, b.State != reminders.Sending && b.State != reminders.Cancelling, nil
}

// steeringForms are what can be done about a broadcast by this member.
func (r *request) steeringForms(b reminders.Written) []form {
	if b.Over() || r.mayWriteTo(b.All, b.Filter) != nil {
		return nil
	}
	path := "broadcasts/" + itoa(b.ID)
	first := form{Action: at(path + "/pause"), Label: "broadcast.pause"}
	if b.State == reminders.Paused {
		first = form{Action: at(path + "/resume"), Label: "broadcast.resume", Tone: "primary"}
	}
	return []form{first, {Action: at(path + "/cancel"), Label: "broadcast.cancel", Tone: "danger", Fold: true, Note: r.say("broadcast.cancel_note")}}
}

// steering is an action that changes a broadcast, and says that it did.
func steering(said string, do func(*reminders.Store, context.Context, reminders.BroadcastID) error) func(*request) (string, error) {
	return func(r *request) (string, error) {
		b, err := r.broadcast()
		if err != nil {
			return "", err
		}
		if err := r.mayWriteTo(b.All, b.Filter); err != nil {
			return "", err
		}
		if err := do(r.d.Reminders, r.ctx, b.ID); err != nil {
			return "", err
		}
		r.notice(said)
		return "", nil
	}
}
