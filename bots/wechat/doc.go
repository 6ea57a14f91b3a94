// Package wechat connects a WeChat Official Account: it takes the platform's webhook, answers in the response of the very
// request, and sends notices later as customer-service or template messages.
//
// # A message coming in
//
// [Account.Handler] authenticates before it parses (authenticate.go): the signature over token, timestamp and nonce, the age of
// the timestamp, and, with an AES key, the signature over the encrypted body. With a key, plaintext is refused: the plain
// signature does not cover the body, so one captured triple would forge any message. A triple that was seen is remembered
// with its message (nonces.go) and is good for that message only; so a retry of the platform passes, a forgery does not.
//
// inbound.go makes a [bots.Update] of the XML. A tap on a weixin://bizmsgmenu link brings its msgmenuid, which is
// revision×100 + index of a button; ids below 100 are commands (command.go).
//
// The reply leaves in the response (reply.go, render.go): at most 2047 bytes of text, options as numbered lines or links. The
// platform waits 5 s and asks three times. A step that takes longer is not answered in that response; the platform's retry
// finds the stored reply. When the third response would be late too, the reply goes out as a customer-service message.
//
// # A notice going out
//
// [Account.Send] uses what the platform allows: each message of a person opens a window of 48 hours for 5
// customer-service messages, each click, follow or scan one of a minute for 3 (windows.go). Without a window there are template
// messages, for the kinds of notices that have a template (template.go).
//
// # The SDK
//
// github.com/silenceper/wechat/v2 gives the types of messages, menus and answers, and the message cryptography. Its own
// server and its calls are not used: the server can be downgraded to plaintext, drops errors and logs raw messages; the calls share one
// HTTP client and one base URL per process, take no context and put the app secret and access token into their errors. api.go
// makes the calls instead, for any number of accounts in a process. The SDK's root package, which turns on debug logging
// to standard output when it is imported, is not linked at all.
package wechat
