package wechat

import (
	"regexp"
	"slices"
	"strings"
)

// indexBase separates a button's revision from its index in a msgmenuid. Revisions start at 1, so ids below it are free.
const indexBase = 100

// commandIDs are the commands that a msgmenu link can bring by its id: their place here. Links stay in people's chats for
// years, so only add at the end.
var commandIDs = [...]string{
	1: "start", 2: "book", 3: "my", 4: "patients", 5: "menu", 6: "help", 7: "cancel", 8: "back", 9: "lang", 10: "lang zh",
	11: "lang en", 12: "human", 13: "broadcast", 14: "stop", 15: "staff", 16: "more", 17: "waits", 18: "record", 19: "link", 20: "bot", 21: "large", 22: "normal", 23: "data",
}

// commandID is 0 for a command that has none.
func commandID(command string) int { return max(0, slices.Index(commandIDs[:], command)) }

// commandWords are what a person may type for a command instead of its name, where there are no links.
var commandWords = map[string]string{
	"book": "预约挂号", "my": "我的预约", "menu": "主菜单", "help": "帮助", "cancel": "取消", "back": "返回", "human": "人工", "more": "更多服务", "waits": "我的候补", "data": "我的数据", "record": "爽约记录",
}

// typedCommand is "/book" and "/stop 12", but not "/:rose", which is how WeChat writes a face.
var typedCommand = regexp.MustCompile(`^/([A-Za-z][A-Za-z_]*)(?:\s+(.*))?$`)

// parseCommand reads "name arg" with or without a slash in front.
func parseCommand(line string) (name, arg string) {
	name, arg, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "/"), " ")
	return strings.ToLower(name), strings.TrimSpace(arg)
}
