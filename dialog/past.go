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
	longAgo = regexp.MustCompile(`去年|前年|[\d一二两三四五六七八九十几半多]个?(月|年|周|星期|礼拜)多?(以?前|之前|了)|以前|之前|曾经|从前|小时候|年轻时|上次|上个月|上半年|多年|几年|病史|家族|救回来|车祸(以)?后[一二两三四五六七八九十几半\d]+个?多?(月|年)|(中风|脑梗|心梗|脑出血|溺水|手术|出院|抢救)[^,，。]{0,2}(后|以后)|出院了?[一二两三四五六七八九十几半\d]|过去一年`)
	// followed are words of people who come long after: they count wherever they stand.
	followed = regexp.MustCompile(`康复|后遗症|恢复期|恢复训练|复查|复诊|随访|术后|出院后|疤|瘢痕|植皮|拿药|开药|配药|续药|停药|减药|调药|预防|遗传|鉴定|理赔`)
	// acute are words of what happens now. They undo the others.
	acute = regexp.MustCompile(`刚才|刚刚|突然|忽然|现在|今天|今早|今晚|昨晚|昨天|正在|马上|又|救|不醒|没反应|怎么办|抽个?不停|加重`)

	englishLongAgo  = regexp.MustCompile(`\b(years?|months?|weeks?) ago\b|\blast (year|month|summer|winter|spring)\b|\bin the past\b|\bused to\b|\bas a (child|kid)\b|\bin (19|20)\d\d\b`)
	englishFollowed = regexp.MustCompile(`\brehab|\bphysiotherapy\b|\bphysical therapy\b|\brecover|\bfollow.?up\b|\bcheck.?up\b|\brefill|\bprescription\b|\bwell controlled\b|\bscars?\b|\baftercare\b|\bprevent`)
	englishAbout    = regexp.MustCompile(`\bfamily history\b|\bruns in\b|\bdied (of|from)\b|\bpassed (away|from)\b|\bhad an? [\w ]{0,20}\b(at \d\d\b|aged \d|in (his|her|their) \w*(\d0s|ties)\b|when (he|she|they) (was|were)\b)|\b(aunt|uncle|cousin)\b.{0,20}\bhad\b|\bmy (risk|chances?)\b|\bshould i (have a|have tests|be tested|be checked|get tested|get checked)\b|\bcan i get tested\b|\bscreening\b|\binsurance\b|\bcertificate\b|\b(first aid|training) course\b|\bfirst aid training\b|\bcontagious\b|\bhereditary\b|\bgenetic|\bwhat (does|do|is|are) (a|an|the signs|the symptoms|signs|symptoms)\b|\bhow (do i|to) (avoid|prevent)\b|\b(afraid|scared|fear|terrified) of (having|getting)\b|\bworried (about (a |having |getting )?(strokes?|heart|seizures?)|my son will|my daughter will|i will|i'll)\b|\bnever reacted\b|\bdonate\b|\bhomework\b|\blol\b`)
	englishAcute    = regexp.MustCompile(`\bsudden|\bjust\b|\bright now\b|\btoday\b|\bthis morning\b|\bagain\b|\bhelp\b|\bminutes\b|\bwon't\b`)

	// about are words of other people's illnesses and deaths, of fear, lessons, papers and of what is asked in general. They too count wherever they stand.
	about = regexp.MustCompile(`家族|病史|得过(病|心|脑|中|癌|抑|肺|肾|肝|热|癫)|患过|中过风|(同事|邻居|朋友|同学|网友|明星|亲戚)[^,，。]{0,4}猝死|去世|过世|病逝|病故|(梗|风|血|癌|病)走的|走的早|当年|怕得|怕会|怕孩子|怕宝宝|怕自己|怕将来|怕以后|担心自己|担心会|担心将来|担心得|吓唬|会中风|要中风|前兆|早期(表现|症状|信号)|(什么|哪些|有啥)(症状|表现|征兆)|怎么(判断|区分|鉴别|预防|避免)|我(要|该|需要)做(什么|哪些)检查|注意什么|能治好吗|遗传|[想做要个]体检|体检表|筛查|培训|演练|报名|保险|报销|证明|请假条|假条|复工|伤残|赔偿|报警器`)
	// nowWell is a now in which nothing happens: 现在想复查.
	nowWell = regexp.MustCompile(`(现在|今天|今早)(我|就|也|已经|已|都|人|来)*(想|来(复|拿|开|看|做|查|配|调)|要(复|拿|开|做|查|配|调|上|怀|备)|好了|恢复|稳定|情绪稳定|没事|正常|记性|胃不|怀孕|吃药|吃着|右手还|左手还)|又想|刚刚?好了`)

	// lasting are words of what has gone on for weeks, or happens again and again.
	lasting        = regexp.MustCompile(`[一二两三四五六七八九十几半多俩仨好\d]+(个|来)?多?(月|年|周|星期|礼拜)(多|来|左右)?了?($|[,，.。;；!！?？、])|每个月|每次|反反复复|反复|老是|总是|经常|时不时|偶尔|噩梦|做梦|梦见|梦到|体检|小时候|上周|上个礼拜|那时|当年|恢复期|出院|前天的|昨天的事`)
	englishLasting = regexp.MustCompile(`\b(for|since|over) (the )?(last |past )?(a |an |about |around )?(\w+ )?(weeks?|months?|years?|childhood|ages)\b|\bevery (month|week|evening|morning|night|winter)\b|\bnow and then\b|\bon and off\b|\bkeeps? (coming|getting)\b|\blast (week|summer|year|month|winter|spring)\b|\bas a (kid|teen|teenager|child)\b|\bi'm safe\b|\bfeel (great|perfectly well|fine)\b`)
	// grave are words of what is not for waiting, however long it has lasted, and of whom for a number of months is an age.
	grave        = regexp.MustCompile(`孕|宝宝|婴|月大|大汗|冷汗|剧|昏|不醒|紫|抽|站不|打滚|喘不|憋|血|胸|冰凉|不动|化疗|掉下来|推不回|硬得|剧|撕裂|突发|意识|昏|窒息`)
	englishGrave = regexp.MustCompile(`\b(pregnan\w*|weeks (pregnant|along|and|with|gone)|[1-4]\d weeks|newborn|postpartum|chemo\w*|unconscious|collaps\w*|blue|clammy|sweat\w*|blood|bleed\w*|severe|worst|now|wake|tear\w*|ripping|weak|faint\w*|numb|confus\w*|drows\w*|floppy|limp)\b`)

	clauses = regexp.MustCompile(`[,，.。;；!！?？、\n]+`)
)

// happening tells whether a line speaks of such an event that is not said to be past. What happens now, whatever else is said, is none that is past.
func (a alarms) happening(tight, spaced string) bool {
	tight = nowWell.ReplaceAllString(tight, "")
	if acute.MatchString(tight) || englishAcute.MatchString(spaced) {
		return said(tight, a.chinese[event]) || saidInEnglish(spaced, a.english[event])
	}
	if followed.MatchString(tight) || about.MatchString(tight) || englishFollowed.MatchString(spaced) || englishAbout.MatchString(spaced) {
		return false
	}
	return slices.ContainsFunc(clauses.Split(tight, -1), func(clause string) bool {
		return said(clause, a.chinese[event]) && !longAgo.MatchString(clause)
	}) || slices.ContainsFunc(clauses.Split(spaced, -1), func(clause string) bool {
		return saidInEnglish(clause, a.english[event]) && !englishLongAgo.MatchString(strings.TrimSpace(clause))
	})
}

// calmed tells whether a line speaks of what has lasted for long, is past, or is being followed up, and of nothing that happens now.
func calmed(tight, spaced string) bool {
	tight = nowWell.ReplaceAllString(tight, "")
	if acute.MatchString(tight) || englishAcute.MatchString(spaced) || grave.MatchString(tight) || englishGrave.MatchString(spaced) {
		return false
	}
	return followed.MatchString(tight) || about.MatchString(tight) || longAgo.MatchString(tight) || lasting.MatchString(tight) ||
		englishFollowed.MatchString(spaced) || englishAbout.MatchString(spaced) || englishLongAgo.MatchString(spaced) || englishLasting.MatchString(spaced)
}
