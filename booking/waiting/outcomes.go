package waiting

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// outcomeColumns are what a file of outcomes has, in this order, as its first line says.
var outcomeColumns = []string{"day", "ahead", "low", "median", "high", "real"}

// mostOutcomes bounds a file.
const mostOutcomes = 5_000_000

// ReadOutcomes reads promises and what came of them: CSV with the columns day (any text that is the same for the same doctor's half-day), ahead, and, in minutes, low,
// median, high and real. An error names the line.
func ReadOutcomes(in io.Reader) ([]Outcome, error) {
	rows := csv.NewReader(in)
	rows.ReuseRecord = true
	heading, err := rows.Read()
	if err != nil || !slices.Equal(heading, outcomeColumns) {
		return nil, badf("line 1 must be %s", strings.Join(outcomeColumns, ","))
	}
	days := map[string]int{}
	var list []Outcome
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if broken := (*csv.ParseError)(nil); errors.As(err, &broken) {
			return nil, badf("line %d: %v", broken.Line, broken.Err)
		}
		if err != nil {
			return nil, fmt.Errorf("read the promises: %w", err)
		}
		line, _ := rows.FieldPos(0)
		o, err := parseOutcome(row, line)
		if err != nil {
			return nil, err
		}
		if len(list) == mostOutcomes {
			return nil, badf("line %d: there are more than %d promises", line, mostOutcomes)
		}
		if _, known := days[row[0]]; !known {
			days[strings.Clone(row[0])] = len(days)
		}
		o.Day = days[row[0]]
		list = append(list, o)
	}
}

func parseOutcome(row []string, line int) (o Outcome, err error) {
	o.Ahead, err = strconv.Atoi(row[1])
	if err != nil {
		return o, badf("line %d: %q is no number of people ahead", line, row[1])
	}
	for i, to := range []*float64{&o.Low, &o.Median, &o.High, &o.Real} {
		if *to, err = strconv.ParseFloat(row[i+2], 64); err != nil {
			return o, badf("line %d: %q is no number of minutes", line, row[i+2])
		}
	}
	if err := o.check(); err != nil {
		return o, fmt.Errorf("line %d: %w", line, err)
	}
	return o, nil
}
