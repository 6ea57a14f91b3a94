// Package money has the one type in which amounts are counted.
package money

import (
	"fmt"
	"strconv"
	"strings"
)

// Fen is an amount of renminbi in fen (1/100 yuan), the unit of WeChat Pay's API. It is never a float.
type Fen int64

// String gives yuan with two decimals: "50.00".
func (f Fen) String() string {
	sign := ""
	if f < 0 {
		sign, f = "-", -f
	}
	return fmt.Sprintf("%s%d.%02d", sign, int64(f)/100, int64(f)%100)
}

// Parse reads yuan with at most two decimals, as bills and forms write them.
func Parse(yuan string) (Fen, error) {
	text := strings.TrimSpace(yuan)
	digits, negative := strings.CutPrefix(text, "-")
	whole, part, _ := strings.Cut(digits, ".")
	if whole == "" || len(part) > 2 {
		return 0, fmt.Errorf("amount %q: want yuan with at most two decimals", yuan)
	}
	n, err := strconv.ParseUint(whole+(part + "00")[:2], 10, 62)
	if err != nil {
		return 0, fmt.Errorf("amount %q: want yuan with at most two decimals", yuan)
	}
	if negative {
		return -Fen(n), nil
	}
	return Fen(n), nil
}
