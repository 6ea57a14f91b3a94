package desk

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"guahao/booking"
	"guahao/internal/money"
)

// maxSlots is how many slots a half-day of a file can have.
const maxSlots = 100

// importColumns are the columns of a file of schedules. Each is called by its words in either language.
func importColumns() []string {
	return []string{"action", "doctor", "date", "weekday", "period", "start", "end", "minutes", "places", "kind", "fee", "room", "from", "to"}
}

// importer turns lines into changes.
type importer struct {
	columns map[string]int // where each is
	width   int            // of the head
	byCode  map[string]booking.Doctor
	byName  map[string][]booking.Doctor
	seen    map[asked]int // the line that has asked for it
}

// asked is a half-day, and what shall become of it.
type asked struct {
	half   booking.HalfKey
	action string
}

// importLine is what a line asks for, or why it cannot be.
type importLine struct {
	number int
	change booking.ScheduleChange
	half   booking.HalfKey // where it is about one
	wrong  error
}

// newImporter reads the head of a file.
func (r *request) newImporter(head fileLine, doctors []booking.Doctor) (*importer, error) {
	m := &importer{width: len(head.cells), columns: map[string]int{}, byCode: map[string]booking.Doctor{}, byName: map[string][]booking.Doctor{}, seen: map[asked]int{}}
	names := map[string]string{}
	for _, c := range importColumns() {
		for _, lang := range []string{"zh", "en"} {
			names[strings.ToLower(r.d.words.say(lang, "import."+c))] = c
		}
	}
	for i, name := range head.cells {
		column, known := names[strings.ToLower(name)]
		_, twice := m.columns[column]
		switch {
		case name == "":
		case !known:
			return nil, refuse("import.unknown_column", head.number, name)
		case twice:
			return nil, refuse("import.column_twice", head.number, name)
		default:
			m.columns[column] = i
		}
	}
	for _, c := range []string{"doctor", "period"} {
		if _, ok := m.columns[c]; !ok {
			return nil, refuse("import.no_column", head.number, r.say("import."+c))
		}
	}
	for _, d := range doctors {
		m.byCode[strings.ToLower(d.Code)] = d
		m.byName[d.Name.ZH] = append(m.byName[d.Name.ZH], d)
	}
	return m, nil
}

// cell is what a line has in a column.
func (m *importer) cell(line fileLine, column string) string {
	if i, ok := m.columns[column]; ok && i < len(line.cells) {
		return line.cells[i]
	}
	return ""
}

// line reads one line.
func (m *importer) line(line fileLine) importLine {
	l := importLine{number: line.number}
	l.wrong = m.read(line, &l)
	return l
}

func (m *importer) read(line fileLine, l *importLine) error {
	if len(line.cells) > m.width {
		return refuse("import.more_cells")
	}
	text := func(column string) string { return m.cell(line, column) }
	action, err := oneOf(text("action"), "import.bad_action", map[string]string{"": "open", "出诊": "open", "open": "open", "改号": "places", "places": "places", "换诊室": "room", "room": "room", "停诊": "stop", "stop": "stop"})
	if err != nil {
		return err
	}
	doctor, err := m.doctor(text("doctor"))
	if err != nil {
		return err
	}
	period, err := oneOf(text("period"), "import.bad_period", map[string]booking.Period{"上午": booking.Morning, "morning": booking.Morning, "下午": booking.Afternoon, "afternoon": booking.Afternoon,
		"晚上": booking.Evening, "evening": booking.Evening})
	if err != nil {
		return err
	}
	switch {
	case (text("date") == "") == (text("weekday") == ""):
		return refuse("import.date_or_weekday")
	case text("weekday") != "" && action != "open":
		return refuse("import.needs_date")
	case text("weekday") != "":
		return m.template(text, booking.Template{Doctor: doctor, Session: booking.Session{Period: period}}, l)
	case text("from") != "" || text("to") != "":
		return refuse("import.from_needs_weekday")
	}
	date, err := readDate(text("date"))
	if err != nil {
		return err
	}
	l.half = booking.HalfKey{Doctor: doctor, Date: date, Period: period}
	if err := m.once(asked{l.half, action}, line.number); err != nil {
		return err
	}
	return readClinic(text, action, l)
}

// once refuses a half-day that another line is about: only its places and its room can be changed together.
func (m *importer) once(a asked, number int) error {
	for _, other := range []string{"open", "places", "room", "stop"} {
		first, there := m.seen[asked{a.half, other}]
		if there && (other == a.action || other == "open" || other == "stop" || a.action == "open" || a.action == "stop") {
			return refuse("import.twice", first)
		}
	}
	m.seen[a] = number
	return nil
}

// template reads a session of a usual week.
func (m *importer) template(text func(string) string, t booking.Template, l *importLine) (err error) {
	if t.Weekday, err = readWeekday(text("weekday")); err != nil {
		return err
	}
	for column, date := range map[string]*booking.Date{"from": &t.ValidFrom, "to": &t.ValidTo} {
		if text(column) == "" {
			continue
		}
		if *date, err = readDate(text(column)); err != nil {
			return err
		}
	}
	t.Session, err = readSession(text, t.Period)
	l.change.Template = &t
	return err
}

// readClinic reads what shall become of one half-day.
func readClinic(text func(string) string, action string, l *importLine) error {
	ref := booking.ClinicRef{HalfKey: l.half}
	switch action {
	case "stop":
		l.change.Cancel = &ref
		return nil
	case "room":
		l.change.Room = &booking.RoomChange{ClinicRef: ref, Room: text("room")}
		return nil
	case "places":
		s, err := readTimes(text)
		if err != nil {
			return err
		}
		change := &booking.PlacesChange{ClinicRef: ref}
		for i := range s.Slots {
			change.Slots = append(change.Slots, booking.SlotPlaces{Minute: s.StartMinute + i*s.SlotMinutes, Places: s.PerSlot})
		}
		l.change.Places = change
		return nil
	}
	s, err := readSession(text, l.half.Period)
	l.change.Extra = &booking.ExtraClinic{Doctor: l.half.Doctor, Date: l.half.Date, Session: s}
	return err
}

// readSession reads a half-day's plan. What is wrong with its values booking says.
func readSession(text func(string) string, period booking.Period) (booking.Session, error) {
	s, err := readTimes(text)
	if err != nil {
		return s, err
	}
	s.Period, s.Fee, s.Room = period, booking.FeeByPolicy, text("room")
	s.Kind, err = oneOf(text("kind"), "import.bad_kind", map[string]booking.ClinicKind{"": booking.General, "普通": booking.General, "普通门诊": booking.General, "general": booking.General,
		"专家": booking.Expert, "专家门诊": booking.Expert, "expert": booking.Expert, "特需": booking.Special, "特需门诊": booking.Special, "special": booking.Special})
	if err != nil {
		return s, err
	}
	if fee := text("fee"); fee != "" {
		if s.Fee, err = money.Parse(strings.TrimPrefix(fee, "¥")); err != nil || s.Fee < 0 {
			return s, refuse("import.bad_fee", fee)
		}
	}
	return s, nil
}

// readTimes reads from when to when, in how long slots, with how many places each.
func readTimes(text func(string) string) (booking.Session, error) {
	var s booking.Session
	start, err := readTime(text("start"))
	if err != nil {
		return s, err
	}
	end, err := readTime(text("end"))
	if err != nil {
		return s, err
	}
	if end <= start {
		return s, refuse("import.end_before_start", clock(end), clock(start))
	}
	minutes, err := strconv.Atoi(text("minutes"))
	if err != nil || minutes < 1 {
		return s, refuse("import.bad_minutes", text("minutes"))
	}
	if (end-start)%minutes != 0 {
		return s, refuse("import.uneven", clock(start), clock(end), minutes)
	}
	if (end-start)/minutes > maxSlots {
		return s, refuse("import.too_many_slots", maxSlots)
	}
	s.StartMinute, s.SlotMinutes, s.Slots = start, minutes, (end-start)/minutes
	if s.PerSlot, err = strconv.Atoi(text("places")); err != nil || s.PerSlot < 0 {
		return s, refuse("import.bad_places", text("places"))
	}
	return s, nil
}

// doctor finds one by number, or by a name that only one has.
func (m *importer) doctor(text string) (booking.DoctorID, error) {
	if text == "" {
		return 0, refuse("import.no_doctor")
	}
	if d, ok := m.byCode[strings.ToLower(text)]; ok {
		return d.ID, nil
	}
	switch named := m.byName[text]; len(named) {
	case 0:
		return 0, refuse("import.unknown_doctor", text)
	case 1:
		return named[0].ID, nil
	}
	return 0, refuse("import.same_name", text)
}

// oneOf looks a word up.
func oneOf[T any](text, key string, words map[string]T) (T, error) {
	v, ok := words[strings.ToLower(text)]
	if !ok {
		return v, refuse(key, text)
	}
	return v, nil
}

// readDate reads a day as people and spreadsheets write it: 2026-11-30, 2026/11/30, 2026年11月30日, or the number of days that a workbook has.
func readDate(text string) (booking.Date, error) {
	for _, layout := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日"} {
		if t, err := time.Parse(layout, text); err == nil {
			return booking.Date(t.Format(time.DateOnly)), nil
		}
	}
	if days, err := strconv.ParseFloat(text, 64); err == nil && days > 30_000 && days < 90_000 {
		if t, err := excelize.ExcelDateToTime(days, false); err == nil {
			return booking.Date(t.Format(time.DateOnly)), nil
		}
	}
	return "", refuse("import.bad_date", text)
}

// readTime reads a time of day in minutes after midnight: 8:30, or the part of a day that a workbook has.
func readTime(text string) (int, error) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, strings.ReplaceAll(text, "：", ":")); err == nil {
			return t.Hour()*60 + t.Minute(), nil
		}
	}
	if part, err := strconv.ParseFloat(text, 64); err == nil && part >= 0 && part < 1 {
		return int(math.Round(part * 24 * 60)), nil
	}
	return 0, refuse("import.bad_time", text)
}

// readWeekday reads 周一, 星期一, Mon, Monday, or public holidays.
func readWeekday(text string) (time.Weekday, error) {
	short := strings.TrimPrefix(strings.TrimPrefix(text, "周"), "星期")
	if i := slices.Index([]string{"日", "一", "二", "三", "四", "五", "六"}, short); i >= 0 && short != text {
		return time.Weekday(i), nil
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		if name := day.String(); strings.EqualFold(text, name) || strings.EqualFold(text, name[:3]) {
			return day, nil
		}
	}
	if text == "节假日" || strings.EqualFold(text, "holidays") {
		return booking.OnHolidays, nil
	}
	return 0, refuse("import.bad_weekday", text)
}
