package app

import (
	"context"
	"errors"
	"fmt"

	"guahao/booking"
	"guahao/bots"
	"guahao/dialog"
	"guahao/internal/audit"
	"guahao/internal/staff"
	"guahao/reminders"
)

// staffDesk is the staff as the conversation sees them.
type staffDesk struct{ store *staff.Store }

func (d staffDesk) ByAccount(ctx context.Context, account bots.AccountID) (dialog.Member, bool, error) {
	m, ok, err := d.store.ByAccount(ctx, account)
	return member(m), ok, err
}

func (d staffDesk) Bind(ctx context.Context, code string, account bots.AccountID) (dialog.Member, error) {
	m, err := d.store.Bind(ctx, code, account)
	switch {
	case errors.Is(err, staff.ErrCode):
		err = dialog.ErrBadCode
	case errors.Is(err, staff.ErrTooMany):
		err = dialog.ErrTooManyTries
	}
	return member(m), err
}

func member(m staff.Member) dialog.Member {
	return dialog.Member{
		ID: m.ID, Name: m.Name, Where: m.Reach(staff.OwnAccount), Broadcast: m.Reach(staff.SendBroadcasts), Stop: m.Reach(staff.StopClinics), Call: m.Reach(staff.CallQueue),
		Today: m.Reach(staff.SeeToday), Forecast: m.Reach(staff.SeeDemand),
	}
}

// broadcastDesk sends the staff's messages.
type broadcastDesk struct {
	reminders *reminders.Store
}

func (d broadcastDesk) Check(b dialog.Broadcast) error { return reminders.Refusal(draft(b).Check()) }

func (d broadcastDesk) Estimate(ctx context.Context, b dialog.Broadcast) (dialog.Estimate, error) {
	e, err := d.reminders.Estimate(ctx, draft(b))
	return dialog.Estimate{Recipients: e.Recipients, Refused: e.Refused, Minutes: e.Minutes, Begins: e.Begins}, err
}

func (d broadcastDesk) Preview(ctx context.Context, b dialog.Broadcast, lang string) (string, error) {
	return d.reminders.Preview(ctx, draft(b), lang)
}

func (d broadcastDesk) Start(ctx context.Context, b dialog.Broadcast, key string) error {
	_, err := d.reminders.StartBroadcast(byChat(ctx, b.Staff), draft(b), key)
	return reminders.Refusal(err)
}

func (d broadcastDesk) Recent(ctx context.Context, reach booking.Reach, n int) ([]dialog.Sent, error) {
	list, _, err := d.reminders.Browse(ctx, reminders.Browsing{Reach: reach, Desc: true, Limit: n})
	sent := make([]dialog.Sent, len(list))
	for i, w := range list {
		sent[i] = sentBroadcast(w)
	}
	return sent, err
}

func (d broadcastDesk) Sent(ctx context.Context, reach booking.Reach, id int64) (dialog.Sent, error) {
	w, err := d.reminders.Written(ctx, reach, reminders.BroadcastID(id))
	return sentBroadcast(w), reminders.Refusal(err)
}

func sentBroadcast(w reminders.Written) dialog.Sent {
	r := w.Report
	return dialog.Sent{
		ID: int64(w.ID), Everyone: w.All, Hospital: w.Filter.Hospital, Department: w.Filter.Department, Text: w.Text, State: string(w.State),
		Total: r.Total, Expected: w.Expected, Sent: r.Sent, Missed: r.Blocked + r.Unreachable + r.Failed, Declined: r.Declined,
		Paused: w.State == reminders.Paused, Over: w.Over(), Begins: w.StartAt,
	}
}

func (d broadcastDesk) Steer(ctx context.Context, by booking.StaffID, id int64, do string) error {
	steer := map[string]func(context.Context, reminders.BroadcastID) error{
		"pause": d.reminders.Pause, "resume": d.reminders.Resume, "call_off": d.reminders.Cancel,
	}[do]
	if steer == nil {
		return fmt.Errorf("a broadcast cannot be told to %q", do)
	}
	return reminders.Refusal(steer(byChat(ctx, by), reminders.BroadcastID(id)))
}

func (d broadcastDesk) Refuse(ctx context.Context, user bots.UserID, refuse bool) error {
	return d.reminders.RefuseBroadcasts(ctx, user, refuse)
}

func (d broadcastDesk) Refuses(ctx context.Context, user bots.UserID) (bool, error) {
	return d.reminders.RefusesBroadcasts(ctx, user)
}

// clinicDesk is the clinics as staff stop them in the chat.
type clinicDesk struct{ *booking.Store }

func (d clinicDesk) StopSchedule(ctx context.Context, by booking.StaffID, id booking.ScheduleID, note string) (int, error) {
	return d.Store.StopSchedule(byChat(ctx, by), by, id, note)
}

// callDesk is the queue as nurses call from it in the chat.
type callDesk struct{ *booking.Store }

func (d callDesk) CallNext(ctx context.Context, c booking.Calling) (booking.AppointmentID, error) {
	return d.Store.CallNext(byChat(ctx, c.By), c)
}

func (d callDesk) CallAgain(ctx context.Context, c booking.Calling) error {
	return d.Store.CallAgain(byChat(ctx, c.By), c)
}

func (d callDesk) PassOver(ctx context.Context, c booking.Calling) error {
	return d.Store.PassOver(byChat(ctx, c.By), c)
}

func (d callDesk) FinishVisit(ctx context.Context, c booking.Calling) error {
	return d.Store.FinishVisit(byChat(ctx, c.By), c)
}

func (d callDesk) BringBack(ctx context.Context, by booking.StaffID, id booking.AppointmentID) error {
	return d.Store.BringBack(byChat(ctx, by), by, id)
}

func (d callDesk) SendTo(ctx context.Context, by booking.StaffID, id booking.AppointmentID, to booking.ScheduleID) error {
	return d.Store.SendTo(byChat(ctx, by), by, id, to)
}

func (d callDesk) PauseCalling(ctx context.Context, by booking.StaffID, id booking.ScheduleID) error {
	return d.Store.PauseCalling(byChat(ctx, by), by, id)
}

func (d callDesk) ResumeCalling(ctx context.Context, by booking.StaffID, id booking.ScheduleID) error {
	return d.Store.ResumeCalling(byChat(ctx, by), by, id)
}

func (d callDesk) CheckInWithin(ctx context.Context, by booking.StaffID, within booking.Reach, code string) (booking.Visit, error) {
	return d.Store.CheckInWithin(byChat(ctx, by), by, within, code)
}

// byChat says in the audit log who changes something in the chat.
func byChat(ctx context.Context, id booking.StaffID) context.Context {
	return audit.As(ctx, audit.Actor{Staff: int64(id), Via: audit.Chat})
}

func draft(b dialog.Broadcast) reminders.Draft {
	return reminders.Draft{
		Staff: b.Staff, Account: b.Account, AllFollowers: b.Everyone, Platform: b.Platform, Lang: b.Lang, Text: b.Text, TextEN: b.TextEN, StartAt: b.Begin, AtNight: b.AtNight,
		Filter: booking.AudienceFilter{Hospital: b.Hospital, Department: b.Department, Doctor: b.Doctor, Date: b.Date, Kind: b.Kind},
	}
}

func (d broadcastDesk) ReportStop(ctx context.Context, by booking.StaffID, to bots.AccountID, id booking.ScheduleID, title, key string) error {
	_, err := d.reminders.ReportStop(ctx, by, to, id, title, key)
	return err
}
