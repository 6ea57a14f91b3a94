package reminders

import (
	"errors"
	"fmt"
	"strings"

	"guahao/booking"
)

// Refusal says in words for people what is wrong with a broadcast. Other errors stay as they are.
func Refusal(err error) error {
	var unknown *PlaceholderError
	var zh, en string
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unknown):
		zh = fmt.Sprintf("没有“{%s}”这个占位符，可以用：%s", unknown.Name, strings.Join(Placeholders("zh"), " "))
		en = fmt.Sprintf("There is no placeholder {%s}. These can be used: %s", unknown.Name, strings.Join(Placeholders("en"), " "))
	case errors.Is(err, ErrText):
		zh = fmt.Sprintf("内容要写 1 到 %d 个字（每个占位符按 16 个字算）。", MaxText)
		en = fmt.Sprintf("The text may have 1 to %d characters (each placeholder counts as 16).", MaxText)
	case errors.Is(err, ErrMarkup):
		zh = "群发只能是纯文字，请去掉 <b>、&nbsp; 这样的 HTML 标记。"
		en = "A broadcast is plain text: please take out HTML such as <b> or &nbsp;."
	case errors.Is(err, ErrNoVisit):
		zh = "发给全部关注者时不能用占位符：他们不一定有预约。"
		en = "Placeholders cannot be used in a message to all followers: they may have no visit."
	case errors.Is(err, ErrNobody):
		zh, en = "现在没有人会收到，请换个范围。", "Nobody would get it. Please choose another audience."
	case errors.Is(err, ErrNoBroadcast):
		return booking.ErrNotFound
	case errors.Is(err, ErrOver):
		zh, en = "这条群发已经结束。", "This broadcast is over."
	default:
		return err
	}
	return &booking.Error{Code: booking.CodeBadText, Message: booking.Text{ZH: zh, EN: en}}
}
