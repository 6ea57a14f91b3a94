package handout

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"time"

	"guahao/booking"
	"guahao/booking/allocation"
)

// Personal is everything that is stored about a person, as it is handed to them.
type Personal struct {
	MadeAt   time.Time         `json:"made_at"`
	Accounts []PersonalAccount `json:"chat_accounts"`
	Patients []PersonalPatient `json:"patients"`
	Visits   []PersonalVisit   `json:"appointments"`
	Waits    []PersonalWait    `json:"waitlist"`
	Draws    []PersonalDraw    `json:"draws"`
	Reviews  []PersonalReview  `json:"reviews"`
	Appeals  []PersonalAppeal  `json:"appeals"`

	Email        string `json:"email,omitempty"`            // where notices go, too; masked on Telegram
	NoStarts     bool   `json:"no_revisit_hints,omitempty"` // wants no hints of a next visit
	NoBroadcasts bool   `json:"no_broadcasts,omitempty"`    // wants none of the hospital's messages to many
}

// PersonalAccount is a chat account.
type PersonalAccount struct {
	Platform string `json:"platform"`
	ID       string `json:"id"`
	Language string `json:"language"`
}

// PersonalPatient is a patient in the person's list.
type PersonalPatient struct {
	Name      string               `json:"name"`
	Document  booking.DocumentKind `json:"document"`
	Number    string               `json:"number"`
	Phone     string               `json:"phone"`
	BirthDate booking.Date         `json:"birth_date"`
	Sex       booking.Sex          `json:"sex"`
	Relation  booking.Relation     `json:"relation"`
	Guardian  *booking.Guardian    `json:"guardian,omitempty"`
}

// PersonalVisit is an appointment with its payment.
type PersonalVisit struct {
	Hospital   string         `json:"hospital"`
	Department string         `json:"department"`
	Doctor     string         `json:"doctor"`
	Starts     time.Time      `json:"starts"`
	Number     string         `json:"number"`
	Patient    string         `json:"patient"`
	Status     booking.Status `json:"status"`
	FeeYuan    string         `json:"fee_yuan"`
	PaidYuan   string         `json:"paid_yuan,omitempty"`
	RefundYuan string         `json:"refunded_yuan,omitempty"`
	MadeAt     time.Time      `json:"made_at"`
	Queue      *PersonalTurn  `json:"queue,omitempty"` // of who was checked in
}

// PersonalTurn is a turn in the day's queue.
type PersonalTurn struct {
	Class    string     `json:"class"` // why called before others: emergency, severe, over_80 …; regular: as everybody
	CameAt   time.Time  `json:"came_at"`
	CalledAt *time.Time `json:"called_at,omitempty"`
}

// PersonalWait is an entry of the waitlist.
type PersonalWait struct {
	First booking.Date `json:"first_day"`
	Last  booking.Date `json:"last_day"`
	Since time.Time    `json:"since"`
}

// PersonalDraw is an application for a place that was drawn by lot, with its slip.
type PersonalDraw struct {
	Slip     allocation.Slip           `json:"slip"`
	Receipt  allocation.Digest         `json:"receipt"`
	Position int                       `json:"position,omitempty"`
	Status   booking.ApplicationStatus `json:"status"`
}

// PersonalReview is what the person has said about a visit.
type PersonalReview struct {
	Appointment booking.AppointmentID `json:"appointment"`
	Rating      int                   `json:"rating"`
	Comment     string                `json:"comment"`
	Status      booking.ReviewStatus  `json:"status"`
}

// PersonalAppeal is what the person has said about missed visits.
type PersonalAppeal struct {
	Text    string          `json:"text"`
	At      time.Time       `json:"at"`
	Verdict booking.Verdict `json:"verdict"`
	Answer  string          `json:"answer"`
}

// PersonalOf puts what is stored into the words of an export. One that goes abroad has names and numbers masked, and no departments.
func PersonalOf(about booking.Stored, lang string, abroad bool, now time.Time) Personal {
	p := Personal{MadeAt: now.UTC(), NoStarts: about.NoStarts}
	name := func(s string) string { return s }
	number, phone := name, name
	if abroad {
		name, number, phone = booking.MaskName, booking.MaskNumber, booking.MaskPhone
	}
	for _, who := range about.Patients {
		one := PersonalPatient{Name: name(who.Name), Document: who.Document, Number: number(who.Number), Phone: phone(who.Phone), Relation: who.Relation}
		if !abroad {
			one.BirthDate, one.Sex = who.BirthDate, who.Sex
			if who.Guardian.Name != "" {
				one.Guardian = &who.Guardian
			}
		}
		p.Patients = append(p.Patients, one)
	}
	for _, v := range about.Visits {
		one := PersonalVisit{
			Hospital: v.Hospital.Name.In(lang), Doctor: v.Doctor.Name.In(lang), Starts: v.Slot.StartsAt.In(v.Hospital.Location()),
			Number: v.Appointment.Number().In(lang), Patient: name(v.Patient.Name), Status: v.Appointment.Status,
			FeeYuan: fmt.Sprintf("%d.%02d", v.Appointment.Fee/100, v.Appointment.Fee%100), MadeAt: v.Appointment.CreatedAt.UTC(),
		}
		if !abroad {
			one.Department = v.Department.Name.In(lang)
		}
		if q, ok := about.Queued[v.Appointment.ID]; ok {
			one.Queue = &PersonalTurn{Class: string(q.Class), CameAt: q.JoinedAt.UTC(), CalledAt: q.CalledAt}
		}
		p.Visits = append(p.Visits, one)
	}
	for _, w := range about.Waits {
		p.Waits = append(p.Waits, PersonalWait{First: w.First, Last: w.Last, Since: w.CreatedAt.UTC()})
	}
	for _, a := range about.Draws {
		p.Draws = append(p.Draws, PersonalDraw{Slip: a.Slip(), Receipt: a.Receipt, Position: a.Position, Status: a.Status})
	}
	for _, r := range about.Reviews {
		p.Reviews = append(p.Reviews, PersonalReview{Appointment: r.Appointment, Rating: r.Rating, Comment: r.Comment, Status: r.Status})
	}
	for _, a := range about.Appeals {
		p.Appeals = append(p.Appeals, PersonalAppeal{Text: a.Text, At: a.At.UTC(), Verdict: a.Verdict, Answer: a.Note})
	}
	return p
}

// JSON is the export for programs.
func (p Personal) JSON() ([]byte, error) { return json.MarshalIndent(p, "", "  ") }

// Page is the export to be read.
func (p Personal) Page(lang string) ([]byte, error) {
	var out bytes.Buffer
	err := personalPage.Execute(&out, struct {
		Personal
		EN bool
	}{p, lang == "en"})
	return out.Bytes(), err
}

var personalPage = template.Must(template.New("personal").Parse(`<!doctype html>
<html lang="{{if .EN}}en{{else}}zh-CN{{end}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex, nofollow">
<title>{{if .EN}}My data{{else}}我的数据{{end}}</title>
<style>body{font:1.1rem/1.6 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:46rem;color:#1f2933;background:#fff}h1{font-size:1.5rem}h2{font-size:1.2rem;margin:1.6rem 0 .4rem}
li{margin:.5rem 0;padding-bottom:.5rem;border-bottom:1px solid #e3e7eb}ul{list-style:none;padding:0}small{color:#5a6672}
@media(prefers-color-scheme:dark){body{background:#14181c;color:#e6eaee}li{border-color:#333b43}small{color:#a6b0ba}}</style></head><body>
<h1>{{if .EN}}My data{{else}}我的数据{{end}}</h1><small>{{.MadeAt.Format "2006-01-02 15:04 UTC"}}</small>
<h2>{{if .EN}}Chat accounts{{else}}聊天账号{{end}}</h2><ul>{{range .Accounts}}<li>{{.Platform}} {{.ID}} <small>{{.Language}}</small></li>{{end}}{{with .Email}}<li>{{if $.EN}}E-mail{{else}}邮箱{{end}} {{.}}</li>{{end}}{{if .NoBroadcasts}}<li>{{if .EN}}Wants no broadcasts{{else}}已退订群发通知{{end}}</li>{{end}}{{if .NoStarts}}<li>{{if .EN}}Wants no hints of a next visit{{else}}已关闭复诊提示{{end}}</li>{{end}}</ul>
<h2>{{if .EN}}Patients{{else}}就诊人{{end}}</h2><ul>{{range .Patients}}<li>{{.Name}} <small>{{.Relation}}</small><br>{{.Document}} {{.Number}}<br>{{.Phone}} {{.BirthDate}} {{.Sex}}{{with .Guardian}}<br>{{if $.EN}}Guardian{{else}}监护人{{end}} {{.Name}} {{.Phone}}{{end}}</li>{{else}}<li>—</li>{{end}}</ul>
<h2>{{if .EN}}Appointments{{else}}预约{{end}}</h2><ul>{{range .Visits}}<li>{{.Starts.Format "2006-01-02 15:04"}} {{.Hospital}} {{.Department}} {{.Doctor}} #{{.Number}}<br>{{.Patient}} <small>{{.Status}}</small> ¥{{.FeeYuan}}{{if .PaidYuan}} ({{if $.EN}}paid{{else}}已付{{end}} ¥{{.PaidYuan}}{{if .RefundYuan}}, {{if $.EN}}refunded{{else}}已退{{end}} ¥{{.RefundYuan}}{{end}}){{end}}{{with .Queue}}<br><small>{{if $.EN}}Checked in{{else}}签到{{end}} {{.CameAt.Format "2006-01-02 15:04"}} UTC · {{.Class}}{{with .CalledAt}} · {{if $.EN}}called{{else}}叫号{{end}} {{.Format "15:04"}}{{end}}</small>{{end}}</li>{{else}}<li>—</li>{{end}}</ul>
<h2>{{if .EN}}Waitlist{{else}}候补{{end}}</h2><ul>{{range .Waits}}<li>{{.First}} – {{.Last}} <small>{{.Since.Format "2006-01-02"}}</small></li>{{else}}<li>—</li>{{end}}</ul>
<h2>{{if .EN}}Draws by lot{{else}}抽签报名{{end}}</h2><ul>{{range .Draws}}<li>{{.Slip.Schedule}} #{{.Slip.Number}} <small>{{.Status}}</small></li>{{else}}<li>—</li>{{end}}</ul>
<h2>{{if .EN}}Reviews{{else}}评价{{end}}</h2><ul>{{range .Reviews}}<li>{{.Rating}}/5 {{.Comment}} <small>{{.Status}}</small></li>{{else}}<li>—</li>{{end}}</ul>
<h2>{{if .EN}}Appeals{{else}}申诉{{end}}</h2><ul>{{range .Appeals}}<li>{{.Text}} <small>{{.Verdict}}</small><br>{{.Answer}}</li>{{else}}<li>—</li>{{end}}</ul>
</body></html>
`))
