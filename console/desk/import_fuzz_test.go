package desk

import (
	"bytes"
	"errors"
	"testing"
)

// FuzzReadTable: whatever is sent as a file, it is read within the limits or refused in words.
func FuzzReadTable(f *testing.F) {
	var book bytes.Buffer
	if err := writeWorkbook(&book, [][]string{{"Doctor", "Half-day"}, {"D001", "morning"}}); err != nil {
		f.Fatal(err)
	}
	f.Add(book.Bytes())
	for _, seed := range []string{"", "\ufeff医生编号,时段\nD001,上午\n", "a,\"b\n", "\xd2\xbd\xc9\xfa,1\n", "#x\n\n , ,\n", "PK\x03\x04"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		lines, err := readTable(content)
		var refused *problem
		if err != nil && !errors.As(err, &refused) {
			t.Fatalf("an error without words: %v", err)
		}
		for i, l := range lines {
			if len(l.cells) == 0 || len(l.cells) > maxColumns || l.cells[len(l.cells)-1] == "" || l.cells[0] != "" && l.cells[0][0] == '#' || i > 0 && l.number <= lines[i-1].number {
				t.Fatalf("line %d is %q", l.number, l.cells)
			}
		}
	})
}

// FuzzReadCell: a date, a time and a weekday are what they say or are refused.
func FuzzReadCell(f *testing.F) {
	for _, seed := range []string{"2026-11-30", "2026/1/2", "2026年1月2日", "46000", "8:30", "18：00", "0.75", "0.99999", "NaN", "1e9", "周一", "星期日", "Mon", "节假日"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := readDate(text); err == nil && (len(d) != 10 || d.Add(0) != d) {
			t.Errorf("%q is read as the day %q", text, d)
		}
		if m, err := readTime(text); err == nil && (m < 0 || m > 24*60) {
			t.Errorf("%q is read as minute %d", text, m)
		}
		if w, err := readWeekday(text); err == nil && (w < 0 || w > 7) {
			t.Errorf("%q is read as weekday %d", text, w)
		}
	})
}
