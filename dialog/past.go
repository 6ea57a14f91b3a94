package dialog

import (
	"regexp"
	"slices"
	"strings"
)

// event begins the part of the list that names what happens at once and may be long past: 脑出血, 车祸, a stroke.
const event danger = "event"

var (
	// longAgo are words that put what stands in the same clause into the past.
	longAgo = regexp.MustCompile(`去年|前年|[\d一二两三四五六七八九十几半多]个?(月|年|周|星期|礼拜)多?(以?前|之前|了)|以前|之前|曾经|从前|小时候|年轻时|上个月|上半年|多年|几年|病史|家族`)
	// followed are words of people who come long after: they count wherever they stand.
	followed = regexp.MustCompile(`康复|后遗症|恢复期|恢复训练|复查|复诊|随访|术后|出院后|疤|瘢痕|植皮|拿药|开药|配药|续药|停药|减药|调药|预防|遗传|鉴定|理赔`)
	// acute are words of what happens now. They undo the others.
	acute = regexp.MustCompile(`刚才|刚刚|突然|忽然|现在|今天|今早|今晚|昨晚|昨天|正在|马上|又|救|不醒|没反应|怎么办|抽个?不停|加重`)

	englishLongAgo  = regexp.MustCompile(`\b(years?|months?|weeks?) ago\b|\blast (year|month|summer|winter|spring)\b|\bin the past\b|\bused to\b|\bhistory of\b|\bas a (child|kid)\b|\bin (19|20)\d\d\b`)
	englishFollowed = regexp.MustCompile(`\brehab|\bphysiotherapy\b|\bphysical therapy\b|\brecover|\bfollow.?up\b|\bcheck.?up\b|\brefill|\bprescription\b|\bwell controlled\b|\bscars?\b|\baftercare\b|\bprevent`)
	englishAcute    = regexp.MustCompile(`\bsudden|\bjust\b|\bright now\b|\btoday\b|\bthis morning\b|\bagain\b|\bhelp\b|\bminutes\b|\bwon't\b`)

	clauses = regexp.MustCompile(`[,，.。;；!！?？、\n]+`)
)

// happening tells whether a line speaks of such an event that is not said to be past. What happens now, whatever else is said, is none that is past.
func (a alarms) happening(tight, spaced string) bool {
	if acute.MatchString(tight) || englishAcute.MatchString(spaced) {
		return said(tight, a.chinese[event]) || saidInEnglish(spaced, a.english[event])
	}
	if followed.MatchString(tight) || englishFollowed.MatchString(spaced) {
		return false
	}
	return slices.ContainsFunc(clauses.Split(tight, -1), func(clause string) bool {
		return said(clause, a.chinese[event]) && !longAgo.MatchString(clause)
	}) || slices.ContainsFunc(clauses.Split(spaced, -1), func(clause string) bool {
		return saidInEnglish(clause, a.english[event]) && !englishLongAgo.MatchString(strings.TrimSpace(clause))
	})
}
