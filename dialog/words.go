package dialog

import "guahao/dialog/understand"

// intent is what a word that works everywhere asks for.
type intent = understand.Intent

// The intents. The files of understand/grammar say which words mean them.
const (
	wantBack      intent = "back"
	wantCancel    intent = "cancel"
	wantMenu      intent = "menu"
	wantHelp      intent = "help"
	wantHuman     intent = "human"
	wantChinese   intent = "chinese"
	wantEnglish   intent = "english"
	wantLanguage  intent = "language"
	wantProgress  intent = "progress"
	wantBook      intent = "book"
	wantVisits    intent = "visits"
	wantPeople    intent = "people"
	wantUnbook    intent = understand.Unbook
	wantMove      intent = understand.Move
	wantWaits     intent = "waits"
	wantRecord    intent = "record"
	wantAppeal    intent = "appeal"
	wantTake      intent = "take"    // the place that is offered
	wantDecline   intent = "decline" // the same
	wantNext      intent = "next"
	wantPrevious  intent = "previous"
	wantYes       intent = "yes" // never to what costs money or a place: that takes its whole words
	wantNo        intent = "no"
	wantGreeting  intent = "greeting"
	wantThanks    intent = "thanks"
	wantBroadcast intent = "broadcast"
	wantStop      intent = "stop"
	wantStaff     intent = "staff"
)

// commands are the intents of the commands that a platform shows in its menus.
var commands = map[string]intent{
	"more": wantMore, "notices": wantNotices, "data": wantData, "slip": wantSlip, "calendar": wantCalendar, "book": wantBook, "my": wantVisits, "patients": wantPeople, "menu": wantMenu, "help": wantHelp, "cancel": wantCancel,
	"triage": wantTriage, "waits": wantWaits, "draws": wantDraws, "queue": wantQueue, "call": wantCall, "record": wantRecord, "link": wantLink, "large": wantLarge, "normal": wantNormal, "bot": wantBot, "back": wantBack, "lang": wantLanguage, "human": wantHuman, "broadcast": wantBroadcast, "stop": wantStop, "staff": wantStaff,
	"unsubscribe": wantSilence, "subscribe": wantNews, "sent": wantSent, "today": wantToday, "forecast": wantForecast,
}
