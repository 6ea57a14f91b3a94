package forecast

import (
	"encoding/csv"
	"strings"
	"time"
)

// Notice is a line of the State Council's notices: the days of a holiday, or weekend days that are worked for it.
type Notice struct {
	Kind        Kind // Holiday or Workday
	First, Last time.Time
	Name        string
}

// Notices are the published ones, in the order of their days. Beyond the last nothing is known.
func Notices() []Notice {
	rows, err := csv.NewReader(strings.NewReader(holidaysCSV)).ReadAll()
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	var list []Notice
	for _, row := range rows[1:] {
		first, _ := time.Parse(time.DateOnly, row[1]) // China has read them too
		last, _ := time.Parse(time.DateOnly, row[2])
		list = append(list, Notice{Kind(row[0]), first, last, row[3]})
	}
	return list
}
