package dialog_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/bots"
	"guahao/internal/staff"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestConversations plays the scripts of testdata. A script is a conversation as it reads on the screen; its language:
//
//	# a comment
//	= telegram zh            somebody new takes up the phone; more of them have names: = wechat zh nurse
//	> text                   types a line
//	> [label]                presses the option of the last message with this in its label
//	> [label] of 2 ago       presses one of an earlier message
//	> (photo)                sends a photo, with a caption by (photo: text); also (voice) (voice: text) (location) (location 30.28 120.16) (sticker) (follow) (follow SCENE) (scan SCENE) (staff: text) (staff release) (timeout)
//	% forward 35m            time passes
//	% seen                   the doctor has seen this person's patient
//	% paid, % unconfigured, % expired, % taken, % accounts, % staffed, % returned, % missed, % restart, % mailed, % booked, % drawn, % applicants, % drawing, % colleague, % served, % staff NAME   see (*script).happens
//
// Everything else is what the bot says, which -update writes anew. On Telegram options are buttons, on WeChat lines.
func TestConversations(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := &script{t: t, w: newWorld(t), people: map[string]*person{}}
			got := s.play(string(data))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(data), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("the conversation went otherwise (-script +now); go test ./dialog -update writes it anew:\n%s", diff)
			}
		})
	}
}

type script struct {
	t        *testing.T
	w        *world
	people   map[string]*person
	who      *person
	handover bots.HandoverID // the one that was opened last
	link     string          // the last code to link with
	code     string          // the last staff code
	clinic   booking.ScheduleID
	others   []booking.AppointmentID // of who has booked there besides
	inDB     bool                    // people have accounts in the database
	lot      booking.ScheduleID      // whose places are drawn
	out      strings.Builder
}

// play runs a script and gives it with what the bot says now.
func (s *script) play(text string) string {
	defer func() {
		if s.t.Failed() {
			s.t.Logf("so far:\n%s", s.out.String())
		}
	}()
	for _, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
			fmt.Fprintf(&s.out, "%s\n", line)
		case strings.HasPrefix(line, "= "):
			s.takeUp(strings.Fields(line[2:]))
			fmt.Fprintf(&s.out, "\n%s\n", line)
		case strings.HasPrefix(line, "% "):
			s.happens(line[2:])
			fmt.Fprintf(&s.out, "\n%s\n", line)
		case strings.HasPrefix(line, "> "):
			fmt.Fprintf(&s.out, "\n%s\n%s", line, s.shown(s.acts(line[2:])))
		}
	}
	return s.out.String()
}

func (s *script) takeUp(words []string) {
	platform, lang, name := bots.Platform(words[0]), words[1], words[0]
	if len(words) > 2 {
		name = words[2]
	}
	if s.people[name] == nil {
		s.people[name] = s.w.person(platform, lang)
		s.people[name].inDB = s.inDB
	}
	s.who = s.people[name]
}

func (s *script) acts(line string) bots.Reply {
	s.t.Helper()
	switch {
	case strings.HasPrefix(line, "["):
		return s.presses(line)
	case strings.HasPrefix(line, "("):
		return s.sends(strings.Trim(line, "()"))
	case strings.HasPrefix(line, "/"):
		return s.who.commands(line[1:])
	}
	line = strings.ReplaceAll(line, "CODE", s.code)
	line = strings.ReplaceAll(line, "LINK", s.link)
	return s.who.says(strings.ReplaceAll(line, "␤", "\n"))
}

func (s *script) presses(line string) bots.Reply {
	s.t.Helper()
	label, where, _ := strings.Cut(strings.TrimPrefix(line, "["), "]")
	reply := s.who.last
	var ago int
	if n, _ := fmt.Sscanf(where, " of %d ago", &ago); n == 1 {
		reply = s.who.older[len(s.who.older)-ago]
	}
	o, ok := option(reply, label)
	if !ok {
		s.t.Fatalf("no option %q in:\n%s", label, s.shown(reply))
	}
	return s.who.presses(reply, o)
}

func (s *script) sends(what string) bots.Reply {
	s.t.Helper()
	if text, ok := strings.CutPrefix(what, "voice: "); ok {
		return s.who.must(bots.Update{Kind: bots.Text, Text: text, Voice: true})
	}
	if text, ok := strings.CutPrefix(what, "staff: "); ok { // to the handover that was opened last
		return s.who.must(bots.Update{Kind: bots.Answer, Text: text, Arg: fmt.Sprint(s.handover)})
	}
	if what == "staff release" {
		return s.who.must(bots.Update{Kind: bots.Release, Arg: fmt.Sprint(s.handover)})
	}
	if scene, ok := strings.CutPrefix(what, "follow "); ok {
		return s.who.must(bots.Update{Kind: bots.Follow, Arg: scene})
	}
	if scene, ok := strings.CutPrefix(what, "scan "); ok {
		return s.who.must(bots.Update{Kind: bots.Command, Command: "start", Arg: scene})
	}
	if caption, ok := strings.CutPrefix(what, "photo: "); ok {
		return s.who.must(bots.Update{Kind: bots.Photo, Text: caption})
	}
	if n, ok := strings.CutPrefix(what, "characters: "); ok {
		var count int
		fmt.Sscan(n, &count)
		return s.who.says(strings.Repeat("长", count))
	}
	if place, ok := strings.CutPrefix(what, "location "); ok {
		u := bots.Update{Kind: bots.Location}
		_, err := fmt.Sscan(place, &u.Lat, &u.Lng)
		s.w.check(err)
		return s.who.must(u)
	}
	kinds := map[string]bots.Kind{"photo": bots.Photo, "voice": bots.Speech, "location": bots.Location, "sticker": bots.Other,
		"follow": bots.Follow, "timeout": bots.Timeout}
	kind, ok := kinds[what]
	if !ok {
		s.t.Fatalf("nobody can send %q", what)
	}
	return s.who.must(bots.Update{Kind: kind})
}

// happens makes something happen outside of the conversation.
func (s *script) happens(what string) {
	s.t.Helper()
	ctx := context.Background()
	word, rest, _ := strings.Cut(what, " ")
	switch word {
	case "forward":
		d, err := time.ParseDuration(rest)
		s.w.check(err)
		s.w.forward(d)
	case "accounts": // people have accounts in the database, which can be linked; LINK stands for the last code
		s.inDB = true
	case "mailed": // the e-mails that wait are sent; CODE stands for the code in the last one from now on
		s.w.check(s.w.reminds.Send(ctx))
		s.code = s.w.mails.code()
	case "staffed": // staff take conversations over
		s.w.staffed = map[bots.Platform]bool{bots.WeChat: true, bots.Telegram: true}
		s.w.restart()
	case "restart": // the program ends and starts again
		s.w.restart()
	case "paid": // the payment of this person's place arrives
		s.w.confirm(s.lastVisit())
	case "unconfigured": // the hospital takes no payments online
		s.w.unconfigurePayments()
	case "expired": // the job that gives unpaid places back has run
		_, err := s.w.bookings.ExpireHolds(ctx)
		s.w.check(err)
	case "taken": // somebody else takes every place at 08:30 with a doctor: % taken 王建国 2026-11-24 08:30
		s.take(strings.Fields(rest))
	case "returned": // one of those who took them gives a place back: % returned 王建国 2026-11-24
		s.giveBack(strings.Fields(rest))
	case "drawn": // the places of a clinic are drawn: % drawn 王建国 2026-11-24 lottery 2
		s.drawn(strings.Fields(rest))
	case "applicants": // so many others apply for them
		s.applicants(rest)
	case "drawing": // the window closes; this person has luck, or not: % drawing won
		s.drawing(rest == "won")
	case "stopped": // a clinic is stopped meanwhile: % stopped 王建国 2026-11-24
		s.stop(strings.Fields(rest))
	case "colleague": // a doctor of the same title works in the same half-day, for ¥10 more: % colleague 李思敏 2026-11-26
		s.colleague(strings.Fields(rest))
	case "served": // the job of stopped clinics has run
		_, err := s.w.bookings.ExpireHolds(ctx)
		s.w.check(err)
		s.w.check(s.w.bookings.ServeStops(ctx))
	case "missed": // this person's patient books a visit, pays and does not come: % missed 王建国 2026-11-24
		s.miss(strings.Fields(rest))
	case "seen": // this person's patient comes to the visit and is seen
		s.see()
	case "moderated": // the hospital's staff lets all comments through, or hides them: % moderated shown
		s.moderate(booking.ReviewStatus(rest))
	case "answered": // the hospital's staff decides the appeal: % answered yes 有证明
		s.answer(strings.Fields(rest))
	case "staff": // a scheduler is added, or another role: % staff 王护士 demo-1 nurse. CODE stands for the code from now on
		words := append(strings.Fields(rest), "", "")
		role := staff.Scheduler
		if words[2] != "" {
			role = staff.Role(words[2])
		}
		_, code, _, err := s.w.staff.Add(ctx, staff.NewMember{Name: words[0], Grants: []staff.Grant{{Role: role, Hospital: s.hospital(words[1])}}})
		s.w.check(err)
		s.code = code
	case "history": // a department has a past of so many days: % history 心血管内科 90
		department, days, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(days)
		s.w.check(err)
		s.history(department, n)
	case "dismissed": // and removed
		members, err := s.w.staff.List(ctx)
		s.w.check(err)
		s.w.check(s.w.staff.Remove(ctx, members[0].ID, booking.Reach{{}}))
	case "lost": // the session's data can no longer be read
		s.who.session.Data = []byte(`{"v":`)
	case "rated", "visited", "due", "parent", "full", "waited", "soldout": // what was before, see (*script).before
		s.before(word, strings.Fields(rest))
	case "others", "paused", "resumed", "called", "passed": // in a doctor's queue, see (*script).queue
		s.queue(word, strings.Fields(rest))
	default:
		s.t.Fatalf("%q cannot happen", what)
	}
}

func (s *script) hospital(name string) booking.HospitalID {
	if name == "" {
		return 0
	}
	return bookingtest.Called(s.t, s.w.bookings, name).Hospital
}

func (s *script) lastVisit() booking.AppointmentID {
	visits, err := s.w.bookings.Visits(context.Background(), booking.UserID(s.who.account.User), booking.VisitFilter{})
	s.w.check(err)
	for _, v := range visits {
		if v.Appointment.Status == booking.Held {
			return v.Appointment.ID
		}
	}
	s.t.Fatal("there is no visit to pay")
	return 0
}

func (s *script) moderate(status booking.ReviewStatus) {
	s.t.Helper()
	hospitals, err := s.w.bookings.Hospitals(context.Background())
	s.w.check(err)
	for _, h := range hospitals {
		waiting, err := s.w.bookings.Reviews(context.Background(), h.ID, booking.ReviewWaiting, 0, 10)
		s.w.check(err)
		for _, r := range waiting {
			_, err := s.w.bookings.ModerateReview(context.Background(), 0, r.ID, r.Version, status, "与就诊无关")
			s.w.check(err)
		}
	}
}

// see lets the patient of the next visit come, in time, and be seen.
func (s *script) see() {
	s.t.Helper()
	visits, err := s.w.bookings.Visits(context.Background(), booking.UserID(s.who.account.User), booking.VisitFilter{Upcoming: true})
	s.w.check(err)
	v := visits[0]
	if wait := v.Slot.StartsAt.Sub(s.w.now()); wait > 0 {
		s.w.forward(wait)
	}
	_, err = s.w.bookings.CheckInByCode(context.Background(), 0, s.w.bookings.CheckInCode(v.Appointment.ID))
	s.w.check(err)
	_, err = s.w.bookings.Fulfil(context.Background(), 0, v.Appointment.ID)
	s.w.check(err)
	s.w.forward(v.Slot.EndsAt.Sub(s.w.now()))
}

func (s *script) schedule(doctor, date string) booking.Schedule {
	s.t.Helper()
	days, err := s.w.bookings.Days(context.Background(), bookingtest.Called(s.t, s.w.bookings, doctor).Doctor)
	s.w.check(err)
	for _, day := range days {
		if day.Date == booking.Date(date) {
			return day.Schedules[0]
		}
	}
	s.t.Fatalf("%s does not work on %s", doctor, date)
	return booking.Schedule{}
}

// take fills a slot, as others who book would.
func (s *script) take(words []string) {
	s.t.Helper()
	slots, err := s.w.bookings.Slots(context.Background(), s.schedule(words[0], words[1]).ID)
	s.w.check(err)
	for _, slot := range slots {
		if len(words) < 3 || slot.StartsAt.In(china).Format("15:04") == words[2] {
			s.w.fill(slot)
		}
	}
}

// giveBack returns the place of the first who filled a clinic.
func (s *script) giveBack(words []string) {
	s.t.Helper()
	var holder struct {
		ID   booking.AppointmentID
		User booking.UserID
	}
	s.w.check(s.w.db.Get(&holder, "SELECT id, user_id AS user FROM appointments WHERE schedule_id = ? AND status = 'held' ORDER BY id LIMIT 1",
		s.schedule(words[0], words[1]).ID))
	s.w.check(s.w.bookings.GiveBack(context.Background(), holder.User, holder.ID, fmt.Sprint("returned:", holder.ID)))
}

// fill books every free place of a slot for somebody else.
func (w *world) fill(slot booking.Slot) {
	for range slot.Free() {
		w.held(slot)
	}
}

// held holds a place for somebody else.
func (w *world) held(slot booking.Slot) booking.AppointmentID {
	n := w.accounts.Add(1)
	user := booking.UserID(n)
	p, err := w.bookings.AddPatient(context.Background(), user, booking.NewPatient{
		Name: "路人甲", Document: booking.Passport, Number: fmt.Sprintf("E%08d", n), Phone: "13800000000",
		BirthDate: "1980-01-01", Sex: booking.Male, Relation: booking.Self,
	}, fmt.Sprint("fill:", n))
	w.check(err)
	v, err := w.bookings.Hold(context.Background(), booking.HoldRequest{
		Slot: slot.ID, Patient: p.ID, User: user, Account: booking.AccountID(n), Key: fmt.Sprint("fill:", n),
	})
	w.check(err)
	return v.Appointment.ID
}

// confirm lets the payment of a held place arrive.
func (w *world) confirm(id booking.AppointmentID) {
	w.tx(func(tx *sqlx.Tx) error {
		_, err := w.bookings.ConfirmTx(context.Background(), tx, id, booking.ByPayment)
		return err
	})
}

func (s *script) stop(words []string) {
	_, err := s.w.bookings.StopSchedule(context.Background(), 1, s.schedule(words[0], words[1]).ID, "")
	s.w.check(err)
}

// colleague adds one, who sees patients beside a doctor.
func (s *script) colleague(words []string) {
	s.t.Helper()
	c := s.schedule(words[0], words[1])
	doctor := bookingtest.Colleague(s.t, s.w.db, s.w.bookings, c.Doctor, booking.Text{ZH: "周明远", EN: "Mingyuan Zhou"})
	_, err := s.w.bookings.AddSchedule(context.Background(), doctor, c.Date, booking.Session{
		Period: c.Period, Kind: c.Kind, Fee: c.Fee + 1000, Room: "7", StartMinute: 8 * 60, SlotMinutes: 30, Slots: 4, PerSlot: 2,
	})
	s.w.check(err)
}

// shown writes a reply as it reads on the phone, indented.
func (s *script) shown(r bots.Reply) string {
	var lines []string
	if r.Toast != "" {
		lines = append(lines, "~ pops up: "+r.Toast)
	}
	if r.Forget && s.who.account.Platform == bots.Telegram {
		lines = append(lines, "~ the person's message is deleted from the chat")
	}
	if code := linkCode.FindString(r.Text); code != "" {
		s.link = code
		r.Text = strings.Replace(r.Text, code, "1234 5678", 1)
	}
	r.Text = receipt.ReplaceAllString(r.Text, "1234567890ab…")
	lines = append(lines, strings.Split(r.Text, "\n")...)
	if r.Relay != nil && r.Relay.Text != "" {
		s.handover = r.Relay.Handover
		for _, line := range strings.Split(r.Relay.Text, "\n") {
			lines = append(lines, "~ to staff: "+line)
		}
	}
	if r.Charge != "" {
		lines = append(lines, "~ with the way to pay")
	}
	for _, a := range r.Attach {
		lines = append(lines, "~ with the file "+a.Kind)
	}
	if s.who.account.Platform == bots.Telegram {
		lines = append(lines, keyboard(r.Options)...)
	} else {
		lines = append(lines, numbered(r.Options)...)
	}
	var out strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&out, "%s\n", strings.TrimRight("    "+line, " "))
	}
	return out.String()
}

// linkCode is a code that another account can link with: it is another one in each run.
var linkCode = regexp.MustCompile(`\b\d{4} \d{4}\b`)

// receipt is that of an application, which depends on the numbers of rows.
var receipt = regexp.MustCompile(`\b[0-9a-f]{12}…`)

// keyboard writes buttons, those of a row side by side.
func keyboard(options []bots.Option) []string {
	var lines []string
	row := -1
	for _, o := range options {
		button := "[" + o.Label + "]"
		if o.Row == row && len(lines) > 0 {
			lines[len(lines)-1] += " " + button
			continue
		}
		row = o.Row
		lines = append(lines, button)
	}
	return lines
}

// numbered writes lines to choose from by number; a command without a number is a word to reply.
func numbered(options []bots.Option) []string {
	lines := []string{""}
	for _, o := range options {
		if o.Command != "" && o.Index == 0 {
			lines = append(lines, "回复“"+o.Label+"”")
			continue
		}
		lines = append(lines, fmt.Sprintf("%d. %s", o.Index, o.Label))
	}
	return lines
}
