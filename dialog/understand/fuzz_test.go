package understand_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/dialog/understand"
)

// FuzzRead reads anything: it ends, the same line always means the same, and what it means makes sense.
func FuzzRead(f *testing.F) {
	for _, line := range []string{
		"明天上午 协和 心内科 王医生", "给妈妈挂周四下午儿科", "book cardiology tomorrow morning", "改到12月3日到5日 9点半", "xin nei ke", "皮扶科", "99月99日", "下下下周日",
		"\xff\xfe", "一月三十二号 25:61", "dr. wang, next next tue", "12/3-12/5", "不要专家号", strings.Repeat("心内课", 100), "1️⃣", "0000-00-00",
	} {
		f.Add(line)
	}
	c := newCity(f)
	f.Fuzz(func(t *testing.T, line string) {
		m := c.read(line)
		if diff := cmp.Diff(m, c.read(line)); diff != "" {
			t.Errorf("%q is read in two ways:\n%s", line, diff)
		}
		checkMeaning(t, c, line, m)
		if n, ok := understand.Number(line); ok && (n < 0 || n > 99) {
			t.Errorf("%q is read as the number %d", line, n)
		}
		if folded := understand.Fold(line); utf8.ValidString(line) && understand.Fold(folded) != folded {
			t.Errorf("%q is folded to %q, and that to %q", line, folded, understand.Fold(folded))
		}
		c.reader.Name(line)
		c.reader.OnlyWhen(line, today)
		c.reader.Find(c.ready, 0, line)
	})
}

// checkMeaning finds nonsense.
func checkMeaning(t *testing.T, c *city, line string, m understand.Meaning) {
	t.Helper()
	switch {
	case (m.First == "") != (m.Last == "") || m.First > m.Last:
		t.Errorf("%q is from %q to %q", line, m.First, m.Last)
	case m.First != "" && (m.First < today.Add(-7) || m.Last > today.Add(407) || m.First.Add(0) != m.First || m.Last.Add(0) != m.Last):
		t.Errorf("%q is far away: %q to %q", line, m.First, m.Last)
	case m.Halves < 0 || m.Halves > booking.AnyHalf:
		t.Errorf("%q has the halves %d", line, m.Halves)
	case m.Time.Said && (m.Time.Minute < 0 || m.Time.Minute > 24*60+59):
		t.Errorf("%q is at minute %d", line, m.Time.Minute)
	case m.Time.Said && m.Halves == 0:
		t.Errorf("%q has a time in no half of the day", line)
	}
	for i, p := range m.Places {
		if _, known := c.codes[p]; !known {
			t.Errorf("%q names a place that is not there: %+v", line, p)
		}
		for _, q := range m.Places[:i] {
			if p == q {
				t.Errorf("%q names %+v twice", line, p)
			}
		}
	}
}

// TestLongLinesTakeNoTime reads 5,000 characters of what is hardest to read.
func TestLongLinesTakeNoTime(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for _, part := range []string{"心内课", "明天", "王", "到", "x", "dr ", "12/3-", "皮扶", "第一", " a", "🙂", "９"} {
		line := strings.Repeat(part, 5000/utf8.RuneCountInString(part)+1)
		begun := time.Now()
		c.read(line)
		if took := time.Since(begun); took > time.Second {
			t.Errorf("5000 characters of %q take %v", part, took)
		}
	}
}
