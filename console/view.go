package console

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"guahao/booking"
	"guahao/payments"
)

// view is the data of the templates.
type view struct {
	p           *payPage
	Lang        string
	Token       string
	State       state
	Open        bool // news may come: keep asking
	Amount      string
	Back        string // what was or is paid back
	Remaining   int    // seconds
	Rows        []row
	Bridge      bool // WeChat's payment sheet can be opened
	InWeChat    bool
	By          string   // the provider that the page is about
	Choices     []string // providers to choose from; one is no choice
	Page        bool     // Alipay's own page can be opened
	Receipt     bool     // there is a receipt
	Title, Text string
	Reference   string
	Retry       bool
}

// row is one line of what is bought.
type row struct{ Label, Value string }

func (p *payPage) view(r *http.Request, c payments.Charge, visit PayView) view {
	now := p.Now()
	lang := langOf(r, visit.Lang)
	s := stateOf(c, now)
	v := view{
		p: p, Lang: lang, Token: c.Token, State: s, Open: s.open(c, now),
		Amount: c.Amount.String(), Back: back(c).String(), Remaining: remaining(c, now), InWeChat: inWeChat(r),
		Title: string(s), Text: string(s) + "_text",
	}
	switch s {
	case pending:
		v.Title, v.Text = "title", ""
		v.By, v.Choices = p.chosen(r, c), p.choices(r)
		v.Page = v.By == byAlipay && (onPhone(r) || inAlipay(r)) && !v.InWeChat
	case paid:
		v.Receipt = visit.Kept
		if !visit.Kept {
			v.Text, v.Open = "paid_wait_text", true
		}
	}
	if c.Settled() {
		v.By = c.Provider
	}
	v.Receipt = v.Receipt || c.Status == payments.PartlyRefunded
	v.Rows = p.rows(lang, visit)
	return v
}

// Say is T with the words of the provider that the page is about.
func (v view) Say(key string) string {
	if v.By == byAlipay {
		key = byAlipay + "_" + key
	}
	return v.T(key)
}

// rows lists what is bought, without the lines that have nothing to say.
func (p *payPage) rows(lang string, v PayView) []row {
	doctor := strings.TrimSpace(v.Doctor.In(lang) + " " + v.Title.In(lang))
	place := strings.TrimSpace(v.Floor.In(lang) + " " + v.Room)
	number := ""
	if v.Seq > 0 {
		number = fmt.Sprintf(p.words.say(lang, "number_value"), booking.Appointment{Seq: v.Seq}.Number().In(lang))
	}
	all := []row{
		{"hospital", v.Hospital.In(lang)}, {"department", v.Department.In(lang)}, {"doctor", doctor},
		{"when", p.moment(lang, v)}, {"place", place}, {"number", number}, {"patient", v.Patient},
	}
	rows := all[:0]
	for _, r := range all {
		if r.Value != "" {
			rows = append(rows, row{p.words.say(lang, r.Label), r.Value})
		}
	}
	return rows
}

// template names the file that shows this view.
func (v view) template() string {
	if v.State == "" {
		return "error.html"
	}
	return "pay.html"
}

// T gives a sentence of the catalogue, filled in.
func (v view) T(key string, args ...any) string {
	if len(args) == 0 {
		return v.p.words.say(v.Lang, key)
	}
	return fmt.Sprintf(v.p.words.say(v.Lang, key), args...)
}

// Body is the sentence below the title, with its amount where it has one.
func (v view) Body() string {
	switch v.Text {
	case "":
		return ""
	case "refunds_text", "refunded_text":
		return v.T(v.Text, v.Back)
	}
	return v.T(v.Text)
}

// Clock writes the remaining time as 14:32.
func (v view) Clock() string { return fmt.Sprintf("%d:%02d", v.Remaining/60, v.Remaining%60) }

// HTMLLang is the value of the lang attribute.
func (v view) HTMLLang() string {
	if v.Lang == "en" {
		return "en"
	}
	return "zh-CN"
}

// Self is the page's own address in a language, relative to itself.
func (v view) Self(lang string) template.URL {
	by := ""
	if v.State == pending && len(v.Choices) > 1 {
		by = "&by=" + v.By
	}
	return template.URL(v.Token + "?lang=" + lang + by) // the token was checked against tokenForm, and the provider is one of ours
}

// Assets leads from the page's address to the folder of the assets. An error page can stand at any depth.
func (v view) Assets() string {
	if v.Token == "" {
		return "/pay/"
	}
	return ""
}

// Other is the language that the page is not in.
func (v view) Other() string {
	if v.Lang == "en" {
		return "zh"
	}
	return "en"
}
