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

func templateID(kind string) string { return "simulated-template-" + kind }

// messageTemplates are what the platform has granted the simulated account.
func messageTemplates() []wechattest.Template {
	content := ""
	for _, f := range visitFields {
		content += f.label + "：{{" + f.keyword + ".DATA}}\n"
	}
	var list []wechattest.Template
	for _, t := range templateTitles {
		list = append(list, wechattest.Template{ID: templateID(t.kind), Title: t.title, Content: content})
	}
	return list
}

// writeTemplates writes the file that GUAHAO_WECHAT_TEMPLATES names.
func writeTemplates(dir string) (string, error) {
	type template struct {
		ID     string
		Fields map[string]string
	}
	fields := map[string]string{}
	for _, f := range visitFields {
		fields[f.name] = f.keyword
	}
	templates := map[string]template{}
	for _, t := range templateTitles {
		templates[t.kind] = template{templateID(t.kind), fields}
	}
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
