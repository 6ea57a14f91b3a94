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
	cutHint     = phrase{"……（内容较长，已省略）", "… (shortened)"}
	detailLabel = phrase{"查看详情", "Details"}
)

func words(lang string, p phrase) string {
	if lang == "en" {
		return p.en
	}
	return p.zh
}
