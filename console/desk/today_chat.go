package desk

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"strings"

	"guahao/booking"
	"guahao/internal/slip"
	"guahao/internal/staff"
)

// chatDay is a member's day as the chat shows it: what the page of today shows them without choosing anything.
func (d *Desk) chatDay(ctx context.Context, id booking.StaffID, lang string) (*request, day, error) {
	m, err := d.Staff.Member(ctx, id)
	if err != nil {
		return nil, day{}, err
	}
	r := &request{d: d, ctx: ctx, member: m, lang: lang, reach: m.Reach(staff.SeeToday)}
	return r, day{date: booking.DateOf(d.Now(), r.zone()), zone: r.zone(), reach: r.reach}, nil
}

// DayText says how the day stands within what a member may see: bookings, arrivals, no-shows, money, what waits to be told, and alarms.
func (d *Desk) DayText(ctx context.Context, id booking.StaffID, lang string) (string, error) {
	r, day, err := d.chatDay(ctx, id, lang)
	if err != nil {
		return "", err
	}
	lines := []string{"📊 " + r.say("page.today") + " " + string(day.date)}
	groups := []func() ([]figure, error){
		func() ([]figure, error) { return r.visitFigures(day) },
		func() ([]figure, error) {
			if !r.member.May(staff.SeePayments) {
				return nil, nil
			}
			return r.moneyFigures(day)
		},
		r.alarms,
	}
	for _, group := range groups {
		figures, err := group()
		if err != nil {
			return "", err
		}
		for _, f := range figures {
			lines = append(lines, f.line(lang))
		}
	}
	return strings.Join(lines, "\n"), nil
}

// line is a figure in a line of text.
func (f figure) line(lang string) string {
	colon, open, end := "：", "（", "）"
	if lang == "en" {
		colon, open, end = ": ", " (", ")"
	}
	mark := map[string]string{"bad": "🔴 ", "warn": "⚠️ "}[f.Tone]
	text := mark + f.Label + colon + f.Value
	if f.Note != "" {
		text += open + f.Note + end
	}
	return text
}

// DayPicture draws the charts of the same day below each other, as a PNG. One without anything in it is left out.
func (d *Desk) DayPicture(ctx context.Context, id booking.StaffID, lang string) ([]byte, error) {
	r, day, err := d.chatDay(ctx, id, lang)
	if err != nil {
		return nil, err
	}
	parts := []slip.Part{slip.Text{Text: r.say("page.today") + " " + string(day.date), Size: slip.Large, Align: slip.Centre}}
	empty := true
	for _, name := range dayChartNames() {
		b, err := r.dayBars(day, name)
		if err != nil {
			return nil, err
		}
		if b.empty() {
			continue
		}
		empty = false
		drawn, err := b.onSlip()
		if err != nil {
			return nil, err
		}
		parts = append(append(parts, slip.Rule{}, slip.Text{Text: r.say("today.chart_" + name)}), drawn...)
	}
	if empty {
		parts = append(parts, slip.Rule{}, slip.Text{Text: r.say("today.quiet"), Align: slip.Centre, Ink: slip.Grey})
	}
	return slip.Slip{Parts: parts}.PNG()
}

// onSlip draws the chart for a slip, below what its series are: the chart's own font has no Chinese.
func (b bars) onSlip() ([]slip.Part, error) {
	drawn, err := b.draw(chartPNG)
	if err != nil {
		return nil, err
	}
	picture, err := png.Decode(bytes.NewReader(drawn))
	if err != nil {
		return nil, fmt.Errorf("read a chart again: %w", err)
	}
	var parts []slip.Part
	for i, series := range b.Names {
		parts = append(parts, slip.Text{Text: "■ " + series, Size: slip.Small, Ink: chartInks[i%len(chartInks)]})
	}
	return append(parts, slip.Picture{Image: picture}), nil
}
