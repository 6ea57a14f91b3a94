package bench

import (
	"fmt"
	"time"
)

// person is somebody who does not exist. No number is given twice.
type person struct{ name, document, phone string }

// inventPerson makes the n-th one. The document is a resident ID (GB 11643) that adds up, of region 71, in which none are issued.
func inventPerson(n int) person {
	const days = 29_200 // births over 80 years
	const given = "安平宁和明华春晨文雅清秋海山林芳建国永新"
	letters := []rune(given)
	birth := time.Date(1930, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n%days)
	digits := fmt.Sprintf("710000%s%03d", birth.Format("20060102"), n/days%1000)
	return person{
		name:     "测" + string(letters[n%len(letters)]) + string(letters[n/len(letters)%len(letters)]),
		document: digits + checkCharacter(digits),
		phone:    fmt.Sprintf("199%08d", n%100_000_000),
	}
}

// checkCharacter is the last one of a resident ID: ISO 7064 MOD 11-2.
func checkCharacter(digits string) string {
	weight, sum := 1, 0
	for i := len(digits) - 1; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(digits[i]-'0') * weight
	}
	return string("0123456789X"[(12-sum%11)%11])
}
