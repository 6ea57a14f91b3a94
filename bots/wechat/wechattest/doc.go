// Package wechattest is the WeChat platform, as far as an Official Account meets it: an [http.Handler] with the endpoints of
// api.weixin.qq.com (and the authorize page of open.weixin.qq.com), followers who write, tap and scan, and deliveries to the
// program's webhook with the platform's signatures, encryption, deadlines and retries. Tests and the demo use it alike.
//
// Reading order:
//
//   - [Server] and [Options]: one Official Account. [Server.Start] begins delivering, [Server.Flush] waits until all is delivered.
//   - [User]: a person with WeChat; what they do becomes a signed XML POST, what they see is [User.Messages].
//   - deliver.go: 5 s for an answer, 3 attempts with the same MsgId, plaintext or safe mode; reply.go checks what comes back.
//   - token.go, custom.go, template.go, menu.go, oauth.go: the API's endpoints with their error codes and limits.
//   - [Faults]: what can go wrong between the platform and the program.
//
// It is at least as strict as the platform: what breaks a rule gets the platform's error code where there is one, and is
// kept in [Server.Violations], which a test asserts to be empty.
//
// Sources are the public documents of developers.weixin.qq.com: 接收普通消息, 接收事件推送, 被动回复用户消息, 消息加解密说明,
// 客服消息, 模板消息, 自定义菜单, 获取稳定版接口调用凭据, 网页授权. The cryptography is written from the documents and not taken from the
// SDK that the adapter uses, so that each side checks the other.
package wechattest
