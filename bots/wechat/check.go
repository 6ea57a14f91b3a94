package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/silenceper/wechat/v2/officialaccount/menu"
	wechatmessage "github.com/silenceper/wechat/v2/officialaccount/message"
)

const templatesPath = "/cgi-bin/template/get_all_private_template"

// Check asks the platform whether the configuration is right: AppID and secret, the custom menu, the templates. Its
// error says in words all that is wrong. What only the platform can try, the webhook, it cannot check.
func (a *Account) Check(ctx context.Context) error {
	var shown menu.ResMenu
	err := a.call(ctx, http.MethodGet, getMenuPath, nil, &shown)
	var refused *APIError
	switch {
	case errors.As(err, &refused) && refused.Code == codeNoMenu:
		err = errors.New("the account has no custom menu yet: run guahao wechat menu")
	case err != nil:
		return fmt.Errorf("wechat: %w", err) // nothing else would work either
	case len(shown.Menu.Button) != len(customMenu()):
		err = errors.New("the account's custom menu is not ours: run guahao wechat menu")
	}
	return errors.Join(err, a.checkTemplates(ctx))
}

func (a *Account) checkTemplates(ctx context.Context) error {
	if len(a.cfg.Templates) == 0 {
		return nil
	}
	var granted struct {
		List []wechatmessage.TemplateItem `json:"template_list"`
	}
	if err := a.call(ctx, http.MethodGet, templatesPath, nil, &granted); err != nil {
		return fmt.Errorf("wechat: %w", err)
	}
	var wrong []error
	for kind, t := range a.cfg.Templates {
		at := slices.IndexFunc(granted.List, func(item wechatmessage.TemplateItem) bool { return item.TemplateID == t.ID })
		if at < 0 {
			wrong = append(wrong, fmt.Errorf("the account has no template %s, configured for %q", t.ID, kind))
			continue
		}
		for field, keyword := range t.Fields {
			if !strings.Contains(granted.List[at].Content, "{{"+keyword+".DATA}}") {
				wrong = append(wrong, fmt.Errorf("template %s has no {{%s.DATA}}, configured for %q of %q", t.ID, keyword, field, kind))
			}
		}
	}
	slices.SortFunc(wrong, func(x, y error) int { return strings.Compare(x.Error(), y.Error()) })
	return errors.Join(wrong...)
}
