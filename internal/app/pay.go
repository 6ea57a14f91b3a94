package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"guahao/booking"
	"guahao/bots"
	"guahao/bots/wechat"
	"guahao/console"
	"guahao/internal/vault"
)

// payPage is the page on which a patient pays.
func (a *App) payPage(keys *vault.Keys) *console.Pay {
	cfg := console.Config{
		Payments: a.Payments, Visit: a.payView, PublicURL: a.cfg.PublicURL, Now: a.cfg.Now, Log: a.cfg.Log,
	}
	if a.wechat != nil {
		cfg.OAuth = &console.OAuth{AuthorizeURL: a.wechat.OAuthURL, OpenID: a.wechat.OpenID, Seal: keys.Seal, Open: keys.Open}
	}
	return console.PayPage(cfg)
}

// payView is what the page says about the appointment that a charge is for.
func (a *App) payView(ctx context.Context, ref string) (console.PayView, error) {
	id, err := appointmentOf(ref)
	if err != nil {
		return console.PayView{}, err
	}
	v, err := a.Booking.Visit(ctx, id)
	if err != nil {
		return console.PayView{}, err
	}
	account, err := a.Accounts.Account(ctx, bots.AccountID(v.Appointment.Account))
	if err != nil {
		return console.PayView{}, err
	}
	view := console.PayView{
		Hospital: v.Hospital.Name, Department: v.Department.Name, Floor: v.Department.Floor, Room: v.Schedule.RoomIn(account.Lang),
		Doctor: v.Doctor.Name, Title: titleWords[v.Doctor.Title], Seq: v.Appointment.Seq,
		StartsAt: v.Slot.StartsAt, EndsAt: v.Slot.EndsAt, Zone: v.Hospital.Location(),
		Patient: booking.MaskName(v.Patient.Name), Lang: account.Lang, Kept: certain(v.Appointment.Status),
	}
	if account.Platform == bots.WeChat {
		view.OpenID = account.ExternalID
	}
	return view, nil
}

func certain(s booking.Status) bool {
	return s == booking.Booked || s == booking.CheckedIn || s == booking.Fulfilled
}

var titleWords = map[booking.Title]booking.Text{
	booking.Chief:          {ZH: "主任医师", EN: "Chief Physician"},
	booking.AssociateChief: {ZH: "副主任医师", EN: "Associate Chief Physician"},
	booking.Attending:      {ZH: "主治医师", EN: "Attending Physician"},
	booking.Resident:       {ZH: "住院医师", EN: "Resident Physician"},
}

// readTemplates reads the account's message templates: {"reminder": {"ID": "…", "Fields": {"starts": "time4"}}}.
func readTemplates(file string) (map[string]wechat.Template, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("GUAHAO_WECHAT_TEMPLATES: %w", err)
	}
	var templates map[string]wechat.Template
	if err := json.Unmarshal(text, &templates); err != nil {
		return nil, fmt.Errorf("GUAHAO_WECHAT_TEMPLATES: %s is not as the README shows it: %w", file, err)
	}
	return templates, nil
}
