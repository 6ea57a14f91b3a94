package desk

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/staff"
	"guahao/reminders"
)

// latestStart is how far ahead a broadcast may be scheduled.
const latestStart = 60 * 24 * time.Hour

func newBroadcastPage() page {
	return page{path: "broadcasts/new", needs: staff.SendBroadcasts, show: showNewBroadcast, acts: []act{
		{name: "send", needs: staff.SendBroadcasts, do: sendBroadcast},
		{name: "edit", needs: staff.SendBroadcasts, do: func(r *request) (string, error) { return answered, r.d.showPage(r, newBroadcastPage()) }},
	}}
}

// showNewBroadcast is a message to many as it is written: whom first, which tells how many they are, and then the text.
func showNewBroadcast(r *request) (*view, error) {
	v := &view{Title: r.say("broadcast.new"), Up: []link{{r.say("page.broadcasts"), at("broadcasts")}}}
	d, wrong := r.draft()
	whom, err := r.audienceForm(d)
	if err != nil {
		return nil, err
	}
	v.Blocks = []block{{Title: r.say("broadcast.whom"), Forms: []form{whom}}}
	if wrong != nil {
		text, ok := r.sentence(wrong)
		if !ok {
			return nil, wrong
		}
		v.Blocks[0].Text, v.Blocks[0].Tone = text, "warn"
		return v, nil
	}
	e, err := r.d.Reminders.Estimate(r.ctx, d)
	if err != nil {
		return nil, err
	}
	v.Blocks[0].Facts = r.estimateFacts(d, e)
	if e.Recipients == 0 {
		v.Blocks[0].Text, v.Blocks[0].Tone = r.say("broadcast.nobody"), "warn"
		return v, nil
	}
	v.Blocks = append(v.Blocks, block{Title: r.say("broadcast.what"), Forms: []form{r.textForm(d)}})
	return v, nil
}

// audienceForm chooses whom; a choice narrows those after it.
func (r *request) audienceForm(d reminders.Draft) (form, error) {
	hospitals, err := r.hospitalOptions(r.reach.Everywhere())
	if err != nil {
		return form{}, err
	}
	f := form{Action: at("broadcasts/new"), Get: true, Rows: true, Live: true, Label: "broadcast.choose"}
	if r.reach.Everywhere() {
		f.Fields = append(f.Fields, r.field(field{Name: "whom", Label: "broadcast.kind", Kind: "select", Value: r.value("whom"), Options: []option{
			{Label: r.say("broadcast.patients")}, {Value: "all", Label: r.say("broadcast.everybody")},
		}}))
	}
	if !d.AllFollowers {
		f.Fields = append(f.Fields, r.field(field{Name: "hospital", Label: "field.hospital", Kind: "select", Value: itoa(d.Filter.Hospital), Options: hospitals}))
		narrower, err := r.audienceWithin(d.Filter)
		if err != nil {
			return f, err
		}
		f.Fields = append(f.Fields, narrower...)
	}
	platforms := []option{{Label: r.say("anything")}}
	for _, p := range []bots.Platform{bots.WeChat, bots.Telegram} {
		platforms = append(platforms, option{Value: string(p), Label: r.platformName(p)})
	}
	f.Fields = append(f.Fields,
		r.field(field{Name: "platform", Label: "col.platform", Kind: "select", Value: r.value("platform"), Options: platforms}),
		r.field(field{Name: "lang", Label: "broadcast.language", Kind: "select", Value: r.value("lang"), Options: []option{
			{Label: r.say("anything")}, {Value: "zh", Label: r.say("broadcast.lang.zh")}, {Value: "en", Label: r.say("broadcast.lang.en")},
		}}))
	return f, nil
}

// audienceWithin are the choices within a hospital: a department, its doctors, a kind of clinic, a day.
func (r *request) audienceWithin(f booking.AudienceFilter) ([]field, error) {
	var list []field
	if f.Hospital != 0 {
		departments, err := r.departmentOptions(f.Hospital)
		if err != nil {
			return nil, err
		}
		if !r.reach.Whole(f.Hospital) { // all departments are more than this member writes to
			departments = departments[1:]
		}
		list = append(list, r.field(field{Name: "department", Label: "field.department", Kind: "select", Value: itoa(f.Department), Options: departments}))
	}
	if f.Department != 0 {
		doctors, err := r.d.Booking.Doctors(r.ctx, f.Department)
		if err != nil {
			return nil, err
		}
		options := []option{{Value: "0", Label: r.say("broadcast.any_doctor")}}
		for _, d := range doctors {
			options = append(options, option{Value: itoa(d.Doctor.ID), Label: r.in(d.Doctor.Name)})
		}
		list = append(list, r.field(field{Name: "doctor", Label: "col.doctor", Kind: "select", Value: itoa(f.Doctor), Options: options}))
	}
	kinds := []option{{Label: r.say("anything")}}
	for _, k := range []booking.ClinicKind{booking.General, booking.Expert, booking.Special} {
		kinds = append(kinds, option{Value: string(k), Label: r.say("kind." + string(k))})
	}
	return append(list, r.field(field{Name: "kind", Label: "broadcast.clinic", Kind: "select", Value: r.value("kind"), Options: kinds}),
		r.field(field{Name: "date", Label: "broadcast.date", Kind: "date", Value: r.value("date"), Hint: r.say("broadcast.date_hint")})), nil
}

// textForm is the text, and when it goes out.
func (r *request) textForm(d reminders.Draft) form {
	names := ""
	if !d.AllFollowers {
		for _, name := range reminders.Placeholders(r.lang) {
			names += " " + name
		}
		names = r.say("broadcast.placeholders", names)
	}
	from, to := reminders.QuietHours()
	key := r.value("key")
	if key == "" {
		key = newKey()
	}
	f := form{Action: at("broadcasts/new/send"), Label: "broadcast.preview", Tone: "primary", Note: r.say("broadcast.note"), Fields: append(hiddenAudience(d), field{Name: "key", Kind: "hidden", Value: key},
		r.field(field{Name: "text", Label: "broadcast.text", Kind: "textarea", Rows: 5, Required: true, Max: reminders.MaxText, Hint: names}),
		r.field(field{Name: "text_en", Label: "broadcast.text_en", Kind: "textarea", Rows: 4, Max: reminders.MaxText, Hint: r.say("broadcast.text_en_hint")}),
		r.field(field{Name: "start", Label: "broadcast.start", Kind: "datetime-local", Hint: r.say("broadcast.start_hint", r.draftZone(d).String())}),
		r.field(field{Name: "night", Label: r.say("broadcast.night", from, to), Kind: "checkbox"}),
	)}
	return f
}

// hiddenAudience carries whom to the next page.
func hiddenAudience(d reminders.Draft) []field {
	list := []field{
		{Name: "hospital", Value: itoa(d.Filter.Hospital)}, {Name: "department", Value: itoa(d.Filter.Department)}, {Name: "doctor", Value: itoa(d.Filter.Doctor)},
		{Name: "kind", Value: string(d.Filter.Kind)}, {Name: "date", Value: string(d.Filter.Date)}, {Name: "platform", Value: string(d.Platform)}, {Name: "lang", Value: d.Lang},
	}
	if d.AllFollowers {
		list = append(list, field{Name: "whom", Value: "all"})
	}
	list = slices.DeleteFunc(list, func(f field) bool { return f.Value == "" || f.Value == "0" })
	for i := range list {
		list[i].Kind = "hidden"
	}
	return list
}

// draft reads a broadcast from the form and refuses what is out of reach.
func (r *request) draft() (reminders.Draft, error) {
	d := reminders.Draft{
		Staff: r.member.ID, Account: r.member.Account, Text: r.value("text"), TextEN: r.value("text_en"), AtNight: r.value("night") != "",
		AllFollowers: r.value("whom") == "all", Platform: bots.Platform(r.value("platform")), Lang: r.value("lang"),
	}
	if !d.AllFollowers {
		d.Filter = booking.AudienceFilter{
			Hospital: booking.HospitalID(r.number("hospital")), Department: booking.DepartmentID(r.number("department")),
			Doctor: booking.DoctorID(r.number("doctor")), Kind: booking.ClinicKind(r.value("kind")), Date: booking.Date(r.value("date")),
		}
	}
	if d.Filter.Date != "" && d.Filter.Date.In(r.zone()).IsZero() {
		return d, refuse("error.date")
	}
	if err := r.narrow(&d.Filter); err != nil {
		return d, err
	}
	if err := r.mayWriteTo(d.AllFollowers, d.Filter); err != nil {
		return d, err
	}
	if start := r.value("start"); start != "" {
		at, err := time.ParseInLocation("2006-01-02T15:04", start, r.draftZone(d))
		if err != nil || at.Before(r.d.Now().Add(-time.Minute)) || at.After(r.d.Now().Add(latestStart)) {
			return d, refuse("broadcast.bad_start", int(latestStart.Hours()/24))
		}
		d.StartAt = at
	}
	return d, nil
}

// narrow makes a filter agree with itself: a doctor is of one department, which is of one hospital. What belongs to another choice is dropped.
func (r *request) narrow(f *booking.AudienceFilter) error {
	if f.Department != 0 {
		dep, err := r.d.Booking.Department(r.ctx, f.Department)
		if err != nil {
			return err
		}
		if f.Hospital != 0 && dep.Hospital != f.Hospital { // the hospital was changed after it
			f.Department, f.Doctor = 0, 0
		} else {
			f.Hospital = dep.Hospital
		}
	}
	if f.Doctor != 0 {
		doctor, err := r.d.Booking.Doctor(r.ctx, f.Doctor)
		if err != nil {
			return err
		}
		if f.Department != doctor.Department {
			f.Doctor = 0
		}
	}
	if r.Method == http.MethodPost || r.reach.Everywhere() {
		return nil
	}
	return r.firstWithin(f)
}

// firstWithin fills in what a form shows that nobody has chosen from yet: the first hospital within reach, and where only departments are, the first of those.
func (r *request) firstWithin(f *booking.AudienceFilter) error {
	if f.Hospital == 0 {
		hospitals, err := r.hospitalOptions(false)
		if err != nil || len(hospitals) == 0 {
			return err
		}
		n, _ := strconv.ParseInt(hospitals[0].Value, 10, 64)
		f.Hospital = booking.HospitalID(n)
	}
	if f.Department == 0 && !r.reach.Whole(f.Hospital) {
		leaves, err := r.leaves(f.Hospital)
		if err != nil || len(leaves) == 0 {
			return err
		}
		f.Department = leaves[0].ID
	}
	return nil
}

// mayWriteTo refuses an audience that is out of reach.
func (r *request) mayWriteTo(all bool, f booking.AudienceFilter) error {
	reach := r.member.Reach(staff.SendBroadcasts)
	allowed := reach.Everywhere()
	switch {
	case all || f.Hospital == 0:
	case f.Department == 0:
		allowed = reach.Whole(f.Hospital)
	default:
		dep, err := r.d.Booking.Department(r.ctx, f.Department)
		if err != nil {
			return err
		}
		allowed = reach.Covers(dep)
	}
	if !allowed {
		return staff.ErrOutside
	}
	return nil
}

// draftZone is the zone in which a broadcast's time is meant.
func (r *request) draftZone(d reminders.Draft) *time.Location {
	if d.Filter.Hospital != 0 {
		if h, err := r.d.Booking.Hospital(r.ctx, d.Filter.Hospital); err == nil {
			return h.Location()
		}
	}
	return r.zone()
}

// sendBroadcast shows the message as patients will read it and how many they are, and sends it once that was confirmed.
func sendBroadcast(r *request) (string, error) {
	d, err := r.draft()
	if err != nil {
		return "", err
	}
	if r.value("sure") == "" {
		return answered, r.previewBroadcast(d)
	}
	id, err := r.d.Reminders.StartBroadcast(r.ctx, d, "desk:"+r.value("key"))
	if err != nil {
		return "", err
	}
	b, err := r.d.Reminders.Written(r.ctx, r.reach, id)
	if err != nil {
		return "", err
	}
	if b.State == reminders.Sending {
		r.notice("broadcast.started", b.Expected)
	} else {
		r.notice("broadcast.later", b.Expected)
	}
	return at("broadcasts/" + itoa(id)), nil
}

func (r *request) previewBroadcast(d reminders.Draft) error {
	if err := d.Check(); err != nil {
		return err
	}
	e, err := r.d.Reminders.Estimate(r.ctx, d)
	switch {
	case err != nil:
		return err
	case e.Recipients == 0:
		return reminders.ErrNobody
	}
	v := &view{Title: r.say("broadcast.new"), Up: []link{{r.say("page.broadcasts"), at("broadcasts")}}, page: newBroadcastPage()}
	v.Blocks = []block{{Facts: r.estimateFacts(d, e)}}
	langs := []string{"zh"}
	if d.TextEN != "" {
		langs = append(langs, "en")
	}
	for _, lang := range langs {
		text, err := r.d.Reminders.Preview(r.ctx, d, lang)
		if err != nil {
			return err
		}
		v.Blocks = append(v.Blocks, block{Title: r.say("broadcast.reads." + lang), Pre: text})
	}
	fields := hiddenAudience(d)
	for _, name := range []string{"key", "text", "text_en", "start", "night"} {
		fields = append(fields, field{Name: name, Kind: "hidden", Value: r.value(name)})
	}
	send := append([]field{{Name: "sure", Kind: "hidden", Value: "1"}}, fields...)
	v.Blocks = append(v.Blocks, block{Forms: []form{
		{Action: at("broadcasts/new/send"), Label: "broadcast.go", Tone: "primary", Note: r.say("broadcast.go_note"), Fields: send},
		{Action: at("broadcasts/new/edit"), Label: "broadcast.edit", Fields: fields},
	}})
	r.render(http.StatusOK, v)
	return nil
}

// estimateFacts say whom a draft reaches, and how long that takes.
func (r *request) estimateFacts(d reminders.Draft, e reminders.Estimate) []fact {
	by := ""
	for _, p := range []bots.Platform{bots.WeChat, bots.Telegram} {
		if n := e.On[p]; n > 0 {
			by += r.platformName(p) + " " + strconv.Itoa(n) + "  "
		}
	}
	facts := []fact{
		{r.say("col.audience"), cell{Text: r.audienceWords(reminders.Written{All: d.AllFollowers, Filter: d.Filter, Platform: d.Platform, Lang: d.Lang})}},
		{r.say("broadcast.count"), cell{Text: strconv.Itoa(e.Recipients), Under: by}},
	}
	if e.Recipients == 0 {
		return facts
	}
	takes := cell{Text: r.say("broadcast.minutes", e.Minutes)}
	if e.Begins.After(r.d.Now()) {
		takes.Under = r.say("broadcast.begins", e.Begins.In(r.draftZone(d)).Format("2006-01-02 15:04"))
	}
	facts = append(facts, fact{r.say("broadcast.takes"), takes})
	if e.Refused > 0 {
		facts = append(facts, fact{r.say("broadcast.refused"), cell{Text: strconv.Itoa(e.Refused)}})
	}
	return facts
}
