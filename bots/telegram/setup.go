package telegram

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// WebhookPath is where the program serves Handler.
const WebhookPath = "/telegram/webhook"

// allowedUpdates are what read serves or answers.
var allowedUpdates = []string{
	models.AllowedUpdateMessage, models.AllowedUpdateEditedMessage, models.AllowedUpdateCallbackQuery, models.AllowedUpdateMyChatMember,
}

// commands is the menu beside the input line. What staff do is not in it.
func commands(lang string) []models.BotCommand {
	list := []struct{ name, zh, en string }{
		{"book", "预约挂号", "Book an appointment"},
		{"my", "我的预约", "My appointments"},
		{"menu", "主菜单", "Main menu"},
		{"cancel", "退出当前操作", "Leave what you are doing"},
		{"lang", "切换语言 Language", "Language 语言"},
		{"help", "帮助", "Help"},
	}
	var menu []models.BotCommand
	for _, c := range list {
		menu = append(menu, models.BotCommand{Command: c.name, Description: words(lang, phrase{c.zh, c.en})})
	}
	return menu
}

// Setup registers the webhook under publicURL (what is pending stays) and the command menu, in Chinese for apps in Chinese and in
// English for all others. Doing it again changes nothing.
func (b *Bot) Setup(ctx context.Context, publicURL string) error {
	if b.secret == "" {
		return errors.New("the Telegram webhook needs a secret")
	}
	_, err := b.api.SetWebhook(ctx, &tg.SetWebhookParams{
		URL: strings.TrimRight(publicURL, "/") + WebhookPath, SecretToken: b.secret, AllowedUpdates: allowedUpdates,
	})
	if err != nil {
		return fmt.Errorf("set the Telegram webhook: %w", b.explain("setWebhook", err))
	}
	return b.SetCommands(ctx)
}

// SetCommands registers the command menu alone, as polling needs it.
func (b *Bot) SetCommands(ctx context.Context) error {
	for code, lang := range map[string]string{"": "en", "en": "en", "zh": "zh"} {
		_, err := b.api.SetMyCommands(ctx, &tg.SetMyCommandsParams{Commands: commands(lang), LanguageCode: code})
		if err != nil {
			return fmt.Errorf("set the Telegram commands: %w", b.explain("setMyCommands", err))
		}
	}
	return nil
}

// CheckToken asks Telegram whether the token is right: all that polling needs.
func (b *Bot) CheckToken(ctx context.Context) error {
	_, err := b.api.GetMe(ctx)
	return b.explain("getMe", err)
}

// Link is what opens the chat with a /start that carries a payload of 1 to 64 of A–Z, a–z, 0–9, _ and -.
func (b *Bot) Link(ctx context.Context, payload string) (string, error) {
	if !payloadForm.MatchString(payload) {
		return "", fmt.Errorf("%q is no payload of a link: want 1 to 64 of A–Z, a–z, 0–9, _ and -", payload)
	}
	me, err := b.api.GetMe(ctx)
	if err != nil {
		return "", b.explain("getMe", err)
	}
	return "https://t.me/" + me.Username + "?start=" + payload, nil
}

var payloadForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Check asks Telegram whether the token is right and the webhook works, and says in words what is wrong.
func (b *Bot) Check(ctx context.Context) error {
	if err := b.CheckToken(ctx); err != nil {
		return err
	}
	info, err := b.api.GetWebhookInfo(ctx)
	if err != nil {
		return b.explain("getWebhookInfo", err)
	}
	if info.URL == "" {
		return errors.New("no Telegram webhook is set: the program sets it when it starts with a public URL, or use --telegram-poll")
	}
	if !strings.HasSuffix(info.URL, WebhookPath) {
		return errors.New("the Telegram webhook leads to another program (its path is not " + WebhookPath + ")")
	}
	failed := time.Unix(int64(info.LastErrorDate), 0)
	if info.LastErrorMessage != "" && b.now().Sub(failed) < time.Hour {
		return fmt.Errorf("updates could not be delivered by Telegram at %s: %s; %d are waiting",
			failed.UTC().Format(time.RFC3339), b.redact(info.LastErrorMessage), info.PendingUpdateCount)
	}
	return nil
}
