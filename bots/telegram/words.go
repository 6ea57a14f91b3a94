package telegram

// phrase is a sentence that the adapter says by itself.
type phrase struct{ zh, en string }

var (
	onlyPrivate = phrase{
		"挂号涉及个人信息，请点我的头像，在私聊中使用。",
		"Appointments are personal: please write to me in a private chat.",
	}
	notEdited = phrase{
		"修改过的消息我看不到，请重新发送一条。",
		"I cannot see edited messages: please send it as a new one.",
	}
	staffAway = phrase{
		"现在联系不上工作人员，请拨打医院电话，或接着在这里操作。",
		"Nobody of the staff can be reached just now. Please call the hospital, or go on here.",
	}
	cutHint     = phrase{"……（内容较长，已省略）", "… (shortened)"}
	detailLabel = phrase{"查看详情", "Details"}
)

// What the staff chat is told. Staff read Chinese.
const (
	staffHow     = "回复这条消息，就能答复这位患者；回复 /release，把对话交还给机器人。"
	onlyWords    = "#%d 只能转达文字，这条没有发给患者。"
	noHandover   = "没有编号为 #%d 的对话。"
	handoverOver = "#%d 已经结束，患者没有收到。"
	patientGone  = "#%d 患者停用了机器人，没有收到。"
	released     = "#%d 已交还给机器人。"
	releaseHow   = "请回复某位患者的消息，或写上编号：/release 12。"
)

func words(lang string, p phrase) string {
	if lang == "en" {
		return p.en
	}
	return p.zh
}
