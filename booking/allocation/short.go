package allocation

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Short writes a slip, without its schedule, as it stands in a link: number, lots, seconds since 1970 and secret, with hyphens between them.
func (s Slip) Short() string {
	return fmt.Sprintf("%d-%d-%d-%s", s.Number, s.Lots, s.Time.Unix(), s.Secret)
}

// ParseShort reads what Short wrote, for a schedule.
func ParseShort(schedule, text string) (Slip, error) {
	parts := strings.Split(text, "-")
	if len(parts) != 4 || len(text) > 100 {
		return Slip{}, badf("%.40q is no slip; it is number, lots, time and secret with hyphens between them", text)
	}
	var n [3]int64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseInt(parts[i], 10, 64); err != nil || n[i] < 0 || n[i] > 1<<40 {
			return Slip{}, badf("%.40q in a slip is no number", parts[i])
		}
	}
	return NewSlip(schedule, int(n[0]), int(n[1]), time.Unix(n[2], 0), parts[3])
}
