package booking

import (
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/width"
)

// Document is an identity document that has the right form. Whether it exists is for the hospital's desk to see.
type Document struct {
	Kind      DocumentKind
	Number    string // normalised: half-width, upper case, no spaces
	BirthDate Date   // from a resident ID, else ""
	Sex       Sex    // from a resident ID, else UnknownSex
}

// Forms of documents, from the rules of those who issue them.
var (
	residentForm = regexp.MustCompile(`^[1-9]\d{16}[\dX]$`)
	oldForm      = regexp.MustCompile(`^[1-9]\d{14}$`)           // resident IDs before 1999
	hkMacauForm  = regexp.MustCompile(`^[HM]\d{8}(?:\d{2})?$`)   // 港澳居民来往内地通行证: 2013's form has 8 digits, the older 10
	taiwanForm   = regexp.MustCompile(`^\d{8}$`)                 // 台湾居民来往大陆通行证
	passportForm = regexp.MustCompile(`^[A-Z0-9]{6,12}$`)        // ICAO 9303 leaves the form to the states
	passportSure = regexp.MustCompile(`^(?:[A-Z]{1,2}\d{6,8})$`) // what is surely meant as a passport
	separators   = strings.NewReplacer(" ", "", "-", "", "\u3000", "", "\t", "", "—", "", "–", "")
)

// ParseDocument checks the form of a document's number and normalises it: full-width characters, spaces, hyphens and lower
// case are forgiven. Of a resident ID it checks region, date and check digit, and derives birth date and sex. That the birth
// date is not in the future is for [CheckBirthDate], which knows today. The error is a bad_document.
func ParseDocument(kind DocumentKind, text string) (Document, error) {
	if len(text) > 200 {
		return Document{}, ErrBadDocument
	}
	number := strings.ToUpper(separators.Replace(width.Fold.String(strings.TrimSpace(text))))
	document := Document{Kind: kind, Number: number, Sex: UnknownSex}
	switch kind {
	case ResidentID:
		return parseResident(number)
	case HKMacauPermit:
		if !hkMacauForm.MatchString(number) {
			return Document{}, refuse(CodeBadDocument, "港澳居民来往内地通行证号码是 H 或 M 开头，后面 8 位或 10 位数字，请检查。",
				"A permit for Hong Kong and Macau residents is H or M followed by 8 or 10 digits. Please check it.")
		}
	case TaiwanPermit:
		if !taiwanForm.MatchString(number) {
			return Document{}, refuse(CodeBadDocument, "台湾居民来往大陆通行证号码是 8 位数字，请检查。",
				"A permit for Taiwan residents has 8 digits. Please check it.")
		}
	case Passport:
		if !passportForm.MatchString(number) || !strings.ContainsAny(number, "0123456789") {
			return Document{}, refuse(CodeBadDocument, "护照号码是 6 到 12 位字母和数字，请检查。",
				"A passport number has 6 to 12 letters and digits. Please check it.")
		}
	default:
		return Document{}, refuse(CodeBadDocument, "暂不支持这种证件。", "This kind of document is not accepted.")
	}
	return document, nil
}

// GuessDocument tells which kind of document a number most likely belongs to; false when it looks like none.
func GuessDocument(text string) (DocumentKind, bool) {
	if len(text) > 200 {
		return "", false
	}
	number := strings.ToUpper(separators.Replace(width.Fold.String(strings.TrimSpace(text))))
	switch {
	case residentForm.MatchString(number), oldForm.MatchString(number):
		return ResidentID, true
	case hkMacauForm.MatchString(number):
		return HKMacauPermit, true
	case taiwanForm.MatchString(number):
		return TaiwanPermit, true
	case passportSure.MatchString(number):
		return Passport, true
	}
	return "", false
}

// provinces are the first two digits of resident IDs, GB/T 2260; 81 to 83 are residence permits of people from Hong Kong,
// Macau and Taiwan, which have the same form.
const provinces = " 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 "

// parseResident reads a number of GB 11643: region 6, birth date 8, order 3 (odd for men), check digit.
func parseResident(number string) (Document, error) {
	bad := func(zh, en string) (Document, error) { return Document{}, refuse(CodeBadDocument, zh, en) }
	if oldForm.MatchString(number) {
		return bad("15 位身份证已停用，请输入 18 位身份证号。", "15-digit ID numbers are no longer in use. Please type the 18-digit one.")
	}
	if len(number) != 18 {
		return bad("身份证号应为 18 位，请检查后重新输入。", "An ID number has 18 characters. Please check it and type it again.")
	}
	if !residentForm.MatchString(number) {
		return bad("身份证号应为 17 位数字加一位数字或 X，请检查。", "An ID number is 17 digits and a digit or X. Please check it.")
	}
	if !strings.Contains(provinces, " "+number[:2]+" ") {
		return bad("身份证号的前两位（地区）不正确，请检查。", "The first two digits of this ID number are not a region. Please check them.")
	}
	birth, err := time.Parse("20060102", number[6:14])
	if err != nil || birth.Year() < 1850 {
		return bad("身份证号中的出生日期不正确，请检查第 7 到 14 位。", "The birth date in this ID number is not a date. Please check digits 7 to 14.")
	}
	if number[17] != checkDigit(number[:17]) {
		return bad("身份证号校验不通过，可能有一位输错了，请逐位检查。", "This ID number does not add up: one character may be wrong. Please check each.")
	}
	sex := Female
	if (number[16]-'0')%2 == 1 {
		sex = Male
	}
	return Document{Kind: ResidentID, Number: number, BirthDate: Date(birth.Format(time.DateOnly)), Sex: sex}, nil
}

// checkDigit is ISO 7064 MOD 11-2 over 17 digits.
func checkDigit(digits string) byte {
	sum := 0
	for i := range digits {
		sum = (sum + int(digits[i]-'0')) * 2
	}
	return "0123456789X"[(12-sum%11)%11]
}

// maxAge in years that is believed.
const maxAge = 150

// CheckBirthDate refuses a birth date that lies after today or more than 150 years before it; "" is fine. The error is a
// bad_document.
func CheckBirthDate(birth, today Date) error {
	if birth == "" {
		return nil
	}
	switch day := birth.In(time.UTC); {
	case day.IsZero():
		return refuse(CodeBadDocument, "出生日期请按 1990-03-07 的格式填写。", "Please write the birth date like 1990-03-07.")
	case birth > today:
		return refuse(CodeBadDocument, "出生日期在今天之后，请检查证件号码。", "The birth date lies in the future. Please check the document number.")
	case day.AddDate(maxAge, 0, 0).Before(today.In(time.UTC)):
		return refuse(CodeBadDocument, "出生日期太早了，请检查证件号码。", "The birth date lies too far in the past. Please check the document number.")
	}
	return nil
}
