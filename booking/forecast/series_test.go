package forecast_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"guahao/booking/forecast"
)

func TestRead(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain": "1\n2.5\n-3\n", "no end of the last line": "1\n2.5\n-3", "Windows": "1\r\n2.5\r\n-3\r\n", "a byte order mark": "\ufeff1\n2.5\n-3\n",
		"spaces": " 1\n2.5 \n\t-3\n", "empty lines at the end": "1\n2.5\n-3\n\n\n", "exponents": "1e0\n25e-1\n-3\n",
	} {
		if got, err := forecast.Read(strings.NewReader(text)); err != nil || !slices.Equal(got, []float64{1, 2.5, -3}) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for _, c := range []struct{ text, says string }{
		{"1\n2\nmany\n4\n", `line 3: "many" is no number`},
		{"visits\n1\n2\n", `line 1: "visits" is no number`},
		{"1\n\n3\n", "line 2 is empty"},
		{"1\n\n\n\n3\n", "line 2 is empty"},
		{"\n1\n", "line 1 is empty"},
		{"1\n2,3\n", "line 2 has more than one value"},
		{"1\n1,234\n", "line 2 has more than one value"},
		{"1\n2 3\n", "line 2 has more than one value"},
		{"1\nNaN\n", "line 2"}, {"1\n+Inf\n", "line 2"}, {"1\n1e999\n", "line 2: 1e999 is too large"}, {"1\n1e13\n", "too large"}, {"1\n0x10\n", "line 2"}, {"1\n1_000\n", "line 2"},
		{"1\n２\n", "line 2"}, {"1\n" + strings.Repeat("漢", 500) + "\n", "…"}, {"1\n" + strings.Repeat("9", 1<<17), "line 2 is much too long"},
		{"", "no values"}, {"\n\n", "no values"},
	} {
		got, err := forecast.Read(strings.NewReader(c.text))
		if !errors.Is(err, forecast.ErrInput) || !strings.Contains(err.Error(), c.says) || len(err.Error()) > 300 {
			t.Errorf("%.20q: %v, %v, want %q", c.text, got, err, c.says)
		}
	}
}

// Whatever is read: a series of finite numbers, one for each line, or an error that names a line of the text.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"1\n2\n", "1\n\n2\n", "x", "\ufeff1\r\n", "1e400", "NaN\n", ",\n", "1\n2\n\n", strings.Repeat("1\n", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values, err := forecast.Read(strings.NewReader(text))
		if err == nil {
			lines := strings.Split(strings.TrimRight(text, " \t\r\n\v\f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"), "\n")
			if len(values) != len(lines) {
				t.Fatalf("%d values of %d lines", len(values), len(lines))
			}
			for _, x := range values {
				if math.IsNaN(x) || math.IsInf(x, 0) {
					t.Fatalf("read %g", x)
				}
			}
			return
		}
		var line int
		if at := strings.Index(err.Error(), "line "); at >= 0 {
			if _, scan := fmt.Sscanf(err.Error()[at:], "line %d", &line); scan != nil || line < 1 || line > strings.Count(text, "\n")+1 {
				t.Fatalf("%v, of a text of %d lines", err, strings.Count(text, "\n")+1)
			}
		} else if !strings.Contains(err.Error(), "no values") {
			t.Fatalf("an error without a line: %v", err)
		}
	})
}
