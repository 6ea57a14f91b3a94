package understand

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	numberBefore = regexp.MustCompile(`^(我?[要想]?[选選](择|擇)?|我要|选项|答案|回复|回覆|the|no\.?|number|option|choose|#|\()+ *`)
	numberAfter  = regexp.MustCompile(`[.,)\]:;!?~ ]*(个|個|项|項|号|號|条|條|位|one|please)?[.,!~ ]*(吧|呢|谢谢|謝謝)?[.,)!~ ]*$`)
	ordinal      = regexp.MustCompile(`^第`)
)

var englishNumbers = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}

var englishOrdinals = []string{"", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}

// Number reads the number of an option as people type it: 1, １, 一, ①, 1️⃣, 第一个, 选1, "1.", first.
func Number(line string) (int, bool) {
	s := strings.ToLower(Narrow(Clean(line)))
	s = strings.TrimSpace(s)
	s = numberBefore.ReplaceAllString(s, "")
	s = ordinal.ReplaceAllString(s, "")
	s = strings.TrimSpace(numberAfter.ReplaceAllString(s, ""))
	for n := range englishNumbers {
		if s == englishNumbers[n] || (s != "" && s == englishOrdinals[n]) {
			return n, true
		}
	}
	return numeral(s)
}

// numeral reads a number from 0 to 99 that stands by itself, in Arabic, circled or Chinese figures.
func numeral(s string) (int, bool) {
	runes := []rune(s)
	if len(runes) == 1 {
		r := runes[0]
		switch {
		case r >= '①' && r <= '⑳':
			return int(r-'①') + 1, true
		case r >= '⑴' && r <= '⒇':
			return int(r-'⑴') + 1, true
		case r >= '❶' && r <= '❿':
			return int(r-'❶') + 1, true
		}
	}
	if len(s) >= 1 && len(s) <= 2 && s[0] >= '0' && s[0] <= '9' {
		n, err := strconv.Atoi(s)
		return n, err == nil
	}
	return chineseNumeral(runes)
}

var chineseDigits = map[rune]int{
	'〇': 0, '零': 0, '一': 1, '二': 2, '两': 2, '兩': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
	'壹': 1, '贰': 2, '叁': 3, '肆': 4, '伍': 5, '陆': 6, '柒': 7, '捌': 8, '玖': 9,
}

// chineseNumeral reads 一 to 九十九.
func chineseNumeral(runes []rune) (int, bool) {
	tens, ones, seenTen := 0, -1, false
	for _, r := range runes {
		d, isDigit := chineseDigits[r]
		switch {
		case (r == '十' || r == '拾') && !seenTen:
			seenTen = true
			tens = max(ones, 0)
			if ones < 0 {
				tens = 1
			}
			ones = -1
		case isDigit && ones < 0:
			ones = d
		default:
			return 0, false
		}
	}
	if !seenTen && ones < 0 {
		return 0, false
	}
	return tens*10 + max(ones, 0), true
}
