package app

import (
	"context"
	"errors"

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
	}
}

// broadcastDesk sends the staff's messages.
type broadcastDesk struct {
	reminders *reminders.Store
}

func (d broadcastDesk) Count(ctx context.Context, b dialog.Broadcast) (int, error) {
	return d.reminders.Count(ctx, draft(b))
}

func (d broadcastDesk) Preview(_ context.Context, b dialog.Broadcast, lang string) (string, error) {
	return d.reminders.Preview(draft(b), lang)
}

func (d broadcastDesk) Start(ctx context.Context, b dialog.Broadcast, key string) error {
	_, err := d.reminders.StartBroadcast(byChat(ctx, b.Staff), draft(b), key)
	return err
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

func (d callDesk) CheckInWithin(ctx context.Context, by booking.StaffID, within booking.Reach, code string) (booking.Visit, error) {
	return d.Store.CheckInWithin(byChat(ctx, by), by, within, code)
}

// byChat says in the audit log who changes something in the chat.
func byChat(ctx context.Context, id booking.StaffID) context.Context {
	return audit.As(ctx, audit.Actor{Staff: int64(id), Via: audit.Chat})
}

func draft(b dialog.Broadcast) reminders.Draft {
	return reminders.Draft{
		Staff: b.Staff, Account: b.Account, AllFollowers: b.Everyone, Text: b.Text,
		Filter: booking.AudienceFilter{Hospital: b.Hospital, Department: b.Department, Doctor: b.Doctor, Date: b.Date},
	}
}

func (d broadcastDesk) ReportStop(ctx context.Context, by booking.StaffID, to bots.AccountID, id booking.ScheduleID, title, key string) error {
	_, err := d.reminders.ReportStop(ctx, by, to, id, title, key)
	return err
}
