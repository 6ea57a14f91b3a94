package desk

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"guahao/internal/audit"
	"guahao/internal/staff"
)

const (
	rowsPerPage = 50
	maxExport   = 20_000 // rows
)

// query is what of a list is wanted.
type query struct {
	Sort   string // a column's key; "" is the list's own order
	Desc   bool
	Offset int
	Limit  int
}

// column is a column of a list. Its key names it in addresses; where Sort or By is set the list can be sorted by it.
type column[T any] struct {
	Key   string // of the catalogue: col.<Key>
	Sort  bool
	Right bool
	Cell  func(T) cell
	By    func(a, b T) int // how a list that is in memory is sorted by it; see ordered
}

func (c column[T]) sortable() bool { return c.Sort || c.By != nil }

// listing is a list of T: the one mechanism behind every table of the console.
type listing[T any] struct {
	Name    string // of the export, and what the audit log calls it
	Columns []column[T]
	Filters []field
	Fetch   func(query) (rows []T, total int, err error)
	Empty   string // key of what is said when there is nothing
	Links   []link
	Above   []block // what stands above the table
	Below   []block
	Note    string // a line below the count
}

// lister is a listing of whatever type.
type lister interface {
	table(r *request, q query) (*table, error)
	write(r *request, to *csv.Writer) (int, error)
	name() string
	around() (links []link, above, below []block)
}

// table is a page of a list as the template draws it.
type table struct {
	Heads          []head
	Rows           [][]cell
	Filters        []field
	Count          string
	Note           string
	Empty          string
	Previous, Next string
	Page           string
	Export         string // where the export is posted; "" where it is not allowed
	Hidden         []field
	Filtered       bool
	Clear          string
}

type head struct {
	Text, Href, Order string // Order: ascending, descending or ""
	Right             bool
}

func (l listing[T]) name() string { return l.Name }

func (l listing[T]) around() (links []link, above, below []block) { return l.Links, l.Above, l.Below }

// queryOf reads what the address asks for.
func queryOf(v url.Values) query {
	q := query{Limit: rowsPerPage}
	q.Sort, q.Desc = strings.CutPrefix(v.Get("sort"), "-")
	if n, err := strconv.Atoi(v.Get("page")); err == nil && n > 1 && n < 1_000_000 {
		q.Offset = (n - 1) * rowsPerPage
	}
	return q
}

func (l listing[T]) table(r *request, q query) (*table, error) {
	if !l.sortable(q.Sort) {
		q.Sort, q.Desc = "", false
	}
	rows, total, err := l.Fetch(q)
	if err != nil {
		return nil, err
	}
	t := &table{Count: r.say("list.count", total), Note: l.Note, Empty: l.Empty, Filters: l.Filters, Clear: r.path}
	if t.Empty == "" {
		t.Empty = "list.empty"
	}
	for _, f := range l.Filters {
		t.Filtered = t.Filtered || r.URL.Query().Get(f.Name) != ""
	}
	for _, c := range l.Columns {
		t.Heads = append(t.Heads, l.head(r, q, c))
	}
	for _, row := range rows {
		cells := make([]cell, len(l.Columns))
		for i, c := range l.Columns {
			cells[i] = c.Cell(row)
			cells[i].Right = c.Right
		}
		t.Rows = append(t.Rows, cells)
	}
	page, pages := q.Offset/rowsPerPage+1, max(1, (total+rowsPerPage-1)/rowsPerPage)
	if pages > 1 {
		t.Page = r.say("list.page", page, pages)
	}
	if page > 1 {
		t.Previous = r.with("page", strconv.Itoa(page-1))
	}
	if page < pages {
		t.Next = r.with("page", strconv.Itoa(page+1))
	}
	return t, nil
}

func (l listing[T]) sortable(key string) bool {
	for _, c := range l.Columns {
		if c.Key == key && c.sortable() {
			return true
		}
	}
	return false
}

// head is a column's title, with the link that sorts by it: pressed again, the other way round.
func (l listing[T]) head(r *request, q query, c column[T]) head {
	h := head{Text: r.say("col." + c.Key), Right: c.Right}
	if !c.sortable() {
		return h
	}
	next := c.Key
	if q.Sort == c.Key {
		h.Order = "descending"
		if !q.Desc {
			h.Order, next = "ascending", "-"+c.Key
		}
	}
	h.Href = r.with("sort", next, "page", "")
	return h
}

// with gives the address of this page with some values changed.
func (r *request) with(pairs ...string) string {
	query := r.URL.Query()
	query.Del("lang")
	for i := 0; i+1 < len(pairs); i += 2 {
		if query.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			query.Del(pairs[i])
		}
	}
	return r.path + "?" + query.Encode()
}

// showList shows a page that is a list.
func (d *Desk) showList(r *request, p page) (*view, error) {
	l, err := p.list(r)
	if err != nil {
		return nil, err
	}
	t, err := l.table(r, queryOf(r.URL.Query()))
	if err != nil {
		return nil, err
	}
	if len(t.Rows) > 0 && r.member.May(staff.ExportLists) {
		t.Export = r.path + "/export"
		for name, values := range r.URL.Query() {
			if name != "page" && name != "lang" && len(values) > 0 {
				t.Hidden = append(t.Hidden, field{Name: name, Value: values[0]})
			}
		}
	}
	links, above, below := l.around()
	var up []link
	if root := p.root(); root != p.path {
		up = []link{{r.say("page." + root), at(root)}}
	}
	return &view{Title: r.say("page." + p.path), Up: up, Links: links, Blocks: append(append(above, block{Table: t}), below...)}, nil
}

// export writes a list as CSV, as it is filtered and sorted on the page. It asks for the password and leaves a row in the audit log.
func (d *Desk) export(r *request, p page) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	r.reach, r.path = r.member.Reach(p.needs), strings.TrimSuffix(r.URL.Path, "/export")
	if r.reach.Nowhere() {
		r.fail(403, "forbidden")
		return nil
	}
	if done, err := d.confirm(r); err != nil || !done {
		return err
	}
	query := url.Values{}
	for name := range r.PostForm {
		if name != "confirm_password" {
			query.Set(name, r.PostForm.Get(name))
		}
	}
	r.URL.RawQuery, r.Method = query.Encode(), "GET"
	l, err := p.list(r)
	if err != nil {
		return err
	}
	var out strings.Builder
	out.WriteString("\ufeff") // Excel reads Chinese as UTF-8 only with it
	w := csv.NewWriter(&out)
	rows, err := l.write(r, w)
	if err == nil {
		err = w.Error()
	}
	if err != nil {
		return err
	}
	err = d.Audit.Alone(r.ctx, audit.Entry{Action: "list.export", Subject: "list:" + l.name(), Hospital: int64(r.reach.Only()), After: map[string]any{"rows": rows, "filter": query}})
	if err != nil {
		return err
	}
	h := r.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s.csv"`, l.name(), d.Now().In(r.zone()).Format("20060102-1504")))
	_, _ = r.w.Write([]byte(out.String()))
	return nil
}

func (l listing[T]) write(r *request, to *csv.Writer) (int, error) {
	q := queryOf(r.URL.Query())
	q.Offset, q.Limit = 0, maxExport
	if !l.sortable(q.Sort) {
		q.Sort = ""
	}
	rows, total, err := l.Fetch(q)
	if err != nil {
		return 0, err
	}
	if total > maxExport {
		return 0, refuse("list.too_many", total, maxExport)
	}
	var heads []string
	for _, c := range l.Columns {
		heads = append(heads, r.say("col."+c.Key))
	}
	if err := to.Write(heads); err != nil {
		return 0, err
	}
	for _, row := range rows {
		line := make([]string, len(l.Columns))
		for i, c := range l.Columns {
			cell := c.Cell(row)
			line[i] = harmless(strings.TrimSpace(cell.Text + " " + cell.Under))
		}
		if err := to.Write(line); err != nil {
			return 0, err
		}
	}
	to.Flush()
	return len(rows), nil
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(text string) string {
	first, _ := utf8.DecodeRuneInString(text)
	if !strings.ContainsRune("=+-@\t\r", first) {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return text
	}
	return "'" + text
}

// sliced pages a list that is in memory.
func sliced[T any](all []T, q query) ([]T, int, error) {
	from := min(q.Offset, len(all))
	return all[from:min(from+q.Limit, len(all))], len(all), nil
}

// ordered pages a list that is in memory, sorted by the column that is asked for.
func ordered[T any](all []T, columns []column[T], q query) ([]T, int, error) {
	for _, c := range columns {
		if c.Key != q.Sort || c.By == nil {
			continue
		}
		all = slices.Clone(all)
		slices.SortStableFunc(all, func(a, b T) int {
			if q.Desc {
				a, b = b, a
			}
			return c.By(a, b)
		})
	}
	return sliced(all, q)
}
