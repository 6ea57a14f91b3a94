package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"guahao/booking"
	"guahao/booking/forecast"
	"guahao/internal/slip"
	"guahao/internal/staff"
)

// toldDays is how many days the chat lists; the picture shows all of them.
const toldDays = 7

// chatOutlook is what is foreseen of a department as a member of staff may see it in the chat. Too short a past is a refusal.
func (d *Desk) chatOutlook(ctx context.Context, id booking.StaffID, department booking.DepartmentID, lang string) (*request, outlook, error) {
	m, err := d.Staff.Member(ctx, id)
	if err != nil {
		return nil, outlook{}, err
	}
	r := &request{d: d, ctx: ctx, member: m, lang: lang, reach: m.Reach(staff.SeeDemand)}
	o, err := r.outlook(department)
	if errors.Is(err, forecast.ErrInput) {
		young := d.words["demand.young"]
		err = &booking.Error{Code: booking.CodeTooEarly, Message: booking.Text{ZH: young[0], EN: young[1]}}
	}
	return r, o, err
}

// DemandText says how many patients are foreseen of a department in the next week, what to do about it, and how sure that is.
func (d *Desk) DemandText(ctx context.Context, id booking.StaffID, department booking.DepartmentID, lang string) (string, error) {
	r, o, err := d.chatOutlook(ctx, id, department, lang)
	if err != nil {
		return "", err
	}
	lines := []string{"📈 " + r.say("demand.of", r.in(o.department.Name))}
	for _, day := range o.days[:min(toldDays, len(o.days))] {
		date := day.DemandDay.Date
		line := r.say("demand.line", string(date)[5:], r.weekday(date.Weekday()), fmt.Sprintf("%.0f", day.Value), fmt.Sprintf("%.0f–%.0f", day.Lower80, day.Upper80), day.DemandDay.Places)
		if advice := r.advice(day); advice.Tone == "bad" || advice.Tone == "warn" {
			line += " ⚠️ " + advice.Text
		}
		lines = append(lines, line)
	}
	return strings.Join(append(lines, "", r.reliability(o)), "\n"), nil
}

// DemandPicture draws the forecast of the console's page with its interval, as a PNG that says how sure it is.
func (d *Desk) DemandPicture(ctx context.Context, id booking.StaffID, department booking.DepartmentID, lang string) ([]byte, error) {
	r, o, err := d.chatOutlook(ctx, id, department, lang)
	if err != nil {
		return nil, err
	}
	b := r.demandLines(o)
	b.Lines = true
	drawn, err := b.onSlip()
	if err != nil {
		return nil, err
	}
	parts := []slip.Part{slip.Text{Text: r.in(o.department.Name), Size: slip.Large, Align: slip.Centre}, slip.Text{Text: r.say("demand.ahead"), Align: slip.Centre, Ink: slip.Grey}, slip.Rule{}}
	return slip.Slip{Parts: append(append(parts, drawn...), slip.Rule{}, slip.Text{Text: r.reliability(o), Size: slip.Small, Ink: slip.Grey})}.PNG()
}
