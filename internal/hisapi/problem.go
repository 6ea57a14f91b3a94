package hisapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"guahao/booking"
)

// Problem is why a request was refused (RFC 9457), in words for who writes the program; Sentences and Lines are for people.
type Problem struct {
	Type      string `json:"type"` // about:blank: Status says it
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Code      string `json:"code"`
	Detail    string `json:"detail"`
	Sentences *text  `json:"sentences,omitempty"`
	Lines     []line `json:"lines,omitempty"`
	InTheWay  []half `json:"in_the_way,omitempty"`
}

// half is a half-day that can still be booked or has patients, so that its doctor cannot be taken out.
type half struct {
	Doctor       string                  `json:"doctor"` // code
	Date         booking.Date            `json:"date"`
	Period       booking.Period          `json:"period"`
	Appointments []booking.AppointmentID `json:"appointments"`
}

// line is what is wrong with one of the changes that were sent.
type line struct {
	Change    int    `json:"change"` // from 0; -1: all of them together
	Code      string `json:"code"`
	Sentences text   `json:"sentences"`
}

// text is something said in both languages.
type text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Error gives the code and the detail.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

func problem(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

func failed(p *Problem) reply {
	content, err := json.Marshal(p)
	if err != nil {
		panic(err) // it is made of strings and numbers
	}
	return reply{p.Status, "application/problem+json", content}
}

// failure turns an error into an answer; one of ours is written to the log, and not told.
func (a *API) failure(r *http.Request, err error) reply {
	var p *Problem
	var refusal *booking.Error
	switch {
	case errors.As(err, &p):
		return failed(p)
	case errors.Is(err, booking.ErrNotFound):
		return failed(problem(http.StatusNotFound, "not_found", "no such thing in this hospital"))
	case errors.As(err, &refusal):
		status := http.StatusUnprocessableEntity
		if refusal.Code == booking.CodeOvertaken {
			status = http.StatusConflict
		}
		p := problem(status, string(refusal.Code), refusal.Message.EN)
		p.Sentences = &text{refusal.Message.ZH, refusal.Message.EN}
		p.InTheWay = halves(err)
		return failed(p)
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return failed(problem(http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("a request has at most %d bytes", maxBody)))
	}
	a.Log.Error("api failed", slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Any("error", err))
	return failed(problem(http.StatusInternalServerError, "failed", "something went wrong here; please send the request again with the same key"))
}

// halves are what is in the way of taking out a doctor.
func halves(err error) []half {
	blocked, ok := errors.AsType[*booking.InTheWayError](err)
	if !ok {
		return nil
	}
	list := make([]half, len(blocked.Obstacles))
	for i, o := range blocked.Obstacles {
		list[i] = half{blocked.Doctor, o.Clinic.Date, o.Clinic.Period, append([]booking.AppointmentID{}, o.Appointments...)}
	}
	return list
}

// decode reads a body strictly: a field that there is not is an error which names it.
func decode(body []byte, to any) error {
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	err := in.Decode(to)
	if err == nil {
		if _, more := in.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is something after the end")
		}
	}
	if err != nil {
		return problem(http.StatusBadRequest, "bad_json", err.Error())
	}
	return nil
}
