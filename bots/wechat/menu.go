package wechat

import (
	"context"
	"net/http"

	"github.com/silenceper/wechat/v2/officialaccount/menu"
)

const (
	createMenuPath = "/cgi-bin/menu/create"
	getMenuPath    = "/cgi-bin/menu/get"
	// commandKey starts the key of a menu entry that is a command.
	commandKey = "c:"
)

// customMenu is what stands below every chat. A phone shows 4 characters of an upper entry.
func customMenu() []*menu.Button {
	return []*menu.Button{
		menu.NewClickButton("预约挂号", commandKey+"book"),
		menu.NewClickButton("我的预约", commandKey+"my"),
		menu.NewSubButton("更多", []*menu.Button{
			menu.NewClickButton("帮助", commandKey+"help"),
			menu.NewClickButton("English", commandKey+"lang en"),
			menu.NewClickButton("中文", commandKey+"lang zh"),
			menu.NewClickButton("人工", commandKey+"human"),
		}),
	}
}

// CreateMenu puts the custom menu in place. Phones show a changed one within a day, or at once after following anew.
func (a *Account) CreateMenu(ctx context.Context) error {
	return a.call(ctx, http.MethodPost, createMenuPath, map[string]any{"button": customMenu()}, nil)
}
