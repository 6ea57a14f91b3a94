package wechat

import (
	"context"
	"net/http"

	wechatmessage "github.com/silenceper/wechat/v2/officialaccount/message"

	"guahao/bots"
)

// The account's customer-service staff (客服) answer in the platform's own tools. A message gets to them when the response to it says so;
// while one of them has taken the person's session, the platform brings them all messages by itself, and tells us when that begins and ends.
const (
	eventStaffTook wechatmessage.EventType = "kf_create_session"
	eventStaffLeft wechatmessage.EventType = "kf_close_session"
)

// transfer answers a message by giving it to the staff.
func (a *Account) transfer(w http.ResponseWriter, to message) error {
	reply := wechatmessage.NewTransferCustomer("")
	reply.SetToUserName(wechatmessage.CDATA(to.FromUserName))
	reply.SetFromUserName(wechatmessage.CDATA(to.ToUserName))
	reply.SetCreateTime(a.cfg.Now().Unix())
	reply.SetMsgType(wechatmessage.MsgTypeTransfer)
	return a.writeXML(w, reply)
}

// sayBesides says something by a message of its own, because the response has another purpose, and tells whether that is done. A repeated
// update has been answered, or its answer is lost: what matters is the response.
func (a *Account) sayBesides(ctx context.Context, to message, text string, out bots.Outcome) bool {
	if text == "" || out.Repeated {
		return true
	}
	if err := a.sendInWindow(ctx, to.FromUserName, text); err != nil {
		a.cfg.Log.WarnContext(ctx, "wechat webhook: what is said besides the response could not be sent", "account", out.Account.ID, "error", err)
		return false
	}
	return true
}
