package board

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"guahao/booking"
)

// mostRooms is how many doctors have room on a screen; those with somebody called or waiting come first.
const mostRooms = 12

// view is what the templates show.
type view struct {
	Words
	Lang, HTMLLang string
	ID             booking.DepartmentID
	Hospital       string
	Department     string
	Floor          string
	Time           string
	Size           string // how many rooms there are, in words that the style sheet knows
	Rooms          []room
	More           int // doctors for whom there is no room
	Skipped        []person
	version        int
}

// room is one doctor.
type room struct {
	Doctor, Title, Name, Period string
	Paused                      bool
	Called                      *person
	Again                       bool // called more than once
	Next                        []person
	Waiting                     int
	Last                        bool // nobody else waits than who is shown
	calls                       int
}

// person is somebody by number and masked name.
type person struct{ Number, Name string }

func viewOf(b booking.Board, lang string, now time.Time) view {
	v := view{
		Words: words[lang], Lang: lang, HTMLLang: map[string]string{"zh": "zh-CN", "en": "en"}[lang], ID: b.Department.ID,
		Hospital: b.Hospital.Name.In(lang), Department: b.Department.Name.In(lang), Floor: b.Department.Floor.In(lang),
		Time: now.In(b.Hospital.Location()).Format("15:04"), version: b.Version,
	}
	rooms := slices.Clone(b.Rooms)
	if len(rooms) > mostRooms { // who has nobody makes room
		slices.SortStableFunc(rooms, func(x, y booking.BoardRoom) int { return busy(y) - busy(x) })
		v.More = len(rooms) - mostRooms
		rooms = rooms[:mostRooms]
	}
	for _, r := range rooms {
		v.Rooms = append(v.Rooms, v.roomOf(r))
		for _, p := range r.Skipped {
			v.Skipped = append(v.Skipped, personOf(p, lang))
		}
	}
	v.Size = sizeOf(len(v.Rooms))
	return v
}

// busy is 1 for a doctor with somebody called or waiting.
func busy(r booking.BoardRoom) int {
	if r.Called != nil || r.Waiting > 0 {
		return 1
	}
	return 0
}

// sizeOf says how large the letters can be.
func sizeOf(rooms int) string {
	switch {
	case rooms <= 2:
		return "few"
	case rooms <= 6:
		return "some"
	}
	return "many"
}

func (v view) roomOf(r booking.BoardRoom) room {
	shown := room{
		Doctor: r.Doctor.Name.In(v.Lang), Title: v.Words.Titles[r.Doctor.Title], Name: r.Clinic.RoomIn(v.Lang), Period: v.Words.Periods[r.Clinic.Period],
		Paused: r.Paused, Again: r.Calls > 1, Waiting: r.Waiting, calls: r.Calls,
	}
	if r.Called != nil {
		p := personOf(*r.Called, v.Lang)
		shown.Called = &p
	}
	for _, p := range r.Next {
		shown.Next = append(shown.Next, personOf(p, v.Lang))
	}
	return shown
}

func personOf(p booking.BoardPerson, lang string) person {
	return person{Number: p.Number.In(lang), Name: p.Name}
}

// calls are who is called, as it is shown large and spoken. What is spoken has no name: a masked one cannot be said.
func (v view) calls() []call {
	list := []call{}
	for _, r := range v.Rooms {
		if r.Called == nil {
			continue
		}
		list = append(list, call{
			Key:  fmt.Sprintf("%s/%s/%s/%s/%d", r.Name, r.Doctor, r.Period, r.Called.Number, r.calls),
			Show: strings.NewReplacer("{number}", r.Called.Number, "{name}", r.Called.Name, "{room}", r.Name).Replace(v.Words.Show),
			Say:  strings.NewReplacer("{number}", r.Called.Number, "{room}", r.Name).Replace(v.Words.Say),
		})
	}
	return list
}

// problem is what the page says instead of a board.
type problem struct {
	Words
	Lang      string
	Reference string
}
