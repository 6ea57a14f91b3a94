package forecast

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// ErrInput says that something cannot be forecast from. Errors of this package wrap it and are sentences for a person.
var ErrInput = errors.New("this cannot be forecast from")

func badf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInput, fmt.Sprintf(format, args...))
}

// What a series may be.
const (
	mostValues    = 200_000
	greatestValue = 1e12
	mostHorizon   = 10_000
)

// Read reads a series, one value a line. An error names the line. Empty lines are refused, since a missing value moves the season; at
// the end they do no harm.
func Read(r io.Reader) ([]float64, error) {
	lines := bufio.NewScanner(r)
	var values []float64
	gap := 0
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if n == 1 {
			text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
		}
		if text == "" {
			if gap == 0 {
				gap = n
			}
			continue
		}
		if gap != 0 {
			return nil, badf("line %d is empty; a series has no gaps, so write a value there, or 0 if there was nothing", gap)
		}
		x, err := parseValue(text, n)
		if err != nil {
			return nil, err
		}
		if len(values) == mostValues {
			return nil, badf("line %d: there are more than %d values", n, mostValues)
		}
		values = append(values, x)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, badf("line %d is much too long for a number", len(values)+1)
	} else if err != nil {
		return nil, fmt.Errorf("read the series: %w", err)
	}
	if len(values) == 0 {
		return nil, badf("there are no values; write one a line")
	}
	return values, nil
}

func parseValue(text string, line int) (float64, error) {
	shown := text
	if runes := []rune(text); len(runes) > 40 {
		shown = string(runes[:40]) + "…"
	}
	if strings.ContainsAny(text, ",;\t ") {
		return 0, badf("line %d has more than one value: %q; write one a line, without thousands separators", line, shown)
	}
	x, err := strconv.ParseFloat(text, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) || err == nil && math.Abs(x) > greatestValue && !math.IsInf(x, 0):
		return 0, badf("line %d: %s is too large", line, shown)
	case err != nil || math.IsNaN(x) || math.IsInf(x, 0) || strings.ContainsAny(text, "_xX"):
		return 0, badf("line %d: %q is no number", line, shown)
	}
	return x, nil
}

// checkSeries refuses values that were not read by Read, and a season and horizon that the series cannot bear.
func checkSeries(y []float64, season, horizon int) error {
	for i, x := range y {
		if math.IsNaN(x) || math.Abs(x) > greatestValue {
			return badf("value %d is %g", i+1, x)
		}
	}
	switch {
	case season < 1:
		return badf("a season of %d values; it has at least 1", season)
	case horizon < 1 || horizon > mostHorizon:
		return badf("a horizon of %d; it is between 1 and %d", horizon, mostHorizon)
	case len(y) > mostValues:
		return badf("%d values; at most %d", len(y), mostValues)
	case season > len(y)/2:
		return badf("a season of %d values is longer than half of the data: there are %d values, and two whole seasons are needed", season, len(y))
	}
	return nil
}
