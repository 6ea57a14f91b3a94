package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"guahao/bots/wechat/wechattest"
)

// visitFields are what each of the simulated account's message templates says, with the notices' names for it.
var visitFields = []struct{ name, keyword, label string }{
	{"hospital", "thing1", "就诊医院"}, {"department", "thing2", "就诊科室"}, {"doctor", "thing3", "就诊医生"},
	{"starts", "time4", "就诊时间"}, {"number", "number5", "就诊序号"},
}

// templateTitles names the notices that the account has a template for: those about a visit.
var templateTitles = []struct{ kind, title string }{
	{"booked", "预约成功通知"}, {"reminder", "就诊提醒"}, {"cancelled", "预约取消通知"}, {"stopped", "停诊通知"},
	{"expired", "预约失效通知"}, {"refunded", "退款成功通知"}, {"paid_late", "预约失败退款通知"},
}

// alarmFields and alarmTitles are those of the alarms about money, which staff get.
var alarmFields = []struct{ name, keyword, label string }{
	{"number", "character_string1", "单号"}, {"amount", "thing2", "内容"}, {"starts", "time3", "时间"}, {"note", "thing4", "说明"},
}

var alarmTitles = []struct{ kind, title string }{{"refund_stuck", "退款异常提醒"}, {"reconciled", "对账差异提醒"}, {"incident", "支付异常提醒"}}

func templateID(kind string) string { return "simulated-template-" + kind }

// messageTemplates are what the platform has granted the simulated account.
func messageTemplates() []wechattest.Template {
	var list []wechattest.Template
	grant := func(titles []struct{ kind, title string }, fields []struct{ name, keyword, label string }) {
		content := ""
		for _, f := range fields {
			content += f.label + "：{{" + f.keyword + ".DATA}}\n"
		}
		for _, t := range titles {
			list = append(list, wechattest.Template{ID: templateID(t.kind), Title: t.title, Content: content})
		}
	}
	grant(templateTitles, visitFields)
	grant(alarmTitles, alarmFields)
	return list
}

// writeTemplates writes the file that GUAHAO_WECHAT_TEMPLATES names.
func writeTemplates(dir string) (string, error) {
	type template struct {
		ID     string
		Fields map[string]string
	}
	templates := map[string]template{}
	name := func(titles []struct{ kind, title string }, fields []struct{ name, keyword, label string }) {
		keywords := map[string]string{}
		for _, f := range fields {
			keywords[f.name] = f.keyword
		}
		for _, t := range titles {
			templates[t.kind] = template{templateID(t.kind), keywords}
		}
	}
	name(templateTitles, visitFields)
	name(alarmTitles, alarmFields)
	text, err := json.MarshalIndent(templates, "", "  ")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "wechat-templates.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return "", fmt.Errorf("write the message templates: %w", err)
	}
	return file, nil
}
