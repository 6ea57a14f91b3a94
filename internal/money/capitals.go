package money

import "strings"

// The signs of amounts that cannot be changed by adding a stroke, as receipts and cheques in China carry them.
const (
	capitalDigits = "零壹贰叁肆伍陆柒捌玖"
	placeNames    = "仟佰拾"
)

// Capitals writes an amount in Chinese capitals: 壹佰元整, 壹仟零伍元叁角整, 贰元零伍分. 整 closes what has no fen.
func (f Fen) Capitals() string {
	var b strings.Builder
	n := uint64(f)
	if f < 0 {
		b.WriteString("负")
		n = -n
	}
	yuan, jiao, fen := n/100, n/10%10, n%10
	if yuan > 0 || n == 0 {
		b.WriteString(capitalYuan(yuan))
		b.WriteString("元")
	}
	digits := []rune(capitalDigits)
	switch {
	case jiao > 0:
		b.WriteRune(digits[jiao])
		b.WriteString("角")
	case yuan > 0 && fen > 0:
		b.WriteRune(digits[0])
	}
	if fen == 0 {
		b.WriteString("整")
		return b.String()
	}
	b.WriteRune(digits[fen])
	b.WriteString("分")
	return b.String()
}

// capitalYuan writes a whole number in groups of four digits. One 零 stands for any run of zeros inside of it, none at its end.
func capitalYuan(n uint64) string {
	if n == 0 {
		return "零"
	}
	text := ""
	zero := false // a 零 stands between this group and what follows it
	for i := 0; n > 0; i, n = i+1, n/10_000 {
		group := n % 10_000
		if group == 0 {
			zero = text != ""
			continue
		}
		if zero {
			text = "零" + text
		}
		text = capitalGroup(group) + groupName(i, strings.Contains(text, "亿")) + text
		zero = group < 1000
	}
	return text
}

// groupName names the group of four digits at a place, counted from the lowest. An int64 of fen has five groups. The 亿 of a
// lower group counts for the higher ones too: 壹万零壹亿, but 壹万亿.
func groupName(place int, yiFollows bool) string {
	if yiFollows {
		place -= 2
	}
	return [5]string{"", "万", "亿", "万亿", "亿亿"}[place]
}

// capitalGroup writes 1 to 9999, without a 零 for missing thousands.
func capitalGroup(n uint64) string {
	digits, places := []rune(capitalDigits), []rune(placeNames)
	var b strings.Builder
	zero := false
	for i, unit := range []uint64{1000, 100, 10, 1} {
		digit := n / unit % 10
		if digit == 0 {
			zero = b.Len() > 0
			continue
		}
		if zero {
			b.WriteRune(digits[0])
			zero = false
		}
		b.WriteRune(digits[digit])
		if i < len(places) {
			b.WriteRune(places[i])
		}
	}
	return b.String()
}
