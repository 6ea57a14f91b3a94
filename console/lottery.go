package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"guahao/booking"
	"guahao/booking/allocation"
)

// Draws is what the page of a draw needs of the domain; *booking.Store is one.
type Draws interface {
	LotteryRecord(ctx context.Context, schedule booking.ScheduleID) (allocation.Record, booking.Lottery, error)
	Schedule(ctx context.Context, id booking.ScheduleID) (booking.Schedule, error)
	Doctor(ctx context.Context, id booking.DoctorID) (booking.Doctor, error)
	Department(ctx context.Context, id booking.DepartmentID) (booking.Department, error)
	Hospital(ctx context.Context, id booking.HospitalID) (booking.Hospital, error)
}

// drawShown is how many positions the page shows; the record has all.
const drawShown = 1000

// drawPage serves the draws, for everybody.
type drawPage struct {
	draws Draws
	now   func() time.Time
	log   *slog.Logger
	html  *template.Template
	words catalogue
}

// DrawPage serves everything below /lottery/: what is published of a draw, and nothing that says who has applied.
//
//	GET /lottery/{schedule}            the page; with ?slip= it says whether that application is in the list, and where
//	GET /lottery/{schedule}/draw.json  the record, for guahao lottery verify
func DrawPage(draws Draws, now func() time.Time, log *slog.Logger) http.Handler {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	p := &drawPage{draws: draws, now: now, log: log, html: template.Must(template.ParseFS(page, "page/lottery.html")), words: mustCatalogue(page)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /lottery/{schedule}", p.show)
	mux.HandleFunc("GET /lottery/{schedule}/draw.json", p.record)
	for name, kind := range map[string]string{"pay.css": "text/css; charset=utf-8", "lottery.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"} {
		mux.Handle("GET /lottery/assets/"+name, asset("page/"+name, kind))
	}
	mux.HandleFunc("/lottery/", func(w http.ResponseWriter, r *http.Request) { p.fail(w, r, booking.ErrNotFound) })
	return harden(mux)
}

// asset serves one embedded file. It may be kept for a short while only, because its address does not change with it.
func asset(name, kind string) http.Handler {
	content, err := fs.ReadFile(page, name)
	if err != nil {
		panic(err) // the file is embedded: it can only be missing from the build
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=300")
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(content)
	})
}

// drawView is the data of the page.
type drawView struct {
	words             catalogue
	Lang              string
	Schedule          booking.ScheduleID
	Title, Where      string
	State             string // which of the sentences says where the draw stands
	Facts             []row
	Published         []row // what is published, in the order in which it is
	Positions         []position
	More              int // positions that are not shown
	Mine, MineWrong   string
	Slip              string
	Right             bool // the record was computed again, and is right
	Failed, Reference string
}

// position is a line of the order drawn.
type position struct {
	Rank, Number, Lots int
	Receipt            string
	Won, Mine          bool
}

// T gives a sentence of the catalogue, filled in.
func (v drawView) T(key string, args ...any) string {
	if len(args) == 0 {
		return v.words.say(v.Lang, "draw_"+key)
	}
	return fmt.Sprintf(v.words.say(v.Lang, "draw_"+key), args...)
}

// HTMLLang is the value of the lang attribute.
func (v drawView) HTMLLang() string { return view{Lang: v.Lang}.HTMLLang() }

// Other is the language that the page is not in.
func (v drawView) Other() string { return view{Lang: v.Lang}.Other() }

// read finds the draw of the request.
func (p *drawPage) read(r *http.Request) (allocation.Record, booking.Lottery, error) {
	id, err := strconv.ParseInt(r.PathValue("schedule"), 10, 64)
	if err != nil || id <= 0 {
		return allocation.Record{}, booking.Lottery{}, booking.ErrNotFound
	}
	return p.draws.LotteryRecord(r.Context(), booking.ScheduleID(id))
}

func (p *drawPage) record(w http.ResponseWriter, r *http.Request) {
	record, _, err := p.read(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(record) // an error is the reader's connection
}

func (p *drawPage) show(w http.ResponseWriter, r *http.Request) {
	record, l, err := p.read(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	v := drawView{words: p.words, Lang: langOf(r, ""), Schedule: l.Schedule, Slip: r.URL.Query().Get("slip")}
	if err := p.describe(r.Context(), &v, record, l); err != nil {
		p.fail(w, r, err)
		return
	}
	v.order(record, v.own(record))
	p.render(w, http.StatusOK, v)
}

// describe says which half-day it is, how far the draw has got, and what is published.
func (p *drawPage) describe(ctx context.Context, v *drawView, record allocation.Record, l booking.Lottery) error {
	c, err := p.draws.Schedule(ctx, l.Schedule)
	if err != nil {
		return err
	}
	doctor, err := p.draws.Doctor(ctx, c.Doctor)
	if err != nil {
		return err
	}
	department, err := p.draws.Department(ctx, c.Department)
	if err != nil {
		return err
	}
	h, err := p.draws.Hospital(ctx, c.Hospital)
	if err != nil {
		return err
	}
	zone, days := h.Location(), v.words.say(v.Lang, "weekdays")
	v.Where = h.Name.In(v.Lang) + " · " + department.Name.In(v.Lang)
	v.Title = v.T("title", doctor.Name.In(v.Lang), dayIn(v.words.say(v.Lang, "date"), days, c.Date.In(zone)), v.T("period_"+string(c.Period)))
	v.State = string(l.State)
	if l.State == booking.LotteryOpen && !l.Takes(p.now()) {
		v.State = "before"
		if !p.now().Before(l.ClosesAt) {
			v.State = string(booking.LotteryClosed)
		}
	}
	at := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04") }
	v.Facts = []row{
		{v.T("places"), strconv.Itoa(l.Places)}, {v.T("applied"), strconv.Itoa(l.Applied())},
		{v.T("window"), at(l.OpensAt) + " – " + at(l.ClosesAt)}, {v.T("mode"), v.T("mode_" + string(l.Mode))},
	}
	for _, line := range []row{
		{"commitment", string(record.Commitment)}, {"source", record.BeaconSource}, {"list", string(record.List)}, {"beacon", record.Beacon}, {"seed", string(record.Seed)},
	} {
		if line.Value == "" {
			line.Value = v.T("later")
		}
		v.Published = append(v.Published, row{v.T(line.Label), line.Value})
	}
	v.Right = len(record.Order) > 0 && record.Verify() == nil
	return nil
}

// dayIn writes a day as 2026年10月9日 周五.
func dayIn(format, weekdays string, day time.Time) string {
	return day.Format(format) + " " + strings.Split(weekdays, ",")[day.Weekday()]
}

// own says what became of the application whose slip the reader has; it gives its number, or 0.
func (v *drawView) own(record allocation.Record) int {
	if v.Slip == "" {
		return 0
	}
	slip, err := allocation.ParseShort(record.Schedule, v.Slip)
	if err != nil {
		v.MineWrong = v.T("slip_bad")
		return 0
	}
	if record.List == "" {
		v.Mine = v.T("slip_early", slip.Number, short(slip.Receipt()))
		return slip.Number
	}
	if err := record.VerifySlip(slip); err != nil {
		v.MineWrong = v.T("slip_wrong", slip.Number)
		return 0
	}
	switch rank := record.Rank(slip.Number); {
	case rank == 0:
		v.Mine = v.T("slip_listed", slip.Number)
	case record.Won(rank):
		v.Mine = v.T("slip_won", slip.Number, rank)
	default:
		v.Mine = v.T("slip_waits", slip.Number, rank)
	}
	return slip.Number
}

// order lists the applications: as drawn, or by number before that.
func (v *drawView) order(record allocation.Record, mine int) {
	byNumber := make(map[int]allocation.Application, len(record.Applications))
	order := record.Order
	for _, a := range record.Applications {
		byNumber[a.Number] = a
		if len(record.Order) == 0 {
			order = append(order, a.Number)
		}
	}
	for i, number := range order {
		a := byNumber[number]
		if i >= drawShown && number != mine {
			v.More++
			continue
		}
		one := position{Number: number, Lots: a.Lots, Receipt: short(a.Receipt), Mine: number == mine}
		if len(record.Order) > 0 {
			one.Rank, one.Won = i+1, record.Won(i+1)
		}
		v.Positions = append(v.Positions, one)
	}
}

// short is the beginning of a receipt.
func short(d allocation.Digest) string { return string(d)[:min(len(d), 12)] }

// fail shows an error as a page: a draw that is not there, or a failure of ours with a reference for the log.
func (p *drawPage) fail(w http.ResponseWriter, r *http.Request, err error) {
	v, status := drawView{words: p.words, Lang: langOf(r, ""), Failed: "unknown"}, http.StatusNotFound
	if !errors.Is(err, booking.ErrNotFound) && !errors.Is(err, booking.ErrNotByLot) {
		v.Failed, v.Reference, status = "sorry", rand.Text()[:8], http.StatusServiceUnavailable
		p.log.Error("page of a draw failed", slog.String("reference", v.Reference), slog.Any("error", err))
	}
	p.render(w, status, v)
}

func (p *drawPage) render(w http.ResponseWriter, status int, v drawView) {
	var out bytes.Buffer
	if err := p.html.ExecuteTemplate(&out, "lottery.html", v); err != nil {
		p.log.Error("page of a draw: template", slog.Any("error", err))
		http.Error(w, v.T("sorry"), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.Lang)
	w.Header().Set("Vary", "Accept-Language")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}
