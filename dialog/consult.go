package dialog

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"guahao/bots"
	"guahao/dialog/triage"
	"guahao/dialog/understand"
)

// maxSaid is how many symptoms are taken from a hint, and maxRestated how many characters a sentence of one may have.
const (
	maxSaid     = 3
	maxRestated = 60
)

// hint is what somebody outside says that a complaint speaks of. Nothing in it is trusted.
type hint struct {
	Symptoms []string `json:"symptoms"`
	Restated string   `json:"restated"`
}

// consulted gives, as answers, the symptoms that a hint finds in a complaint which triage does not understand, and the complaint in its words; "" if
// there is none. Without a hint it ends the step with the wish for one: bots.Consult. Only where somebody is asked what hurts is anything sent
// out, and never what speaks of danger.
func (t *turn) consulted(line string, who triage.Patient) (answers, restated string, err error) {
	u := t.in.Update
	if !t.d.Consults || t.row().state != stateComplaint || t.d.alarms.in(line) != noDanger {
		return "", "", nil
	}
	if !u.Hinted {
		masked, err := t.masked(line)
		if err != nil || utf8.RuneCountInString(masked) < 4 {
			return "", "", err
		}
		return "", "", &bots.Consult{Question: masked}
	}
	var h hint
	if json.Unmarshal([]byte(u.Hint), &h) != nil {
		return "", "", nil
	}
	var list []string
	for _, code := range h.Symptoms {
		if len(list) < maxSaid && t.d.knowledge.CanSay(code, who) && !strings.Contains(strings.Join(list, ","), code+"=") {
			list = append(list, code+"="+string(triage.Yes))
		}
	}
	answers = strings.Join(list, ",")
	found := t.d.knowledge.Ask("", who, plaint{Answers: answers}.answers()).Suggestions
	if len(found) == 0 {
		return "", "", nil
	}
	if t.presentable(h.Restated) {
		restated = h.Restated
	}
	return answers, restated, nil
}

var (
	// numbers are runs of digits that may be somebody's: telephone, document, card, address.
	numbers = regexp.MustCompile(`[+\d](?:[\d\s\-().]{4,}|\d{2,})[\dXx]`)
	// addresses are of mail and of pages.
	addresses = regexp.MustCompile(`\S+@\S+|(?:https?://|www\.)\S+`)
	// introduced are names behind the words that say so, titled those before a title.
	introduced = regexp.MustCompile(`(我叫|名叫|叫做|名字是?|姓名是?)[:：是\s]*\p{Han}{2,4}|(?i)\b(my name is|name is|i am called|called|this is)\s+\p{L}+(\s+\p{Lu}\p{L}+)?`)
	titled     = regexp.MustCompile(`\p{Han}{1,3}(医生|大夫|主任|教授|先生|女士|小姐|阿姨|叔叔)|(?i:\b(dr|mr|mrs|ms|miss|doctor)\.?\s+\p{L}+)`)
)

// masked is a complaint as it may be shown outside: without the names of the person's patients or any that are introduced, without numbers of
// telephones and documents, without addresses, and of bounded length.
func (t *turn) masked(line string) (string, error) {
	people, err := t.d.Booking.Patients(t.ctx, t.user())
	if err != nil {
		return "", err
	}
	line = understand.Narrow(understand.Clean(line))
	for _, p := range people {
		if p.Name != "" {
			line = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(p.Name)).ReplaceAllString(line, " ")
		}
	}
	for _, re := range []*regexp.Regexp{addresses, numbers, introduced, titled} {
		line = re.ReplaceAllString(line, " ")
	}
	return clip(strings.Join(strings.Fields(line), " "), maxPlaint), nil
}

// unfit are words that no sentence from outside may have: it decides nothing, names no illness, and gives no advice.
var unfit = regexp.MustCompile(`(?i)诊断|确诊|患有|患了|癌|肿瘤|药|剂量|毫克|毫升|片|粒|服用|每天|每日|建议|应该|需要|挂号|科|医院|医生|免费|支付|付款|转账|链接|点击|加微信|diagnos|cancer|tumou?r|dose|tablet|medic|drug|\bmg\b|should|recommend|department|clinic|hospital|doctor|free|pay|click|link|http|www`)

// presentable tells whether a sentence from outside may be shown: short, one line, without numbers, signs of an address, or words that are not for it to say.
func (t *turn) presentable(sentence string) bool {
	if n := utf8.RuneCountInString(sentence); n < 4 || n > maxRestated || unfit.MatchString(sentence) {
		return false
	}
	for _, d := range t.d.knowledge.Departments() {
		for _, name := range append(t.d.knowledge.Names(d.Code), d.Name.En) {
			if strings.Contains(strings.ToLower(sentence), strings.ToLower(name)) {
				return false
			}
		}
	}
	return !strings.ContainsFunc(sentence, func(r rune) bool {
		return unicode.IsDigit(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("/@<>{}[]|\\`*_#", r)
	}) && understand.Clean(sentence) == sentence
}
