package triage

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"guahao/dialog/hanzi"
)

// relatives are words that tell whose complaint it is, the more telling ones first.
var relatives = []struct {
	words []phrase
	Patient
}{
	{phrases("婴儿|新生儿|刚出生|个月大|满月|bb|BB|baby|infant|newborn"), Patient{AgeKnown: true}},
	{phrases("儿子|外孙|孙子|男孩|男孩子|男宝|小子|阿仔|仔仔|son|boy|grandson|little boy"), Patient{Sex: Male, AgeKnown: true, Age: 6}},
	{phrases("女儿|外孙女|孙女|闺女|女孩|女孩子|女宝|丫头|囡囡|妹妹仔|阿囡|daughter|girl|granddaughter"), Patient{Sex: Female, AgeKnown: true, Age: 6}},
	{phrases("孩子|宝宝|小孩|小朋友|娃|儿童|小宝|大宝|宝贝|小家伙|幼儿|小学生|小囡|细路|细蚊仔|细佬哥|小毛头|伢|伢子|小鬼|宝贝儿|child|children|kid|toddler|little one"), Patient{AgeKnown: true, Age: 6}},
	{phrases("爷爷|外公|姥爷|阿公|爺爺|grandfather|grandpa|granddad"), Patient{Sex: Male, AgeKnown: true, Age: 75}},
	{phrases("奶奶|外婆|姥姥|阿婆|阿嬷|grandmother|grandma|gran|granny|nan"), Patient{Sex: Female, AgeKnown: true, Age: 75}},
	{phrases("老人|老年人|elderly"), Patient{AgeKnown: true, Age: 75}},
	{phrases("老公|丈夫|爸爸|父亲|我爸|公公|岳父|男朋友|husband|father|dad|boyfriend"), Patient{Sex: Male, AgeKnown: true, Age: 50}},
	{phrases("老婆|妻子|妈妈|母亲|我妈|婆婆|岳母|媳妇|女朋友|wife|mother|mom|mum|girlfriend"), Patient{Sex: Female, AgeKnown: true, Age: 50}},
}

// heard completes what is known of the patient by words for a relative that are no part of a symptom (生完孩子). What is
// known already stays.
func heard(text string, list []token, symptoms []found, who Patient) Patient {
	if !who.AgeKnown {
		who.Age, who.AgeKnown = ageIn(text)
	}
	for _, r := range relatives {
		for _, p := range r.words {
			if !p.outside(list, symptoms) {
				continue
			}
			if who.Sex == "" {
				who.Sex = r.Sex
			}
			if !who.AgeKnown {
				who.Age, who.AgeKnown = r.Age, r.AgeKnown
			}
		}
	}
	return who
}

// outside tells whether a phrase stands in a text where no symptom does.
func (p phrase) outside(list []token, symptoms []found) bool {
	for at := range list {
		if p.at(list, at, false) && !bystander(list, at, at+len(p)) && !slices.ContainsFunc(symptoms, func(f found) bool { return f.symptom.sex == Female && slices.Contains(f.places, at) }) {
			return true
		}
	}
	return false
}

// What follows a word for a relative who has not the complaint but speaks of it, and what stands before a child that is only mentioned.
var (
	speaks  = phrases("说|话|非要|让|叫|催|劝|担心|觉得|嫌|骂|建议|不放心|逼|硬要|says|say|said|thinks|told|tells|wants|insists|reckons|worried|is worried|noticed|keeps telling")
	bearing = phrases("生|生了|生完|怀|抱|要|喂|生下|养|因为|had the|had a|have a|having a|after the|trying for a|expecting a|three big|hold the")
)

// bystander tells whether the relative between two tokens speaks of the complaint, or is only mentioned: 女儿说我, 生了宝宝以后.
func bystander(list []token, from, to int) bool {
	if to < len(list) && list[to].clause == list[from].clause && anyAt(list, to, speaks) {
		return true
	}
	return slices.ContainsFunc(bearing, func(p phrase) bool {
		start := from - len(p)
		return start >= 0 && p.at(list, start, false) && list[start].clause == list[from].clause
	})
}

// ages find how old somebody is said to be: the number, in years or, with "months" set, in months.
var ages = []struct {
	*regexp.Regexp
	months bool
}{
	{regexp.MustCompile(`([0-9]{1,3}|[一二两三四五六七八九十]{1,3})(?:周|多)?岁`), false},
	{regexp.MustCompile(`([0-9]{1,2}|[一二两三四五六七八九十]{1,2})个?多?月(?:龄|大|的宝|的娃|的孩|宝宝|婴)`), true},
	{regexp.MustCompile(`(?:宝宝|宝贝|娃儿?|孩子|小孩|儿子|女儿|小宝|大宝|闺女|婴儿|阿仔|bb)(?:现在|才|刚|刚满|今年|得)?([0-9]{1,2}|[一二两三四五六七八九十]{1,2})个?多?月`), true},
	{regexp.MustCompile(`(?:宝宝|宝贝|娃儿?|婴儿|新生儿|出生)(?:现在|才|刚|刚满)?([0-9]{1,2}|[一二三四五六七八九十]{1,3})天`), true},
	{regexp.MustCompile(`\b([0-9]{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?: and a half)?[ -]?(?:years?|yrs?)[ -](?:olds?|of age)\b`), false},
	{regexp.MustCompile(`\b([0-9]{1,3}) ?y/?o\b`), false},
	{regexp.MustCompile(`\b(?:he|she)(?:'s| is) ([0-9]{1,3})\b`), false},
	{regexp.MustCompile(`\b(?:he|she|baby|son|daughter)(?:'s| is) ([0-9]{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven) (?:weeks|months)\b`), true},
	{regexp.MustCompile(`\b([0-9]{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven)[ -]?(?:weeks?|months?|mo)[ -]?olds?\b`), true},
	{regexp.MustCompile(`\b(?:i am|i'm|im|aged?|gran is|gran's|mum is|mum's|dad is|dad's|mother is|father is) ([0-9]{1,3})(?: |,|\.|$)`), false},
}

// schools are words that only speak of somebody who goes there, with about how old they are.
var schools = []struct {
	*regexp.Regexp
	age int
}{
	{regexp.MustCompile(`幼儿园|幼稚园|托班|入园|入托|小班|中班|kindergarten|nursery school|preschool`), 4},
	{regexp.MustCompile(`小学|[一二三四五六]年级|小[一二三四五六](?:学生|的)|班主任|上课|写作业|同班|全班|school nurse|homework|his class|her class|primary school`), 9},
	{regexp.MustCompile(`初[一二三]|初中|中考|middle school`), 14},
}

// ageIn reads how old the patient is said to be.
func ageIn(text string) (years int, known bool) {
	text = strings.ToLower(hanzi.Simplify(text))
	for _, a := range ages {
		at := a.FindStringSubmatch(text)
		if at == nil {
			continue
		}
		n := number(at[1])
		if a.months {
			n /= 12
		}
		return n, n <= 120
	}
	for _, s := range schools {
		if s.MatchString(text) {
			return s.age, true
		}
	}
	return 0, false
}

// number reads digits, a Chinese number below a hundred, or an English one up to twelve.
func number(word string) int {
	if n, err := strconv.Atoi(word); err == nil {
		return n
	}
	english := []string{"", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	if n := slices.Index(english, word); n > 0 {
		return n
	}
	n, digit := 0, 0
	for _, r := range word {
		if r == '十' {
			n, digit = 10*max(digit, 1), 0
			continue
		}
		if digit = strings.IndexRune("一二三四五六七八九", r)/len("一") + 1; r == '两' {
			digit = 2
		}
	}
	return n + digit
}
