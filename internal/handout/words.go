package handout

// words are what handouts say beside what they tell.
type words struct {
	lang                                      string
	visit, number, bring, phone, over, notYet string
	slip, date, time, doctor, department      string
	floor, patient, show, ended, checkedIn    string
}

var inChinese = words{
	lang: "zh", visit: "就诊", number: "序号", bring: "请带好身份证件，提前 15 分钟到院。", phone: "医院电话",
	over: "这次预约已取消。", notYet: "这个号还没有确认，请尽快在聊天里完成。",
	slip: "就诊凭条", date: "日期", time: "时间", doctor: "医生", department: "科室", floor: "地点", patient: "就诊人",
	show: "到院后出示此码签到", ended: "此凭条已失效", checkedIn: "已签到",
}

var inEnglish = words{
	lang: "en", visit: "Visit", number: "Number", bring: "Please bring your identity document, and come 15 minutes early.", phone: "Hospital",
	over: "This appointment is cancelled.", notYet: "This place is not confirmed yet. Please finish in the chat soon.",
	slip: "Appointment slip", date: "Date", time: "Time", doctor: "Doctor", department: "Department", floor: "Where", patient: "Patient",
	show: "Show this code to check in", ended: "This slip is no longer valid", checkedIn: "Checked in",
}

func wordsOf(lang string) words {
	if lang == "en" {
		return inEnglish
	}
	return inChinese
}
