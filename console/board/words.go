package board

import "guahao/booking"

// Words are what a board says in one language.
type Words struct {
	Queue, Next, Waiting, NobodyWaits, Nobody, Paused, Again, Skipped, Foot, More, Empty, Number string
	Voice, VoiceOff, VoiceTap, Away                                                              string
	Show, Say                                                                                    string // of a call
	Unknown, UnknownText, Sorry, SorryText, Reference                                            string
	Titles                                                                                       map[booking.Title]string
	Periods                                                                                      map[booking.Period]string
}

var words = map[string]Words{
	"zh": {
		Queue: "候诊", Next: "准备", Waiting: "候诊 %d 人", NobodyWaits: "无人候诊", Nobody: "—", Paused: "暂停叫号", Again: "再次叫号", Skipped: "过号",
		Foot: "叫到号的患者请到诊室就诊；过号的患者请到分诊台，或在手机上点“我回来了”。", More: "另有 %d 位医生出诊，请看诊室门口。", Empty: "今天现在没有门诊。", Number: "号",
		Voice: "语音播报：开", VoiceOff: "语音播报：关", VoiceTap: "点一下屏幕，开启语音播报", Away: "正在重新连接，以诊室叫号为准",
		Show: "请 {number} 号 {name} 到 {room} 就诊", Say: "请，{number}号患者，到，{room}，就诊。",
		Unknown: "没有这个科室的候诊屏", UnknownText: "请检查网址里的科室编号。编号在管理台“候诊叫号”页面里，每个科室后面有候诊屏的链接。",
		Sorry: "候诊屏暂时无法显示", SorryText: "请看诊室门口或问分诊台；本页会自动重试。", Reference: "编号",
		Titles:  map[booking.Title]string{booking.Chief: "主任医师", booking.AssociateChief: "副主任医师", booking.Attending: "主治医师", booking.Resident: "住院医师"},
		Periods: map[booking.Period]string{booking.Morning: "上午", booking.Afternoon: "下午", booking.Evening: "晚间"},
	},
	"en": {
		Queue: "Waiting", Next: "Next", Waiting: "%d waiting", NobodyWaits: "nobody waiting", Nobody: "—", Paused: "paused", Again: "called again", Skipped: "Missed their turn",
		Foot: "When your number is called, please go to the room. If you missed your turn, ask at the desk or press “I am back” on your phone.",
		More: "%d more doctors are here: please look at the doors.", Empty: "There is no clinic here just now.", Number: "no.",
		Voice: "Voice: on", VoiceOff: "Voice: off", VoiceTap: "Tap the screen to turn the voice on", Away: "Reconnecting: please listen for the call at the door",
		Show: "No. {number} {name}, please go to {room}", Say: "Number {number}, please go to {room}.",
		Unknown: "There is no board of this department", UnknownText: "Please check the department's number in the address. The console's page “Queue” has a link to the board of each department.",
		Sorry: "The board cannot be shown just now", SorryText: "Please look at the doors or ask at the desk. This page tries again by itself.", Reference: "Reference",
		Titles:  map[booking.Title]string{booking.Chief: "Chief", booking.AssociateChief: "Associate chief", booking.Attending: "Attending", booking.Resident: "Resident"},
		Periods: map[booking.Period]string{booking.Morning: "morning", booking.Afternoon: "afternoon", booking.Evening: "evening"},
	},
}
