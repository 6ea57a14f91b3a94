package desk

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/xuri/excelize/v2"

	"guahao/booking"
	"guahao/internal/staff"
)

const (
	importPath = "schedule/import"
	maxReport  = 500 // lines of a report
)

func importPageOf() page {
	return page{path: importPath, needs: staff.ChangeSchedules, show: showImport, picture: importForm, acts: []act{{name: "read", needs: staff.ChangeSchedules, do: importSchedules}}}
}

// showImport is where a file of schedules is sent from. What is in it becomes one change set, which is looked at before it is applied.
func showImport(r *request) (*view, error) {
	p, err := r.plan()
	if err != nil {
		return nil, err
	}
	hospitals, err := r.hospitalOptions(false)
	if err != nil {
		return nil, err
	}
	f := form{Action: at(importPath + "/read"), Label: "import.read", Tone: "primary", Upload: true, Note: r.say("import.limits", maxLines, maxUpload>>20), Fields: []field{
		{Name: "key", Kind: "hidden", Value: newKey()},
		r.field(field{Name: "hospital", Label: "field.hospital", Kind: "select", Value: itoa(p.hospital.ID), Options: hospitals}),
		{Name: "file", Label: "import.file", Kind: "file", Value: ".csv,.xlsx", Required: true},
		r.field(field{Name: "note", Label: "field.patient_note", Kind: "text", Hint: r.say("import.note_hint"), Max: 200}),
	}}
	where := []string{"hospital", itoa(p.hospital.ID)}
	v := &view{Title: r.say("import.title"), Up: []link{{r.say("page.schedule"), p.address()}}, Links: []link{
		{r.say("import.template_xlsx"), at(importPath+"/schedules.xlsx", where...)}, {r.say("import.template_csv"), at(importPath+"/schedules.csv", where...)},
	}}
	columns := &table{Heads: r.heads("import_column", "import_meaning")}
	for _, c := range importColumns() {
		columns.Rows = append(columns.Rows, []cell{{Text: r.say("import." + c)}, {Text: r.say("import.about." + c)}})
	}
	v.Blocks = []block{{Text: r.say("import.about"), Forms: []form{f}}, {Title: r.say("import.columns"), Table: columns}}
	return v, nil
}

// importSchedules makes a draft of a file whose lines are all good, and leads to it. Otherwise nothing is kept, and each bad line is listed with what is
// wrong with it.
func importSchedules(r *request) (string, error) {
	content, err := r.uploaded("file")
	if err != nil {
		return "", err
	}
	p, err := r.plan()
	if err != nil {
		return "", err
	}
	lines, err := r.importLines(p.hospital.ID, content)
	if err != nil {
		return "", err
	}
	name := sha256.Sum256(content) // another file sent from the same page is another request
	ask := booking.ChangeRequest{By: r.member.ID, Reach: r.reach, Hospital: p.hospital.ID, Note: r.value("note"), Key: "import:" + r.value("key") + ":" + hex.EncodeToString(name[:16])}
	var good []importLine
	for _, l := range lines {
		if l.wrong == nil {
			good, ask.Changes = append(good, l), append(ask.Changes, l.change)
		}
	}
	var problems []booking.Problem
	var drafted booking.Preview
	switch {
	case len(good) == len(lines):
		drafted, err = r.d.Booking.DraftChanges(r.ctx, ask)
		problems = drafted.Problems
	case len(good) > 0:
		problems, err = r.d.Booking.CheckChanges(r.ctx, ask)
	}
	if err != nil {
		return "", err
	}
	if len(good) == len(lines) && len(problems) == 0 {
		return at("changes/" + itoa(drafted.Set.ID)), nil
	}
	return "", r.report(lines, good, problems)
}

// uploaded gives a file of the form.
func (r *request) uploaded(name string) ([]byte, error) {
	file, _, err := r.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, refuse("import.no_file")
	}
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(file)
	return content, errors.Join(err, file.Close(), r.MultipartForm.RemoveAll())
}

// importLines reads a file.
func (r *request) importLines(hospital booking.HospitalID, content []byte) ([]importLine, error) {
	table, err := readTable(content)
	if err != nil {
		return nil, err
	}
	if len(table) < 2 {
		return nil, refuse("import.empty")
	}
	doctors, err := r.doctorsOf(hospital)
	if err != nil {
		return nil, err
	}
	m, err := r.newImporter(table[0], doctors)
	if err != nil {
		return nil, err
	}
	lines := make([]importLine, len(table)-1)
	for i, line := range table[1:] {
		lines[i] = m.line(line)
	}
	return lines, nil
}

// doctorsOf are the doctors of a hospital within reach.
func (r *request) doctorsOf(hospital booking.HospitalID) ([]booking.Doctor, error) {
	departments, err := r.leaves(hospital)
	if err != nil {
		return nil, err
	}
	var list []booking.Doctor
	for _, d := range departments {
		staffed, err := r.d.Booking.Doctors(r.ctx, d.ID)
		if err != nil {
			return nil, err
		}
		for _, s := range staffed {
			list = append(list, s.Doctor)
		}
	}
	return list, nil
}

// report lists what is wrong with a file, line by line, and gives the refusal.
func (r *request) report(lines, good []importLine, problems []booking.Problem) error {
	type wrong struct {
		line int // 0: the file as a whole
		text string
	}
	var list []wrong
	for _, l := range lines {
		if l.wrong != nil {
			text, ok := r.sentence(l.wrong)
			if !ok {
				return l.wrong
			}
			list = append(list, wrong{l.number, text})
		}
	}
	about := map[booking.HalfKey]int{}
	for _, l := range good {
		if l.half.Doctor != 0 {
			about[l.half] = l.number
		}
	}
	for _, p := range problems {
		w := wrong{about[p.Clinic], r.in(p.Message)}
		if p.Change >= 0 {
			w.line = good[p.Change].number
		}
		if p.Clinic.Doctor != 0 {
			w.text = r.halfName(p.Clinic) + ": " + w.text
		}
		list = append(list, w)
	}
	slices.SortStableFunc(list, func(a, b wrong) int { return a.line - b.line })
	bad := map[int]bool{}
	t := &table{Heads: r.heads("import_line", "import_wrong")}
	for i, w := range list {
		bad[w.line] = true
		if i >= maxReport {
			continue
		}
		c := cell{Text: itoa(w.line)}
		if w.line == 0 {
			c.Text = r.say("import.whole_file")
		}
		t.Rows = append(t.Rows, []cell{c, {Text: w.text}})
	}
	t.Count = r.say("import.shown", len(t.Rows), len(list))
	r.also = []block{{Title: r.say("import.report"), Table: t}}
	return refuse("import.refused", len(bad), len(lines))
}

// importForm serves the file to fill in: the columns, examples that are remarks, and the doctors' numbers.
func importForm(r *request) error {
	p, err := r.plan()
	if err != nil {
		return err
	}
	rows, err := r.importRows(p)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	kind := "text/csv; charset=utf-8"
	switch r.PathValue("picture") {
	case "schedules.csv":
		out.WriteString("\ufeff") // Excel reads Chinese as UTF-8 only with it
		if err := csv.NewWriter(&out).WriteAll(rows); err != nil {
			return err
		}
	case "schedules.xlsx":
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		if err := writeWorkbook(&out, rows); err != nil {
			return err
		}
	default:
		return booking.ErrNotFound
	}
	r.w.Header().Set("Content-Type", kind)
	r.w.Header().Set("Content-Disposition", `attachment; filename="`+r.PathValue("picture")+`"`)
	_, err = r.w.Write(out.Bytes())
	return err
}

func (r *request) importRows(p plan) ([][]string, error) {
	doctors, err := r.doctorsOf(p.hospital.ID)
	if err != nil {
		return nil, err
	}
	var head []string
	for _, c := range importColumns() {
		head = append(head, r.say("import."+c))
	}
	code := ""
	if len(doctors) > 0 {
		code = doctors[0].Code
	}
	date := string(booking.DateOf(r.d.Now(), p.zone).Add(7))
	word := func(key string) string { return r.say("import.word." + key) }
	morning, monday := r.say("period.morning"), r.weekday(1)
	rows := [][]string{
		head,
		{"#" + word("open"), code, "", monday, morning, "08:00", "12:00", "30", "3", word("general"), "", "101", date, ""},
		{"#" + word("open"), code, date, "", morning, "08:00", "12:00", "30", "3", word("general"), "20", "101", "", ""},
		{"#" + word("places"), code, date, "", morning, "08:00", "09:00", "30", "5"},
		{"#" + word("room"), code, date, "", morning, "", "", "", "", "", "", "102"},
		{"#" + word("stop"), code, date, "", morning},
		{"# " + r.say("import.remark")},
	}
	for _, d := range doctors {
		rows = append(rows, []string{"#", d.Code, r.in(d.Name), r.departmentName(d.Department)})
	}
	return rows, nil
}

func writeWorkbook(to io.Writer, rows [][]string) (err error) {
	book := excelize.NewFile()
	defer func() { err = errors.Join(err, book.Close()) }()
	for i, row := range rows {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err == nil {
			err = book.SetSheetRow(book.GetSheetName(0), at, &row)
		}
		if err != nil {
			return err
		}
	}
	return book.Write(to)
}
