package handout

import (
	"fmt"
	"time"

	"guahao/booking"
	"guahao/internal/slip"
)

// VisitSlip draws the slip (就诊凭条) of a visit, with the check-in code as a QR code. A slip that goes abroad has no patient and no department on
// it, and one in large type (for eyes that are old) has everything in large letters. One of a visit that is over, cancelled or not certain says so, and has no code.
func VisitSlip(v booking.Visit, code, lang string, abroad, large bool) ([]byte, error) {
	said, zone := wordsOf(lang), v.Hospital.Location()
	starts, ends := v.Slot.StartsAt.In(zone), v.Slot.EndsAt.In(zone)
	size := slip.Normal
	if large {
		size = slip.Large
	}
	parts := []slip.Part{
		slip.Text{Text: v.Hospital.Name.In(lang), Size: slip.Large, Align: slip.Centre},
		slip.Text{Text: said.slip, Align: slip.Centre, Ink: slip.Grey},
		slip.Rule{},
		slip.Field{Label: said.date, Value: dayIn(starts, lang), Size: slip.Huge},
		slip.Field{Label: said.time, Value: starts.Format("15:04") + "–" + ends.Format("15:04"), Size: slip.Huge},
		slip.Field{Label: said.number, Value: v.Appointment.Number().In(lang), Size: slip.Huge},
		slip.Rule{},
		slip.Field{Label: said.doctor, Value: v.Doctor.Name.In(lang), Size: size},
	}
	if !abroad {
		parts = append(parts, slip.Field{Label: said.department, Value: v.Department.Name.In(lang), Size: size})
	}
	for _, where := range nonEmpty(v.Department.Floor.In(lang) + " " + v.Schedule.RoomIn(lang)) {
		parts = append(parts, slip.Field{Label: said.floor, Value: where, Size: size})
	}
	if !abroad {
		parts = append(parts, slip.Field{Label: said.patient, Value: booking.MaskName(v.Patient.Name), Size: size})
	}
	parts = append(parts, slip.Rule{})
	if v.Appointment.Status != booking.Booked {
		ink := slip.Red
		text := said.ended
		if v.Appointment.Status == booking.CheckedIn {
			ink, text = slip.Green, said.checkedIn
		}
		parts = append(parts, slip.Text{Text: text, Size: slip.Large, Align: slip.Centre, Ink: ink})
		return slip.Slip{Parts: parts}.PNG()
	}
	parts = append(parts,
		slip.Space{Height: 12}, slip.QR{Content: code},
		slip.Text{Text: said.show, Size: size, Align: slip.Centre},
		slip.Text{Text: said.bring, Size: slip.Small, Align: slip.Centre, Ink: slip.Grey})
	return slip.Slip{Parts: parts}.PNG()
}

var weekdays = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

func dayIn(t time.Time, lang string) string {
	if lang == "en" {
		return t.Format("Mon 2 Jan 2006")
	}
	return fmt.Sprintf("%d月%d日 %s", t.Month(), t.Day(), weekdays[t.Weekday()])
}
